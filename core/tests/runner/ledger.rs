//! What the ledger of the server must hold at the end of a case.

use std::collections::HashSet;

use omni_mcp_devserver::{DevServer, RequestRecord};
use serde_json::{Value, json};

use super::matching::mismatch;

/// Compares the ledger of the server with that of the case.
pub(crate) fn check(expected: Option<&Value>, server: &DevServer) -> Result<(), String> {
    let Some(rules) = expected.and_then(Value::as_object) else { return Ok(()) };
    let ledger = server.ledger();
    let calls: Vec<_> = ledger.requests.iter().filter(|request| is_method(request, "tools/call")).collect();
    for (name, expected) in rules {
        let actual = match name.as_str() {
            "executions" => json!(ledger.executions.len()),
            "connections" => json!(ledger.connections),
            "proxied" => json!(ledger.proxied),
            "max_concurrent_executions" => json!(ledger.max_concurrent_executions),
            "paths" => {
                let counts = expected.as_object().into_iter().flatten().map(|(path, _)| {
                    (path.clone(), json!(ledger.requests.iter().filter(|request| request.path == *path).count()))
                });
                Value::Object(counts.collect())
            }
            "client_responses" => {
                let responses = ledger.requests.iter().filter(|request| is_response(&request.body));
                Value::Array(responses.map(|request| Value::clone(&request.body)).collect())
            }
            "keys" => json!(distinct(&calls, "idempotency-key").len()),
            "one_key" => json!(is_one_key(&calls)),
            "same_bodies" => {
                json!(calls.iter().map(|call| call.body["params"].to_string()).collect::<HashSet<_>>().len() == 1)
            }
            "distinct_request_ids" => {
                let all: Vec<_> = ledger.requests.iter().collect();
                let sent = all.iter().filter(|request| request.headers.get("x-request-id").is_some()).count();
                json!(distinct(&all, "x-request-id").len() == sent)
            }
            "requests" => {
                let counts = expected.as_object().into_iter().flatten().map(|(method, _)| {
                    let count = ledger.requests.iter().filter(|request| is_method(request, method)).count();
                    (method.clone(), json!(count))
                });
                Value::Object(counts.collect())
            }
            "headers" => {
                expected.as_array().into_iter().flatten().try_for_each(|rule| check_headers(rule, &ledger.requests))?;
                continue;
            }
            other => panic!("the runner knows no ledger rule {other}"),
        };
        if let Some(why) = mismatch(expected, &actual) {
            return Err(format!("ledger: {name}: {why}"));
        }
    }
    Ok(())
}

fn is_response(body: &Value) -> bool {
    body.is_object() && body["method"].is_null() && !body["id"].is_null()
}

fn is_method(request: &RequestRecord, method: &str) -> bool {
    request.rpc_method.as_deref() == Some(method) || request.http_method == method
}

fn distinct(requests: &[&RequestRecord], header: &str) -> HashSet<String> {
    requests.iter().filter_map(|request| request.headers.get(header).map(str::to_owned)).collect()
}

fn is_one_key(calls: &[&RequestRecord]) -> bool {
    distinct(calls, "idempotency-key").len() == 1
        && calls.iter().all(|call| call.headers.get("idempotency-key").is_some())
}

fn check_headers(rule: &Value, requests: &[RequestRecord]) -> Result<(), String> {
    let method = rule["method"].as_str().unwrap_or_default();
    let nth = rule["nth"].as_u64().unwrap_or(1) as usize;
    let request = requests.iter().filter(|request| is_method(request, method)).nth(nth - 1);
    let request = request.ok_or_else(|| format!("ledger: no {method} number {nth}"))?;
    for (what, actual) in [("headers", json!(request.headers)), ("params", request.body["params"].clone())] {
        let why = rule.get(what).and_then(|expected| mismatch(expected, &actual));
        if let Some(why) = why {
            return Err(format!("{method} {nth}: {what}: {why}"));
        }
    }
    Ok(())
}
