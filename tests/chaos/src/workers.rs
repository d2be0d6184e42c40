//! Many calls, made by concurrent workers.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the calls 0, 1, 2, … below `calls`, one after another in each worker. Returns the outcomes by number; a
/// worker that panicked is absent.
pub(crate) async fn make<F, T>(
    workers: u64,
    calls: u64,
    call: impl Fn(u64) -> F + Send + Sync + 'static,
) -> Vec<(u64, T)>
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let next = Arc::new(AtomicU64::new(0));
    let call = Arc::new(call);
    let workers: Vec<_> = (0..workers)
        .map(|_| {
            let (next, call) = (Arc::clone(&next), Arc::clone(&call));
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= calls {
                        return outcomes;
                    }
                    outcomes.push((number, call(number).await));
                }
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for worker in workers {
        outcomes.extend(worker.await.unwrap_or_default());
    }
    outcomes
}

/// Runs a future on this thread.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(work))
}
