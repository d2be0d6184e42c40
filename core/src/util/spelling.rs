//! How names and values are written in messages: as the language of the caller writes them.

/// Spelling of names and unit of durations, by the language of the caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spelling {
    /// `total_timeout`, durations in seconds: Rust and Python.
    #[default]
    Snake,
    /// `totalTimeoutMs`, durations in milliseconds: Node.
    Camel,
}

impl Spelling {
    /// An option, a parameter or a callback. Durations have [`duration`](Self::duration).
    pub(crate) fn name(self, name: &str) -> String {
        match self {
            Self::Snake => name.to_owned(),
            Self::Camel => camel(name),
        }
    }

    /// An option whose value is a duration.
    pub(crate) fn duration(self, name: &str) -> String {
        match self {
            Self::Snake => name.to_owned(),
            Self::Camel => camel(name) + "Ms",
        }
    }

    /// An option with a string as its value, as in code.
    pub(crate) fn assignment(self, name: &str, value: &str) -> String {
        match self {
            Self::Snake => format!("{name}=\"{value}\""),
            Self::Camel => format!("{}: \"{value}\"", camel(name)),
        }
    }
}

/// A name in snake case, in camel case.
pub(crate) fn camel(snake: &str) -> String {
    let mut name = String::with_capacity(snake.len());
    for (index, part) in snake.split('_').enumerate() {
        let mut characters = part.chars();
        match characters.next() {
            Some(first) if index > 0 => name.push(first.to_ascii_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.push_str(characters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_language() {
        assert_eq!(Spelling::Snake.duration("total_timeout"), "total_timeout");
        assert_eq!(Spelling::Camel.duration("total_timeout"), "totalTimeoutMs");
        assert_eq!(Spelling::Camel.name("x_session_id"), "xSessionId");
        assert_eq!(Spelling::Snake.assignment("api_key", "k"), "api_key=\"k\"");
        assert_eq!(Spelling::Camel.assignment("api_key", "k"), "apiKey: \"k\"");
    }
}
