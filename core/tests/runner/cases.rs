//! The cases: one that has rows, eras or forms of answers is one case for each of them.

use std::path::Path;

use serde_json::{Map, Value, json};

/// All cases of the files in a folder.
pub(crate) fn read(folder: &Path) -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |path| -> Vec<Value> {
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|why| panic!("{path:?}: {why}"))
    };
    files.into_iter().flat_map(read).flat_map(|case| in_all_ways(&case)).collect()
}

fn in_all_ways(case: &Value) -> Vec<Value> {
    let rows = case["rows"].as_array().cloned().unwrap_or_else(|| vec![json!({})]);
    let mut cases: Vec<_> = rows.iter().map(|row| of_row(case, row)).collect();
    for (member, option) in [("eras", "era"), ("forms", "answer")] {
        cases = cases.iter().flat_map(|case| in_ways(case, member, option)).collect();
    }
    cases
}

fn of_row(case: &Value, row: &Value) -> Value {
    let mut of_row = filled(case, row);
    for name in ["name", "eras", "forms"] {
        if let Some(own) = row.get(name) {
            of_row[name] = own.clone();
        }
    }
    of_row
}

/// The value, with what the row has in the place of each `{"$row": "name"}`.
fn filled(value: &Value, row: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| filled(item, row)).collect(),
        Value::Object(members) => {
            let own = members.iter().filter(|(name, _)| !matches!(name.as_str(), "$row" | "rows"));
            let own: Map<String, Value> = own.map(|(name, member)| (name.clone(), filled(member, row))).collect();
            let Some(name) = members.get("$row").and_then(Value::as_str) else { return Value::Object(own) };
            let mut of_row = row.get(name).unwrap_or_else(|| panic!("a row has no {name}: {row}")).clone();
            own.into_iter().for_each(|(name, member)| of_row[name] = member);
            of_row
        }
        other => other.clone(),
    }
}

fn in_ways(case: &Value, member: &str, option: &str) -> Vec<Value> {
    let Some(ways) = case.get(member).and_then(Value::as_array) else { return vec![case.clone()] };
    let in_one = |way: &Value| {
        let mut case = case.clone();
        case["name"] = format!("{}_{}", way.as_str().unwrap(), case["name"].as_str().unwrap()).into();
        case["server"][option] = way.clone();
        case
    };
    ways.iter().map(in_one).collect()
}
