//! The bodies of error responses, of which only the beginning is read.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::config::limits;
use crate::http::body::Body;

/// How long the body of an error response is waited for; its head is more important.
const ERROR_BODY_WITHIN: Duration = Duration::from_secs(1);

/// The beginning of a body.
#[derive(Default)]
pub(crate) struct Beginning {
    pub(crate) text: Bytes,
    /// Why the body was not read to its end.
    pub(crate) truncated_because: Option<String>,
}

/// Reads the beginning of the body of an error, up to `limit` and for a short time.
pub(crate) async fn read_beginning(body: &mut Body, limit: limits::Bytes) -> Beginning {
    let mut beginning = BytesMut::new();
    let reading = async {
        loop {
            match body.next().await {
                Ok(None) => return None,
                // The part before it is still useful.
                Err(failure) => return Some(failure.error.info().message.clone()),
                Ok(Some(chunk)) => {
                    let space = limit.most - beginning.len();
                    beginning.extend_from_slice(&chunk[..chunk.len().min(space)]);
                    if chunk.len() > space {
                        return Some(limit.truncated());
                    }
                }
            }
        }
    };
    let ended = tokio::time::timeout(ERROR_BODY_WITHIN, reading).await;
    let truncated_because = ended.unwrap_or_else(|_| Some("the end of its body did not come".to_owned()));
    Beginning { text: beginning.freeze(), truncated_because }
}
