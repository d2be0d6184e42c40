//! Canaries in the key, a header, the URL's query and the arguments: none may show in any text of ours.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use omni_mcp::registry::{Record, RegistryConfig, sema4};
use omni_mcp::{AuthConfig, CallOptions, Client, Secret};
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

#[tokio::test]
async fn no_text_shows_a_secret() {
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
        // The dev server does not know the key; nor do we show what a server says of it.
        json!([]),
        json!([{"fault": {"kind": "reset"}}]),
        json!([{"fault": {"kind": "status", "status": 500, "body": format!("bad {KEY} and {HEADER}")}}]),
        json!([{"fault": {"kind": "status", "status": 401, "body": {"error": {"code": KEY, "message": format!("no {KEY}"), "request_id": KEY}}}}]),
        json!([{"fault": {"kind": "rpc_error", "code": -32000, "message": format!("no {KEY}"), "data": echo}}]),
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": "text/html", "body": format!("<b>{KEY} {HEADER}")}}]),
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": KEY, "body": ""}}]),
        // The preview's cut goes through the key.
        json!([{"fault": {"kind": "raw_body", "status": 200, "content_type": "text/html", "body": format!("{}{KEY}", "x".repeat(182))}}]),
        // The key in another spelling of the same JSON string.
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
async fn no_text_shows_a_secret_of_another_kind() {
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
        sema4::Registry::new(&RegistryConfig::default().api_key(KEY).base_url("https://example.com")).unwrap();
    assert_hidden("a registry", &format!("{registry:?}"), &all);
}
