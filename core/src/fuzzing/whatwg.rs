//! "9.2.6 Interpreting an event stream" of the HTML standard, written out for a stream that is there as a whole; and the
//! two things that the client adds to it: invalid UTF-8 and events larger than a limit end the stream.

/// What a stream says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interpreted {
    /// Types and data of the events that are dispatched, and the ids that they have of their own.
    pub(super) events: Vec<(String, String, Option<String>)>,
    /// The last event ID string of the event source.
    pub(super) last_event_id: String,
    /// The reconnection time, in milliseconds, where one was set.
    pub(super) reconnection_time: Option<u64>,
    pub(super) end: End,
}

/// How a stream ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    #[default]
    OfFile,
    NotUtf8,
    TooLarge,
}

pub(super) fn interpret(stream: &[u8], limit: usize) -> Interpreted {
    let mut said = Interpreted::default();
    // "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
    let mut rest = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let (mut data, mut event_type, mut id) = (String::new(), String::new(), String::new());
    let mut own_id = None;
    let mut size_of_event = 0;
    loop {
        let Some(length) = rest.iter().position(|byte| *byte == b'\r' || *byte == b'\n') else {
            // "Once the end of the file is reached, any pending data must be discarded."
            if size_of_event + rest.len() > limit {
                said.end = End::TooLarge;
            }
            return said;
        };
        let (line, behind) = rest.split_at(length);
        rest = if behind.starts_with(b"\r\n") { &behind[2..] } else { &behind[1..] };
        size_of_event += line.len() + 1;
        if size_of_event > limit {
            said.end = End::TooLarge;
            return said;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            said.end = End::NotUtf8;
            return said;
        };
        if line.is_empty() {
            // Dispatch the event.
            size_of_event = 0;
            said.last_event_id.clone_from(&id);
            let own_id = own_id.take();
            let (mut data, event_type) = (std::mem::take(&mut data), std::mem::take(&mut event_type));
            if data.is_empty() {
                continue;
            }
            if data.ends_with('\n') {
                data.pop();
            }
            let event_type = if event_type.is_empty() { "message".to_owned() } else { event_type };
            said.events.push((event_type, data, own_id));
        } else if line.starts_with(':') {
            // Ignore the line.
        } else {
            let (field, value) = match line.find(':') {
                Some(colon) => {
                    let value = &line[colon + 1..];
                    (&line[..colon], if let Some(value) = value.strip_prefix(' ') { value } else { value })
                }
                None => (line, ""),
            };
            match field {
                "event" => event_type = value.to_owned(),
                "data" => {
                    data.push_str(value);
                    data.push('\n');
                }
                "id" if !value.contains('\0') => {
                    // Not of the standard: what is too long to be sent back is as none.
                    let value = if value.len() > 4096 { "" } else { value };
                    id = value.to_owned();
                    own_id = Some(value.to_owned());
                }
                "retry" if !value.is_empty() && value.chars().all(|digit| digit.is_ascii_digit()) => {
                    let mut time = 0_u64;
                    for digit in value.bytes() {
                        time = time.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
                    }
                    said.reconnection_time = Some(time);
                }
                _ => {}
            }
        }
    }
}
