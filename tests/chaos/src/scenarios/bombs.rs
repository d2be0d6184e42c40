//! Responses without an end, or with extreme compression: each ends with a typed error at the limit, with bounded
//! memory.

use std::time::Duration;

use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Endless, Fault, Options, Packing, Rule};
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::client_process::{self, ClientProcess, Task};
use crate::heap;
use crate::plan::Plan;
use crate::row::{Failed, Row};

/// The size limit of the client.
const LIMIT: u64 = 8 << 20;
/// Maximum memory in use, in limits.
const MOST: u64 = 7;
/// Size of the compressed bodies after decompression.
const SWOLLEN: u64 = 1 << 28;
/// Timeouts for responses that reach no size limit; the others have a long timeout.
const TIMEOUT: Duration = Duration::from_millis(500);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

/// Each fault, and the expected code.
fn bombs() -> Vec<(&'static str, Fault, &'static str)> {
    let endless = |what| Fault::EndlessStream { what, tick_ms: 0 };
    vec![
        // Any byte of the stream restarts `timeout`: only the total timeout ends the call.
        ("comments", endless(Endless::Comments), "total_timeout"),
        // Log messages restart it, too.
        ("events", endless(Endless::Events), "total_timeout"),
        ("event", endless(Endless::Event), "answer_too_large"),
        ("body", endless(Endless::Body), "answer_too_large"),
        ("headers", endless(Endless::Headers), "too_many_headers"),
        ("gzip", Fault::Bomb { encoding: Packing::Gzip, bytes: SWOLLEN }, "answer_too_large"),
        // zstd was not requested and is not decompressed.
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
        let came: Outcome = ClientProcess::start(&Task::Bomb(Meet { url, key, grows }), plan.seed)?.report()?;
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

/// Receives such a response, in a separate process.
#[derive(Serialize, Deserialize)]
pub(crate) struct Meet {
    url: String,
    key: String,
    /// Whether it reaches a size limit.
    grows: bool,
}

#[derive(Serialize, Deserialize)]
struct Outcome {
    code: String,
    message: String,
    /// Peak of memory in use, above that before the call.
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
        client_process::report(&Outcome { code, message, peak, next_works })
    }
}
