//! The token endpoint, its metadata, and the credentials that `/mcp` of the generic profile requires.
#![allow(clippy::unwrap_used)]

mod common;

use common::{End, Reply, Wire, rpc, start};
use omni_mcp_devserver::{Count, DevServer};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
// client_devserver:secret_devserver_0001
const BASIC: (&str, &str) = ("authorization", "Basic Y2xpZW50X2RldnNlcnZlcjpzZWNyZXRfZGV2c2VydmVyXzAwMDE=");
const GRANT: &str = "grant_type=client_credentials";
const BY_FORM: &str = "grant_type=client_credentials&client_id=client_devserver&client_secret=secret_devserver_0001";

fn ask(server: &DevServer, headers: &[(&str, &str)], body: &str) -> Reply {
    Wire::to(server).ask("POST", "/oauth/token", headers, body).unwrap()
}

fn with(oauth: Value) -> DevServer {
    start(json!({"profile": "generic", "sessions": "optional", "oauth": oauth}))
}

fn ping(server: &DevServer, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("content-type", "application/json"), ("accept", "*/*")];
    all.extend_from_slice(headers);
    Wire::to(server).ask("POST", "/mcp", &all, &rpc(1, "ping", &json!({}))).unwrap()
}

fn ping_with(server: &DevServer, token: &Value) -> Reply {
    ping(server, &[("authorization", &format!("Bearer {}", token.as_str().unwrap()))])
}

#[test]
fn a_token_is_accepted_until_it_is_revoked() {
    let server = with(json!({}));
    let refused = ping(&server, &[]);
    let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", server.url());
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(&*format!("Bearer {metadata}"))));

    let first = ask(&server, &[FORM, BASIC], GRANT);
    assert_eq!(first.json(), json!({"access_token": "tok_devserver_1", "token_type": "Bearer", "expires_in": 3600}));
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let second = ask(&server, &[FORM], BY_FORM).json();
    assert_eq!(second["access_token"], "tok_devserver_2");
    assert_eq!(ping_with(&server, &first.json()["access_token"]).status, 200);
    assert_eq!(ping_with(&server, &second["access_token"]).status, 200);

    server.revoke_tokens();
    let refused = ping_with(&server, &second["access_token"]);
    let challenge = format!("Bearer error=\"invalid_token\", {metadata}");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(&*challenge)));
    let third = ask(&server, &[FORM, BASIC], GRANT).json();
    assert_eq!(third["access_token"], "tok_devserver_3");
    assert_eq!(ping_with(&server, &third["access_token"]).status, 200);
    let control = Wire::to(&server).ask("POST", "/__dev/revoke-tokens", &[], "").unwrap();
    assert_eq!(control.json(), json!({"ok": true}));
    assert_eq!(ping_with(&server, &third["access_token"]).status, 401);

    let ledger = server.ledger();
    assert_eq!(ledger.requests.iter().filter(|r| r.path == "/oauth/token").count(), 3);
}

#[test]
fn tokens_expire_or_do_not() {
    let server = with(json!({"expires_in": 0}));
    let token = ask(&server, &[FORM, BASIC], GRANT).json();
    assert_eq!(token["expires_in"], 0);
    assert_eq!(ping_with(&server, &token["access_token"]).status, 401);
    let server = with(json!({"expires_in": null, "path": "/t", "metadata": false}));
    let token = Wire::to(&server).ask("POST", "/t", &[FORM, BASIC], GRANT).unwrap().json();
    assert_eq!(token, json!({"access_token": "tok_devserver_1", "token_type": "Bearer"}));
    assert_eq!(ping_with(&server, &token["access_token"]).status, 200);
    assert_eq!(ping(&server, &[]).header("www-authenticate"), Some("Bearer"));
}

