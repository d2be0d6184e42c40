//! The schema of a revision, and the definition for each message of a client.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The definitions of a revision, compiled at first use.
pub(crate) struct Revision {
    schema: Value,
    /// `$defs`, and `definitions` in the older revisions.
    key: &'static str,
    validators: HashMap<String, Validator>,
}

impl Revision {
    /// # Errors
    /// If the schema has no definitions.
    pub(crate) fn new(schema: Value) -> Result<Self, Failure> {
        let key = ["$defs", "definitions"].into_iter().find(|key| schema[key].is_object());
        let key = key.ok_or("the schema has no definitions")?;
        Ok(Self { schema, key, validators: HashMap::new() })
    }

    /// The violations of a client's message.
    ///
    /// # Errors
    /// If the schema cannot be compiled.
    pub(crate) fn violations(&mut self, message: &Value) -> Result<Vec<String>, Failure> {
        let (definition, envelope) = self.definitions_of(message);
        let (definition, envelope) = (definition.to_owned(), envelope.to_owned());
        let mut found = self.judged(&definition, message)?;
        // In the older revisions a definition refers to another for the envelope.
        if found.is_empty() && envelope != definition {
            found = self.judged(&envelope, message)?;
        }
        if let Some(result) = message.get("result").filter(|_| self.has("ClientResult")) {
            found.extend(self.judged("ClientResult", result)?);
        }
        Ok(found)
    }

    /// The names of the definitions that a client's message must match: that of the method, and the envelope.
    fn definitions_of(&self, message: &Value) -> (&str, &'static str) {
        let is_request = message.get("id").is_some();
        let (methods, envelope) = match message["method"].as_str() {
            Some(_) if is_request => ("ClientRequest", "JSONRPCRequest"),
            Some(_) => ("ClientNotification", "JSONRPCNotification"),
            None if message.get("result").is_some() => ("", self.first(&["JSONRPCResultResponse", "JSONRPCResponse"])),
            None if message.get("error").is_some() => ("", self.first(&["JSONRPCErrorResponse", "JSONRPCError"])),
            None => ("", "JSONRPCMessage"),
        };
        let own = message["method"].as_str().and_then(|method| self.of_method(methods, method));
        (own.unwrap_or(envelope), envelope)
    }

    /// The member of the union that has `method`.
    fn of_method<'a>(&'a self, union: &'a str, method: &str) -> Option<&'a str> {
        let definitions = self.definitions()?;
        let whole = definitions.get(union)?;
        // A union of one may be inlined.
        if whole["properties"]["method"]["const"] == method {
            return Some(union);
        }
        let members = whole["anyOf"].as_array().map_or(std::slice::from_ref(whole), Vec::as_slice);
        let names = members.iter().filter_map(|member| member["$ref"].as_str()?.rsplit('/').next());
        names.into_iter().find(|name| definitions[*name]["properties"]["method"]["const"] == method)
    }

    fn first(&self, names: &[&'static str]) -> &'static str {
        names.iter().find(|name| self.has(name)).copied().unwrap_or("JSONRPCMessage")
    }

    fn has(&self, name: &str) -> bool {
        self.definitions().is_some_and(|definitions| definitions.contains_key(name))
    }

    fn definitions(&self) -> Option<&Map<String, Value>> {
        self.schema[self.key].as_object()
    }

    fn judged(&mut self, definition: &str, instance: &Value) -> Result<Vec<String>, Failure> {
        if !self.validators.contains_key(definition) {
            let mut schema = json!({ "$ref": format!("#/{}/{definition}", self.key) });
            schema[self.key] = self.schema[self.key].clone();
            if let Some(dialect) = self.schema.get("$schema") {
                schema["$schema"] = dialect.clone();
            }
            let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
            self.validators.insert(definition.to_owned(), validator);
        }
        let errors = self.validators[definition].iter_errors(instance);
        Ok(errors
            .map(|error| format!("{definition}{}: {}", error.instance_path(), shortened(&error.to_string())))
            .collect())
    }
}

/// Errors quote the message.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> Revision {
        let named = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
        let method = |method: &str, params: Value| {
            json!({
                "type": "object",
                "properties": {"jsonrpc": {"const": "2.0"}, "method": {"const": method, "type": "string"}, "params": params},
                "required": ["jsonrpc", "method", "params"]
            })
        };
        let envelope = |member: &str, schema: Value| json!({"type": "object", "properties": {"jsonrpc": {"const": "2.0"}, member: schema}, "required": ["jsonrpc", member]});
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": {
                "CallToolRequest": method("tools/call", json!({"type": "object", "required": ["name"]})),
                "AskRequest": method("server/ask", json!({"type": "object", "required": ["question"]})),
                "ClientRequest": {"anyOf": [named("CallToolRequest")]},
                "ClientNotification": method("notifications/cancelled", json!({"type": "object", "required": ["requestId"]})),
                "ClientResult": {"anyOf": [named("Roots"), {"type": "object", "required": ["action"]}]},
                "Roots": {"type": "object", "required": ["roots"]},
                "JSONRPCRequest": envelope("method", json!({"type": "string"})),
                "JSONRPCNotification": envelope("method", json!({"type": "string"})),
                "JSONRPCResultResponse": envelope("result", json!({"type": "object"})),
                "JSONRPCErrorResponse": envelope("error", json!({"type": "object", "required": ["code"]})),
                "JSONRPCMessage": {"anyOf": [named("JSONRPCRequest"), named("JSONRPCResultResponse")]}
            }
        });
        Revision::new(schema).unwrap()
    }

    #[test]
    fn good_messages() {
        for message in [
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a"}}),
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
            json!({"jsonrpc": "2.0", "id": 1, "method": "x/unknown", "params": {"any": 1}}),
            // Methods of the server are not methods of the client.
            json!({"jsonrpc": "2.0", "id": 1, "method": "server/ask", "params": {}}),
            json!({"jsonrpc": "2.0", "method": "notifications/unknown"}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"roots": []}}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"action": "accept"}}),
            json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601}}),
        ] {
            assert_eq!(tiny().violations(&message).unwrap(), Vec::<String>::new(), "{message}");
        }
    }

    #[test]
    fn bad_messages() {
        for (message, begins) in [
            (json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}), "CallToolRequest/params: "),
            (json!({"jsonrpc": "1.0", "id": 1, "method": "x/unknown"}), "JSONRPCRequest/jsonrpc: "),
            (
                json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}}),
                "ClientNotification/params: ",
            ),
            (json!({"jsonrpc": "2.0", "id": 1, "result": {"other": 1}}), "ClientResult: "),
            (json!({"jsonrpc": "2.0", "id": 1, "error": {}}), "JSONRPCErrorResponse/error: "),
            (json!({"jsonrpc": "2.0", "id": 1}), "JSONRPCMessage: "),
            (json!([]), "JSONRPCMessage: "),
        ] {
            let found = tiny().violations(&message).unwrap();
            assert!(found.len() == 1 && found[0].starts_with(begins), "{message}: {found:?}");
        }
    }
}
