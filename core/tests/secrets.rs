//! Canaries in the key, a header, the URL's query and the arguments: no message may contain them.
//!
//! Checked are [`all_text`] of an error, the [`Log`], and `Debug` of objects that contain a canary. `data` contains
//! the server's text; the client's secrets are removed from it as well.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use omni_mcp::registry::{Record, RegistryConfig, sema4};
use omni_mcp::{AuthConfig, CallOptions, Client, ClientBuilder, Error, Secret};
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

const KEY: &str = "omni_test_canary_key_1";
const HEADER: &str = "canary-header-2";
const QUERY: &str = "canary-query-3";
const ARGUMENT: &str = "canary-argument-4";

fn assert_hidden(what: &str, text: &str, canaries: &[&str]) {
    for canary in canaries {
        // Most of a secret is as bad as all of it.
        let most = &canary[..canary.len() - 4];
        let rest = &canary[1..];
        assert!(!text.contains(most) && !text.contains(rest), "{what} shows {canary}: {text}");
    }
}

/// Log records of a client, at the most verbose level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn of(&self, client: ClientBuilder) -> ClientBuilder {
        let (log, states) = (self.clone(), self.clone());
        let client = client.log_level("debug").on_log(move |record| {
            log.0.lock().unwrap().push(format!("{record:?} {}", serde_json::to_string(&record).unwrap()));
        });
        client.on_state(move |change| states.0.lock().unwrap().push(format!("{change:?}")))
    }

    fn take(&self) -> String {
        self.0.lock().unwrap().drain(..).collect::<Vec<_>>().join("\n")
    }
}

/// All text of an error.
fn all_text(error: &Error) -> String {
    let info = error.info();
    format!("{error}\n{error:?}\n{error:#?}\n{}\n{info:?}\n{}", error.to_json(), info.stderr.join("\n"))
}

#[tokio::test]
async fn messages_show_no_secret() {
    let all = [KEY, HEADER, QUERY, ARGUMENT];
    let server = DevServer::start(Options::default()).unwrap();
    let config = Client::builder()
        .api_key(KEY)
        .endpoint(format!("{}/mcp?token={QUERY}", server.url()))
        .headers(BTreeMap::from([("x-team".to_owned(), Secret::from(HEADER))]))
        .max_attempts(1_u32);
    assert_hidden("the config's Debug", &format!("{config:?}"), &all);
    let client = config.build().unwrap();
    assert_hidden("the client's Debug", &format!("{client:?}"), &all);
    let options = CallOptions::default().headers(BTreeMap::from([("x-a".to_owned(), Secret::from(HEADER))]));
    assert_hidden("the options' Debug", &format!("{options:?}"), &all);

    let echo = json!({"token": format!("Bearer {KEY}"), "header": HEADER});
    let faults = [
        // The dev server does not know the key; server text about it is not shown either.
        json!([]),
        json!([{"fault": {"kind": "reset"}}]),
        json!([{"fault": {"kind": "status", "status": 500, "body": format!("bad {KEY} and {HEADER}")}}]),
        json!([{"fault": {"kind": "status", "status": 401, "body": {"error": {"code": KEY, "message": format!("no {KEY}"), "request_id": KEY}}}}]),
        json!([{"fault": {"kind": "rpc_error", "code": -32000, "message": format!("no {KEY}"), "data": echo}}]),
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": "text/html", "body": format!("<b>{KEY} {HEADER}")}}]),
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": KEY, "body": ""}}]),
        // The end of the preview is within the key.
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": "text/html", "body": format!("{}{KEY}", "x".repeat(182))}}]),
        // The key in another JSON spelling.
        json!([{"fault": {"kind": "raw_body", "status": 400, "content_type": "application/json", "body": format!("{{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{{\"code\":1,\"message\":\"\",\"data\":{{\"k\":\"\\u006f{}\"}}}}}}", &KEY[1..])}}]),
        json!([{"fault": {"kind": "malformed_json"}}]),
        json!([{"fault": {"kind": "redirect", "status": 307, "location": format!("http://127.0.0.1:9/?{KEY}")}}]),
    ];
    for fault in faults {
        server.clear_script();
        server.script_json(&fault.to_string()).unwrap();
        let call = client.call_tool("fred.search", json!({"q": ARGUMENT}));
        assert_hidden("the call's Debug", &format!("{call:?}"), &all);
        let error = call.await.unwrap_err();
        assert_hidden(&format!("the message after {fault}"), &error.to_string(), &all);
        assert_hidden(&format!("the Debug after {fault}"), &format!("{error:?}"), &all);
        assert_hidden(&format!("the crossing after {fault}"), &error.to_json(), &all);
    }
    let refused = Client::builder().api_key(format!("{KEY}\n")).build().unwrap_err();
    assert_hidden("a refused key", &format!("{refused:?}"), &all);
    let misplaced = Client::builder().api_key("k").base_url(KEY);
    assert_hidden("a key in the wrong place", &format!("{misplaced:?} {:?}", misplaced.clone().build()), &all);
}

