//! Proxies: environment variables, proxies with wrong targets, and what proxy and server may receive.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

use super::canaries;
use super::play::{Outcome, Stage, call_all, client};
use super::witness::Witness;
use crate::plan::Plan;
use crate::row::{Failed, Row};

/// The variable that makes this program the child process whose proxy variables are a trick: the address of the server.
pub(super) const SERVER: &str = "OMNI_MCP_CHAOS_SERVER";

const VARIABLES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// An unassigned https address: requests reach it through a proxy only.
const REMOTE: &str = "https://mcp.invalid/mcp";

type Played = Vec<(String, Outcome)>;

pub(super) async fn play_all(plan: &Plan, stage: &Stage) -> Result<Played, Failed> {
    let mut played = variables(stage)?;
    played.extend(in_other_languages(plan, stage)?);
    played.push(("a tunnel through a proxy".into(), tunnel(stage, json!({})).await?));
    let oauth = json!({"auth": {"type": "oauth2", "client_id": "id", "client_secret": canaries::CLIENT_SECRET,
        "token_url": "https://token.invalid/token"}});
    played.push(("a tunnel to a token endpoint".into(), tunnel(stage, oauth).await?));
    for (name, status) in [("301", 301), ("302", 302), ("307", 307), ("407", 407), ("200", 200)] {
        played.push((format!("a proxy that answers {name} and points elsewhere"), pointing(stage, status).await?));
    }
    played.push(("a SOCKS proxy with a password".into(), socks(stage).await?));
    played.extend(refused()?);
    Ok(played)
}

/// Every variable names the other origin: loopback is not proxied, under any of its names.
fn variables(stage: &Stage) -> Result<Played, Failed> {
    let mut played = Vec::new();
    for variable in VARIABLES {
        let server = served()?;
        let ended =
            proxied(std::env::current_exe()?.as_os_str(), &["--only", "origins"], stage, variable, server.url())?;
        played.push((format!("{variable} names the other origin"), checked(stage, &server, ended)));
    }
    Ok(played)
}

/// The same from Python and Node, whose environment the core reads.
fn in_other_languages(plan: &Plan, stage: &Stage) -> Result<Played, Failed> {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    let (python, node) = (format!("{scripts}/proxied.py"), format!("{scripts}/proxied.mjs"));
    let mut played = Vec::new();
    for (language, program, script) in [("Python", &plan.python, &python), ("Node", &plan.node, &node)] {
        let server = served()?;
        let ended = proxied(program.as_ref(), &[script], stage, "ALL_PROXY", server.url())?;
        played.push((format!("ALL_PROXY names the other origin, {language}"), checked(stage, &server, ended)));
    }
    Ok(played)
}

fn served() -> Result<DevServer, Failed> {
    Ok(DevServer::start_json(
        &json!({"profile": "generic", "require_key": true, "keys": [{"key": canaries::KEY}]}).to_string(),
    )?)
}

/// Runs a program with the variable; returns why it failed.
fn proxied(program: &OsStr, args: &[&str], stage: &Stage, variable: &str, url: &str) -> Result<Option<String>, Failed> {
    let mut command = Command::new(program);
    command.args(args).env(SERVER, url).env("OMNI_MCP_CHAOS_KEY", canaries::KEY);
    for name in VARIABLES.iter().chain(&["no_proxy", "NO_PROXY", "REQUEST_METHOD"]) {
        command.env_remove(name);
    }
    command.env(variable, format!("http://user:{}@127.0.0.1:{}", canaries::PROXY_PASSWORD, stage.evil.port));
    let output = command.output()?;
    let texts = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((!output.status.success()).then(texts))
}

fn checked(stage: &Stage, server: &DevServer, ended: Option<String>) -> Outcome {
    let ledger = server.ledger();
    let came = ledger.executions.is_empty().then(|| "the call never came".to_owned());
    Outcome { wrong: ended.or(came), ..stage.received(&ledger) }
}

/// The child process: a call with each name of loopback.
pub(super) fn in_child(server: &str) -> Result<Row, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut failed = Vec::new();
    for url in [server.to_owned(), server.replace("127.0.0.1", "localhost")] {
        let client = client(&format!("{url}/mcp"), json!({"api_key": canaries::KEY}))?.build()?;
        failed.extend(runtime.block_on(call_all(&client)).iter().map(ToString::to_string));
    }
    // Its token endpoint is loopback, the server is not.
    let oauth = json!({"type": "oauth2", "client_id": "id", "client_secret": canaries::CLIENT_SECRET,
        "token_url": format!("{server}/token")});
    let remote = client(REMOTE, json!({"auth": oauth, "max_attempts": 1}))?.build()?;
    let ended = runtime.block_on(call_all(&remote));
    // That server has no such path: the request was received there, and not by the proxy.
    if ended.first().is_none_or(|error| error.code() != "token_unavailable" && error.code() != "token_refused") {
        failed.push(format!("the token endpoint on loopback: {ended:?}"));
    }
    Ok(Row { done: String::new(), bound: String::new(), seen: failed.join("; "), kept: failed.is_empty() })
}

/// A configured proxy receives the target and its own password, and nothing else.
async fn tunnel(stage: &Stage, options: Value) -> Result<Outcome, Failed> {
    let proxy = Witness::answering("127.0.0.1:0", "HTTP/1.1 200 Connection established\r\n\r\n".into())?;
    outcome_of_remote(stage, &proxy, options, true).await
}

