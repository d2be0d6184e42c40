//! Standard output of the stdio transport: one message per line.

use std::io::{self, Write};

/// Writes a line at once.
pub(crate) fn print(line: &str) {
    print_raw(format!("{line}\n").as_bytes());
}

/// Writes bytes unchanged.
pub(crate) fn print_raw(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    // If the client no longer reads, it is ending, and so is this program.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
