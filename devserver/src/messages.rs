//! Records the messages of clients in a folder, for validation against the schemas of the specification.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::headers;
use crate::modern::meta;
use crate::options::{Profile, Transport};
use crate::server_state::Shared;

/// Environment variable with the folder. If it is not set, nothing is recorded.
const FOLDER: &str = "OMNI_MCP_DEVSERVER_MESSAGES";

/// The session of a server that has one client.
pub(crate) const ONLY: &str = "";

/// Records the message of a request.
pub(crate) fn keep(shared: &Shared, exchange: &Exchange) {
    static GIVEN: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = GIVEN.get_or_init(|| std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from));
    // A request that a gateway forwards is not a message of a client.
    let (Some(folder), None) = (folder, shared.gateway()) else {
        return;
    };
    let is_registry = matches!(shared.options.profile, Profile::Gaia | Profile::Sema4);
    if !exchange.is_json || !exchange.body.is_object() || is_registry {
        return;
    }
    let line = json!({
        "version": version(shared, exchange),
        "profile": shared.options.profile,
        "message": &*exchange.body,
    });
    // Errors are ignored. Opened each time, because a child process has its own file.
    let _ = write(&folder.join(format!("{}.jsonl", std::process::id())), &format!("{line}\n"));
}

fn write(path: &PathBuf, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}

/// The revision of a message, if known.
fn version(shared: &Shared, exchange: &Exchange) -> Option<String> {
    if let Some(version) = meta::version(&exchange.body) {
        return Some(version.to_owned());
    }
    if exchange.rpc_method() == Some("initialize") {
        let asked_for: Option<&Value> = exchange.body.get("params").and_then(|params| params.get("protocolVersion"));
        return asked_for.and_then(Value::as_str).map(str::to_owned);
    }
    let session = match shared.options.transport {
        Transport::Http => exchange.header(headers::SESSION_ID).map(str::to_owned),
        Transport::Sse => exchange.parameter("session_id"),
        Transport::Stdio => Some(ONLY.to_owned()),
    };
    let agreed = session.and_then(|session| shared.sessions().version(&session).map(str::to_owned));
    agreed.or_else(|| exchange.header(headers::PROTOCOL_VERSION).map(str::to_owned))
}
