//! Reading the cases. One with `rows`, `eras` or `formats` stands for one case of each.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// A file of cases.
#[derive(Clone)]
pub(crate) struct CaseFile {
    /// Its path below the folder, without its extension: `retries/keyed_calls`.
    pub(crate) topic: String,
    pub(crate) content: Value,
}

/// The files of a folder and its subfolders, in the order of their paths.
pub(crate) fn files(folder: &Path) -> Vec<CaseFile> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| CaseFile {
        topic: path.strip_prefix(folder).unwrap().with_extension("").to_string_lossy().replace('\\', "/"),
        content: serde_json::from_str(&std::fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    };
    paths.iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            collect(&path, paths);
        } else if name.ends_with(".json") && !name.ends_with(".schema.json") {
            paths.push(path);
        }
    }
}

/// The cases of a file, each with its full name: `topic::case[::row][::era][::format]`.
pub(crate) fn expand(file: &CaseFile) -> Vec<Value> {
    let cases = file.content["cases"].as_array().unwrap_or_else(|| panic!("{}: no cases", file.topic));
    let mut expanded: Vec<_> = cases.iter().flat_map(variants).collect();
    for case in &mut expanded {
        case["name"] = format!("{}::{}", file.topic, case["name"].as_str().unwrap()).into();
    }
    expanded
}

fn variants(case: &Value) -> Vec<Value> {
    let mut template = case.clone();
    let rows = template.as_object_mut().unwrap().remove("rows").unwrap_or_else(|| json!([{}]));
    let mut cases: Vec<_> = rows.as_array().unwrap().iter().map(|row| with_row(&template, row)).collect();
    for (member, option) in [("eras", "era"), ("formats", "answer")] {
        cases = cases.iter().flat_map(|case| with_each(case, member, option)).collect();
    }
    cases
}

fn with_row(template: &Value, row: &Value) -> Value {
    let mut case = filled(template, row);
    if let Some(name) = row["name"].as_str() {
        case["name"] = format!("{}::{name}", case["name"].as_str().unwrap()).into();
    }
    for member in ["eras", "formats"] {
        if let Some(own) = row.get(member) {
            case[member] = own.clone();
        }
    }
    case
}

/// The value with each `{"$row": "name"}` replaced by that member of the row, and each `$text` by its text.
fn filled(value: &Value, row: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| filled(item, row)).collect(),
        Value::Object(members) => {
            if let Some(parts) = members.get("$text").and_then(Value::as_array) {
                return parts.iter().map(part_of_text).collect::<String>().into();
            }
            let own = members.iter().filter(|(name, _)| *name != "$row");
            let own: Map<String, Value> = own.map(|(name, member)| (name.clone(), filled(member, row))).collect();
            let Some(name) = members.get("$row").and_then(Value::as_str) else { return Value::Object(own) };
            let mut of_row = filled(row.get(name).unwrap_or_else(|| panic!("a row has no {name}: {row}")), row);
            own.into_iter().for_each(|(name, member)| of_row[name] = member);
            of_row
        }
        other => other.clone(),
    }
}

/// A string, or `[string, count]`: the string so many times.
fn part_of_text(part: &Value) -> String {
    match part.as_str() {
        Some(text) => text.to_owned(),
        None => part[0].as_str().unwrap().repeat(usize::try_from(part[1].as_u64().unwrap()).unwrap()),
    }
}

fn with_each(case: &Value, member: &str, option: &str) -> Vec<Value> {
    let Some(values) = case.get(member).and_then(Value::as_array) else { return vec![case.clone()] };
    let with = |value: &Value| {
        let mut case = case.clone();
        case["name"] = format!("{}::{}", case["name"].as_str().unwrap(), value.as_str().unwrap()).into();
        case["server"][option] = value.clone();
        case
    };
    values.iter().map(with).collect()
}
