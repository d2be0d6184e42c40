//! Reading JSON by a description: names and values are checked first, so that an error names the field and what is allowed.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::description::{Described, Field, Fields, Form, Kinds};
use crate::options::Options;
use crate::server::StartError;

/// How the names of fields are spelled in JSON and in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// As in Rust and Python: `tool_names`.
    #[default]
    Snake,
    /// As in Node: `toolNames`. Snake case is accepted, too.
    Camel,
}

impl Spelling {
    /// A name of the description in this spelling.
    pub fn spell(self, name: &str) -> String {
        match self {
            Self::Snake => name.to_owned(),
            Self::Camel => {
                let mut parts = name.split('_');
                let first = parts.next().unwrap_or_default().to_owned();
                parts.fold(first, |out, part| {
                    let (initial, rest) = part.split_at(part.len().min(1));
                    out + &initial.to_ascii_uppercase() + rest
                })
            }
        }
    }
}

/// Parses JSON text. `what` names it in the message.
pub(crate) fn parse(text: &[u8], what: &str) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => format!("{what}: the JSON text ends too early"),
        _ => format!("{what}: no valid JSON (line {}, column {})", error.line(), error.column()),
    })
}

/// Reads a value. `path` names it in messages; it is empty for a whole document.
pub(crate) fn read<T: Described + DeserializeOwned>(value: Value, path: &str, spelling: Spelling) -> Result<T, String> {
    let value = Reader { spelling }.checked(value, &T::form(), path)?;
    serde_json::from_value(value).map_err(|_| {
        let at = if path.is_empty() { "the value" } else { path };
        format!("{at}: is not valid")
    })
}

/// Checks a value against a form.
pub(crate) fn check(value: &Value, form: &Form, path: &str) -> Result<(), String> {
    Reader { spelling: Spelling::Snake }.checked(value.clone(), form, path).map(|_| ())
}

impl Options {
    /// Reads options from JSON text; an unknown field is an error.
    pub fn from_json(text: &str, spelling: Spelling) -> Result<Self, StartError> {
        Self::read(text, spelling).map_err(StartError::Options)
    }

    fn read(text: &str, spelling: Spelling) -> Result<Self, String> {
        let mut value = parse(text.as_bytes(), "options")?;
        // The options of the upstream are kept as JSON.
        if let Some(upstream) = value.get_mut("upstream").filter(|upstream| upstream.is_object()) {
            *upstream = Reader { spelling }.checked(upstream.take(), &Self::form(), "upstream")?;
        }
        read(value, "", spelling)
    }

    /// The description of the options: names, documentation and forms.
    pub fn description() -> Form {
        Self::form()
    }
}

struct Reader {
    spelling: Spelling,
}

