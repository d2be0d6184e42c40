//! The session ends repeatedly under many workers: each time one handshake opens another for all, and no call is
//! lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Options, Profile};

use crate::audit::{self, Audit};
use crate::plan::Plan;
use crate::row::{Failed, Row};
use crate::workers;

const WORKERS: u64 = 64;
const KILL_EVERY: u64 = 100;

/// The profiles, and a tool of each with an argument that names a call.
const PROFILES: [(Profile, &str, &str); 3] = [
    (Profile::Omni, "omni", "fred.search"),
    (Profile::Generic, "generic", "fred.search"),
    (Profile::Octomind, "octomind", "search"),
];

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let calls = plan.size(600, 10_000);
    let mut seen = Vec::new();
    let mut kept = true;
    for (profile, name, tool) in PROFILES {
        let came = with_profile(plan.seed, profile, name, tool, calls)?;
        // The last one may come after the last call, so that no call notices it.
        kept &= came.kills >= calls / KILL_EVERY - 1 && came.reopened == came.kills;
        kept &= came.lost == 0 && came.not_once == 0;
        seen.push(format!(
            "{name}: {} kills, {} handshakes more, {} lost, {} not run once, {} refused",
            came.kills, came.reopened, came.lost, came.not_once, came.refused
        ));
    }
    Ok(Row {
        done: format!("3 profiles × {calls} calls, {WORKERS} workers, session killed every {KILL_EVERY} calls"),
        bound: "one handshake per kill, 0 lost, each run once".into(),
        seen: seen.join("; "),
        kept,
    })
}

struct Outcome {
    kills: u64,
    /// Handshakes after the first.
    reopened: u64,
    lost: u64,
    not_once: u64,
    /// Requests in a lost session.
    refused: u64,
}

fn with_profile(seed: u64, profile: Profile, name: &str, tool: &'static str, calls: u64) -> Result<Outcome, Failed> {
    let server = Arc::new(DevServer::start(Options { profile, seed, ..Options::default() })?);
    let client = Client::builder()
        .profile(name)
        .api_key(server.api_key())
        .base_url(format!("{}{}", server.url(), if name == "generic" { "/mcp" } else { "" }))
        .timeout(Duration::from_secs(20))
        .build()?;
    let answered = Arc::new(AtomicU64::new(0));
    let lost = workers::run({
        let server = Arc::clone(&server);
        async move {
            let outcomes = workers::make(WORKERS, calls, move |number| {
                let (client, server, answered) = (client.clone(), Arc::clone(&server), Arc::clone(&answered));
                async move {
                    let outcome = client.call_tool(tool, audit::arguments(number)).await;
                    if (answered.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(KILL_EVERY) {
                        server.expire_sessions();
                    }
                    outcome.map(drop)
                }
            });
            let outcomes = outcomes.await;
            for (number, outcome) in &outcomes {
                if let Err(error) = outcome {
                    eprintln!("sessions, {name}, call {number}: {error}");
                }
            }
            calls - outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count() as u64
        }
    })?;
    let ledger = server.ledger();
    let audit = Audit::of(&ledger);
    let handshakes = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("initialize"));
    let unnoticed = u64::from(calls.is_multiple_of(KILL_EVERY));
    Ok(Outcome {
        kills: ledger.sessions_closed.saturating_sub(unnoticed),
        reopened: (handshakes.count() as u64).saturating_sub(1),
        lost,
        not_once: calls - audit.ran(|often| often == 1),
        refused: audit.requests.saturating_sub(calls),
    })
}
