//! Everything that the generic profile can offer and request.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{End, Events, Reply, Wire, method, modern, modern_meta, post, rpc, send, send_modern, start};
use omni_mcp_devserver::{Count, DevServer, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

/// A server of both eras, and a session of the legacy era.
fn everything(more: Value) -> (DevServer, String) {
    let mut options = json!({"profile": "generic", "era": "dual", "everything": true});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let server = start(options);
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    let session = hello.header("mcp-session-id").unwrap().to_owned();
    (server, session)
}

fn old(server: &DevServer, session: &str, method: &str, params: &Value) -> Reply {
    post(server, &[("mcp-session-id", session)], &rpc(1, method, params)).unwrap()
}

/// A legacy call that sends requests before its response.
fn talk(server: &DevServer, session: &str, tool: &str, arguments: &Value) -> Events {
    let call = rpc(5, "tools/call", &json!({"name": tool, "arguments": arguments}));
    Events::of(send(server, &[("mcp-session-id", session)], &call))
}

fn reply(server: &DevServer, session: &str, request: &Value, half: &str, value: &Value) {
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], half: value}).to_string();
    assert_eq!(post(server, &[("mcp-session-id", session)], &answer).unwrap().status, 202);
}

fn get(server: &DevServer, session: &str) -> Events {
    let mut wire = Wire::to(server);
    wire.send("GET", "/mcp", &[("accept", "text/event-stream"), ("mcp-session-id", session)], "");
    Events::of(wire)
}

fn call(server: &DevServer, tool: &str, arguments: &Value, more: &Value) -> Value {
    let mut params = json!({"name": tool, "arguments": arguments});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    modern(server, "tools/call", &params).json()
}

#[test]
fn requests_to_the_client_during_a_call() {
    let (server, session) = everything(json!({}));
    let mut events = talk(&server, &session, "ask", &json!({"method": "roots/list", "times": 2}));
    for n in 1..=2 {
        let request = events.message();
        assert_eq!((&request["method"], request.get("params")), (&json!("roots/list"), None));
        assert_eq!(server.ledger().running, 1);
        reply(&server, &session, &request, "result", &json!({"n": n}));
    }
    let answer = events.message();
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]), (&json!(5), &json!({"answer": {"n": 2}})));
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"n":2}"#);
    assert_eq!(events.next(), None);

    let arguments = json!({"method": "sampling/createMessage", "params": {"maxTokens": 1}});
    let mut events = talk(&server, &session, "ask", &arguments);
    let request = events.message();
    assert_eq!(request["params"], json!({"maxTokens": 1}));
    reply(&server, &session, &request, "error", &json!({"code": -1, "message": "no"}));
    let answer = events.message()["result"]["structuredContent"].clone();
    assert_eq!(answer, json!({"answer": {"code": -1, "message": "no"}}));

    let ledger = server.ledger();
    assert_eq!((ledger.execution_count, ledger.executions[0].ok, ledger.running), (2, true, 0));
    let answers = ledger.requests.iter().filter(|r| r.rpc_method.is_none() && r.body.get("jsonrpc").is_some());
    assert_eq!(answers.count(), 3, "responses of clients are recorded");
}

#[test]
fn requests_to_the_client_on_the_get_stream() {
    let (server, session) = everything(json!({}));
    let ask = json!({"name": "ask", "arguments": {"method": "ping", "over": "get"}});
    let mut none = talk(&server, &session, "ask", &ask["arguments"]);
    assert_eq!(none.message()["result"]["isError"], true, "there is no stream");
    let mut stream = get(&server, &session);
    let mut events = talk(&server, &session, "ask", &ask["arguments"]);
    let request = stream.message();
    assert_eq!(request["method"], "ping");
    reply(&server, &session, &request, "result", &json!({}));
    assert_eq!(events.message()["result"]["structuredContent"], json!({"answer": {}}));
}