#[test]
fn requests_are_checked() {
    let server = with(json!({"scope": "a b", "audience": "https://tools"}));
    let refused = |headers: &[(&str, &str)], body: &str| {
        let answer = ask(&server, headers, body);
        assert!(answer.json()["error_description"].is_string());
        (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
    };
    let is = |status: u16, error: &str| (status, error.to_owned());
    let bad_basic = ("authorization", "Basic Y2xpZW50X2RldnNlcnZlcjpubw==");
    assert_eq!(refused(&[BASIC], GRANT), is(400, "invalid_request"));
    assert_eq!(refused(&[FORM], GRANT), is(401, "invalid_client"));
    assert_eq!(refused(&[FORM, bad_basic], GRANT), is(401, "invalid_client"));
    let challenged = ask(&server, &[FORM, bad_basic], GRANT);
    assert!(challenged.header("www-authenticate").unwrap().starts_with("Basic"));
    assert_eq!(refused(&[FORM, BASIC], BY_FORM), is(400, "invalid_request"));
    assert_eq!(refused(&[FORM, BASIC], ""), is(400, "invalid_request"));
    assert_eq!(refused(&[FORM, BASIC], "grant_type=password"), is(400, "unsupported_grant_type"));
    assert_eq!(refused(&[FORM, BASIC], "grant_type=a&grant_type=b"), is(400, "invalid_request"));
    assert_eq!(refused(&[FORM, BASIC], GRANT), is(400, "invalid_scope"));
    assert_eq!(refused(&[FORM, BASIC], &format!("{GRANT}&scope=a+b")), is(400, "invalid_target"));
    let whole = format!("{GRANT}&scope=a%20b&audience=https%3A%2F%2Ftools");
    assert_eq!(ask(&server, &[FORM, BASIC], &whole).status, 200);
    assert_eq!(Wire::to(&server).ask("GET", "/oauth/token", &[], "").unwrap().status, 405);
}

#[test]
fn ids_and_secrets_in_basic_are_percent_encoded() {
    let server = with(json!({"clients": [{"id": "a:b", "secret": "s %+&="}]}));
    // a%3Ab:s+%25%2B%26%3D
    let encoded = ("authorization", "Basic YSUzQWI6cyslMjUlMkIlMjYlM0Q=");
    assert_eq!(ask(&server, &[FORM, encoded], GRANT).status, 200);
    let shown = format!("{:?}", omni_mcp_devserver::OAuthOptions::default());
    assert!(!shown.contains("secret_devserver_0001"), "{shown}");
}

#[test]
fn the_metadata_names_the_server_itself() {
    let server = start(json!({"oauth": {"scope": "a b"}}));
    let get = |server: &DevServer, path: &str| Wire::to(server).ask("GET", path, &[], "").unwrap();
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let resource = get(&server, path).json();
        assert_eq!(resource["authorization_servers"], json!([server.url()]));
        assert_eq!(resource["resource"], format!("{}/mcp", server.url()));
        assert_eq!(resource["scopes_supported"], json!(["a", "b"]));
    }
    let of_server = get(&server, "/.well-known/oauth-authorization-server").json();
    assert_eq!(of_server["issuer"], server.url());
    assert_eq!(of_server["token_endpoint"], format!("{}/oauth/token", server.url()));
    let hostile = with(json!({"metadata_token_endpoint": "http://evil.example/token"}));
    let of_server = get(&hostile, "/.well-known/oauth-authorization-server").json();
    assert_eq!(of_server["token_endpoint"], "http://evil.example/token");
    let without = with(json!({"metadata": false}));
    assert_eq!(get(&without, "/.well-known/oauth-authorization-server").status, 404);
    assert_eq!(get(&without, "/.well-known/oauth-protected-resource/mcp").status, 404);
}

#[test]
fn faults_of_the_token_endpoint() {
    let server = with(json!({}));
    let rules = json!([
        {"on": {"path": "/oauth/token"}, "nth": [1], "fault": {"kind": "status", "status": 503}},
        {"on": {"path": "/oauth/token"}, "nth": [2], "fault": {"kind": "raw_body", "body": "no json"}},
        {"on": {"path": "/oauth/token"}, "nth": [3], "fault": {"kind": "reset"}}
    ]);
    server.script_json(&rules.to_string()).unwrap();
    assert_eq!(ask(&server, &[FORM, BASIC], GRANT).status, 503);
    assert_eq!(ask(&server, &[FORM, BASIC], GRANT).text(), "no json");
    let mut wire = Wire::to(&server);
    wire.send("POST", "/oauth/token", &[FORM, BASIC], GRANT);
    assert_eq!(wire.end(), End::Reset);
    assert!(server.wait_for(Count::Requests, 3, std::time::Duration::from_secs(5)));
    assert_eq!(ask(&server, &[FORM, BASIC], GRANT).json()["access_token"], "tok_devserver_1");
}

#[test]
fn the_generic_profile_requires_fixed_credentials() {
    let ask_for = |auth: Value| start(json!({"profile": "generic", "sessions": "none", "auth": auth}));
    let bearer = ask_for(json!({"type": "bearer", "token": "t"}));
    assert_eq!(ping(&bearer, &[]).header("www-authenticate"), Some("Bearer"));
    assert_eq!(ping(&bearer, &[("authorization", "Bearer no")]).status, 401);
    assert_eq!(ping(&bearer, &[("authorization", "Bearer t")]).status, 200);
    let basic = ask_for(json!({"type": "basic", "username": "user", "password": "pass:word"}));
    assert_eq!(ping(&basic, &[("authorization", "Basic dXNlcjpwYXNzOndvcmQ=")]).status, 200);
    assert!(ping(&basic, &[("authorization", "Basic !")]).header("www-authenticate").unwrap().starts_with("Basic"));
    let header = ask_for(json!({"type": "api_key_header", "name": "X-Key", "value": "v"}));
    assert_eq!(ping(&header, &[("x-key", "v")]).status, 200);
    assert_eq!(ping(&header, &[("x-key", "w")]).status, 401);
    for bad in [
        json!({"profile": "generic", "auth": {"type": "bearer", "token": "t"}, "oauth": {}}),
        json!({"auth": {"type": "api_key_header", "name": "a b", "value": "v"}}),
        json!({"oauth": {"path": "token"}}),
    ] {
        assert!(DevServer::start_json(&bad.to_string()).is_err(), "{bad}");
    }
}

#[test]
fn sessions_are_optional_or_absent() {
    let hello = rpc(1, "initialize", &json!({}));
    let headers = [("content-type", "application/json"), ("accept", "*/*")];
    for (mode, given, unknown, delete) in [("optional", true, 404, 204), ("none", false, 200, 405)] {
        let server = start(json!({"profile": "generic", "sessions": mode}));
        let opened = Wire::to(&server).ask("POST", "/mcp", &headers, &hello).unwrap();
        assert_eq!(opened.header("mcp-session-id").is_some(), given);
        assert_eq!(ping(&server, &[]).status, 200);
        assert_eq!(ping(&server, &[("mcp-session-id", "unknown")]).status, unknown);
        assert_eq!(Wire::to(&server).ask("DELETE", "/mcp", &[], "").unwrap().status, delete);
    }
}