#[tokio::test]
async fn messages_show_no_secret_of_other_credentials() {
    let all = [KEY, HEADER, ARGUMENT];
    let server = DevServer::start_json(r#"{"profile": "generic", "oauth": {}}"#).unwrap();
    let generic = || Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url())).max_attempts(1_u32);
    let mut oauth = AuthConfig::client_credentials("client", KEY);
    oauth.token_url = Some(format!("{}/oauth/token", server.url()).into());
    let echo = json!({"error": "invalid_client", "error_description": format!("bad secret {KEY}")});
    let refusal = json!({"fault": {"kind": "status", "status": 401, "content_type": "application/json", "body": echo}});
    for auth in [
        AuthConfig::bearer_token(KEY),
        AuthConfig::basic("user", KEY),
        AuthConfig::header("x-key", KEY),
        AuthConfig::header("Authorization", format!("Digest {KEY}")),
        oauth,
    ] {
        let config = generic().auth(auth);
        let proxied = config.clone().proxy_headers([("x-p".to_owned(), HEADER.into())]);
        assert_hidden("the config's Debug", &format!("{proxied:?}"), &all);
        server.clear_script();
        server.script_json(&refusal.to_string()).unwrap();
        let client = config.build().unwrap();
        let error = client.ping().await.unwrap_err();
        assert_hidden("the client", &format!("{client:?}"), &all);
        assert_hidden("an error", &format!("{error} {error:?} {}", error.to_json()), &all);
    }
    server.clear_script();
    server.script_json(&refusal.to_string()).unwrap();
    let client = generic().token_provider(|| async { Ok::<_, String>(KEY) }).build().unwrap();
    let error = client.ping().await.unwrap_err();
    assert_hidden("a provided token", &format!("{client:?} {error} {error:?}"), &all);

    let echo = ["-c".into(), format!("echo \"$TOKEN {ARGUMENT}\" >&2; exit 3").into()];
    let config = Client::builder().command("sh").args(echo).env([("TOKEN".to_owned(), KEY.into())]);
    assert_hidden("a program", &format!("{config:?}"), &all);
    let client = config.build().unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.info().exit_code, Some(3));
    assert_hidden("a program's error", &format!("{client:?} {error} {error:?} {}", error.to_json()), &[KEY]);

    let record: Record = serde_json::from_value(json!({
        "name": "a", "url": server.url(), "headers": {"x-key": KEY}, "env": {"TOKEN": HEADER}, "oauth_client_config": {"a": ARGUMENT},
    }))
    .unwrap();
    assert_hidden("a record", &format!("{record:?}"), &all);
    let registry =
        sema4::Sema4Registry::new(&RegistryConfig::default().api_key(KEY).base_url("https://example.com")).unwrap();
    assert_hidden("a registry", &format!("{registry:?}"), &all);
}

/// Secrets in the text of a server, a proxy or a program, in all forms in which they can be sent.
#[tokio::test]
async fn no_form_of_a_secret_is_shown() {
    let key = "canary/key+0001";
    let forms = format!("{key} canary%2Fkey%2B0001 canary\\/key \"{key}\" <{key}> Bearer {key},{key}");
    let server = DevServer::start_json(r#"{"profile": "generic"}"#).unwrap();
    let client = Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url())).max_attempts(1_u32);
    let log = Log::default();
    let client = log.of(client.api_key(key)).build().unwrap();
    client.ping().await.unwrap();
    let ledger = server.ledger();
    let session = ledger.requests.iter().find_map(|request| request.headers.get("mcp-session-id")).unwrap().to_owned();
    let text = format!("no session {session} for {forms}");
    for fault in [
        json!({"kind": "status", "status": 400, "body": text}),
        json!({"kind": "status", "status": 400, "body": {"error": {"code": text, "message": text, "request_id": session}}}),
        json!({"kind": "status", "status": 403, "headers": {"Omni-Required-Scopes": text, "X-Request-Id": text}}),
        json!({"kind": "rpc_error", "code": -32000, "message": text, "data": {text.clone(): [text, {"x": session}]}}),
        json!({"kind": "raw_body", "body": text}),
        json!({"kind": "raw_body", "body": format!("data: {text}\n\n"), "content_type": "text/event-stream"}),
        json!({"kind": "raw_body", "body": text, "content_type": format!("text/{key}")}),
    ] {
        server.clear_script();
        server.script_json(&json!([{"on": {"method": "tools/call"}, "fault": fault}]).to_string()).unwrap();
        let error = client.call_tool("echo", json!({})).await.unwrap_err();
        let all = [key, &session, "canary%2Fkey%2B0001"];
        assert_hidden(&format!("an error after {fault}"), &all_text(&error), &all);
        let lines = log.take();
        assert!(lines.contains("call failed"), "{lines}");
        assert_hidden(&format!("the log after {fault}"), &lines, &all);
    }
}

