//! Tricks by which a server, or whoever is on the way, could have what a client holds sent to another origin. That origin
//! listens and keeps every byte: none of a canary may be among them, and each trick ends in a typed error or a good result.

mod canaries;
mod play;
mod proxies;
mod tricks;
mod witness;

use std::net::{Ipv6Addr, SocketAddr};

use crate::plan::Plan;
use crate::row::{Failed, Row};
use play::Stage;
use witness::Witness;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    if let Some(server) = std::env::var_os(proxies::SERVER) {
        return proxies::in_child(&server.to_string_lossy());
    }
    let stage = stage()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let tricks = tricks::all();
    let mut outcomes = Vec::new();
    for trick in &tricks {
        let t = std::time::Instant::now();
        outcomes.push((trick.name.clone(), runtime.block_on(stage.play(trick))?));
        if t.elapsed().as_millis() > 150 {
            eprintln!("SLOW {} {:?}", trick.name, t.elapsed());
        }
    }
    outcomes.extend(runtime.block_on(proxies::play_all(plan, &stage))?);
    let count = outcomes.len();
    let (mut reached, mut connections, mut wrong) = (0, 0, 0);
    for (name, outcome) in outcomes {
        reached += outcome.canary_bytes;
        connections += outcome.connections;
        wrong += usize::from(outcome.wrong.is_some());
        if let Some(why) = outcome.wrong {
            eprintln!("origins, {name}: {why}");
        }
        if outcome.canary_bytes + outcome.connections > 0 {
            eprintln!("origins, {name}: {} bytes of canaries, {}", outcome.canary_bytes, outcome.connections);
        }
    }
    Ok(Row {
        done: format!("{count} tricks to have credentials sent to another origin"),
        bound: "0 bytes of a canary there, no connection, a typed error or a good result".into(),
        seen: format!("{reached} bytes, {connections} connections, {wrong} of another end"),
        kept: reached == 0 && connections == 0 && wrong == 0,
    })
}

/// The other origin has a port of its own, and our server's port at other addresses of this machine.
fn stage() -> Result<Stage, Failed> {
    let evil = Witness::at("127.0.0.1:0")?;
    let (beside, port) = beside()?;
    evil.also_at(SocketAddr::from((Ipv6Addr::LOCALHOST, evil.port)));
    beside.also_at(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
    Ok(Stage { evil, beside, port })
}

/// A witness at another address of loopback whose port is free at the usual one.
fn beside() -> Result<(Witness, u16), Failed> {
    for _ in 0..100 {
        // Where there is but one address, the names of it remain.
        let witness = Witness::at("127.0.0.2:0").or_else(|_| Witness::at("127.0.0.1:0"))?;
        let port = witness.port;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok((witness, port));
        }
    }
    Err("no port is free at two addresses".into())
}
