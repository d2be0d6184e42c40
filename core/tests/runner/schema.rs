//! The files of cases, checked by `case.schema.json`.

use std::collections::HashSet;
use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::cases::{CaseFile, expand};

/// One test for each file: it fits the schema, and the names of its cases are unique.
pub(crate) fn trial(folder: &Path, file: &CaseFile) -> Trial {
    let path = folder.join("case.schema.json");
    let file = file.clone();
    Trial::test(format!("schema::{}", file.topic), move || check(&path, &file))
}

fn check(path: &Path, file: &CaseFile) -> Result<(), Failed> {
    let schema = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let validator = jsonschema::validator_for(&schema)?;
    let errors: Vec<_> =
        validator.iter_errors(&file.content).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if !errors.is_empty() {
        return Err(errors.join("\n").into());
    }
    let mut names = HashSet::new();
    let twice = expand(file).into_iter().map(|case| case["name"].to_string()).find(|name| !names.insert(name.clone()));
    twice.map_or(Ok(()), |name| Err(format!("two cases are named {name}").into()))
}
