//! The tricks, each with its expected outcome. `{own}` and `{port}` stand for the server's own address, `{evil}` and
//! `{evil_port}` for that of the other origin; paths with `stolen` exist only there.

use serde_json::{Value, json};

/// The client that a trick is used on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// Streamable HTTP with a fixed key and the GET stream.
    Server,
    /// Modern era.
    Modern,
    /// HTTP with SSE.
    Sse,
    /// As `Server`, with a token of a token endpoint found by metadata.
    Discovered,
    /// The same with a configured token endpoint.
    Token,
    /// GAIA's registry, read and written.
    Gaia,
    /// Sema4.ai's registry, read and written.
    Sema4,
}

/// The expected outcome of a trick.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    /// All calls succeed.
    Well,
    /// A call fails with this code.
    In(&'static str),
}

/// One trick.
#[derive(Debug)]
pub(super) struct Trick {
    pub(super) name: String,
    pub(super) client: Client,
    /// Options of the server, in addition to those of this kind of client.
    pub(super) server: Value,
    /// Fault rules when the client starts.
    pub(super) rules: Value,
    pub(super) ends: Ends,
}

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Addresses of the other origin in unusual forms, or in forms similar to our own.
const ELSEWHERE: &[(&str, &str)] = &[
    ("another port", "http://{evil}/stolen"),
    ("another address of loopback, same port", "http://127.0.0.2:{port}/stolen"),
    ("localhost for 127.0.0.1", "http://localhost:{port}/stolen"),
    ("[::1] for 127.0.0.1", "http://[::1]:{port}/stolen"),
    ("the mapped address", "http://[::ffff:127.0.0.1]:{port}/stolen"),
    ("a trailing dot", "http://localhost.:{port}/stolen"),
    ("another scheme", "https://127.0.0.1:{port}/stolen"),
    ("our address as a user", "http://{own}@{evil}/stolen"),
    ("our address as a user and password", "http://127.0.0.1:{port}@127.0.0.1:{evil_port}/stolen"),
    ("no scheme", "//{evil}/stolen"),
    ("no scheme, three slashes", "///{evil}/stolen"),
    ("two backslashes", "\\\\{evil}\\stolen"),
    ("slash and backslash", "/\\{evil}/stolen"),
    ("backslash and slash", "\\/{evil}/stolen"),
    ("a scheme with backslashes", "http:\\\\{evil}\\stolen"),
    ("a tab between the slashes", "/\t/{evil}/stolen"),
    ("a tab in the scheme", "ht\ttp://{evil}/stolen"),
    ("blanks around", "  http://{evil}/stolen  "),
    ("capitals", "HTTP://{evil}/stolen"),
    ("a decimal address", "http://2130706433:{evil_port}/stolen"),
    ("a hexadecimal address", "http://0x7f.1:{evil_port}/stolen"),
    ("a percent-encoded address", "http://%31%32%37.0.0.1:{evil_port}/stolen"),
    ("a redirect back to the server", "http://{evil}/stolen?to=http://{own}/mcp"),
    ("our address as a fragment", "http://{evil}/stolen#@{own}/mcp"),
    ("our address after a backslash", "http://{evil}\\@{own}/stolen"),
];

/// Addresses to which no message can be sent.
const NOWHERE: &[(&str, &str)] = &[
    ("javascript:", "javascript:fetch('http://{evil}/stolen')"),
    ("data:", "data:text/plain,http://{evil}/stolen"),
    ("file:", "file:///etc/passwd"),
    ("ws:", "ws://{own}/stolen"),
    ("blob:", "blob:http://{own}/stolen"),
    ("an empty host", "http://"),
];

/// Headers in which a response could name another address.
const POINTERS: &[(&str, &str)] = &[
    ("Refresh", "0; url=http://{evil}/stolen"),
    ("Link", "<http://{evil}/stolen>; rel=\"canonical preload alternate\""),
    ("Alt-Svc", "h2=\"{evil}\"; ma=86400, http/1.1=\"{evil}\""),
    ("Content-Location", "http://{evil}/stolen"),
    ("Location", "http://{evil}/stolen"),
    ("Set-Cookie", "stolen=1; Domain=127.0.0.1; Path=/"),
    ("Content-Security-Policy", "report-uri http://{evil}/stolen"),
    ("Report-To", "{\"endpoints\":[{\"url\":\"http://{evil}/stolen\"}]}"),
    ("Proxy-Authenticate", "Basic realm=\"http://{evil}/stolen\""),
    ("MCP-Session-Id", "http://{evil}/stolen"),
];

fn trick(name: String, client: Client, rules: Value, ends: Ends) -> Trick {
    Trick { name, client, server: json!({}), rules, ends }
}

fn on(what: Value, fault: Value) -> Value {
    json!([{"on": what, "fault": fault}])
}

fn redirect(status: u16, location: &str) -> Value {
    json!({"kind": "redirect", "status": status, "location": location})
}

