//! Standard output as the stdio transport uses it: one message per line.

use std::io::{self, Write};

/// Writes a line whole.
pub(crate) fn print(line: &str) {
    let mut out = io::stdout().lock();
    // A client that no longer reads is on its way out, and so are we.
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