#[test]
fn a_call_ends_when_its_client_leaves() {
    let (server, session) = everything(json!({}));
    let mut events = talk(&server, &session, "ask", &json!({"method": "ping"}));
    events.message();
    drop(events);
    assert!(server.wait(&Wait::at_most(Count::Running, 0, SOON)).unwrap());
    assert!(!server.ledger().executions[0].ok);
}

#[test]
fn faults_of_calls_that_send_requests() {
    let (server, session) = everything(json!({}));
    let rule = json!({"on": {"tool": "ask"}, "times": 1, "fault": {"kind": "wrong_id"}});
    server.script_json(&rule.to_string()).unwrap();
    let mut events = talk(&server, &session, "ask", &json!({"method": "ping", "times": 0}));
    let answer = events.message();
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]), (&json!(1_000_005), &json!({"answer": null})));
}

#[test]
fn a_call_that_sends_requests_is_cut() {
    let (server, session) = everything(json!({}));
    for (events_sent, end) in [(0, End::Closed), (1, End::Closed)] {
        let fault = json!({"kind": "stream_cut", "after_events": events_sent});
        server.script_json(&json!({"on": {"tool": "ask"}, "times": 1, "fault": fault}).to_string()).unwrap();
        let mut events = talk(&server, &session, "ask", &json!({"method": "ping"}));
        if events_sent == 1 {
            assert_eq!(events.message()["method"], "ping");
        }
        assert_eq!(events.end(), end);
    }
    assert!(server.wait_for(Count::Executions, 2, SOON), "both have noticed that the client left");
}

#[test]
fn a_cut_call_that_sends_requests_is_resumed() {
    let (server, session) = everything(json!({"sse_event_ids": true, "sse_retry_ms": 3}));
    let _listening = get(&server, &session);
    let again = |id: &str| {
        let mut wire = Wire::to(&server);
        let headers = [("accept", "text/event-stream"), ("mcp-session-id", session.as_str()), ("last-event-id", id)];
        wire.send("GET", "/mcp", &headers, "");
        Events::of(wire)
    };
    let rule = json!({"on": {"tool": "ask"}, "times": 1, "fault": {"kind": "stream_cut", "after_events": 1}});
    server.script_json(&rule.to_string()).unwrap();
    let mut events = talk(&server, &session, "ask", &json!({"method": "ping"}));
    assert_eq!(events.end(), End::Closed, "only the priming event was sent");
    let mut events = again("c1-0");
    let request = events.message();
    assert_eq!(request["method"], "ping");
    drop(events);
    let mut events = again("c1-1");
    reply(&server, &session, &request, "result", &json!({"a": 1}));
    assert_eq!(events.message()["result"]["structuredContent"], json!({"answer": {"a": 1}}));
    assert_eq!(events.next(), None);
    let mut events = again("c1-0");
    assert_eq!(events.message(), request);
    assert_eq!(events.message()["id"], 5);
    assert_eq!(events.next(), None);
}

