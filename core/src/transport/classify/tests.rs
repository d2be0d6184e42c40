use super::*;

fn refusal(profile: &str, status: u16, body: &str, headers: &[(&'static str, &str)], in_session: bool) -> AttemptError {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    let content = match serde_json::from_str::<serde_json::Value>(body) {
        Ok(value) if value["error"]["code"].is_i64() => {
            Content::RpcError(serde_json::from_str(&value["error"].to_string()).unwrap())
        }
        _ => Content::Other(Bytes::copy_from_slice(body.as_bytes())),
    };
    let response = ServerResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: map,
        content,
        truncated_because: None,
    };
    result_of(
        &Method::POST,
        response,
        Profile::named(profile).unwrap(),
        ResponseContext { in_session, has_envelope_codes: false },
    )
    .unwrap_err()
}

#[test]
fn one_number_means_what_its_service_says() {
    let body = r#"{"error":{"code":-32001,"message":"m","data":{"omni_code":"invalid_api_key","request_id":"r"}}}"#;
    let failure = refusal("omni", 401, body, &[], true);
    assert_eq!((failure.class, failure.error.code()), (FailureClass::Unauthorized, "unauthorized"));
    assert_eq!(failure.error.request_id(), Some("r"));
    let body = r#"{"error":{"code":-32001,"message":"Session not found"}}"#;
    assert_eq!(refusal("generic", 404, body, &[], true).class, FailureClass::SessionLost);
    assert_eq!(refusal("generic", 404, body, &[], false).class, FailureClass::Refused);
}

#[test]
fn a_missing_method_is_no_lost_session() {
    let body = r#"{"error":{"code":-32601,"message":"m"}}"#;
    assert_eq!(refusal("generic", 404, body, &[], true).error.code(), "unknown_method");
}

#[test]
fn statuses_without_a_code_go_by_the_table() {
    for (status, class, code) in [
        (302, FailureClass::Refused, "unexpected_redirect"),
        (402, FailureClass::QuotaSpent, "quota_exceeded"),
        (408, FailureClass::ServerFault, "server_timeout"),
        (409, FailureClass::Refused, "conflict"),
        (425, FailureClass::RateLimited, "rate_limited"),
        (429, FailureClass::RateLimited, "rate_limited"),
        (500, FailureClass::ServerFault, "server_failed"),
        (501, FailureClass::Refused, "server_failed"),
        (503, FailureClass::ServerFault, "server_unavailable"),
        (504, FailureClass::ServerFault, "server_failed"),
        (418, FailureClass::Refused, "bad_request"),
        (101, FailureClass::BadAnswer, "invalid_answer"),
        (600, FailureClass::BadAnswer, "invalid_answer"),
        (999, FailureClass::BadAnswer, "invalid_answer"),
    ] {
        let failure = refusal("generic", status, "<html>", &[], false);
        assert_eq!((failure.class, failure.error.code()), (class, code), "{status}");
    }
    let waiting = refusal("generic", 503, "", &[("retry-after", "3")], false);
    assert_eq!((waiting.class, waiting.retry_after().unwrap().as_secs()), (FailureClass::Unavailable, 3));
}

#[test]
fn statuses_that_do_not_say_that_nothing_ran() {
    let nobody = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"m"}}"#;
    for status in [408, 409, 460, 499] {
        for body in ["", "Session not found", nobody] {
            let failure = refusal("generic", status, body, &[], true);
            assert_eq!(failure.error.delivery(), Delivery::MaybeExecuted, "{status} {body}");
        }
    }
}

#[test]
fn an_internal_error_is_final_unless_the_service_says_otherwise() {
    let body = r#"{"error":{"code":-32603,"message":"m"}}"#;
    assert_eq!(refusal("generic", 500, body, &[], false).class, FailureClass::Refused);
    assert_eq!(refusal("omni", 500, body, &[], false).class, FailureClass::ServerFault);
    let failed = r#"{"error":{"code":-32603,"message":"m","data":{"omni_code":"mcp_invocation_failed"}}}"#;
    assert_eq!(refusal("omni", 502, failed, &[], false).class, FailureClass::ServerFault);
    let failure = refusal("omni", 422, failed, &[], false);
    assert_eq!((failure.class, failure.error.delivery()), (FailureClass::Refused, Delivery::Executed));
}

#[test]
fn scopes_of_a_challenge_are_read() {
    for (challenge, scope) in [
        (r#"Bearer error="insufficient_scope", scope="a b", resource_metadata="https://x""#, Some("a b")),
        (r#"Bearer scope=a, realm="x""#, Some("a")),
        (r#"Bearer realm="x",scope = "a""#, Some("a")),
        (r#"Bearer insufficient_scope="a""#, None),
        (r#"Bearer scope="""#, None),
        (r#"Bearer scope"#, None),
        ("", None),
    ] {
        assert_eq!(scope_of(challenge), scope, "{challenge}");
    }
}

#[test]
fn the_path_is_named_without_the_query() {
    let mut failure = refusal("generic", 404, "", &[], false);
    name_path(&mut failure, &Url::parse("https://u:p@example.com:8443/a?token=canary#canary").unwrap());
    let message = &failure.error.info().message;
    assert!(message.ends_with("; the path is /a"), "{message}");
}

#[test]
fn rest_errors_and_scopes_are_read() {
    let body =
        r#"{"error":{"type":"permission_error","code":"insufficient_scope","message":"no","request_id":"req_9"}}"#;
    let failure = refusal("omni", 403, body, &[("omni-required-scopes", "mcp.invoke fred.read")], false);
    let info = failure.error.info();
    assert_eq!(info.service_code.as_deref(), Some("insufficient_scope"));
    assert_eq!(info.required_scopes, ["mcp.invoke", "fred.read"]);
    assert_eq!(info.request_id.as_deref(), Some("req_9"));
}
