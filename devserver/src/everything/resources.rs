//! The resources.

use serde_json::{Value, json};

use super::content::PIXEL;
use super::methods::Served;
use crate::jsonrpc::Request;
use crate::modern::Refusal;
use crate::pages;
use crate::server_state::Shared;

/// The code of an unknown resource, up to 2025-11-25.
pub(super) const NOT_FOUND_BEFORE: i64 = -32002;

fn all() -> [Value; 3] {
    [
        json!({
            "uri": "test://static-text", "name": "static-text", "title": "Static text",
            "description": "A text that never changes.", "mimeType": "text/plain"
        }),
        json!({
            "uri": "test://static-binary", "name": "static-binary", "title": "Static picture",
            "description": "A picture that never changes.", "mimeType": "image/png"
        }),
        json!({
            "uri": "test://watched-resource", "name": "watched-resource", "title": "Watched text",
            "description": "A text to subscribe to.", "mimeType": "text/plain"
        }),
    ]
}

pub(super) fn list(shared: &Shared, request: &Request<'_>) -> Option<String> {
    page(shared, request, "resources", &all())
}

pub(super) fn templates(shared: &Shared, request: &Request<'_>) -> Option<String> {
    let all = [
        json!({
            "uriTemplate": "test://template/{id}/data", "name": "template", "title": "Template",
            "description": "Data by its id.", "mimeType": "application/json"
        }),
        json!({
            "uriTemplate": "test://note/{name}", "name": "note", "title": "Note",
            "description": "A note by its name.", "mimeType": "text/plain"
        }),
    ];
    page(shared, request, "resourceTemplates", &all)
}

pub(super) fn page(shared: &Shared, request: &Request<'_>, name: &str, all: &[Value]) -> Option<String> {
    let texts: Vec<String> = all.iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    pages::page(name, &texts, shared.options.tools_page_size, request)
}

fn contents(uri: &str) -> Option<Value> {
    let text = |mime: &str, text: &str| Some(json!({"uri": uri, "mimeType": mime, "text": text}));
    match uri {
        "test://static-text" => text("text/plain", "This is the content of the static text resource."),
        "test://static-binary" => Some(json!({"uri": uri, "mimeType": "image/png", "blob": PIXEL})),
        "test://watched-resource" => text("text/plain", "Watched resource content"),
        _ => {
            if let Some(name) = uri.strip_prefix("test://note/").filter(|name| !name.is_empty()) {
                return text("text/plain", &format!("The note {name}."));
            }
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let data = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
            text("application/json", &data.to_string())
        }
    }
}

/// `resources/read`; the code is that of an unknown resource.
pub(super) fn read(request: &Request<'_>, not_found: i64) -> Result<Served, Refusal> {
    let uri = request.param("uri").and_then(Value::as_str);
    let uri = uri.ok_or_else(|| Refusal::invalid_params(200, "uri must be a string"))?;
    match contents(uri) {
        Some(contents) => Ok(Served { result: json!({"contents": [contents]}).to_string(), scope: Some("private") }),
        None => Err(Refusal {
            status: 200,
            code: not_found,
            message: "Resource not found".to_owned(),
            data: Some(json!({"uri": uri})),
        }),
    }
}