/// All of them.
pub(super) fn all() -> Vec<Trick> {
    let mut tricks = Vec::new();
    redirects(&mut tricks);
    spellings(&mut tricks);
    pointers(&mut tricks);
    endpoint_events(&mut tricks);
    tokens(&mut tricks);
    tricks
}

/// Redirects of every kind of request.
fn redirects(tricks: &mut Vec<Trick>) {
    let elsewhere = "http://{evil}/stolen";
    let rest = Ends::In("unexpected_redirect");
    for status in REDIRECTS {
        let to = || redirect(status, elsewhere);
        let mut add = |what: &str, client, on_what: Value, ends| {
            tricks.push(trick(format!("{status} to {what}"), client, on(on_what, to()), ends));
        };
        add("initialize", Client::Server, json!({"method": "initialize"}), rest);
        // The handshake succeeds whatever the response to a notification is.
        add("notifications/initialized", Client::Server, json!({"method": "notifications/initialized"}), Ends::Well);
        add("tools/call", Client::Server, json!({"method": "tools/call"}), rest);
        add("tools/call, modern", Client::Modern, json!({"method": "tools/call"}), rest);
        add("the stream by GET", Client::Server, json!({"http_method": "GET"}), Ends::Well);
        add("DELETE", Client::Server, json!({"http_method": "DELETE"}), Ends::Well);
        add("the stream of SSE", Client::Sse, json!({"http_method": "GET"}), rest);
        add("a POST of SSE", Client::Sse, json!({"http_method": "POST"}), rest);
        let unavailable = Ends::In("token_unavailable");
        add("the token endpoint", Client::Token, json!({"path": "/oauth/token"}), unavailable);
        add("the found token endpoint", Client::Discovered, json!({"path": "/oauth/token"}), unavailable);
        let metadata = json!({"path": "/.well-known/oauth-protected-resource/mcp"});
        add("metadata of the resource", Client::Discovered, metadata, Ends::Well);
        let metadata = json!({"path": "/.well-known/oauth-authorization-server"});
        // Without a token endpoint in the metadata the default is used, which this server does not have.
        add("metadata of the authorization server", Client::Discovered, metadata, Ends::In("token_unavailable"));
        add("a registry's list", Client::Gaia, json!({"http_method": "GET"}), rest);
        add("a registry's create", Client::Gaia, json!({"http_method": "POST"}), rest);
        add("a registry's update", Client::Sema4, json!({"http_method": "PUT"}), rest);
    }
}

/// Every spelling of another origin, for calls and for registries, which follow redirects within their own.
fn spellings(tricks: &mut Vec<Trick>) {
    for (name, location) in ELSEWHERE.iter().chain(NOWHERE) {
        let mut add = |what: &str, client, on_what: Value| {
            let rules = on(on_what, redirect(307, location));
            tricks.push(trick(format!("{what} to {name}"), client, rules, Ends::In("unexpected_redirect")));
        };
        add("tools/call", Client::Server, json!({"method": "tools/call"}));
        add("a registry's list", Client::Gaia, json!({"http_method": "GET"}));
    }
    // A second redirect after one that may be followed.
    let rules = json!([
        {"on": {"path": "/api/mcp/servers"}, "fault": redirect(308, "/api/mcp/moved")},
        {"on": {"path": "/api/mcp/moved"}, "fault": redirect(307, "http://{evil}/stolen")},
    ]);
    let name = "a registry, after a redirect within its own".to_owned();
    tricks.push(trick(name, Client::Gaia, rules, Ends::In("unexpected_redirect")));
    let rules = json!([
        {"on": {"method": "tools/call", "path": "/mcp"}, "fault": redirect(307, "/moved")},
        {"on": {"path": "/moved"}, "fault": redirect(307, "http://{evil}/stolen")},
    ]);
    let name = "tools/call, after a redirect within its own".to_owned();
    tricks.push(trick(name, Client::Server, rules, Ends::In("unexpected_redirect")));
}

/// Such headers on responses that are retried, on refusals, and on requests for a token.
fn pointers(tricks: &mut Vec<Trick>) {
    for (name, value) in POINTERS {
        let status = |status: u16, retry: bool| {
            let wait = if retry { json!({"Retry-After": "0", *name: value}) } else { json!({*name: value}) };
            json!({"kind": "status", "status": status, "headers": wait, "body": "see http://{evil}/stolen"})
        };
        let once = |on: Value, fault: Value| json!([{"on": on, "nth": [1], "fault": fault}]);
        let rules = once(json!({"method": "tools/list"}), status(503, true));
        tricks.push(trick(format!("{name} on 503"), Client::Server, rules, Ends::Well));
        let rules = once(json!({"method": "tools/call"}), status(300, false));
        tricks.push(trick(format!("{name} on 300"), Client::Server, rules, Ends::In("unexpected_redirect")));
        let rules = once(json!({"method": "tools/call"}), status(401, false));
        tricks.push(trick(format!("{name} on 401"), Client::Token, rules, Ends::Well));
        let rules = once(json!({"path": "/oauth/token"}), status(503, true));
        tricks.push(trick(format!("{name} on 503 of a token endpoint"), Client::Token, rules, Ends::Well));
    }
    for (status, ends) in [(201, "unexpected_content_type"), (304, "unexpected_redirect"), (407, "proxy_unauthorized")]
    {
        let fault =
            json!({"kind": "status", "status": status, "headers": {"Location": "http://{evil}/stolen"}, "body": "x"});
        let rules = on(json!({"method": "tools/call"}), fault);
        tricks.push(trick(format!("Location on {status}"), Client::Server, rules, Ends::In(ends)));
    }
    let html = "<meta http-equiv=refresh content='0;url=http://{evil}/stolen'><base href=http://{evil}/>";
    let fault = json!({"kind": "raw_body", "content_type": "text/html", "body": html});
    let rules = on(json!({"method": "tools/call"}), fault);
    tricks.push(trick("a page that refreshes".into(), Client::Server, rules, Ends::In("unexpected_content_type")));
}

