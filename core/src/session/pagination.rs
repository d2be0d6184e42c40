//! Lists over all pages (specification 2025-11-25, server/utilities/pagination).

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::config::call_options::CallOptions;
use crate::error::{Code, Error, ErrorKind, Result};
use crate::observe::deviations::Deviation;
use crate::protocol::raw_result::RawReply;
use crate::retry::prepared::PreparedRequest;
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;

/// Reads every page and joins the lists in `member`; the other members are those of the last page.
pub(crate) async fn all(manager: &Arc<SessionManager>, mut call: LogicalCall, member: &str) -> Result<RawReply> {
    let mut pages = JoinedPages::default();
    let mut attempts = 0;
    loop {
        let mut reply = match call.run(manager).await {
            Ok(reply) => reply,
            Err(error) if pages.may_have_expired(&error) => {
                attempts += error.info().attempts;
                // The cursor of a cached page may have expired: begin again without the cache (2026-07-28,
                // server/utilities/caching, Interaction with Pagination).
                pages = JoinedPages::default();
                call.set_params(at(None));
                call.bypass_cache();
                continue;
            }
            Err(mut error) => {
                error.info_mut().attempts += attempts;
                return Err(error);
            }
        };
        attempts += reply.attempts;
        reply.attempts = attempts;
        match pages.add(manager, &mut reply, member)? {
            NextPage::At(cursor) => call.set_params(at(Some(&cursor))),
            NextPage::End { others } => {
                pages.warnings.append(&mut manager.context.take_warnings());
                reply.warnings = std::mem::take(&mut pages.warnings);
                return pages.join(reply, others, member);
            }
        }
    }
}

/// The pages of a list that were read.
#[derive(Default)]
struct JoinedPages {
    items: Vec<Box<RawValue>>,
    cursors: Cursors,
    hints: Hints,
    warnings: Vec<String>,
    /// Whether a page was cached.
    was_cached: bool,
    bytes: usize,
}

/// Where a list continues after a page.
enum NextPage {
    At(String),
    /// It ends; the other members are those of the last page.
    End {
        others: BTreeMap<String, Box<RawValue>>,
    },
}

impl JoinedPages {
    /// Whether a failure may be caused by the cursor of a cached page.
    fn may_have_expired(&self, error: &Error) -> bool {
        self.was_cached && matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::NotFound)
    }

    /// Adds a page.
    fn add(&mut self, manager: &SessionManager, reply: &mut RawReply, member: &str) -> Result<NextPage> {
        let settings = &manager.context.settings;
        self.was_cached |= reply.cached;
        self.warnings.append(&mut reply.warnings);
        self.bytes = self.bytes.saturating_add(reply.result.len());
        let limit = settings.limits.answer;
        if self.bytes > limit.most {
            return Err(reply.unexpected(Code::AnswerTooLarge, limit.message_for("the list over all of its pages")));
        }
        let ListPage { mut list, next, others } = read(reply, member)?;
        self.hints.add(&others);
        let is_copy = self.cursors.is_copy(&list);
        let next = match next {
            Some(cursor) => match self.cursors.follow(&cursor, settings.max_pages, reply, REPEATED_CURSOR) {
                Err(_) if self.cursors.is_end(manager, &cursor) => None,
                followed => followed.map(|()| Some(cursor))?,
            },
            None => None,
        };
        let is_repeated_end = next.is_none() && self.cursors.repeated && is_copy;
        if !is_repeated_end {
            self.items.append(&mut list);
        }
        Ok(next.map_or(NextPage::End { others }, NextPage::At))
    }

    /// The reply with the items of all pages; a single page stays as the server sent it.
    fn join(self, mut reply: RawReply, mut others: BTreeMap<String, Box<RawValue>>, member: &str) -> Result<RawReply> {
        if self.cursors.seen.is_empty() {
            return Ok(reply);
        }
        self.hints.write(&mut others);
        let invalid = || no_list(&reply, member);
        others.insert(member.to_owned(), to_raw_value(&self.items).map_err(|_| invalid())?);
        reply.result = serde_json::to_vec(&others).map_err(|_| invalid())?.into();
        Ok(reply)
    }
}

const REPEATED_CURSOR: &str = "the server repeats a page cursor";