impl Reader {
    /// The value with the names of the description, or which field is wrong.
    fn checked(&self, value: Value, form: &Form, path: &str) -> Result<Value, String> {
        match (form, value) {
            (Form::Nullable(_), Value::Null) => Ok(Value::Null),
            (Form::Nullable(form), value) => self.checked(value, form, path),
            (Form::Fields(fields), Value::Object(given)) => self.fields(given, fields, path),
            (Form::Kinds(kinds), Value::Object(given)) => self.kinds(given, kinds, path),
            (Form::List(form), Value::Array(given)) => {
                let read = |(at, value): (usize, Value)| self.checked(value, form, &format!("{path}[{at}]"));
                given.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            (Form::Map(form), Value::Object(given)) => {
                let read = |(name, value): (String, Value)| {
                    Ok((name.clone(), self.checked(value, form, &inner(path, &name))?))
                };
                given.into_iter().map(read).collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            (Form::Either(forms), value) => match forms.iter().find(|form| shape(form, &value)) {
                Some(form) => self.checked(value, form, path),
                None => Err(wrong(form, &value, path)),
            },
            (form, value) if fits(form, &value) => Ok(value),
            (form, value) => Err(wrong(form, &value, path)),
        }
    }

    fn fields(&self, given: Map<String, Value>, fields: &Fields, path: &str) -> Result<Value, String> {
        let mut read = Map::new();
        self.read_into(&mut read, given, &fields.fields, path)?;
        Ok(Value::Object(read))
    }

    fn kinds(&self, mut given: Map<String, Value>, kinds: &Kinds, path: &str) -> Result<Value, String> {
        let names = || kinds.kinds.iter().map(|(name, ..)| name.clone()).collect();
        let tag = inner(path, kinds.tag);
        let chosen = given.remove(kinds.tag).ok_or_else(|| format!("{tag}: is required"))?;
        let found = kinds.kinds.iter().find(|(name, ..)| chosen.as_str() == Some(name));
        let Some((_, _, fields)) = found else {
            return Err(wrong(&Form::Choice(names()), &chosen, &tag));
        };
        let mut read = Map::new();
        read.insert(kinds.tag.to_owned(), chosen);
        self.read_into(&mut read, given, fields, path)?;
        Ok(Value::Object(read))
    }

    fn read_into(
        &self,
        read: &mut Map<String, Value>,
        given: Map<String, Value>,
        fields: &[Field],
        path: &str,
    ) -> Result<(), String> {
        for (name, value) in given {
            let field = fields.iter().find(|field| field.name == name || self.spelling.spell(&field.name) == name);
            let Some(field) = field else {
                return Err(self.unknown(&name, fields, path));
            };
            let at = inner(path, &self.spelling.spell(&field.name));
            if read.insert(field.name.clone(), self.checked(value, &field.form, &at)?).is_some() {
                return Err(format!("{at}: is given twice"));
            }
        }
        match fields.iter().find(|field| field.required && !read.contains_key(&field.name)) {
            Some(field) => Err(format!("{}: is required", inner(path, &self.spelling.spell(&field.name)))),
            None => Ok(()),
        }
    }

    fn unknown(&self, name: &str, fields: &[Field], path: &str) -> String {
        let names: Vec<String> = fields.iter().map(|field| self.spelling.spell(&field.name)).collect();
        let near = names
            .iter()
            .min_by_key(|known| distance(known, name))
            .filter(|known| distance(known, name) <= 2 && distance(known, name) * 2 <= name.len());
        let advice = match near {
            Some(near) => format!("; did you mean {near}?"),
            None if names.is_empty() => "; none are allowed".to_owned(),
            None => format!("; allowed are {}", names.join(", ")),
        };
        format!("{}: there is no such field{advice}", inner(path, name))
    }
}

/// The path of a field.
fn inner(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// Whether a value has a form, other than its content.
fn shape(form: &Form, value: &Value) -> bool {
    match form {
        Form::Nullable(form) => value.is_null() || shape(form, value),
        Form::List(_) => value.is_array(),
        Form::Map(_) | Form::Fields(_) | Form::Kinds(_) => value.is_object(),
        Form::Either(forms) => forms.iter().any(|form| shape(form, value)),
        form => fits(form, value),
    }
}

fn fits(form: &Form, value: &Value) -> bool {
    match form {
        Form::Boolean => value.is_boolean(),
        Form::Integer(least, most) => match (value.as_u64(), value.as_i64()) {
            (Some(n), _) => n <= *most,
            (None, Some(n)) => n >= *least,
            _ => false,
        },
        Form::Number => value.is_number(),
        Form::Text | Form::Path => value.is_string(),
        Form::AnyObject => value.is_object(),
        Form::Choice(names) => value.as_str().is_some_and(|value| names.iter().any(|name| name == value)),
        Form::Json => true,
        _ => false,
    }
}

fn wrong(form: &Form, value: &Value, path: &str) -> String {
    let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
    format!("{path}must be {}, got {}", form.text(), got(value))
}

impl Form {
    /// What is allowed, for messages.
    fn text(&self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Integer(0, most) if *most > u64::from(u32::MAX) => "an integer of at least 0".to_owned(),
            Self::Integer(_, most) if *most > u64::from(u32::MAX) => "an integer".to_owned(),
            Self::Integer(least, most) => format!("an integer from {least} to {most}"),
            Self::Number => "a number".to_owned(),
            Self::Text | Self::Path => "a string".to_owned(),
            Self::Json => "JSON".to_owned(),
            Self::Function => "a function".to_owned(),
            Self::Choice(names) => format!("one of {}", names.join(", ")),
            Self::List(form) => format!("a list, each {}", form.text()),
            Self::AnyObject | Self::Map(_) | Self::Fields(_) | Self::Kinds(_) => "an object".to_owned(),
            Self::Nullable(form) => form.text(),
            Self::Either(forms) => forms.iter().map(Self::text).collect::<Vec<_>>().join(" or "),
        }
    }
}

/// The kind of a value; a number or a boolean itself.
fn got(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// The number of single changes between two names, without regard to case and underscores.
fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase().into_bytes();
    let (a, b) = (plain(a), plain(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
