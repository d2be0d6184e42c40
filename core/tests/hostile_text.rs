//! Server text that could control a terminal, a log or a model: messages of the client contain it in a harmless form.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use omni_mcp::registry::{RegistryConfig, gaia, sema4};
use omni_mcp::{AuthConfig, CallOptions, Client, ClientBuilder, Error, Secret};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

/// Colours, title, bell, cleared screen, C1 controls, line ends, direction marks, zero width, tags, invisible text.
const HOSTILE: &str = "a\u{1b}[31mb\u{1b}]0;t\u{7}c\u{9b}2J\u{7f}\r\n\u{85}INFO forged\u{b}\u{c}\u{202e}d\u{2066}e\u{2069}f\u{200b}\
    g\u{200d}h\u{2028}i\u{2029}j\u{feff}k\u{ad}l\u{61c}m\u{2060}n\u{e0041}o\u{fe0f}p\u{3164}q\u{fff9}r";
/// Maximum length of a message.
const LONGEST: usize = 2048;

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(character, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn assert_harmless(what: &str, error: &Error) {
    let info = error.info();
    let texts =
        [Some(info.message.as_str()), info.service_code.as_deref(), info.request_id.as_deref(), info.field.as_deref()];
    let (shown, debug) = (error.to_string(), format!("{error:?}"));
    let texts = texts.into_iter().flatten().chain(info.required_scopes.iter().chain(&info.stderr).map(String::as_str));
    for text in texts.chain([shown.as_str()]) {
        assert!(!text.chars().any(is_harmful), "{what}: {text:?}");
        assert!(text.len() <= LONGEST, "{what}: {} bytes", text.len());
    }
    assert!(!debug.chars().any(is_harmful), "{what}: {debug:?}");
}

fn generic(server: &DevServer) -> ClientBuilder {
    let quick = Duration::from_millis(1);
    let client = Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url()));
    client.max_attempts(1_u32).backoff_initial(quick).backoff_max(quick)
}

fn start(options: Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

const ALL_STATUSES: &[u16] = &[200, 301, 400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 501, 503, 504];

/// Hostile text in all parts of a response that the client reads; and very long text.
fn faults() -> Vec<Value> {
    let mut faults = Vec::new();
    for text in [HOSTILE.to_owned(), HOSTILE.repeat(200), "\u{1b}".repeat(9000), "é".repeat(9000)] {
        let statuses: &[u16] = if text == HOSTILE { ALL_STATUSES } else { &[400] };
        for status in statuses {
            let status = *status;
            faults.push(json!({"kind": "status", "status": status, "body": text}));
            faults.push(json!({"kind": "status", "status": status, "body": {"error": {"code": text, "message": text, "request_id": text}}}));
            let data = json!({"omni_code": text, "request_id": text, text.clone(): text});
            faults.push(json!({"kind": "rpc_error", "status": status, "code": -32000, "message": text, "data": data}));
        }
        for body in [json!({"message": text}), json!({"error": text}), json!({"detail": [{"msg": text}]}), json!(text)]
        {
            faults.push(json!({"kind": "status", "status": 400, "body": body}));
        }
        let raw = |body: String, kind: &str| json!({"kind": "raw_body", "body": body, "content_type": kind});
        let quoted = serde_json::to_string(&text).unwrap();
        faults.push(raw(text.clone(), "application/json"));
        faults.push(raw(text.clone(), "text/html"));
        faults.push(raw(format!("data: {text}\n\n"), "text/event-stream"));
        faults.push(raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":{quoted},\"result\":{{}}}}"), "application/json"));
        let failed = format!("{{\"isError\":true,\"content\":[{{\"type\":\"text\",\"text\":{quoted}}}]}}");
        faults.push(raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{failed}}}"), "application/json"));
        let method = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":{quoted}}}");
        faults.push(raw(format!("data: {method}\n\ndata: x\n\n"), "text/event-stream"));
        let version = format!("{{\"protocolVersion\":{quoted},\"capabilities\":{{}},\"serverInfo\":{{}}}}");
        faults.push(raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{version}}}"), "application/json"));
        let kind = format!("{{\"resultType\":{quoted},\"supportedVersions\":[{quoted}]}}");
        faults.push(raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{kind}}}"), "application/json"));
    }
    // Valid in headers: tabs, and bytes beyond ASCII.
    let header = "a\u{9b}2J\tb\u{202e}".repeat(20);
    for name in [
        "X-Request-Id",
        "Omni-Required-Scopes",
        "Content-Type",
        "Retry-After",
        "MCP-Session-Id",
        "Location",
        "WWW-Authenticate",
    ] {
        let headers = BTreeMap::from([(name, &header)]);
        for status in [200, 307, 401, 403, 503] {
            faults.push(json!({"kind": "status", "status": status, "headers": headers, "body": {}}));
        }
    }
    faults.push(json!({"kind": "status", "status": 403, "headers": {"Omni-Required-Scopes": "scope ".repeat(500)}}));
    faults
}

