//! The malformed responses, by number.

use std::sync::atomic::{AtomicU8, Ordering};

use super::answer::Answer;
use super::changes::{self, Changed, Part};
use super::references::{ALL, Reference};

/// Reserve for the ids of requests, which have more digits than the one that a response is measured with.
const LONGER_IDS: usize = 6;
/// The server has read the complete request.
const READ: u8 = 1;
/// The malformed response was sent.
const GIVEN: u8 = 2;
/// The call has ended: later requests receive valid responses.
const OVER: u8 = 4;
/// A response with the id of the request was sent, and one with another id.
const OWN: u8 = 8;
const FOREIGN: u8 = 16;
/// A response was sent, and the connection stayed open: the client may wait for more.
const STAYED: u8 = 32;

/// What follows the bytes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection is used again.
    Open,
    Close,
    Reset,
    /// Nothing is sent, and the connection stays open.
    Silence,
}

/// The change of a response.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Cut after this many bytes.
    Cut(usize),
    /// A random change of one part, from this seed.
    Changed(Part, u64),
}

pub(crate) struct Cases {
    cases: Vec<(u8, What)>,
    states: Vec<AtomicU8>,
}

impl Cases {
    /// `size` cases in random order: cuts at every byte of each reference, as far as `size` allows, and changes; and
    /// `more` changes before them.
    pub(crate) fn new(size: usize, more: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cuts: Vec<_> = (0_u8..).zip(ALL).flat_map(|(at, reference)| cuts_of(at, reference)).collect();
        random.shuffle(&mut cuts);
        cuts.truncate((size / 3).max(size.saturating_sub(cuts.len() * 4)));
        let changed = |random: &mut fastrand::Rng| {
            let mut at = random.usize(0..ALL.len());
            if ALL[at].opens() && random.u8(0..4) > 0 {
                // Each needs its own client, which takes longer to create than a hundred calls.
                at = random.usize(0..ALL.len());
            }
            (u8::try_from(at).unwrap_or_default(), What::Changed(Part::of(&ALL[at], random), random.u64(..)))
        };
        while cuts.len() < size {
            let change = changed(&mut random);
            cuts.push(change);
        }
        random.shuffle(&mut cuts);
        let mut cases: Vec<_> = (0..more).map(|_| changed(&mut random)).collect();
        cases.append(&mut cuts);
        let states = cases.iter().map(|_| AtomicU8::new(0)).collect();
        Self { cases, states }
    }

    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    /// Number of cuts.
    pub(crate) fn cuts(&self) -> usize {
        self.cases.iter().filter(|(_, what)| matches!(what, What::Cut(_))).count()
    }

    pub(crate) fn reference(&self, number: usize) -> &'static Reference {
        &ALL[usize::from(self.cases[number].0)]
    }

    pub(crate) fn is_cut(&self, number: usize) -> bool {
        matches!(self.cases[number].1, What::Cut(_))
    }

    /// Whether a result can only be that of the unchanged response.
    pub(crate) fn leaves_result(&self, number: usize) -> bool {
        match self.cases[number].1 {
            What::Cut(_) => true,
            What::Changed(part, _) => part.leaves_result(),
        }
    }

    /// The bytes of a response to the request `id`, and what follows them.
    pub(crate) fn bytes(&self, number: usize, id: &str) -> (Vec<u8>, Ending) {
        let reference = self.reference(number);
        let Changed { bytes, ending, is_foreign } = match self.cases[number].1 {
            What::Cut(length) => {
                let mut bytes = reference.answer(id).bytes();
                bytes.truncate(length);
                let ending = if length % 16 == 0 { Ending::Reset } else { Ending::Close };
                Changed { bytes, ending, is_foreign: false }
            }
            What::Changed(part, seed) => changes::change(part, reference, id, &mut fastrand::Rng::with_seed(seed)),
        };
        let stayed = if matches!(ending, Ending::Open | Ending::Silence) { STAYED } else { 0 };
        self.note(number, stayed | if is_foreign { FOREIGN } else { OWN });
        (bytes, ending)
    }

    fn note(&self, number: usize, state: u8) -> u8 {
        self.states[number].fetch_or(state, Ordering::Relaxed)
    }

    fn states(&self, number: usize) -> u8 {
        self.states[number].load(Ordering::Relaxed)
    }

    /// Records that the server has read the request of a call.
    pub(crate) fn note_read(&self, number: usize) {
        self.note(number, READ);
    }

    pub(crate) fn was_read(&self, number: usize) -> bool {
        self.states(number) & READ != 0
    }

    /// Whether `requests` requests of this call, or all handshakes of its client, received only other ids.
    pub(crate) fn all_foreign(&self, number: usize, requests: u32) -> bool {
        let is_each = is_given_to_each(number) || (requests == 1 && !self.reference(number).opens());
        is_each && self.states(number) & (OWN | FOREIGN) == FOREIGN
    }

    /// Number of responses with another id.
    pub(crate) fn foreign(&self) -> usize {
        (0..self.len()).filter(|number| self.states(*number) & FOREIGN != 0).count()
    }

    /// Number of calls with a response after which the client may wait.
    pub(crate) fn stayed(&self) -> usize {
        (0..self.len()).filter(|number| self.states(*number) & STAYED != 0).count()
    }

    /// Whether a request receives the malformed response: each of the call, or in every other case only the first.
    pub(crate) fn is_due(&self, number: usize) -> bool {
        let before = self.note(number, GIVEN);
        before & OVER == 0 && (is_given_to_each(number) || before & GIVEN == 0)
    }

    pub(crate) fn end(&self, number: usize) {
        self.note(number, OVER);
    }
}

/// Whether each request of a case receives the malformed response, not only the first.
fn is_given_to_each(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn cuts_of(at: u8, reference: &Reference) -> impl Iterator<Item = (u8, What)> + use<> {
    let whole: Answer = reference.answer("1");
    (0..whole.bytes().len() + LONGER_IDS).map(move |length| (at, What::Cut(length)))
}
