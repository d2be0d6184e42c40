//! Reading event streams.

use bytes::Bytes;

/// The data of the events of one stream.
#[derive(Default)]
pub(super) struct Events {
    rest: Vec<u8>,
    data: Vec<String>,
}

impl Events {
    /// The data of the events that these bytes complete.
    pub(super) fn add(&mut self, bytes: &Bytes) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match line.trim_end_matches(['\r', '\n']) {
                "" if self.data.is_empty() => {}
                "" => complete.push(std::mem::take(&mut self.data).join("\n")),
                line => self.data.extend(data(line)),
            }
        }
        complete
    }
}

/// The value of a data field.
fn data(line: &str) -> Option<String> {
    let value = line.strip_prefix("data:")?;
    Some(value.strip_prefix(' ').unwrap_or(value).to_owned())
}
