//! An error of a service whose errors have a code and a message, before it is put into an envelope.

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::server_state::Scripted;

/// A code of a service, its status and its message.
pub(crate) type Row = (&'static str, u16, &'static str);

/// An error of a service.
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    headers: Vec<(&'static str, String)>,
    /// Additional members of the envelope, at Odock.
    pub(crate) details: Map<String, Value>,
}

impl ServiceError {
    /// The error of a code; an unknown code has status 500.
    pub(crate) fn new(table: &[Row], code: &str) -> Self {
        let (status, message) = match table.iter().find(|(known, ..)| *known == code) {
            Some((_, status, message)) => (*status, *message),
            None => (500, "an error that is not in the table"),
        };
        Self { status, code: code.to_owned(), message: message.to_owned(), headers: Vec::new(), details: Map::new() }
    }

    /// The error of a fault rule.
    pub(crate) fn scripted(table: &[Row], scripted: &Scripted<'_>) -> Self {
        let mut error = Self::new(table, scripted.code);
        error.status = scripted.status.unwrap_or(error.status);
        if let Some(message) = scripted.message {
            message.clone_into(&mut error.message);
        }
        error
    }

    /// The route has no such method.
    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        Self {
            status: 405,
            code: "method_not_allowed".to_owned(),
            message: "the route has no such method".to_owned(),
            headers: Vec::new(),
            details: Map::new(),
        }
        .header("allow", allow)
    }

    pub(crate) fn message(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the headers to the envelope.
    pub(crate) fn sign(&self, answer: Answer) -> Answer {
        self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }
}
