//! The types of options and rules in Python and TypeScript are those of the description of the options. With
//! `OMNI_WRITE_TYPES` set, the files are written.
#![allow(clippy::unwrap_used)]

mod types_of;

use std::collections::BTreeMap;
use std::path::Path;

use omni_mcp_devserver::{Field, Form, Options};
use types_of::{python, typescript};

/// The named types of the options: objects, and choices of objects.
pub(crate) type Named = BTreeMap<&'static str, Form>;

/// Fields that belong to the program only.
const PROGRAM_ONLY: &[&str] = &["stdio"];

/// The fields of an object in a language; delays have one unit each.
pub(crate) fn fields_of<'a>(fields: &'a [Field], without: &'a str) -> impl Iterator<Item = &'a Field> {
    fields.iter().filter(move |field| field.name != without && !PROGRAM_ONLY.contains(&field.name.as_str()))
}

/// The values of a choice that a started server accepts.
pub(crate) fn choices(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !PROGRAM_ONLY.contains(&name.as_str())).map(|name| format!("\"{name}\"")).collect()
}

fn collect(form: &Form, named: &mut Named) {
    match form {
        Form::Fields(fields) => {
            fields_of(&fields.fields, "").for_each(|field| collect(&field.form, named));
            named.insert(fields.name, form.clone());
        }
        Form::Kinds(kinds) => {
            let fields = kinds.kinds.iter().flat_map(|(_, _, fields)| fields);
            fields.for_each(|field| collect(&field.form, named));
            named.insert(kinds.name, form.clone());
        }
        Form::List(form) | Form::Map(form) | Form::Nullable(form) => collect(form, named),
        Form::Either(forms) => forms.iter().for_each(|form| collect(form, named)),
        _ => {}
    }
}

fn check(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("OMNI_WRITE_TYPES").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(is == text, "{} differs from what `make types` writes", path.display());
}

#[test]
fn of_both_languages_are_current() {
    let mut named = Named::new();
    collect(&Options::description(), &mut named);
    check("bindings-python/python/omni_mcp_py/_testing_types.py", &python::file(&named));
    check("bindings-node/ts/testing-options.ts", &typescript::file(&named));
}