#[test]
fn input_requests_in_results() {
    let (server, _) = everything(json!({}));
    let arguments = json!({"method": "elicitation/create", "params": {"message": "?"}, "times": 2});
    let first = call(&server, "ask", &arguments, &json!({}))["result"].clone();
    assert_eq!(first["resultType"], "input_required");
    assert_eq!(first["inputRequests"], json!({"ask-1": {"method": "elicitation/create", "params": {"message": "?"}}}));
    let again = json!({"requestState": first["requestState"], "inputResponses": {"ask-1": {"n": 1}}});
    let second = call(&server, "ask", &arguments, &again)["result"].clone();
    assert_eq!(second["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["ask-2"]);
    assert_ne!(second["requestState"], first["requestState"]);
    let missing = json!({"requestState": second["requestState"], "inputResponses": {"ask-1": {"n": 1}}});
    assert_eq!(call(&server, "ask", &arguments, &missing)["result"]["inputRequests"], second["inputRequests"]);
    assert_eq!(server.ledger().execution_count, 0);
    let last = json!({"requestState": second["requestState"], "inputResponses": {"ask-2": {"n": 2}}});
    let done = call(&server, "ask", &arguments, &last)["result"].clone();
    assert_eq!((&done["resultType"], &done["structuredContent"]), (&json!("complete"), &json!({"answer": {"n": 2}})));
    assert_eq!(server.ledger().execution_count, 1);

    for state in [json!("x"), json!(1), json!(format!("{}0", first["requestState"].as_str().unwrap()))] {
        let refused = call(&server, "ask", &arguments, &json!({"requestState": state}));
        assert_eq!(refused["error"]["code"], -32602, "{state}");
    }
    let mut more = json!({});
    for round in 1..=5 {
        let asked = call(&server, "ask", &json!({"method": "roots/list", "times": -1}), &more)["result"].clone();
        let key = format!("ask-{round}");
        assert_eq!(asked["inputRequests"][&key], json!({"method": "roots/list"}));
        more = json!({"requestState": asked["requestState"], "inputResponses": {key: {}}});
    }
}

#[test]
fn only_declared_capabilities_are_used() {
    let (server, _) = everything(json!({}));
    let with = |capabilities: Value, method: &str, arguments: Value| {
        let mut arguments = arguments;
        arguments["method"] = method.into();
        let params = json!({"name": "ask", "arguments": arguments, "_meta": modern_meta(&capabilities)});
        let reply = modern(&server, "tools/call", &params);
        let json = reply.json();
        (reply.status, json["error"]["code"].as_i64(), json["error"]["data"]["requiredCapabilities"].clone())
    };
    for (method, needs) in [
        ("sampling/createMessage", json!({"sampling": {}})),
        ("roots/list", json!({"roots": {}})),
        ("elicitation/create", json!({"elicitation": {}})),
    ] {
        assert_eq!(with(json!({}), method, json!({})), (400, Some(-32021), needs.clone()));
        assert_eq!(with(json!({}), method, json!({"anyway": true})).0, 200);
        assert_eq!(with(needs, method, json!({})).0, 200);
    }
    let url = json!({"params": {"mode": "url"}});
    let refused = with(json!({"elicitation": {}}), "elicitation/create", url.clone());
    assert_eq!(refused.2, json!({"elicitation": {"url": {}}}));
    assert_eq!(with(json!({"elicitation": {"url": {}}}), "elicitation/create", url).0, 200);
    assert_eq!(with(json!({"elicitation": {"url": {}}}), "elicitation/create", json!({})).1, Some(-32021));
}

#[test]
fn invalid_input_requests() {
    let (server, session) = everything(json!({}));
    let odd = |how: &str| call(&server, "ask_oddly", &json!({"how": how}), &json!({}))["result"].clone();
    let nothing = odd("no_requests_no_state");
    assert_eq!((nothing["resultType"].as_str(), nothing.get("inputRequests")), (Some("input_required"), None));
    assert!(odd("requests_not_an_object")["inputRequests"].is_array());
    assert_eq!(odd("request_without_method")["inputRequests"]["ask-1"].get("method"), None);
    assert_eq!(odd("unknown_result_type")["resultType"], "oddity");
    let state = odd("state_only");
    assert_eq!(state.get("inputRequests"), None);
    let done =
        call(&server, "ask_oddly", &json!({"how": "state_only"}), &json!({"requestState": state["requestState"]}));
    assert_eq!(done["result"]["structuredContent"]["answer"], json!({"how": "state_only"}));
    let forged = call(&server, "ask_oddly", &json!({"how": "state_only"}), &json!({"requestState": "x"}));
    assert_eq!(forged["error"]["code"], -32602);
    assert_eq!(odd("other")["isError"], true);
    let params = json!({"name": "ask_oddly", "arguments": {"how": "state_only"}});
    assert_eq!(old(&server, &session, "tools/call", &params).json()["result"]["isError"], true);
}

#[test]
fn tools_of_the_suite_send_requests_in_both_eras() {
    let (server, session) = everything(json!({}));
    let mut events = talk(&server, &session, "test_elicitation", &json!({"message": "?"}));
    let request = events.message();
    assert_eq!(request["method"], "elicitation/create");
    reply(&server, &session, &request, "result", &json!({"action": "accept", "content": {"response": "x"}}));
    let text = r#"User response: action=accept, content={"response":"x"}"#;
    assert_eq!(events.message()["result"]["content"][0]["text"], text);

    let asked = call(&server, "test_elicitation", &json!({"message": "?"}), &json!({}))["result"].clone();
    let answer = json!({"elicitation": {"action": "accept", "content": {"response": "x"}}});
    let more = json!({"requestState": asked["requestState"], "inputResponses": answer});
    let done = call(&server, "test_elicitation", &json!({"message": "?"}), &more);
    assert_eq!(done["result"]["content"][0]["text"], text);

    let prompt = json!({"name": "test_input_required_result_prompt"});
    let asked = modern(&server, "prompts/get", &prompt).json()["result"].clone();
    assert_eq!(asked["resultType"], "input_required");
    let answer = json!({"user_context": {"action": "accept", "content": {"context": "c"}}});
    let again = json!({"name": prompt["name"], "requestState": asked["requestState"], "inputResponses": answer});
    let got = modern(&server, "prompts/get", &again).json()["result"].clone();
    assert_eq!(got["messages"][0]["content"]["text"], "Prompt with context: c");
}

#[test]
fn resources_are_listed_read_and_subscribed() {
    let (server, session) = everything(json!({"tools_page_size": 2}));
    let first = old(&server, &session, "resources/list", &json!({})).json()["result"].clone();
    assert_eq!(first["resources"].as_array().unwrap().len(), 2);
    let rest = old(&server, &session, "resources/list", &json!({"cursor": first["nextCursor"]})).json();
    assert_eq!(rest["result"]["resources"].as_array().unwrap().len(), 1);
    let page = modern(&server, "prompts/list", &json!({})).json()["result"].clone();
    assert_eq!((page["prompts"].as_array().unwrap().len(), &page["cacheScope"]), (2, &json!("public")));
    assert!(page["nextCursor"].is_string());
    assert_eq!(modern(&server, "prompts/list", &json!({"cursor": "x"})).json()["error"]["code"], -32602);
    let templates = modern(&server, "resources/templates/list", &json!({})).json()["result"].clone();
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);

    let read = modern(&server, "resources/read", &json!({"uri": "test://template/7/data"})).json()["result"].clone();
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("Data for ID: 7"));
    assert_eq!(read["cacheScope"], "private");
    let unknown = json!({"uri": "test://nothing"});
    let codes = [
        old(&server, &session, "resources/read", &unknown).json()["error"]["code"].clone(),
        modern(&server, "resources/read", &unknown).json()["error"]["code"].clone(),
    ];
    assert_eq!(codes, [-32002, -32602]);

    let watched = json!({"uri": "test://watched-resource"});
    let touch = || call(&server, "touch_resource", &watched, &json!({}));
    let mut stream = get(&server, &session);
    let other = method(&server, "initialize", &json!({})).header("mcp-session-id").unwrap().to_owned();
    let _deaf = get(&server, &other);
    touch();
    assert_eq!(old(&server, &session, "resources/subscribe", &watched).json()["result"], json!({}));
    touch();
    let message = stream.message();
    assert_eq!((&message["method"], &message["params"]), (&json!("notifications/resources/updated"), &watched));
    assert_eq!(old(&server, &session, "resources/unsubscribe", &watched).json()["result"], json!({}));
    let filter = json!({"notifications": {"resourceSubscriptions": ["test://watched-resource"]}});
    let mut subscription = Events::of(send_modern(&server, 3, "subscriptions/listen", &filter, &[]));
    subscription.message();
    touch();
    assert_eq!(subscription.message()["params"]["uri"], watched["uri"]);
    call(&server, "change_tools", &json!({}), &json!({}));
    assert_eq!(stream.message()["method"], "notifications/tools/list_changed", "no other message in between");
}