#[tokio::test]
async fn errors_of_calls_are_harmless() {
    for (era, methods) in [
        ("legacy", ["initialize", "tools/call", "tools/list"]),
        ("modern", ["server/discover", "tools/call", "tools/list"]),
    ] {
        let server = start(json!({"profile": "generic", "era": era}));
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&lines);
        let known = generic(&server).raise_tool_errors(true).log_level("debug").on_log(move |record| {
            let texts = record.fields.values().filter_map(Value::as_str);
            log.lock().unwrap().push(texts.chain([record.message]).collect());
        });
        let known = known.build().unwrap();
        known.ping().await.unwrap();
        for fault in faults() {
            for method in methods {
                server.clear_script();
                server.script_json(&json!([{"on": {"method": method}, "fault": fault}]).to_string()).unwrap();
                let fresh;
                let client = if method == methods[0] {
                    fresh = generic(&server).build().unwrap();
                    &fresh
                } else {
                    &known
                };
                let ended = match method {
                    "tools/list" => client.list_tools().options(CallOptions::default().fresh(true)).await.map(drop),
                    _ => client.call_tool("echo", json!({"n": 1})).await.map(drop),
                };
                if let Err(error) = ended {
                    assert_harmless(&format!("{era} {method} after {:.200}", fault.to_string()), &error);
                }
                for line in lines.lock().unwrap().drain(..) {
                    assert!(!line.chars().any(is_harmful), "the log after {:.200}: {line:?}", fault.to_string());
                }
            }
        }
    }
}

#[tokio::test]
async fn errors_of_sse_tokens_and_registries_are_harmless() {
    for event in [
        HOSTILE.replace(['\r', '\n', '\u{85}'], ""),
        format!("http://{}/", "\u{202e}".repeat(900)),
        format!("//{HOSTILE}"),
    ] {
        let server =
            start(json!({"profile": "generic", "transport": "sse", "endpoint_event": event.replace(['\r', '\n'], "")}));
        let client = Client::builder().profile("generic").transport("sse").endpoint(format!("{}/sse", server.url()));
        if let Err(error) = client.max_attempts(1_u32).timeout(Duration::from_secs(5)).build().unwrap().ping().await {
            assert_harmless("an endpoint event", &error);
        }
    }
    let server = start(json!({"profile": "generic", "oauth": {}}));
    let mut given = AuthConfig::client_credentials("id", "a secret");
    given.token_url = Some(format!("{}/oauth/token", server.url()).into());
    for auth in [given, AuthConfig::client_credentials("id", "a secret")] {
        for body in [
            json!({"error": HOSTILE, "error_description": HOSTILE.repeat(100), "error_uri": HOSTILE}),
            json!({"access_token": HOSTILE, "token_type": HOSTILE}),
            json!({"token_endpoint": HOSTILE, "authorization_servers": [HOSTILE]}),
            json!({"token_endpoint": format!("//{HOSTILE}"), "authorization_servers": [format!("http://{HOSTILE}")]}),
            json!(HOSTILE),
        ] {
            for status in [200, 400, 401, 500] {
                server.clear_script();
                let fault = json!({"kind": "status", "status": status, "body": body});
                server.script_json(&json!([{"fault": fault}]).to_string()).unwrap();
                let error = generic(&server).auth(auth.clone()).build().unwrap().ping().await.unwrap_err();
                assert_harmless(&format!("a token endpoint that answers {status} {body:.100}"), &error);
            }
        }
    }
    for profile in ["gaia", "sema4"] {
        let server = start(json!({"profile": profile}));
        let config = RegistryConfig::default().api_key(server.api_key()).base_url(server.url()).max_attempts(1_u32);
        let (gaia, sema4) =
            (gaia::GaiaRegistry::new(&config), sema4::Sema4Registry::new(&config.clone().tenant("acme")));
        for fault in faults() {
            server.clear_script();
            server.script_json(&json!([{"fault": fault}]).to_string()).unwrap();
            let ended = match profile {
                "gaia" => gaia.as_ref().unwrap().list("p").await.map(drop),
                _ => sema4.as_ref().unwrap().get("1").await.map(drop),
            };
            if let Err(error) = ended {
                assert_harmless(&format!("{profile} after {:.200}", fault.to_string()), &error);
            }
        }
    }
}

