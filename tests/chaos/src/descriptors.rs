//! The limit of open sockets: each stream has two.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// As many as the system allows for this process.
pub(crate) fn allow_many() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // If this fails, scenarios that need them report it.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
