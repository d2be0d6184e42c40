//! The dev server as a program.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use omni_mcp_devserver::{Certificates, DevServer, Options, Spelling, TlsOptions, serve_stdio};
use serde::de::DeserializeOwned;

/// Simulates a hosted MCP service on loopback, with scripted faults and a ledger of what ran.
#[derive(Parser)]
#[command(name = "omni-mcp-devserver")]
struct Arguments {
    /// The service to simulate: omni, generic, octomind, odock, gaia or sema4.
    #[arg(long)]
    profile: Option<String>,
    /// The port on 127.0.0.1; 0 for any free one.
    #[arg(long)]
    port: Option<u16>,
    /// Profile generic: the eras, legacy, modern or dual.
    #[arg(long)]
    era: Option<String>,
    /// Profile generic: everything that a server can offer and request.
    #[arg(long)]
    everything: bool,
    /// The ttlMs of cacheable results, in the modern era.
    #[arg(long)]
    ttl_ms: Option<u64>,
    /// Use https, and write ca.pem, client.pem and client-key.pem into this folder.
    #[arg(long, value_name = "FOLDER")]
    tls: Option<PathBuf>,
    /// All options as JSON text, or @ and the file that contains them.
    #[arg(long)]
    options: Option<String>,
    /// Print the address and the key as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Stop when standard input ends.
    #[arg(long)]
    until_stdin_ends: bool,
    /// Run a generic server on standard input and output.
    #[arg(long, conflicts_with_all = ["port", "json", "until_stdin_ends", "tls"])]
    stdio: bool,
}

type Failure = Box<dyn std::error::Error>;

/// Reads the value of one option.
fn chosen<T: DeserializeOwned>(name: &str, value: &str) -> Result<T, Failure> {
    let options = Options::from_json(&serde_json::json!({name: value}).to_string(), Spelling::Snake)?;
    Ok(serde_json::from_value(serde_json::to_value(options)?[name].take())?)
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let mut options: Options = match arguments.options.as_deref() {
        None => Options::default(),
        Some(given) => match given.strip_prefix('@') {
            Some(file) => Options::from_json(&std::fs::read_to_string(file)?, Spelling::Snake)?,
            None => Options::from_json(given, Spelling::Snake)?,
        },
    };
    if let Some(profile) = &arguments.profile {
        options.profile = chosen("profile", profile)?;
    }
    if let Some(port) = arguments.port {
        options.port = port;
    }
    if let Some(era) = &arguments.era {
        options.era = chosen("era", era)?;
    }
    options.everything |= arguments.everything;
    if arguments.tls.is_some() {
        options.tls.get_or_insert_with(TlsOptions::default);
    }
    if let Some(ttl_ms) = arguments.ttl_ms {
        options.ttl_ms = ttl_ms;
    }
    Ok(options)
}

fn write_certificates(folder: &Path, certificates: &Certificates) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("ca.pem"), &certificates.ca)?;
    std::fs::write(folder.join("client.pem"), &certificates.client_cert)?;
    std::fs::write(folder.join("client-key.pem"), &certificates.client_key)
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if arguments.stdio {
        return Ok(serve_stdio(options(&arguments)?)?);
    }
    let server = DevServer::start(options(&arguments)?)?;
    if let (Some(folder), Some(certificates)) = (&arguments.tls, server.certificates()) {
        write_certificates(folder, certificates)?;
    }
    let mut out = std::io::stdout();
    if arguments.json {
        let mut line = serde_json::json!({"url": server.url(), "api_key": server.api_key()});
        if let Some(Certificates { ca, client_cert, client_key }) = server.certificates() {
            line["tls"] = serde_json::json!({"ca": ca, "client_cert": client_cert, "client_key": client_key});
        }
        if let Some(proxy) = server.proxy() {
            line["proxy"] = proxy.into();
        }
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "OMNI_CLIENT_API_BASE_URL={}", server.url())?;
        writeln!(out, "OMNI_API_KEY={}", server.api_key())?;
        if let Some(proxy) = server.proxy() {
            writeln!(out, "OMNI_MCP_DEVSERVER_PROXY={proxy}")?;
        }
    }
    out.flush()?;
    if arguments.until_stdin_ends {
        std::io::copy(&mut std::io::stdin().by_ref(), &mut std::io::sink())?;
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing more can be done if this fails.
            let _ = writeln!(std::io::stderr(), "omni-mcp-devserver: {error}");
            ExitCode::FAILURE
        }
    }
}
