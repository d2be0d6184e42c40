//! Descriptions of options, fault rules and their fields, taken from their Rust definitions. They check JSON before it is
//! read, and the types of the other languages are generated from them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

/// The form of a value.
#[derive(Clone, Debug)]
pub enum Form {
    /// True or false.
    Boolean,
    /// An integer within these bounds.
    Integer(i64, u64),
    /// Any number.
    Number,
    /// A string.
    Text,
    /// A string: the path of a file.
    Path,
    /// Any JSON.
    Json,
    /// A function, which JSON cannot hold.
    Function,
    /// An object of any content.
    AnyObject,
    /// One of these strings.
    Choice(Vec<String>),
    /// A list.
    List(Box<Form>),
    /// An object whose values have this form.
    Map(Box<Form>),
    /// The same, or null.
    Nullable(Box<Form>),
    /// One of several forms.
    Either(Vec<Form>),
    /// An object of named fields.
    Fields(Fields),
    /// An object of one of several kinds, which its first field names.
    Kinds(Kinds),
}

/// An object of named fields.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The name of the Rust type.
    pub name: &'static str,
    /// Its documentation.
    pub help: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// An object of one of several kinds.
#[derive(Clone, Debug)]
pub struct Kinds {
    /// The name of the Rust type.
    pub name: &'static str,
    /// Its documentation.
    pub help: String,
    /// The field that names the kind.
    pub tag: &'static str,
    /// The kinds: value of the tag, documentation and other fields.
    pub kinds: Vec<(String, String, Vec<Field>)>,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: String,
    /// Its documentation.
    pub help: String,
    /// Whether it must be present.
    pub required: bool,
    /// The form of its value.
    pub form: Form,
}

/// A type that has a description.
pub(crate) trait Described {
    fn form() -> Form;
}

impl Described for bool {
    fn form() -> Form {
        Form::Boolean
    }
}

impl Described for f64 {
    fn form() -> Form {
        Form::Number
    }
}

impl Described for String {
    fn form() -> Form {
        Form::Text
    }
}

impl Described for PathBuf {
    fn form() -> Form {
        Form::Path
    }
}

impl Described for Value {
    fn form() -> Form {
        Form::Json
    }
}

impl Described for Map<String, Value> {
    fn form() -> Form {
        Form::AnyObject
    }
}

impl<T: Described> Described for Option<T> {
    fn form() -> Form {
        Form::Nullable(Box::new(T::form()))
    }
}

impl<T: Described> Described for Vec<T> {
    fn form() -> Form {
        Form::List(Box::new(T::form()))
    }
}

impl<T: Described> Described for BTreeMap<String, T> {
    fn form() -> Form {
        Form::Map(Box::new(T::form()))
    }
}

macro_rules! integers {
    ($($ty:ty: $least:expr, $most:expr);* $(;)?) => {
        $(impl Described for $ty {
            fn form() -> Form {
                Form::Integer($least, $most)
            }
        })*
    };
}

integers! {
    u16: 0, 65_535;
    u32: 0, 4_294_967_295;
    u64: 0, u64::MAX;
    usize: 0, usize::MAX as u64;
    i32: -2_147_483_648, 2_147_483_647;
    i64: i64::MIN, 9_223_372_036_854_775_807;
}

/// The name of a value of an enum without fields, as in JSON.
pub(crate) fn choice(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// One field: its documentation and serde attributes are as in the definition.
pub(crate) fn field(name: &str, docs: &[&str], attributes: &[&str], all_optional: bool, form: Form) -> Field {
    let renamed = attributes.iter().find_map(|text| text.split("rename = \"").nth(1)?.split('"').next());
    let has_default = attributes.iter().any(|text| text.contains("default"));
    Field {
        name: renamed.unwrap_or(name).to_owned(),
        help: join(docs),
        required: !(all_optional || has_default || matches!(form, Form::Nullable(_))),
        form,
    }
}

/// The lines of a documentation as one text.
pub(crate) fn join(docs: &[&str]) -> String {
    docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// `malformed_json` of `MalformedJson`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Describes a struct or an enum of kinds by its own definition.
macro_rules! described {
    (
        $(#[doc = $about:literal])*
        #[derive($($derive:tt)*)]
        $(#[serde($($container:tt)*)])?
        pub struct $name:ident {
            $($(#[doc = $doc:literal])* $(#[serde($($attribute:tt)*)])? pub $field:ident: $ty:ty),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive($($derive)*)]
        $(#[serde($($container)*)])?
        pub struct $name {
            $($(#[doc = $doc])* $(#[serde($($attribute)*)])? pub $field: $ty),*
        }

        impl $crate::description::Described for $name {
            fn form() -> $crate::description::Form {
                let optional = [$(stringify!($($container)*))?].iter().any(|text: &&str| text.starts_with("default"));
                $crate::description::Form::Fields($crate::description::Fields {
                    name: stringify!($name),
                    help: $crate::description::join(&[$($about),*]),
                    fields: vec![$($crate::description::field(
                        stringify!($field),
                        &[$($doc),*],
                        &[$(stringify!($($attribute)*))?],
                        optional,
                        <$ty as $crate::description::Described>::form(),
                    )),*],
                })
            }
        }
    };
    (
        $(#[doc = $about:literal])*
        #[derive($($derive:tt)*)]
        #[serde(tag = $tag:literal, $($container:tt)*)]
        pub enum $name:ident {
            $($(#[doc = $kind_doc:literal])* $kind:ident {
                $($(#[doc = $doc:literal])* $(#[serde($($attribute:tt)*)])? $field:ident: $ty:ty),* $(,)?
            }),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive($($derive)*)]
        #[serde(tag = $tag, $($container)*)]
        pub enum $name {
            $($(#[doc = $kind_doc])* $kind {
                $($(#[doc = $doc])* $(#[serde($($attribute)*)])? $field: $ty),*
            }),*
        }

        impl $crate::description::Described for $name {
            fn form() -> $crate::description::Form {
                $crate::description::Form::Kinds($crate::description::Kinds {
                    name: stringify!($name),
                    help: $crate::description::join(&[$($about),*]),
                    tag: $tag,
                    kinds: vec![$((
                        $crate::description::snake(stringify!($kind)),
                        $crate::description::join(&[$($kind_doc),*]),
                        vec![$($crate::description::field(
                            stringify!($field),
                            &[$($doc),*],
                            &[$(stringify!($($attribute)*))?],
                            false,
                            <$ty as $crate::description::Described>::form(),
                        )),*],
                    )),*],
                })
            }
        }
    };
}

/// Describes enums without fields. Every variant must be listed.
macro_rules! choices {
    ($($name:ident: $($variant:ident),+);* $(;)?) => {
        $(impl $crate::description::Described for $name {
            fn form() -> $crate::description::Form {
                let all = [$(Self::$variant),+];
                $crate::description::Form::Choice(
                    all.into_iter().map(|value| match value {
                        $(Self::$variant)|+ => $crate::description::choice(value),
                    }).collect(),
                )
            }
        })*
    };
}

pub(crate) use {choices, described};
