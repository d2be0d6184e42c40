//! The environment variables that the program of a stdio server inherits.

use std::ffi::OsString;

use crate::util::environment::Environment;

/// Variables that a child process inherits. Others may be secrets.
#[cfg(unix)]
const INHERITED: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR"];
#[cfg(windows)]
const INHERITED: &[&str] = &[
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];

/// The inherited variables that are set.
pub(crate) fn inherited_variables(variables: Environment<'_>) -> Vec<(String, OsString)> {
    INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), variables(name)?))).collect()
}
