//! The dev server as a program.

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::Parser;
use omni_mcp_devserver::{DevServer, Era, Options, Profile, serve_stdio};

/// Plays a hosted MCP service on loopback, with scripted faults and a ledger of what ran.
#[derive(Parser)]
#[command(name = "omni-mcp-devserver")]
struct Arguments {
    /// The service to play: omni, generic, octomind, odock, gaia or sema4.
    #[arg(long)]
    profile: Option<String>,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long)]
    port: Option<u16>,
    /// Profile generic: the revisions that are spoken, legacy, modern or dual.
    #[arg(long)]
    era: Option<String>,
    /// Profile generic: offer, ask and answer all that a server can.
    #[arg(long)]
    everything: bool,
    /// The ttlMs of what may be cached, in the modern era.
    #[arg(long)]
    ttl_ms: Option<u64>,
    /// All options as JSON text, or @file to read them from.
    #[arg(long)]
    options: Option<String>,
    /// Print the address and the key as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Stop when standard input ends.
    #[arg(long)]
    until_stdin_ends: bool,
    /// Be a generic server on standard input and output.
    #[arg(long, conflicts_with_all = ["port", "json", "until_stdin_ends"])]
    stdio: bool,
}

type Failure = Box<dyn std::error::Error>;

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let mut options: Options = match arguments.options.as_deref() {
        None => Options::default(),
        Some(given) => match given.strip_prefix('@') {
            Some(file) => serde_json::from_str(&std::fs::read_to_string(file)?)?,
            None => serde_json::from_str(given)?,
        },
    };
    if let Some(profile) = &arguments.profile {
        options.profile = serde_json::from_value::<Profile>(profile.as_str().into())?;
    }
    if let Some(port) = arguments.port {
        options.port = port;
    }
    if let Some(era) = &arguments.era {
        options.era = serde_json::from_value::<Era>(era.as_str().into())?;
    }
    options.everything |= arguments.everything;
    if let Some(ttl_ms) = arguments.ttl_ms {
        options.ttl_ms = ttl_ms;
    }
    Ok(options)
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if arguments.stdio {
        return Ok(serve_stdio(options(&arguments)?)?);
    }
    let server = DevServer::start(options(&arguments)?)?;
    let mut out = std::io::stdout();
    if arguments.json {
        let line = serde_json::json!({"url": server.url(), "api_key": server.api_key()});
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "OMNI_CLIENT_API_BASE_URL={}", server.url())?;
        writeln!(out, "OMNI_API_KEY={}", server.api_key())?;
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
            // Nothing is left to do if this cannot be written either.
            let _ = writeln!(std::io::stderr(), "omni-mcp-devserver: {error}");
            ExitCode::FAILURE
        }
    }
}
