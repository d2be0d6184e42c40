//! Answers that never end, or swell: each ends in a typed error at the limit, with memory in proportion to it.

use std::time::Duration;

use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Endless, Fault, Options, Packing, Rule};
use serde::{Deserialize, Serialize};

use crate::apart::{self, Apart, Errand};
use crate::audit;
use crate::heap;
use crate::plan::Plan;
use crate::row::{Failed, Row};

/// The largest answer that the client takes.
const LIMIT: u64 = 8 << 20;
/// How much of it may be in use at once, in limits.
const MOST: u64 = 7;
/// What the packed bodies swell to.
const SWOLLEN: u64 = 1 << 28;
/// What never grows ends by these; for the rest they are too long.
const TIMEOUT: Duration = Duration::from_millis(500);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

/// Each bomb, and the code that it must end with.
fn bombs() -> Vec<(&'static str, Fault, &'static str)> {
    let endless = |what| Fault::EndlessStream { what, tick_ms: 0 };
    vec![
        // Any byte of the stream is a sign of life: the call as a whole ends.
        ("comments", endless(Endless::Comments), "total_timeout"),
        // Log messages are one, too.
        ("events", endless(Endless::Events), "total_timeout"),
        ("event", endless(Endless::Event), "answer_too_large"),
        ("body", endless(Endless::Body), "answer_too_large"),
        ("headers", endless(Endless::Headers), "too_many_headers"),
        ("gzip", Fault::Bomb { encoding: Packing::Gzip, bytes: SWOLLEN }, "answer_too_large"),
        // It was not asked for, and is not unpacked.
        ("zstd", Fault::Bomb { encoding: Packing::Zstd, bytes: SWOLLEN }, "invalid_answer"),
    ]
}

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let mut seen = Vec::new();
    let mut kept = true;
    for (name, fault, code) in bombs() {
        let server = DevServer::start(Options { seed: plan.seed, ..Options::default() })?;
        server.script(vec![Rule::new(fault).on_method("tools/call").times(1)])?;
        let (url, key) = (server.url().to_owned(), server.api_key().to_owned());
        let grows = !code.ends_with("_timeout");
        let came: Came = Apart::start(&Errand::Bomb(Meet { url, key, grows }), plan.seed)?.report()?;
        kept &= came.code == code && came.peak <= MOST * LIMIT && came.next_works;
        if came.code != code || !came.next_works {
            eprintln!("bombs, {name}: {}", came.message);
        }
        seen.push(format!("{name}: {} at {:.2} ×", came.code, came.peak as f64 / LIMIT as f64));
    }
    Ok(Row {
        done: format!("endless comments, events, event, body, headers; gzip and zstd of {} MiB", SWOLLEN >> 20),
        bound: format!(
            "a typed error, peak memory at most {MOST} × the limit of {} MiB, the next call works",
            LIMIT >> 20
        ),
        seen: seen.join(", "),
        kept,
    })
}

/// Meets a bomb, in a process of its own.
#[derive(Serialize, Deserialize)]
pub(crate) struct Meet {
    url: String,
    key: String,
    /// Whether it comes to a limit of size.
    grows: bool,
}

#[derive(Serialize, Deserialize)]
struct Came {
    code: String,
    message: String,
    /// The most memory that was in use, above what was before.
    peak: u64,
    next_works: bool,
}

impl Meet {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let client = Client::builder()
            .api_key(self.key)
            .base_url(self.url)
            .max_answer_bytes(LIMIT)
            .max_attempts(1_u32)
            .timeout(if self.grows { LONG } else { TIMEOUT })
            .total_timeout(if self.grows { LONG } else { TOTAL_TIMEOUT })
            .build()?;
        client.connect().await?;
        let before = heap::in_use();
        heap::reset_peak();
        let (code, message) = match client.call_tool("fred.search", audit::arguments(1)).await {
            Ok(_) => ("none".to_owned(), "it succeeded".to_owned()),
            Err(error) => (error.code().to_owned(), error.to_string()),
        };
        let peak = heap::peak().saturating_sub(before) as u64;
        let next_works =
            client.call_tool("fred.search", audit::arguments(2)).timeout(Duration::from_secs(20)).await.is_ok();
        apart::tell(&Came { code, message, peak, next_works })
    }
}
