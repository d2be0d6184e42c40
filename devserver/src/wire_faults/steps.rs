//! Divides a response into steps, and applies faults of its transfer.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use serde_json::json;

use crate::body::{KEEP_ALIVE, Step};
use crate::faults::{Endless, Fault, How, Then};
use crate::jsonrpc;
use crate::open_streams::Feed;
use crate::server_state::Shared;

/// What is sent, before it is divided into steps.
pub(super) enum Wire {
    Whole(Bytes),
    /// Events, and the interval between two of them.
    Events(Vec<Bytes>, Duration),
    Open(Bytes),
    Streamed(Bytes, Feed),
    Relay(Incoming),
}

impl Wire {
    /// The bytes that are known in advance.
    fn text(self) -> Bytes {
        match self {
            Self::Whole(bytes) | Self::Open(bytes) | Self::Streamed(bytes, _) => bytes,
            Self::Events(events, _) => events.concat().into(),
            Self::Relay(_) => Bytes::new(),
        }
    }

    fn events(self) -> (Vec<Bytes>, Duration) {
        match self {
            Self::Events(events, pause) => (events, pause),
            Self::Whole(bytes) | Self::Open(bytes) | Self::Streamed(bytes, _) => (vec![bytes], Duration::ZERO),
            Self::Relay(_) => (Vec::new(), Duration::ZERO),
        }
    }
}

pub(super) fn steps(shared: &Shared, wire: Wire, fault: Option<&Fault>) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    match (fault, wire) {
        (Some(Fault::Truncate { bytes, how }), wire) => {
            let mut sent = wire.text();
            sent.truncate(*bytes);
            steps.extend([Step::Send(sent), Step::Cut(*how)]);
        }
        (Some(Fault::StreamCut { after_events, how, .. }), Wire::Streamed(first, feed)) if *after_events > 0 => {
            // The stream of a call that sends messages begins empty.
            let begun = usize::from(!first.is_empty());
            let feed = feed.cut_after(after_events.saturating_sub(begun), *how);
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            steps.extend([Step::Send(first), Step::Feed { feed, every }]);
        }
        (Some(Fault::StreamCut { after_events, how, .. }), wire) => {
            let (events, pause) = wire.events();
            push_events(&mut steps, events.into_iter().take(*after_events), pause);
            if *how != How::End {
                steps.push_back(Step::Cut(*how));
            }
        }
        (Some(Fault::Pause { after_events, ms }), wire @ (Wire::Whole(_) | Wire::Events(..))) => {
            let (mut events, pause) = wire.events();
            let rest = events.split_off(events.len().min(*after_events));
            push_events(&mut steps, events.into_iter(), pause);
            steps.push_back(Step::Wait(ms.map_or(Duration::MAX, Duration::from_millis)));
            push_events(&mut steps, rest.into_iter(), pause);
        }
        (Some(Fault::SlowDrip { bytes_per_tick, tick_ms }), wire @ (Wire::Whole(_) | Wire::Events(..))) => {
            let rest = wire.text();
            if !rest.is_empty() {
                steps.push_back(Step::Drip { rest, size: *bytes_per_tick, every: Duration::from_millis(*tick_ms) });
            }
        }
        (
            Some(fault @ (Fault::RawBody { .. } | Fault::RawResponse { .. } | Fault::RawOutput { .. })),
            Wire::Whole(rest),
        ) => {
            raw_steps(&mut steps, fault, rest);
        }
        (Some(Fault::EndlessStream { what, tick_ms }), wire) => {
            steps.extend([
                Step::Send(wire.text()),
                Step::Repeat { chunk: endless_chunk(*what, *tick_ms == 0), every: Duration::from_millis(*tick_ms) },
            ]);
        }
        (_, wire) => unchanged_steps(shared, &mut steps, wire),
    }
    steps
}

/// The steps of a response whose transfer is not changed by a fault.
fn unchanged_steps(shared: &Shared, steps: &mut VecDeque<Step>, wire: Wire) {
    match wire {
        Wire::Whole(bytes) => {
            if !bytes.is_empty() {
                steps.push_back(Step::Send(bytes));
            }
        }
        Wire::Events(events, pause) => push_events(steps, events.into_iter(), pause),
        Wire::Relay(from) => steps.push_back(Step::Relay(from)),
        Wire::Open(first) => {
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            let chunk = Bytes::from_static(KEEP_ALIVE);
            steps.extend([Step::Send(first), Step::Wait(every), Step::Repeat { chunk, every }]);
        }
        Wire::Streamed(first, feed) => {
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            steps.extend([Step::Send(first), Step::Feed { feed, every }]);
        }
    }
}

/// The bytes of a raw fault, and what follows them.
fn raw_steps(steps: &mut VecDeque<Step>, fault: &Fault, rest: Bytes) {
    if let (Fault::RawBody { bytes_per_tick: Some(size), tick_ms, .. }, false) = (fault, rest.is_empty()) {
        steps.push_back(Step::Drip { rest, size: *size, every: Duration::from_millis(*tick_ms) });
    } else if !rest.is_empty() {
        steps.push_back(Step::Send(rest));
    }
    match fault.then().unwrap_or_default() {
        Then::End => {}
        Then::Fin => steps.push_back(Step::Cut(How::Fin)),
        Then::Rst => steps.push_back(Step::Cut(How::Rst)),
        Then::Hang => steps.push_back(Step::Wait(Duration::MAX)),
    }
}

fn push_events(steps: &mut VecDeque<Step>, events: impl Iterator<Item = Bytes>, pause: Duration) {
    if pause.is_zero() {
        let all: Vec<Bytes> = events.collect();
        if !all.is_empty() {
            steps.push_back(Step::Send(all.concat().into()));
        }
        return;
    }
    for (n, event) in events.enumerate() {
        if n > 0 {
            steps.push_back(Step::Wait(pause));
        }
        steps.push_back(Step::Send(event));
    }
}

/// The repeated content of an endless response: large pieces if sent at once, small ones at intervals.
fn endless_chunk(what: Endless, flood: bool) -> Bytes {
    let piece = match what {
        Endless::Comments => ": filler\n\n".to_owned(),
        Endless::Events => {
            let params = json!({"level": "info", "data": "filler"});
            let message = jsonrpc::notification("notifications/message", &params);
            format!("event: message\ndata: {message}\n\n")
        }
        Endless::Body | Endless::Event | Endless::Headers => "x".repeat(64),
    };
    let pieces = if flood { 16 * 1024 / piece.len() } else { 1 };
    piece.repeat(pieces).into()
}
