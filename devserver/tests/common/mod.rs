//! A minimal HTTP client that observes everything the server does to a connection.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod faults;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

/// How a response ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Properly.
    Whole,
    /// The connection was closed early.
    Closed,
    /// The connection was reset.
    Reset,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn omni_code(&self) -> Value {
        self.json()["error"]["data"]["omni_code"].clone()
    }

    /// The data of every event, unchanged.
    pub(crate) fn events(&self) -> Vec<String> {
        self.text()
            .split_terminator("\n\n")
            .filter_map(|event| {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
                Some(data.to_owned())
            })
            .collect()
    }

    /// The ids of the events.
    pub(crate) fn event_ids(&self) -> Vec<String> {
        let text = self.text();
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.map(str::to_owned).collect()
    }
}

pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    pub(crate) fn to(server: &DevServer) -> Self {
        Self::connect(server.url())
    }

    pub(crate) fn connect(url: &str) -> Self {
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads the head of the response; an error if the connection ended before.
    pub(crate) fn head(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        Ok(Reply { status, headers, body: Vec::new(), end: End::Whole })
    }

    /// One chunk of a stream that stays open.
    pub(crate) fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok(chunk)
    }

    /// Reads this many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn body(&mut self, reply: &mut Reply) -> io::Result<()> {
        if let Some(length) = reply.headers.get("content-length") {
            let length: usize = length.parse().unwrap();
            let mut byte = [0; 4096];
            while reply.body.len() < length {
                let most = byte.len().min(length - reply.body.len());
                match self.stream.read(&mut byte[..most])? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    n => reply.body.extend_from_slice(&byte[..n]),
                }
            }
        } else if reply.headers.contains_key("transfer-encoding") {
            loop {
                let chunk = self.chunk()?;
                if chunk.is_empty() {
                    break;
                }
                reply.body.extend(chunk);
            }
        }
        Ok(())
    }

    pub(crate) fn receive(&mut self) -> io::Result<Reply> {
        let mut reply = self.head()?;
        reply.end = match self.body(&mut reply) {
            Ok(()) => End::Whole,
            Err(error) => ended(&error),
        };
        Ok(reply)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Reply> {
        self.send(method, path, headers, body);
        self.receive()
    }

    /// How the connection ends; bytes before are dropped.
    pub(crate) fn end(&mut self) -> End {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => End::Closed,
            Err(error) => ended(&error),
        }
    }
}

pub(crate) fn ended(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Closed,
        io::ErrorKind::ConnectionReset => End::Reset,
        other => panic!("unexpected {other}"),
    }
}

pub(crate) fn start(options: Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

pub(crate) fn bearer(server: &DevServer) -> String {
    format!("Bearer {}", server.api_key())
}

pub(crate) fn rpc(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

pub(crate) fn search(q: &str) -> Value {
    json!({"name": "fred.search", "arguments": {"q": q, "limit": 3}})
}

/// Sends to POST /mcp with the server's key, without reading the response.
pub(crate) fn send(server: &DevServer, headers: &[(&str, &str)], body: &str) -> Wire {
    let mut wire = Wire::to(server);
    let auth = bearer(server);
    let mut all = vec![
        ("authorization", auth.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend_from_slice(headers);
    wire.send("POST", "/mcp", &all, body);
    wire
}

/// Sends to POST /mcp with the server's key.
pub(crate) fn post(server: &DevServer, headers: &[(&str, &str)], body: &str) -> io::Result<Reply> {
    send(server, headers, body).receive()
}

/// Sends a request and expects a response.
pub(crate) fn method(server: &DevServer, method: &str, params: &Value) -> Reply {
    post(server, &[], &rpc(1, method, params)).unwrap()
}

/// Calls a tool under an idempotency key.
pub(crate) fn call(server: &DevServer, key: &str, params: &Value) -> io::Result<Reply> {
    post(server, &[("idempotency-key", key)], &rpc(7, "tools/call", params))
}

/// Sends a request to any route with the server's key.
pub(crate) fn route(server: &DevServer, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut wire = Wire::to(server);
    let auth = bearer(server);
    let mut all = vec![("authorization", auth.as_str())];
    all.extend_from_slice(headers);
    wire.ask(method, path, &all, "").unwrap()
}

/// The `_meta` of every modern request.
pub(crate) fn modern_meta(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}

/// Params of a modern request of a client with all capabilities.
pub(crate) fn modern_params(params: &Value) -> Value {
    let mut params = params.clone();
    if params.get("_meta").is_none() {
        params["_meta"] = modern_meta(&json!({"elicitation": {}, "sampling": {}, "roots": {}}));
    }
    params
}

/// Sends a modern request, with its headers and additional ones.
pub(crate) fn send_modern(server: &DevServer, id: u64, method: &str, params: &Value, further: &[(&str, &str)]) -> Wire {
    let params = modern_params(params);
    let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str).unwrap_or_default();
    let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
    if !name.is_empty() {
        headers.push(("mcp-name", name));
    }
    headers.extend_from_slice(further);
    send(server, &headers, &rpc(id, method, &params))
}

/// Sends a request of the modern era.
pub(crate) fn modern(server: &DevServer, method: &str, params: &Value) -> Reply {
    send_modern(server, 1, method, params, &[]).receive().unwrap()
}

/// The messages of an event stream, in order.
pub(crate) struct Events {
    wire: Wire,
    received: String,
}

impl Events {
    /// Reads the head of the response, which must be a stream.
    pub(crate) fn of(mut wire: Wire) -> Self {
        let head = wire.head().unwrap();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
        Self { wire, received: String::new() }
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.received.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
                self.received = rest.to_owned();
                match data.filter(|data| !data.is_empty()) {
                    Some(data) => return Some(serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            let chunk = self.wire.chunk().unwrap();
            if chunk.is_empty() {
                return None;
            }
            self.received.push_str(&String::from_utf8(chunk).unwrap());
        }
    }

    /// The next message; panics at the end of the stream.
    pub(crate) fn message(&mut self) -> Value {
        self.next().unwrap()
    }

    pub(crate) fn end(&mut self) -> End {
        self.wire.end()
    }
}
