//! A session that is about to be opened: its link, and the headers as far as they are known.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Method};

use crate::attempts::{Operation, Turn};
use crate::classify;
use crate::core::Core;
use crate::ears::Ears;
use crate::failure::Failure;
use crate::route::Route;
use crate::transport::link::Link;
use crate::transport::sse::{Opened, SseLink};
use crate::transport::stdio::StdioLink;

pub(crate) struct Opening {
    route: Route,
    headers: Mutex<HeaderMap>,
    /// Made by the first attempt, and again by a later one if it has gone down meanwhile.
    line: tokio::sync::Mutex<Option<(Arc<Link>, Arc<Ears>)>>,
}

impl Opening {
    pub(crate) fn new(route: Route, headers: HeaderMap) -> Self {
        Self { route, headers: Mutex::new(headers), line: tokio::sync::Mutex::default() }
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Headers of what follows the handshake.
    pub(crate) fn set_headers(&self, headers: HeaderMap) {
        *self.headers.lock().unwrap_or_else(PoisonError::into_inner) = headers;
    }

    /// The link that is there, if one is.
    pub(crate) async fn line(&self) -> Option<(Arc<Link>, Arc<Ears>)> {
        self.line.lock().await.clone()
    }

    /// The link, opened if it is not.
    pub(crate) async fn link(&self, core: &Arc<Core>, turn: &Turn) -> Result<(Arc<Link>, Arc<Ears>), Failure> {
        let mut line = self.line.lock().await;
        if let Some((link, ears)) = line.as_ref().filter(|(link, _)| !link.is_down()) {
            return Ok((Arc::clone(link), Arc::clone(ears)));
        }
        let mut headers = self.headers();
        if let Some(token) = &turn.token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        let ears = Ears::new(&Arc::downgrade(core), self.headers());
        let limit = core.settings.max_answer_bytes;
        let link = match &self.route {
            Route::StreamableHttp { url, .. } => Link::StreamableHttp { http: core.http.clone(), url: url.clone() },
            Route::Sse(url) => match SseLink::open(&core.http, url, headers, limit, ears.clone()).await? {
                Opened::Link(link) => Link::Sse(link),
                Opened::Refused(answer) => {
                    return Err(classify::refused(&Method::GET, answer, &core.settings.profile, false));
                }
            },
            Route::Stdio(program) => Link::Stdio(StdioLink::start(program, limit, ears.clone())?),
        };
        let link = Arc::new(link);
        ears.belongs_to(&link);
        core.opens(&link);
        *line = Some((Arc::clone(&link), Arc::clone(&ears)));
        Ok((link, ears))
    }
}

/// Opens the link alone, where there is no handshake.
pub(crate) struct LinkOnly<'a>(pub(crate) &'a Opening);

impl Operation for LinkOnly<'_> {
    type Ground = ();
    type Reply = ();
    const OPENS: bool = true;

    async fn prepare(&self, _: &Arc<Core>) -> Result<(), Failure> {
        Ok(())
    }

    async fn attempt(&self, core: &Arc<Core>, (): &(), turn: &Turn) -> Result<(), Failure> {
        turn.in_time(self.0.link(core, turn)).await.map(drop)
    }
}
