//! Sessions that are recorded in front of a server and played back.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{End, Events, Reply, Wire, method, modern, post, rpc, send, send_modern, start};
use omni_mcp_devserver::{Count, DevServer, Options, Profile, Push, SessionMode, ToolHandler, ToolOptions};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

/// A file that is removed at the end of a test.
struct Recording(PathBuf);

impl Recording {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("omni-mcp-{}-{name}.json", std::process::id())))
    }

    /// Records what `client` does with the server.
    fn of(name: &str, upstream: &DevServer, client: impl FnOnce(&DevServer)) -> Self {
        let file = Self::new(name);
        let url = format!("{}/mcp", upstream.url());
        let recorder = start(json!({"record": file.0, "upstream": url}));
        client(&recorder);
        file
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn replay(&self) -> DevServer {
        start(json!({"profile": "generic", "replay": self.0}))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn tool(name: &str, handler: ToolHandler) -> ToolOptions {
    ToolOptions { name: name.to_owned(), handler: Some(handler), ..ToolOptions::default() }
}

fn tools(sessions: SessionMode) -> DevServer {
    let count = std::sync::atomic::AtomicU64::new(0);
    let count = ToolHandler::new(move |_| Ok(json!(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst))));
    let echo = ToolHandler::new(|call| Ok(call.arguments.clone().into()));
    let steps = ToolHandler::new(|call| {
        call.progress(1.0, Some(2.0), Some("half"));
        Ok(json!("done"))
    });
    let tools = vec![tool("count", count), tool("echo", echo), tool("steps", steps)];
    DevServer::start(Options { profile: Profile::Generic, sessions, tools, ..Options::default() }).unwrap()
}

fn call(server: &DevServer, id: u64, name: &str, arguments: &Value) -> Value {
    post(server, &[], &rpc(id, "tools/call", &json!({"name": name, "arguments": arguments}))).unwrap().json()
}

#[test]
fn responses_are_replayed_by_method_and_params_in_order() {
    let upstream = tools(SessionMode::None);
    let file = Recording::of("order", &upstream, |recorder| {
        assert_eq!(method(recorder, "initialize", &json!({"protocolVersion": "2025-11-25"})).status, 200);
        assert_eq!(method(recorder, "tools/list", &json!({})).json()["result"]["tools"][0]["name"], "count");
        for n in 0..2 {
            assert_eq!(call(recorder, n, "count", &json!({}))["result"]["content"][0]["text"], n.to_string());
        }
        assert_eq!(call(recorder, 5, "echo", &json!({"a": 1}))["result"]["structuredContent"], json!({"a": 1}));
        assert_eq!(call(recorder, 6, "absent", &json!({}))["error"]["message"], "Unknown tool: absent");
    });
    drop(upstream);
    let replay = file.replay();
    for _ in 0..2 {
        let hello = method(&replay, "initialize", &json!({"protocolVersion": "2025-06-18"})).json();
        assert_eq!(hello["result"]["protocolVersion"], "2025-11-25");
        assert_eq!(method(&replay, "tools/list", &json!({})).json()["result"]["tools"][1]["name"], "echo");
    }
    let absent = call(&replay, 90, "absent", &json!({}));
    assert_eq!((&absent["id"], &absent["error"]["message"]), (&json!(90), &json!("Unknown tool: absent")));
    assert_eq!(call(&replay, 91, "echo", &json!({"a": 1}))["result"]["structuredContent"], json!({"a": 1}));
    for n in 0..2 {
        let played = call(&replay, 92 + n, "count", &json!({}));
        assert_eq!((&played["id"], &played["result"]["content"][0]["text"]), (&json!(92 + n), &json!(n.to_string())));
    }
    assert_eq!(replay.ledger().executions.len(), 3);
}

#[test]
fn an_error_names_the_request_that_was_not_recorded() {
    let upstream = tools(SessionMode::None);
    let file = Recording::of("unmatched", &upstream, |recorder| {
        call(recorder, 1, "echo", &json!({"city": "Bern"}));
    });
    let replay = file.replay();
    let error = |reply: Value| {
        assert_eq!(reply["error"]["code"], -32600);
        reply["error"]["message"].as_str().unwrap().split_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(
        error(call(&replay, 1, "echo", &json!({"city": "Ur"}))),
        r#"has no response for tools/call echo {"city":"Ur"}; it has tools/call echo {"city":"Bern"}"#
    );
    assert_eq!(
        error(method(&replay, "resources/read", &json!({"uri": "a:b"})).json()),
        r#"has no response for resources/read {"uri":"a:b"}; it has no resources/read"#
    );
    assert!(call(&replay, 2, "echo", &json!({"city": "Bern"})).get("result").is_some());
    assert_eq!(
        error(call(&replay, 3, "echo", &json!({"city": "Bern"}))),
        r#"has 1 response for tools/call echo {"city":"Bern"}, and this is request 2"#
    );
    assert_eq!(replay.ledger().executions.len(), 1);
}

#[test]
fn events_are_replayed_with_the_tokens_of_the_request() {
    let upstream = tools(SessionMode::None);
    let steps = |server: &DevServer, id: u64, token: Option<&str>| -> Vec<Value> {
        let mut params = json!({"name": "steps", "arguments": {}});
        if let Some(token) = token {
            params["_meta"] = json!({"progressToken": token});
        }
        let events = post(server, &[], &rpc(id, "tools/call", &params)).unwrap().events();
        events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    };
    let file = Recording::of("events", &upstream, |recorder| {
        for id in [1, 2] {
            assert_eq!(steps(recorder, id, Some("recorded")).len(), 2);
        }
    });
    assert_eq!(file.json()["exchanges"][0]["response"]["events"][0]["method"], "notifications/progress");
    let replay = file.replay();
    let played = steps(&replay, 7, Some("new"));
    let progress = json!({"progressToken": "new", "progress": 1.0, "total": 2.0, "message": "half"});
    assert_eq!(played[0]["params"], progress);
    assert_eq!((&played[1]["id"], &played[1]["result"]["content"][0]["text"]), (&json!(7), &json!("done")));
    let silent = steps(&replay, 8, None);
    assert_eq!((silent.len(), &silent[0]["id"]), (1, &json!(8)));
}

#[test]
fn the_file_has_no_secrets() {
    let upstream = tools(SessionMode::Required);
    let secrets = ["sk-bearer-0001", "sk-header-0002", "cookie-0003", "p/ssword-0004"];
    let basic = "Basic dXNlcjpwL3Nzd29yZC0wMDA0";
    let talk = |server: &DevServer| -> Vec<Value> {
        let hello = post(server, &[], &rpc(1, "initialize", &json!({"protocolVersion": "2025-11-25"}))).unwrap();
        let session = hello.header("mcp-session-id").unwrap().to_owned();
        let echo = |id, arguments: &Value| {
            let bearer = format!("Bearer {}", secrets[0]);
            let cookie = format!("lang=en; sid={}", secrets[2]);
            let headers = [
                ("mcp-session-id", session.as_str()),
                ("authorization", bearer.as_str()),
                ("x-api-key", secrets[1]),
                ("cookie", cookie.as_str()),
                ("x-proxy-auth", basic),
            ];
            let body = rpc(id, "tools/call", &json!({"name": "echo", "arguments": arguments}));
            let mut wire = Wire::to(server);
            let mut all = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
            all.extend_from_slice(&headers);
            wire.ask("POST", "/mcp", &all, &body).unwrap().json()["result"]["structuredContent"].clone()
        };
        vec![
            echo(2, &json!({"all": format!("my {} {:?}", session, secrets), "n": 12_345_678_901_234_567_890_u64})),
            echo(3, &json!({secrets[0]: [secrets[3]]})),
            json!(session),
        ]
    };
    let mut session = String::new();
    let file = Recording::of("secrets", &upstream, |recorder| {
        let talked = talk(recorder);
        assert_eq!(talked[1], json!({secrets[0]: [secrets[3]]}));
        session = talked[2].as_str().unwrap().to_owned();
    });
    let text = file.text();
    for secret in secrets.iter().copied().chain([session.as_str(), basic, "omni_test_devserver_0001"]) {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("[redacted]") && text.contains("12345678901234567890"), "{text}");
    // The same requests match although their secrets are other ones.
    let played = talk(&file.replay());
    assert_ne!(played[2], json!(session));
    assert_eq!(played[1], json!({"[redacted]": ["[redacted]"]}));
}

#[test]
fn requests_of_the_server_wait_for_the_client() {
    let upstream = start(json!({"profile": "generic", "everything": true}));
    let talk = |server: &DevServer, name: &str| -> Value {
        let capabilities = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}});
        let hello = method(server, "initialize", &capabilities);
        let session = [("mcp-session-id", hello.header("mcp-session-id").unwrap())];
        let params = json!({"name": "test_elicitation", "arguments": {"message": "?"}});
        let mut events = Events::of(send(server, &session, &rpc(2, "tools/call", &params)));
        let asked = events.message();
        assert_eq!(asked["method"], "elicitation/create");
        let answer = json!({"action": "accept", "content": {"response": name}});
        let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": answer});
        assert_eq!(post(server, &session, &answer.to_string()).unwrap().status, 202);
        events.message()["result"]["content"][0]["text"].clone()
    };
    let file = Recording::of("requests", &upstream, |recorder| {
        talk(recorder, "Ada");
    });
    let played = talk(&file.replay(), "other");
    assert!(played.as_str().unwrap().contains("Ada"), "{played}");
}

