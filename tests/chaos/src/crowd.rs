//! Many calls, made by a number of workers at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the calls 0, 1, 2, … below `calls`, each worker one after the other; what became of each, by its number. A
/// worker that panicked is left out.
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

/// Runs it on this thread, beside the server's own.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(work))
}
