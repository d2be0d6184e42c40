//! Twenty valid responses: of both eras, as JSON and as event streams, in each framing, results and errors.

use super::answer::{Answer, Framing};

pub(crate) const LEGACY: &str = "2025-11-25";
pub(crate) const MODERN: &str = "2026-07-28";

/// A valid response to one method.
pub(crate) struct Reference {
    pub(crate) is_modern: bool,
    pub(crate) method: &'static str,
    pub(crate) is_stream: bool,
    make: fn(&str) -> Answer,
}

impl Reference {
    /// The response to the request with this id, which is JSON text.
    pub(crate) fn answer(&self, id: &str) -> Answer {
        (self.make)(id)
    }

    /// Whether it belongs to the handshake, and not to a call.
    pub(crate) fn opens(&self) -> bool {
        matches!(self.method, "initialize" | "server/discover")
    }
}

const fn json(is_modern: bool, method: &'static str, make: fn(&str) -> Answer) -> Reference {
    Reference { is_modern, method, is_stream: false, make }
}

const fn stream(is_modern: bool, method: &'static str, make: fn(&str) -> Answer) -> Reference {
    Reference { is_modern, method, is_stream: true, make }
}

const JSON: &str = "application/json";
const STREAM: &str = "text/event-stream";
const TOOL: &str = r#"{"resultType":"complete","content":[{"type":"text","text":"é 1"}],"structuredContent":{"n":9007199254740993,"list":[1,2.5,null]},"isError":false}"#;
const FAILED_TOOL: &str = r#"{"content":[{"type":"text","text":"no"}],"isError":true}"#;
const TOOLS: &str = r#"{"resultType":"complete","tools":[{"name":"t","description":"d","inputSchema":{"type":"object","properties":{"q":{"type":"string"}}}}],"ttlMs":60000,"cacheScope":"private"}"#;
const RESOURCE: &str = r#"{"resultType":"complete","contents":[{"uri":"file:///a","mimeType":"text/plain","text":"a\nb"}],"ttlMs":60000,"cacheScope":"private"}"#;
const PROMPT: &str =
    r#"{"resultType":"complete","messages":[{"role":"user","content":{"type":"text","text":"hello"}}]}"#;
const WELCOME: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"raw","version":"1"},"instructions":"none"}"#;
const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"raw","version":"1"}},"ttlMs":60000,"cacheScope":"private"}"#;
const PROGRESS: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"in progress"}}"#;

fn result(id: &str, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

fn error(id: &str, code: i64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"no","data":{{"why":"because"}}}}}}"#)
}

fn event(message: &str) -> String {
    format!("event: message\ndata: {message}\n\n")
}

fn ok(framing: Framing, body: String) -> Answer {
    Answer::new("200 OK", JSON, framing, body)
}

fn events(framing: Framing, body: String) -> Answer {
    Answer::new("200 OK", STREAM, framing, body).with("Cache-Control: no-cache")
}

/// All of them.
pub(crate) const ALL: &[Reference] = &[
    json(false, "tools/call", |id| ok(Framing::Length, result(id, TOOL)).with("X-Request-Id: req_raw")),
    json(false, "tools/call", |id| ok(Framing::Chunked, result(id, TOOL))),
    json(false, "tools/call", |id| ok(Framing::Close, result(id, FAILED_TOOL))),
    json(false, "tools/call", |id| ok(Framing::Length, error(id, -32602))),
    json(false, "tools/call", |id| {
        Answer::new("503 Service Unavailable", JSON, Framing::Length, error(id, -32000)).with("Retry-After: 0")
    }),
    stream(false, "tools/call", |id| events(Framing::Chunked, event(&result(id, TOOL)))),
    // To be resumed after its first event, which this server does not support.
    stream(false, "tools/call", |id| {
        events(
            Framing::Close,
            format!("retry: 1\nid: 1\ndata:\n\n: ping\n\n{}id: 2\r\n{}", event(PROGRESS), event(&result(id, TOOL))),
        )
    }),
    stream(false, "tools/call", |id| events(Framing::Length, event(&error(id, -32603)))),
    json(false, "tools/list", |id| ok(Framing::Length, result(id, TOOLS))),
    stream(false, "tools/list", |id| events(Framing::Chunked, event(&result(id, TOOLS)))),
    json(false, "resources/read", |id| ok(Framing::Chunked, result(id, RESOURCE))),
    json(false, "prompts/get", |id| ok(Framing::Length, result(id, PROMPT))),
    json(false, "initialize", |id| ok(Framing::Length, result(id, WELCOME)).with("MCP-Session-Id: s-1")),
    stream(false, "initialize", |id| events(Framing::Chunked, event(&result(id, WELCOME)))),
    json(true, "tools/call", |id| ok(Framing::Length, result(id, TOOL))),
    stream(true, "tools/call", |id| events(Framing::Chunked, event(PROGRESS) + &event(&result(id, TOOL)))),
    json(true, "tools/call", |id| Answer::new("400 Bad Request", JSON, Framing::Length, error(id, -32602))),
    stream(true, "resources/read", |id| events(Framing::Close, event(&result(id, RESOURCE)))),
    json(true, "server/discover", |id| ok(Framing::Length, result(id, DISCOVERED))),
    stream(true, "server/discover", |id| events(Framing::Length, event(&result(id, DISCOVERED)))),
];

/// The response to a request that is part of no case.
pub(crate) fn plain(method: &str, id: &str) -> Answer {
    match (method, plain_result(method)) {
        (_, "") => ok(Framing::Length, error(id, -32601)),
        ("initialize", welcome) => ok(Framing::Length, result(id, welcome)).with("MCP-Session-Id: s-1"),
        (_, found) => ok(Framing::Length, result(id, found)),
    }
}

/// Its result; `None` for an unknown method.
pub(crate) fn plain_result(method: &str) -> &'static str {
    match method {
        "tools/list" => r#"{"resultType":"complete","tools":[]}"#,
        "tools/call" => TOOL,
        "resources/read" => RESOURCE,
        "prompts/get" => PROMPT,
        "initialize" => WELCOME,
        "server/discover" => DISCOVERED,
        _ => "",
    }
}

/// The result of a whole response to this method.
pub(crate) fn results(method: &str) -> &'static [&'static str] {
    match method {
        "tools/list" => &[TOOLS],
        "tools/call" => &[TOOL, FAILED_TOOL],
        "resources/read" => &[RESOURCE],
        "prompts/get" => &[PROMPT],
        _ => &[],
    }
}
