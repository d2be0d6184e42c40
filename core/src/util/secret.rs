//! A text that is redacted in messages, logs and `Debug`.

use std::fmt;

/// A text that is redacted in messages, logs and `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Shorter secrets are not redacted: they would match ordinary text.
pub(crate) const SHORTEST_SECRET: usize = 6;