/// Endpoint events of the transport of 2024-11-05.
fn endpoint_events(tricks: &mut Vec<Trick>) {
    let named = |name: &str, named: &str, ends| Trick {
        server: json!({"endpoint_event": named}),
        ..trick(format!("an endpoint event with {name}"), Client::Sse, json!([]), ends)
    };
    for (name, address) in ELSEWHERE.iter().chain(NOWHERE) {
        tricks.push(named(name, address, Ends::In("invalid_endpoint")));
    }
    let with_credentials = "http://user:pass@{own}/messages?session_id=$SESSION";
    tricks.push(named("credentials", with_credentials, Ends::In("invalid_endpoint")));
    tricks.push(named("a full address of the server", "$ORIGIN/messages?session_id=$SESSION", Ends::Well));
    tricks.push(named("dots that lead nowhere", "/../../messages?session_id=$SESSION", Ends::Well));
    for (name, address) in &ELSEWHERE[..8] {
        tricks.push(Trick {
            server: json!({"second_endpoint_event": address}),
            ..trick(format!("a second endpoint event with {name}"), Client::Sse, json!([]), Ends::Well)
        });
    }
}

/// Token endpoints of another origin in metadata, or in a challenge.
fn tokens(tricks: &mut Vec<Trick>) {
    let unavailable = Ends::In("token_unavailable");
    let resource = "/.well-known/oauth-protected-resource/mcp";
    let server = "/.well-known/oauth-authorization-server";
    let document =
        |path: &str, body: Value| on(json!({"path": path}), json!({"kind": "status", "status": 200, "body": body}));
    for (name, address) in ELSEWHERE.iter().chain(NOWHERE) {
        let rules = document(server, json!({"issuer": "http://{own}", "token_endpoint": address}));
        tricks.push(trick(format!("a token endpoint at {name}"), Client::Discovered, rules, unavailable));
        let rules = document(resource, json!({"resource": "http://{own}/mcp", "authorization_servers": [address]}));
        tricks.push(trick(format!("an authorization server at {name}"), Client::Discovered, rules, unavailable));
    }
    let rules = document(server, json!({"token_endpoint": "http://user:pass@{own}/oauth/token"}));
    tricks.push(trick("a token endpoint with credentials".into(), Client::Discovered, rules, unavailable));
    let others = json!({
        "issuer": "http://{evil}/stolen", "token_endpoint": "/oauth/token", "jwks_uri": "http://{evil}/stolen",
        "registration_endpoint": "http://{evil}/stolen", "revocation_endpoint": "http://{evil}/stolen",
        "introspection_endpoint": "http://{evil}/stolen", "authorization_endpoint": "http://{evil}/stolen",
    });
    tricks.push(trick("other endpoints elsewhere".into(), Client::Discovered, document(server, others), Ends::Well));
    let both = json!({"authorization_servers": ["http://{own}", "http://{evil}/stolen"]});
    let name = "a second authorization server elsewhere".to_owned();
    tricks.push(trick(name, Client::Discovered, document(resource, both), Ends::Well));
    for (kind, client) in [("given", Client::Token), ("found", Client::Discovered)] {
        let challenge = "Bearer resource_metadata=\"http://{evil}/stolen\", realm=\"http://{evil}/stolen\"";
        let fault = json!({"kind": "status", "status": 401, "headers": {"WWW-Authenticate": challenge}, "body": ""});
        let rules = json!([{"on": {"method": "tools/call"}, "nth": [1], "fault": fault}]);
        tricks.push(trick(
            format!("a challenge that points elsewhere, token endpoint {kind}"),
            client,
            rules,
            Ends::Well,
        ));
    }
    let elsewhere = json!({
        "access_token": "tok_of_the_trick_0001", "token_type": "Bearer", "expires_in": 3600,
        "resource": "http://{evil}/stolen", "endpoint": "http://{evil}/stolen", "issued_token_type": "http://{evil}",
    });
    let name = "a token that is for elsewhere".to_owned();
    tricks.push(trick(name, Client::Token, document("/oauth/token", elsewhere), Ends::In("unauthorized")));
}