#[tokio::test]
async fn stderr_of_a_process_is_harmless() {
    let script = "printf '%s\\n' \"$HOSTILE\" \"$LONG\" >&2; printf '%s\\n' \"$HOSTILE\"; exit 3";
    let env = [("HOSTILE", HOSTILE.to_owned()), ("LONG", "\u{1b}[2J".repeat(5000))];
    // Passed as arguments, because values of `env` are secrets and would be removed from messages.
    let sets = env.map(|(name, value)| format!("{name}='{value}'; ")).concat();
    let client = Client::builder().command("sh").args(["-c".into(), Secret::from(format!("{sets}{script}"))]);
    let error = client.build().unwrap().ping().await.unwrap_err();
    assert!(!error.info().stderr.is_empty());
    assert_harmless("a process", &error);
    let missing = Client::builder().command(format!("/no{HOSTILE}")).build().unwrap().ping().await.unwrap_err();
    assert_harmless("a program that is not there", &missing);
}

/// A server that does not use HTTP.
#[tokio::test]
async fn bytes_other_than_http_are_harmless() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let heads = [
            format!("{HOSTILE}\r\n\r\n"),
            format!("HTTP/1.1 200 {HOSTILE}\r\ncontent-length: 0\r\n\r\n"),
            format!("HTTP/1.1 400 Bad\r\nx-request-id: {HOSTILE}\r\ncontent-length: 0\r\n\r\n"),
            format!("HTTP/1.1 400 Bad\r\n{HOSTILE}: x\r\ncontent-length: 0\r\n\r\n"),
        ];
        for (stream, head) in listener.incoming().flatten().zip(heads.into_iter().cycle()) {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(head.as_bytes());
        }
    });
    for _ in 0..8 {
        let client =
            Client::builder().profile("generic").endpoint(format!("http://127.0.0.1:{port}/mcp")).max_attempts(1_u32);
        let error = client.timeout(Duration::from_secs(5)).build().unwrap().ping().await.unwrap_err();
        assert_harmless("no HTTP", &error);
    }
}

#[test]
fn refused_values_are_harmless_in_messages() {
    let header = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), Secret::from(value))]);
    let key = || Client::builder().api_key("key_0001");
    for refused in [
        key().headers(header(HOSTILE, "x")),
        key().headers(header("x-a", HOSTILE)),
        key().base_url(HOSTILE),
        key().endpoint(format!("https://{HOSTILE}/")),
        key().slug(HOSTILE),
        key().proxy(HOSTILE),
        key().transport(HOSTILE),
        key().protocol_version(HOSTILE),
        key().omni_version(HOSTILE),
        key().x_session_id(HOSTILE),
        Client::builder().api_key(HOSTILE),
        Client::builder().profile(HOSTILE),
    ] {
        assert_harmless("an option", &refused.build().unwrap_err());
    }
    let unknown = format!("{{{}: 1}}", serde_json::to_string(HOSTILE).unwrap());
    let error = omni_mcp::ClientConfig::from_json(&unknown, omni_mcp::Spelling::Snake).unwrap_err();
    assert_harmless("an unknown option", &error);
}