#[test]
fn prompts_complete_and_content() {
    let (server, session) = everything(json!({}));
    let hello = method(&server, "initialize", &json!({})).json()["result"]["capabilities"].clone();
    assert_eq!(hello["resources"], json!({"subscribe": true, "listChanged": true}));
    let params = json!({"name": "test_prompt_with_arguments", "arguments": {"arg1": "a", "arg2": "b"}});
    let got = old(&server, &session, "prompts/get", &params).json()["result"]["messages"][0]["content"].clone();
    assert_eq!(got["text"], "Prompt with arguments: arg1='a', arg2='b'");
    let bad = json!({"name": "test_prompt_with_arguments"});
    assert_eq!(old(&server, &session, "prompts/get", &bad).json()["error"]["code"], -32602);
    let params = json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "arg1", "value": "par"}});
    let values = old(&server, &session, "completion/complete", &params).json()["result"]["completion"].clone();
    assert_eq!(values, json!({"values": ["paris", "park", "party"], "total": 3, "hasMore": false}));
    let parts = call(&server, "test_multiple_content_types", &json!({}), &json!({}))["result"]["content"].clone();
    let types: Vec<&Value> = parts.as_array().unwrap().iter().map(|part| &part["type"]).collect();
    assert_eq!(types, ["text", "image", "resource"]);
    assert_eq!(call(&server, "test_error_handling", &json!({}), &json!({}))["result"]["isError"], true);
    assert!(!server.ledger().executions[1].ok);
}