fn listen(server: &DevServer, session: &str) -> Events {
    let mut wire = Wire::to(server);
    let auth = common::bearer(server);
    let headers = [("accept", "text/event-stream"), ("mcp-session-id", session), ("authorization", &auth)];
    wire.send("GET", "/mcp", &headers, "");
    Events::of(wire)
}

#[test]
fn messages_of_get_streams_follow_their_request() {
    let upstream = tools(SessionMode::Required);
    let hello = |server: &DevServer| {
        let hello = method(server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
        hello.header("mcp-session-id").unwrap().to_owned()
    };
    let echo = |server: &DevServer, session: &str| {
        let params = json!({"name": "echo", "arguments": {}});
        post(server, &[("mcp-session-id", session)], &rpc(2, "tools/call", &params)).unwrap().status
    };
    let file = Recording::of("pushed", &upstream, |recorder| {
        let session = hello(recorder);
        let mut stream = listen(recorder, &session);
        assert!(upstream.wait_for(Count::Streams, 1, SOON));
        assert_eq!(echo(recorder, &session), 200);
        upstream.push(&Push::notification("notifications/tools/list_changed", None));
        assert_eq!(stream.message()["method"], "notifications/tools/list_changed");
    });
    let replay = file.replay();
    let session = hello(&replay);
    let mut stream = listen(&replay, &session);
    assert!(replay.wait_for(Count::Streams, 1, SOON));
    assert_eq!(echo(&replay, &session), 200);
    assert_eq!(stream.message()["method"], "notifications/tools/list_changed");
    replay.expire_sessions();
    assert_eq!(post(&replay, &[("mcp-session-id", &session)], &rpc(3, "ping", &json!({}))).unwrap().status, 404);
}

#[test]
fn failures_are_replayed_as_they_were() {
    let upstream = start(json!({"profile": "generic", "sessions": "none", "answer": "sse"}));
    let echo = |server: &DevServer, n: u64| -> std::io::Result<Reply> {
        post(server, &[], &rpc(n, "tools/call", &json!({"name": "echo", "arguments": {"n": n}})))
    };
    upstream
        .script_json(
            &json!([
                {"nth": [1], "fault": {"kind": "status", "status": 503, "body": "busy", "headers": {"retry-after": "2"}}},
                {"nth": [2], "fault": {"kind": "stream_cut", "after_events": 0, "how": "fin"}},
                {"nth": [3], "fault": {"kind": "status", "status": 429, "headers": {"retry-after": "1"}}}
            ])
            .to_string(),
        )
        .unwrap();
    let check = |server: &DevServer| {
        let busy = echo(server, 1).unwrap();
        assert_eq!((busy.status, busy.text(), busy.header("retry-after")), (503, "busy".to_owned(), Some("2")));
        assert_eq!(echo(server, 2).unwrap().end, End::Closed);
        let limited = echo(server, 3).unwrap();
        assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
    };
    let file = Recording::of("failures", &upstream, check);
    let replay = file.replay();
    check(&replay);
    // Faults apply to a replay, too.
    replay.script_json(r#"{"fault": {"kind": "status", "status": 500}}"#).unwrap();
    assert_eq!(echo(&replay, 1).unwrap().status, 500);
}

#[test]
fn the_modern_era_is_replayed() {
    let upstream = start(json!({"profile": "generic", "era": "modern"}));
    let talk = |server: &DevServer, id: u64| -> Value {
        let found = modern(server, "server/discover", &json!({})).json();
        assert!(found["result"]["supportedVersions"].is_array(), "{found}");
        let params = json!({"notifications": {"toolsListChanged": true}});
        let mut stream = Events::of(send_modern(server, id, "subscriptions/listen", &params, &[]));
        let acknowledged = stream.message();
        let echoed = modern(server, "tools/call", &json!({"name": "echo", "arguments": {"a": 1}})).json();
        assert_eq!(echoed["result"]["structuredContent"], json!({"a": 1}));
        acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone()
    };
    let file = Recording::of("modern", &upstream, |recorder| assert_eq!(talk(recorder, 4), 4));
    assert_eq!(talk(&file.replay(), 5), 5);
}

#[test]
fn an_upstream_that_cannot_be_reached_is_an_error() {
    let upstream = tools(SessionMode::None);
    upstream.close();
    let file = Recording::of("unreachable", &upstream, |recorder| {
        let reply = method(recorder, "ping", &json!({}));
        assert_eq!(reply.status, 502);
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("the upstream cannot be reached: "), "{error}");
    });
    assert!(file.replay().ledger().requests.is_empty());
}

#[test]
fn options_are_checked() {
    let absent = Path::new("/no/such/folder/session.json");
    let broken = Recording::new("broken");
    std::fs::write(&broken.0, "{\"format\": 1,\n\"exchanges\": [{}]}").unwrap();
    let newer = Recording::new("newer");
    std::fs::write(&newer.0, r#"{"format": 2, "exchanges": []}"#).unwrap();
    let file = Recording::new("options");
    let (broken_at, newer_at) = (broken.0.display(), newer.0.display());
    let cases = [
        (json!({"record": file.0}), "upstream: is required with record: the URL of the server".to_owned()),
        (
            json!({"record": file.0, "upstream": 1}),
            "upstream: must be a string with record: the URL of the server".to_owned(),
        ),
        (
            json!({"record": file.0, "upstream": "example.com"}),
            "upstream: must be the URL of an MCP endpoint, such as https://example.com/mcp".to_owned(),
        ),
        (
            json!({"record": file.0, "upstream": "http://a:b@127.0.0.1/mcp"}),
            "upstream: must not contain credentials; the client sends them".to_owned(),
        ),
        (
            json!({"record": absent, "upstream": "http://127.0.0.1/mcp"}),
            "record: /no/such/folder/session.json cannot be written: No such file or directory (os error 2)".to_owned(),
        ),
        (
            json!({"replay": absent}),
            "replay: /no/such/folder/session.json cannot be read: No such file or directory (os error 2)".to_owned(),
        ),
        (json!({"replay": broken.0}), format!("replay: {broken_at} is not a recorded session (line 2, column 16)")),
        (json!({"replay": newer.0}), format!("replay: {newer_at} has format 2, and only 1 can be read")),
        (json!({"record": file.0, "replay": file.0}), "replay: give only one of record and replay".to_owned()),
        (json!({"replay": file.0, "upstream": "a"}), "upstream: a recording is replayed without it".to_owned()),
        (json!({"replay": file.0, "tool_names": ["a"]}), "tool_names: cannot be combined with replay".to_owned()),
        (json!({"replay": 1}), "replay: must be a string, got 1".to_owned()),
    ];
    for (options, message) in cases {
        let error = DevServer::start_json(&options.to_string()).unwrap_err().to_string();
        assert_eq!(error, format!("bad dev server options: {message}"));
    }
}

/// The program trusts the authority of the upstream by a variable of its environment.
#[cfg(feature = "cli")]
#[test]
fn servers_with_https_are_recorded() {
    use std::io::BufRead;
    use std::process::{Command, Stdio};

    let upstream = start(json!({"profile": "generic", "sessions": "none", "tls": {}}));
    let ca = std::env::temp_dir().join(format!("omni-mcp-{}-recording-ca.pem", std::process::id()));
    std::fs::write(&ca, &upstream.certificates().unwrap().ca).unwrap();
    let file = Recording::new("https");
    let options = json!({"record": file.0, "upstream": format!("{}/mcp", upstream.url())});
    let mut program = Command::new(env!("CARGO_BIN_EXE_omni-mcp-devserver"))
        .args(["--until-stdin-ends", "--options", &options.to_string()])
        .env("SSL_CERT_FILE", &ca)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let url = line.split_once('=').unwrap().1;
    let echo = rpc(1, "tools/call", &json!({"name": "echo", "arguments": {"a": 1}}));
    let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let reply = Wire::connect(url).ask("POST", "/mcp", &headers, &echo).unwrap();
    assert_eq!(reply.json()["result"]["structuredContent"], json!({"a": 1}));
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
    std::fs::remove_file(&ca).unwrap();
    assert_eq!(call(&file.replay(), 2, "echo", &json!({"a": 1}))["result"]["structuredContent"], json!({"a": 1}));
}
