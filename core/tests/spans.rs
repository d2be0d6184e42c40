//! The spans of a call and of its attempts.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use omni_mcp::Client;
use omni_mcp_devserver::DevServer;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The spans of one thread: the name of each and of the span around it.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<SpanState>>);

#[derive(Default)]
struct SpanState {
    all: Vec<(&'static str, Option<&'static str>)>,
    entered: Vec<u64>,
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_event() && metadata.target() == "omni_mcp"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut state = self.0.lock().unwrap();
        let around = state.entered.last().map(|id| state.all[usize::try_from(*id).unwrap() - 1].0);
        state.all.push((span.metadata().name(), around));
        Id::from_u64(state.all.len() as u64)
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
}

#[tokio::test]
async fn an_attempt_is_within_the_span_of_its_call() {
    let server = DevServer::start_json(r#"{"profile": "generic", "everything": true, "tools_page_size": 3}"#).unwrap();
    let client = Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url())).build().unwrap();
    client.connect().await.unwrap();
    let spans = Spans::default();
    let _recording = tracing::subscriber::set_default(spans.clone());
    client.ping().await.unwrap();
    assert_eq!(client.iter_prompts().count().await, 5);
    let of_a_call = [("call", None), ("attempt", Some("call"))];
    assert_eq!(spans.0.lock().unwrap().all, [of_a_call; 3].concat(), "a ping and two pages");
}