#[test]
fn structured_content_matches_its_schema_or_not() {
    let (server, _) = everything(json!({}));
    let content = |tool: &str, arguments: Value| {
        call(&server, tool, &arguments, &json!({}))["result"]["structuredContent"].clone()
    };
    assert_eq!(content("structured", json!({})), json!({"temperature": 22.5, "conditions": "sunny"}));
    assert_eq!(content("structured", json!({"bad": true})), json!({"temperature": "warm"}));
    assert_eq!(content("structured_remote", json!({})), json!({"value": 1}));
    let tools = modern(&server, "tools/list", &json!({})).json()["result"]["tools"].clone();
    let remote = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "structured_remote").unwrap();
    let reference = remote["outputSchema"]["properties"]["value"]["$ref"].as_str().unwrap();
    assert_eq!(reference, format!("{}/never-fetched.json", server.url()));
    let fetched = Wire::to(&server).ask("GET", "/never-fetched.json", &[], "").unwrap();
    assert_eq!(fetched.status, 404);
    assert_eq!(server.ledger().requests.last().unwrap().path, "/never-fetched.json");
}

#[test]
fn requests_to_the_client_on_old_transports() {
    let server = start(json!({"profile": "generic", "transport": "sse", "everything": true}));
    let mut wire = Wire::to(&server);
    wire.send("GET", "/sse", &[("accept", "text/event-stream")], "");
    wire.head().unwrap();
    let hello = String::from_utf8(wire.chunk().unwrap()).unwrap();
    let address = hello.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
    let send = |body: &str| {
        let headers = [("content-type", "application/json")];
        assert_eq!(Wire::to(&server).ask("POST", &address, &headers, body).unwrap().status, 202);
    };
    let mut receive = || {
        let event = String::from_utf8(wire.chunk().unwrap()).unwrap();
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        serde_json::from_str::<Value>(data).unwrap()
    };
    for over in ["post", "get"] {
        send(&rpc(1, "tools/call", &json!({"name": "ask", "arguments": {"method": "ping", "over": over}})));
        let request = receive();
        assert_eq!(request["method"], "ping");
        send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": {"a": over}}).to_string());
        assert_eq!(receive()["result"]["structuredContent"]["answer"], json!({"a": over}));
    }
}
