//! Random changes of valid responses: the status line, the headers, the framing, the JSON, the id, the events, any byte.

mod body;
mod head;

use fastrand::Rng;

use crate::raw::answer::Framing;
use crate::raw::cases::Ending;
use crate::raw::references::Reference;

/// The part of a response that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Status,
    Headers,
    Framing,
    Json,
    Ids,
    Events,
    Anywhere,
}

impl Part {
    /// A part of a reference response.
    pub(crate) fn of(reference: &Reference, random: &mut Rng) -> Self {
        match random.u8(0..7) {
            0 => Self::Status,
            1 => Self::Headers,
            2 => Self::Framing,
            3 => Self::Json,
            4 => Self::Ids,
            5 if reference.is_stream => Self::Events,
            _ => Self::Anywhere,
        }
    }

    /// Whether the content is unchanged, so that a result can only be that of the whole response.
    pub(crate) fn leaves_result(self) -> bool {
        matches!(self, Self::Status | Self::Headers | Self::Framing | Self::Ids)
    }
}

/// A changed response.
pub(crate) struct Changed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Ending,
    /// Its id is not that of the request, or is absent.
    pub(crate) is_foreign: bool,
}

/// A changed reference response to the request `id`.
pub(crate) fn change(part: Part, reference: &Reference, id: &str, random: &mut Rng) -> Changed {
    let mut answer = reference.answer(id);
    let ends_by_closing = answer.framing == Framing::Close;
    let mut is_foreign = false;
    let bytes = match part {
        Part::Status => head::status(answer, random),
        Part::Headers => head::headers(answer, random),
        Part::Framing => head::framing(&answer, random),
        Part::Json => {
            answer.body = body::json(&answer.body, id, random);
            answer.bytes()
        }
        Part::Ids => {
            (answer.body, is_foreign) = body::ids(&answer.body, id, random);
            answer.bytes()
        }
        Part::Events => {
            answer.body = body::events(&answer.body, id, random);
            answer.bytes()
        }
        Part::Anywhere => any_bytes(&answer.bytes(), random),
    };
    let ending = match random.u8(0..=255) {
        0..=1 => Ending::Silence,
        2..=31 => Ending::Reset,
        32..=159 => Ending::Open,
        _ => Ending::Close,
    };
    // If the client can only wait for more, the end of the connection decides.
    let ending = if ending == Ending::Open && ends_by_closing { Ending::Close } else { ending };
    let ending = if ending == Ending::Open && random.u8(0..32) > 0 { Ending::Close } else { ending };
    Changed { bytes, ending, is_foreign }
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(0..from.len())]
}

/// A few changes at random positions.
fn any_bytes(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.usize(1..5) {
        if bytes.is_empty() {
            bytes.push(random.u8(..));
        }
        let at = random.usize(0..bytes.len());
        let end = at + random.usize(0..(bytes.len() - at).min(16));
        match random.u8(0..6) {
            0 => bytes[at] ^= 1 << random.u8(0..8),
            1 => bytes[at] = random.u8(..),
            2 => bytes.insert(at, random.u8(..)),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}
