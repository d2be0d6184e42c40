//! Common parts of both programs: arguments, and the measurement of their process.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Calls before the measurement.
pub const WARM_UP: u32 = 200;

/// The server's URL, its key, and the number of calls, from the command line.
pub fn arguments() -> Result<(String, String, u32), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("usage: URL KEY CALLS; there is no {what}"));
    Ok((next("URL")?, next("KEY")?, next("CALLS")?.parse()?))
}

/// A running measurement.
pub struct Measured {
    cpu: i64,
    wall: Instant,
}

impl Measured {
    /// Begins.
    pub fn begin() -> Self {
        Self { cpu: cpu(), wall: Instant::now() }
    }

    /// Prints the microseconds per call.
    pub fn end(self, calls: u32) {
        let per_call = |micros: f64| micros / f64::from(calls);
        let (cpu, wall) = (per_call((cpu() - self.cpu) as f64), per_call(self.wall.elapsed().as_micros() as f64));
        println!("{{\"cpu_us\": {cpu:.2}, \"wall_us\": {wall:.2}}}");
    }
}

fn cpu() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
}

/// TLS settings without authorities: loopback needs none.
pub fn no_tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.unwrap_or_else(|_| unreachable!("ring has the default versions"));
    versions.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}