/// A proxy that does not respond with a tunnel.
async fn pointing(stage: &Stage, status: u16) -> Result<Outcome, Failed> {
    let evil = format!("127.0.0.1:{}", stage.evil.port);
    let proxy = Witness::answering(
        "127.0.0.1:0",
        format!(
            "HTTP/1.1 {status} See\r\nlocation: http://{evil}/stolen\r\nproxy-authenticate: Basic realm=\"{evil}\"\r\n\
             alt-svc: h2=\"{evil}\"\r\ncontent-length: 0\r\n\r\n"
        ),
    )?;
    outcome_of_remote(stage, &proxy, json!({}), true).await
}

async fn outcome_of_remote(stage: &Stage, proxy: &Witness, options: Value, must_come: bool) -> Result<Outcome, Failed> {
    let address = format!("http://user:{}@127.0.0.1:{}", canaries::PROXY_PASSWORD, proxy.port);
    let mut given = json!({"proxy": address, "max_attempts": 1, "timeout": 5});
    if options.get("auth").is_none() {
        given["api_key"] = canaries::KEY.into();
    }
    if let (Value::Object(given), Value::Object(options)) = (&mut given, options) {
        given.extend(options);
    }
    let errors = call_all(&client(REMOTE, given)?.build()?).await;
    let received = proxy.take();
    let seen = canaries::found(&received.bytes, canaries::ALL.iter().copied());
    let password = canaries::found(&received.bytes, [canaries::PROXY_PASSWORD]);
    let wrong = match errors.first() {
        _ if !seen.is_empty() => Some(format!("the proxy saw {seen:?}")),
        _ if must_come && password.is_empty() => Some("the proxy was not used".to_owned()),
        None => Some("it succeeded".to_owned()),
        Some(error) if error.kind() != omni_mcp::ErrorKind::Connection => Some(format!("{}: {error}", error.code())),
        Some(error) if format!("{error:?}").contains(canaries::PROXY_PASSWORD) => Some("the error shows it".to_owned()),
        Some(_) => None,
    };
    Ok(Outcome { wrong, ..stage.received(&served()?.ledger()) })
}

/// Credentials of a SOCKS proxy are not sent to the server.
async fn socks(stage: &Stage) -> Result<Outcome, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let proxy = format!("socks5://user:{}@{}", canaries::PROXY_PASSWORD, listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || relay(stream));
        }
    });
    let server = served()?;
    let options = json!({"api_key": canaries::KEY, "proxy": proxy});
    let errors = call_all(&client(&format!("{}/mcp", server.url()), options)?.build()?).await;
    let ledger = server.ledger();
    let seen = ledger.requests.iter().flat_map(|request| request.headers.0.values()).cloned().collect::<String>();
    let leaked = canaries::found(seen.as_bytes(), [canaries::PROXY_PASSWORD]);
    let wrong = match errors.first() {
        Some(error) => Some(error.to_string()),
        None if !leaked.is_empty() => Some("the server saw the proxy's password".to_owned()),
        None if ledger.executions.len() != 1 => Some("the call never came".to_owned()),
        None => None,
    };
    Ok(Outcome { wrong, ..stage.received(&ledger) })
}

/// SOCKS 5 with user name and password (RFC 1928, RFC 1929), for IPv4 addresses.
fn relay(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    stream.read_exact(&mut vec![0; head[1].into()])?;
    stream.write_all(&[5, 2])?;
    for skipped in 0..2 {
        // The version precedes the first of the two texts.
        let mut length = vec![0; 2 - skipped];
        stream.read_exact(&mut length)?;
        stream.read_exact(&mut vec![0; length[1 - skipped].into()])?;
    }
    stream.write_all(&[1, 0])?;
    let mut request = [0; 10];
    stream.read_exact(&mut request)?;
    let [_, _, _, 1, a, b, c, d, high, low] = request else {
        return stream.write_all(&[5, 8, 0, 1, 0, 0, 0, 0, 0, 0]);
    };
    let server = TcpStream::connect((Ipv4Addr::from([a, b, c, d]), u16::from_be_bytes([high, low])))?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (mut from_client, mut to_server) = (stream.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
    std::io::copy(&mut &server, &mut stream).map(drop)
}

/// Options that would send secrets in plain text are refused before anything is sent.
fn refused() -> Result<Played, Failed> {
    let key = || json!({"api_key": canaries::KEY});
    let with = |name: &str, value: &str| {
        let mut options = key();
        options[name] = value.into();
        options
    };
    let tricks = [
        ("plain http to another host", "http://mcp.example/mcp", key()),
        ("plain http to a host that looks like loopback", "http://127.0.0.1.example/mcp", key()),
        ("plain http to localhost of another domain", "http://localhost.example/mcp", key()),
        ("plain http to an address of the network", "http://192.168.1.10/mcp", key()),
        ("plain http to all addresses", "http://0.0.0.0/mcp", key()),
        ("an address with a user", "http://127.0.0.1:9@mcp.example/mcp", key()),
        ("an address with a line end", "https://mcp.exam\nple/mcp", key()),
        ("an address with backslashes", "https:\\\\mcp.example\\mcp", key()),
        ("plain http through a proxy elsewhere", "http://127.0.0.1:9/mcp", with("proxy", "http://proxy.example:3128")),
    ];
    let mut played = Vec::new();
    for (name, endpoint, options) in tricks {
        let refused = client(endpoint, options)?.build().err();
        let right = refused.as_ref().is_some_and(|error| error.code() == "invalid_option");
        let wrong = (!right).then(|| format!("expected a config error, got {refused:?}"));
        played.push((name.to_owned(), Outcome { wrong, ..Outcome::default() }));
    }
    Ok(played)
}
