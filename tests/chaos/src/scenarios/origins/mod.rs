//! Tricks by which a server or a proxy could have secrets of a client sent to another origin. That origin
//! records every byte: there may be no canary in them, and each trick ends with a typed error or a valid result.

mod canaries;
mod play;
mod proxies;
mod tricks;
mod witness;

use std::net::{Ipv6Addr, SocketAddr};

use crate::plan::Plan;
use crate::row::{Failed, Row};
use play::{Outcome, Stage};
use witness::Witness;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    if let Some(server) = std::env::var_os(proxies::SERVER) {
        return proxies::in_child(&server.to_string_lossy());
    }
    let stage = stage()?;
    let seed = plan.seed;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || fastrand::seed(seed))
        .enable_all()
        .build()?;
    let mut sum = Sum::default();
    for trick in &tricks::all() {
        sum.add(&trick.name, runtime.block_on(stage.play(trick))?);
    }
    for (name, outcome) in runtime.block_on(proxies::play_all(plan, &stage))? {
        sum.add(&name, outcome);
    }
    // All clients have been dropped.
    drop(runtime);
    let mut late = Sum::default();
    late.add("after the last trick", stage.received_late()?);
    sum.reached += late.reached;
    sum.connections += late.connections;
    let Sum { count, reached, connections, wrong } = sum;
    Ok(Row {
        done: format!("{count} tricks to have credentials sent to another origin"),
        bound: "0 bytes of a canary there, no connection, a typed error or a valid result".into(),
        seen: format!("{reached} bytes, {connections} connections, {wrong} with another outcome"),
        kept: reached == 0 && connections == 0 && wrong == 0,
    })
}

/// The outcome of all tricks.
#[derive(Default)]
struct Sum {
    count: usize,
    /// Bytes of canaries at the other origin.
    reached: usize,
    connections: usize,
    wrong: usize,
}

impl Sum {
    /// Adds the outcome of a trick; prints those that failed, by name.
    fn add(&mut self, name: &str, outcome: Outcome) {
        let Outcome { canary_bytes, connections, wrong } = outcome;
        self.count += 1;
        self.reached += canary_bytes;
        self.connections += connections;
        self.wrong += usize::from(wrong.is_some());
        if canary_bytes + connections > 0 || wrong.is_some() {
            let ended = wrong.unwrap_or_else(|| "it ended as it must".to_owned());
            eprintln!("origins, {name}: {canary_bytes} bytes of canaries on {connections} connections; {ended}");
        }
    }
}

/// The other origin has its own port, and the port of our server at other addresses of this machine.
fn stage() -> Result<Stage, Failed> {
    let evil = Witness::at("127.0.0.1:0")?;
    let (beside, port) = beside()?;
    evil.also_at(SocketAddr::from((Ipv6Addr::LOCALHOST, evil.port)));
    beside.also_at(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
    Ok(Stage { evil, beside, port })
}

/// A witness at another loopback address, on a port that is free at the usual one.
fn beside() -> Result<(Witness, u16), Failed> {
    for _ in 0..100 {
        // If there is only one address, the host names remain.
        let witness = Witness::at("127.0.0.2:0").or_else(|_| Witness::at("127.0.0.1:0"))?;
        let port = witness.port;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok((witness, port));
        }
    }
    Err("no port is free at two addresses".into())
}
