//! Types for members with a constant text. An object with another text does not parse.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};

macro_rules! tags {
    ($($name:ident = $text:literal;)*) => { $(
        #[doc = concat!("`", $text, "`.")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name;

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(crate::protocol::literal::Exactly($text)).map(|()| Self)
            }
        }
    )* };
}
pub(crate) use tags;

/// Visitor that accepts one text.
pub(crate) struct Exactly(pub(crate) &'static str);

impl Visitor<'_> for Exactly {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text == self.0 { Ok(()) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }
}