/// The cache hints of a list over pages: the most restrictive ones of all pages.
#[derive(Default)]
struct Hints {
    ttl: Option<(f64, Box<RawValue>)>,
    scope: Option<Box<RawValue>>,
    lacks_ttl: bool,
}

impl Hints {
    fn add(&mut self, others: &BTreeMap<String, Box<RawValue>>) {
        let ttl = others.get("ttlMs").and_then(|ttl| Some((serde_json::from_str::<f64>(ttl.get()).ok()?, ttl.clone())));
        match (ttl, &self.ttl) {
            (None, _) => self.lacks_ttl = true,
            (Some((ms, _)), Some((least, _))) if ms >= *least => {}
            (ttl, _) => self.ttl = ttl,
        }
        match (others.get("cacheScope"), &self.scope) {
            // The scope other than "public" is the narrower one.
            (Some(scope), None) => self.scope = Some(scope.clone()),
            (Some(scope), Some(narrowest)) if narrowest.get() == "\"public\"" => self.scope = Some(scope.clone()),
            _ => {}
        }
    }

    fn write(self, others: &mut BTreeMap<String, Box<RawValue>>) {
        match self.ttl.filter(|_| !self.lacks_ttl) {
            Some((_, ttl)) => drop(others.insert("ttlMs".to_owned(), ttl)),
            None => drop(others.remove("ttlMs")),
        }
        if let Some(scope) = self.scope {
            others.insert("cacheScope".to_owned(), scope);
        }
    }
}

/// The cursors of a list, which must not repeat.
#[derive(Debug, Default)]
struct Cursors {
    seen: HashSet<String>,
    /// Hashes of the items of each page.
    pages: HashSet<u64>,
    hasher: RandomState,
    /// Whether a cursor was repeated.
    repeated: bool,
}

impl Cursors {
    /// Records a page. Returns whether an earlier one had the same items.
    fn is_copy(&mut self, list: &[Box<RawValue>]) -> bool {
        let items: Vec<&str> = list.iter().map(|item| item.get()).collect();
        !self.pages.insert(self.hasher.hash_one(&items))
    }

    /// Whether a cursor that was refused ends the list: it was repeated, and all of its pages were read.
    fn is_end(&self, manager: &SessionManager, cursor: &str) -> bool {
        let did =
            || format!("the server repeats the page cursor \"{}\"", crate::util::sanitize::preview(cursor.as_bytes()));
        self.repeated && manager.context.accepts(Deviation::CursorRepeated, did)
    }

    /// Records the cursor of the next page.
    ///
    /// # Errors
    /// With the message `repeats` if the cursor was there before, or if there are more than `most` pages.
    fn follow(&mut self, cursor: &str, most: u32, reply: &RawReply, repeats: &str) -> Result<()> {
        if !self.seen.insert(cursor.to_owned()) {
            self.repeated = true;
            return Err(reply.unexpected(Code::CursorLoop, repeats));
        }
        if self.seen.len() >= most as usize {
            let message = format!("the list has more pages than max_pages ({most})");
            return Err(reply.unexpected(Code::TooManyPages, message));
        }
        Ok(())
    }
}

struct ListPage {
    list: Vec<Box<RawValue>>,
    next: Option<String>,
    others: BTreeMap<String, Box<RawValue>>,
}

fn read(reply: &RawReply, member: &str) -> Result<ListPage> {
    let invalid = || no_list(reply, member);
    let mut others: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&reply.result).map_err(|_| invalid())?;
    let list = others.remove(member).ok_or_else(invalid)?;
    let list = serde_json::from_str(list.get()).map_err(|_| invalid())?;
    let next = match others.remove("nextCursor") {
        Some(cursor) => serde_json::from_str(cursor.get()).map_err(|_| invalid())?,
        None => None,
    };
    Ok(ListPage { list, next, others })
}

fn no_list(reply: &RawReply, member: &str) -> Error {
    reply.unexpected(Code::InvalidAnswer, format!("the result has no list \"{member}\""))
}

/// The items of a page.
pub(crate) fn read_items<T: DeserializeOwned>(reply: &RawReply, member: &str) -> Result<VecDeque<T>> {
    let items = read(reply, member)?.list;
    let items = items.iter().map(|item| serde_json::from_str(item.get())).collect::<serde_json::Result<_>>();
    items.map_err(|_| no_list(reply, member))
}

