//! Lists that are read page by page.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;

use crate::client::{Client, MethodCall};
use crate::config::call_options::CallOptions;
use crate::error::Result;
use crate::retry::prepared;
use crate::session::pagination::read_items;

/// The items of a list, whose pages are fetched on demand. It ends after the first error. It is a `Stream`; [`next`](Self::next)
/// needs no other crate.
///
/// ```no_run
/// # async fn run(client: omni_mcp::Client) -> omni_mcp::Result<()> {
/// let mut tools = client.iter_tools();
/// while let Some(tool) = tools.next().await {
///     println!("{}", tool?.name);
/// }
/// # Ok(()) }
/// ```
#[must_use = "pages are fetched when an item is awaited"]
pub struct Items<'a, T>(Pin<Box<dyn Stream<Item = Result<T>> + Send + 'a>>);

impl<T> Items<'_, T> {
    /// The next item; `None` at the end of the list.
    pub async fn next(&mut self) -> Option<Result<T>> {
        self.0.next().await
    }
}

impl<T> Stream for Items<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> std::fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

impl Client {
    /// The items of a list, by the name of the method that iterates over it.
    pub(super) fn items<T: DeserializeOwned + Send + 'static>(&self, name: &'static str) -> Items<'_, T> {
        let spec = MethodCall::of(name).spec;
        let member = spec.pages.unwrap_or_default();
        let pages = self.pages(spec, CallOptions::default());
        let items = unfold((pages, VecDeque::new()), move |(pages, mut items)| async move {
            loop {
                if let Some(item) = items.pop_front() {
                    return Some((Ok(item), (pages, items)));
                }
                let work = match pages.next() {
                    Ok(None) => return None,
                    Ok(Some(work)) => work,
                    Err(error) => return Some((Err(error), (pages.ended(), items))),
                };
                let read = prepared::run(work).await.and_then(|reply| read_items(&reply, member));
                match read {
                    Ok(read) => items = read,
                    Err(error) => return Some((Err(error), (pages.ended(), items))),
                }
            }
        });
        Items(Box::pin(items.fuse()))
    }
}
