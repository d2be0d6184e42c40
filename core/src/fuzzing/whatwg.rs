//! "9.2.6 Interpreting an event stream" of the HTML standard, for a complete stream. The client adds two rules: invalid UTF-8
//! and events larger than a limit end the stream.

/// The content of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interpreted {
    /// Type and data of each dispatched event, and its own id, if any.
    pub(super) events: Vec<(String, String, Option<String>)>,
    /// The last event ID string of the event source.
    pub(super) last_event_id: String,
    /// The reconnection time in milliseconds, if one was set.
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

/// The buffers of the event that is being read.
#[derive(Default)]
struct Buffers {
    data: String,
    event_type: String,
    id: String,
    own_id: Option<String>,
}

pub(super) fn interpret(stream: &[u8], limit: usize) -> Interpreted {
    let mut interpreted = Interpreted::default();
    let mut buffers = Buffers::default();
    // "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
    let mut rest = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut size_of_event = 0;
    loop {
        let Some(length) = rest.iter().position(|byte| *byte == b'\r' || *byte == b'\n') else {
            // "Once the end of the file is reached, any pending data must be discarded."
            if size_of_event + rest.len() > limit {
                interpreted.end = End::TooLarge;
            }
            return interpreted;
        };
        let (line, behind) = rest.split_at(length);
        rest = if behind.starts_with(b"\r\n") { &behind[2..] } else { &behind[1..] };
        size_of_event += line.len() + 1;
        if size_of_event > limit {
            interpreted.end = End::TooLarge;
            return interpreted;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            interpreted.end = End::NotUtf8;
            return interpreted;
        };
        if line.is_empty() {
            size_of_event = 0;
            dispatch(&mut buffers, &mut interpreted);
        } else if !line.starts_with(':') {
            let (field, value) = match line.find(':') {
                Some(colon) => {
                    let value = &line[colon + 1..];
                    (&line[..colon], if let Some(value) = value.strip_prefix(' ') { value } else { value })
                }
                None => (line, ""),
            };
            process_field(field, value, &mut buffers, &mut interpreted);
        }
    }
}

fn dispatch(buffers: &mut Buffers, interpreted: &mut Interpreted) {
    interpreted.last_event_id.clone_from(&buffers.id);
    let own_id = buffers.own_id.take();
    let (mut data, event_type) = (std::mem::take(&mut buffers.data), std::mem::take(&mut buffers.event_type));
    if data.is_empty() {
        return;
    }
    if data.ends_with('\n') {
        data.pop();
    }
    let event_type = if event_type.is_empty() { "message".to_owned() } else { event_type };
    interpreted.events.push((event_type, data, own_id));
}

fn process_field(field: &str, value: &str, buffers: &mut Buffers, interpreted: &mut Interpreted) {
    match field {
        "event" => buffers.event_type = value.to_owned(),
        "data" => {
            buffers.data.push_str(value);
            buffers.data.push('\n');
        }
        "id" if !value.contains('\0') => {
            // Not in the standard: an id that is too long to be sent back counts as none.
            let value = if value.len() > 4096 { "" } else { value };
            buffers.id = value.to_owned();
            buffers.own_id = Some(value.to_owned());
        }
        "retry" if !value.is_empty() && value.chars().all(|digit| digit.is_ascii_digit()) => {
            let mut time = 0_u64;
            for digit in value.bytes() {
                time = time.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            }
            interpreted.reconnection_time = Some(time);
        }
        _ => {}
    }
}