fn at(cursor: Option<&str>) -> Bytes {
    match cursor {
        Some(cursor) => serde_json::json!({ "cursor": cursor }).to_string().into(),
        None => Bytes::from_static(b"{}"),
    }
}

/// The pages of a list, fetched one at a time.
#[derive(Debug)]
pub(crate) struct ServerPages {
    manager: Arc<SessionManager>,
    method: &'static str,
    member: &'static str,
    options: CallOptions,
    position: Arc<Mutex<Position>>,
}

/// The position in a list that is read page by page.
#[derive(Debug, Default)]
pub(crate) struct Position {
    /// `None` before the first page.
    next: Option<String>,
    cursors: Cursors,
    ended: bool,
}

impl Position {
    /// The cursor of the next page, without one for the first page; `None` after the last page.
    pub(crate) fn of(shared: &Mutex<Self>) -> Option<Option<String>> {
        let position = shared.lock().unwrap_or_else(PoisonError::into_inner);
        (!position.ended).then(|| position.next.clone())
    }

    /// Advances past a page.
    ///
    /// # Errors
    /// As [`Cursors::follow`]; then there is no further page.
    pub(crate) fn follow(
        shared: &Mutex<Self>,
        next: Option<String>,
        most: u32,
        reply: &RawReply,
        repeats: &str,
    ) -> Result<()> {
        let mut position = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = next.as_deref().map_or(Ok(()), |next| position.cursors.follow(next, most, reply, repeats));
        position.ended = next.is_none() || followed.is_err();
        position.next = next;
        followed
    }

    /// Advances past a page of a server's list. A repeated cursor ends the list; each item is returned once.
    fn follow_page(
        shared: &Mutex<Self>,
        manager: &SessionManager,
        mut reply: RawReply,
        member: &str,
        most: u32,
    ) -> Result<RawReply> {
        let ListPage { list, next, mut others } = read(&reply, member)?;
        let is_copy = shared.lock().unwrap_or_else(PoisonError::into_inner).cursors.is_copy(&list);
        let cursor = next.clone().unwrap_or_default();
        let Err(error) = Self::follow(shared, next, most, &reply, REPEATED_CURSOR) else { return Ok(reply) };
        if !shared.lock().unwrap_or_else(PoisonError::into_inner).cursors.is_end(manager, &cursor) {
            return Err(error);
        }
        reply.warnings.append(&mut manager.context.take_warnings());
        if is_copy {
            let invalid = || no_list(&reply, member);
            others.insert(member.to_owned(), to_raw_value::<[(); 0]>(&[]).map_err(|_| invalid())?);
            reply.result = serde_json::to_vec(&others).map_err(|_| invalid())?.into();
        }
        Ok(reply)
    }

    /// Ends the list.
    fn end(shared: &Mutex<Self>) {
        shared.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
    }
}

impl ServerPages {
    pub(crate) fn new(
        manager: &Arc<SessionManager>,
        method: &'static str,
        member: &'static str,
        options: CallOptions,
    ) -> Self {
        Self { manager: Arc::clone(manager), method, member, options, position: Arc::default() }
    }

    /// The request of the next page; `None` after the last one. A failed page can be requested again.
    pub(crate) fn next(&self) -> Result<Option<PreparedRequest>> {
        let Some(cursor) = Position::of(&self.position) else { return Ok(None) };
        let params = at(cursor.as_deref());
        let call = LogicalCall::prepare(&self.manager, self.method, "params", params, &self.options, None)?;
        let (manager, position, member) = (Arc::clone(&self.manager), Arc::clone(&self.position), self.member);
        let most = manager.context.settings.max_pages;
        let shared_manager = Arc::clone(&manager);
        let work =
            PreparedRequest::new(call.state(), async move { call.begin(&manager).run(call.run(&manager)).await });
        Ok(Some(work.then(move |reply| Position::follow_page(&position, &shared_manager, reply, member, most))))
    }

    /// The list without further pages.
    pub(crate) fn ended(self) -> Self {
        Position::end(&self.position);
        self
    }
}