/// A proxy that responds itself, and repeats what it received.
#[tokio::test]
async fn messages_show_no_proxy_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let head = format!("HTTP/1.1 400 Bad\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
            let _ = stream.write_all((head + &text).as_bytes());
        }
    });
    let password = "canary:pass word-7";
    let proxy = format!("http://user:canary%3Apass%20word-7@{proxy}");
    let all = [KEY, HEADER, password, "canary%3Apass%20word-7", "dXNlcjpjYW5hcnk6cGFzcyB3b3JkLTc="];
    for endpoint in ["http://127.0.0.1:9/mcp", "https://mcp.invalid/mcp"] {
        let config = Client::builder().profile("generic").endpoint(endpoint).api_key(KEY).proxy(proxy.as_str());
        let config = config.proxy_headers([("x-of-proxy".to_owned(), HEADER.into())]).max_attempts(1_u32);
        assert_hidden("the config's Debug", &format!("{config:?}"), &all);
        let client = config.build().unwrap();
        let error = client.ping().await.unwrap_err();
        assert_hidden("an error of a proxy", &format!("{client:?} {}", all_text(&error)), &all);
        if endpoint.starts_with("http:") {
            assert!(error.to_string().contains("[redacted]"), "{error}");
        }
    }
}

/// A key of several lines in the output of a program, line by line.
#[tokio::test]
async fn no_line_of_a_secret_is_shown() {
    let key = "-----BEGIN PRIVATE KEY-----\ncanary0line0one\ncanary0line0two\n-----END PRIVATE KEY-----\n";
    let script = ["-c", "printf '%s' \"$SECRET\" >&2; exit 3", "--token=canary_of_args"].map(Secret::from);
    let client = Client::builder().command("sh").args(script).env([("SECRET".to_owned(), key.into())]).build().unwrap();
    let error = client.ping().await.unwrap_err();
    assert!(error.info().stderr.len() >= 3, "{error:?}");
    assert_hidden("stderr of a program", &all_text(&error), &["canary0line0one", "canary0line0two"]);
}

/// A token endpoint and a registry may repeat what they received.
#[tokio::test]
async fn messages_show_no_secret_repeated_by_token_endpoints_or_registries() {
    let server = DevServer::start_json(r#"{"profile": "generic", "oauth": {}}"#).unwrap();
    let mut auth = AuthConfig::client_credentials("client", "canary:secret 8");
    auth.token_url = Some(format!("{}/oauth/token", server.url()).into());
    let text = "canary:secret 8, canary%3Asecret+8, Y2xpZW50OmNhbmFyeSUzQXNlY3JldCs4";
    for fault in [
        json!({"kind": "status", "status": 401, "body": {"error": "invalid_client", "error_description": text}}),
        json!({"kind": "status", "status": 400, "body": {"error": text}}),
        json!({"kind": "status", "status": 500, "body": text}),
        json!({"kind": "status", "status": 200, "body": {"access_token": text}}),
    ] {
        server.clear_script();
        server.script_json(&json!([{"on": {"path": "/oauth/token"}, "fault": fault}]).to_string()).unwrap();
        let client = Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url())).max_attempts(1_u32);
        let client = client.auth(auth.clone()).build().unwrap();
        let error = client.ping().await.unwrap_err();
        let all = ["canary:secret 8", "canary%3Asecret+8", "Y2xpZW50OmNhbmFyeSUzQXNlY3JldCs4"];
        assert_hidden(
            &format!("a token endpoint that sends {fault}"),
            &format!("{client:?} {}", all_text(&error)),
            &all,
        );
    }
    let server = DevServer::start_json(r#"{"profile": "sema4"}"#).unwrap();
    let config = RegistryConfig::default().api_key(KEY).base_url(server.url()).tenant("acme").max_attempts(1_u32);
    let config = config.headers([("x-a".to_owned(), Secret::from(HEADER))].into_iter().collect::<BTreeMap<_, _>>());
    let registry = sema4::Sema4Registry::new(&config).unwrap();
    let record: Record =
        serde_json::from_value(json!({"name": "n", "url": "https://e.example", "headers": {"x-key": ARGUMENT}}))
            .unwrap();
    let fault = json!({"kind": "status", "status": 422, "body": {"detail": format!("{KEY} {HEADER} {ARGUMENT}"), "x": ARGUMENT}});
    server.script_json(&json!([{"fault": fault}]).to_string()).unwrap();
    let error = registry.create(&record).await.unwrap_err();
    assert_hidden(
        "a registry's error",
        &format!("{registry:?} {config:?} {}", all_text(&error)),
        &[KEY, HEADER, ARGUMENT],
    );
}
