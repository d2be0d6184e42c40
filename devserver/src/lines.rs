//! Standard output as the stdio transport uses it: one message per line.

use std::io::{self, Write};

/// Writes a line whole.
pub(crate) fn print(line: &str) {
    print_raw(format!("{line}\n").as_bytes());
}

/// Writes bytes as they are.
pub(crate) fn print_raw(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    // A client that no longer reads is on its way out, and so are we.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
