//! The malformed answers, each told by its number.

use std::sync::atomic::{AtomicU8, Ordering};

use super::answer::Answer;
use super::harm::{self, Harmed, Part};
use super::references::{ALL, Reference};

/// Room for the ids of requests, which have more digits than the one by which an answer is measured.
const LONGER_IDS: usize = 6;
/// The server has read the request whole.
const READ: u8 = 1;
/// The malformed answer was given.
const GIVEN: u8 = 2;
/// The call has ended: what comes behind it is answered well.
const OVER: u8 = 4;
/// An answer with the id of the request was given, and one with another's.
const OWN: u8 = 8;
const FOREIGN: u8 = 16;
/// An answer was given behind which the connection stayed: a client may wait for more of it.
const STAYED: u8 = 32;

/// What is behind the bytes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection goes on.
    Open,
    Close,
    Reset,
    /// Nothing more comes, and the connection stays.
    Silence,
}

/// What is done to an answer.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Cut behind so many bytes.
    Cut(usize),
    /// Changed in a part by chance, from this seed.
    Changed(Part, u64),
}

pub(crate) struct Cases {
    cases: Vec<(u8, What)>,
    states: Vec<AtomicU8>,
}

impl Cases {
    /// `size` cases in an order of chance: cuts at every byte of each reference, as far as `size` lets, and changes; and
    /// `more` changes before them.
    pub(crate) fn new(size: usize, more: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cuts: Vec<_> = (0_u8..).zip(ALL).flat_map(|(at, reference)| cuts_of(at, reference)).collect();
        random.shuffle(&mut cuts);
        cuts.truncate((size / 3).max(size.saturating_sub(cuts.len() * 4)));
        let changed = |random: &mut fastrand::Rng| {
            let mut at = random.usize(0..ALL.len());
            if ALL[at].opens() && random.u8(0..4) > 0 {
                // Each needs a client of its own, which takes longer to make than a hundred calls.
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

    /// How many of them are cuts.
    pub(crate) fn cuts(&self) -> usize {
        self.cases.iter().filter(|(_, what)| matches!(what, What::Cut(_))).count()
    }

    pub(crate) fn reference(&self, number: usize) -> &'static Reference {
        &ALL[usize::from(self.cases[number].0)]
    }

    pub(crate) fn is_cut(&self, number: usize) -> bool {
        matches!(self.cases[number].1, What::Cut(_))
    }

    /// Whether a result made of the answer can be but the whole one.
    pub(crate) fn leaves_result(&self, number: usize) -> bool {
        match self.cases[number].1 {
            What::Cut(_) => true,
            What::Changed(part, _) => part.leaves_result(),
        }
    }

    /// The bytes of an answer to the request `id`, and what comes behind them.
    pub(crate) fn bytes(&self, number: usize, id: &str) -> (Vec<u8>, Ending) {
        let reference = self.reference(number);
        let Harmed { bytes, ending, is_foreign } = match self.cases[number].1 {
            What::Cut(length) => {
                let mut bytes = reference.answer(id).bytes();
                bytes.truncate(length);
                let ending = if length % 16 == 0 { Ending::Reset } else { Ending::Close };
                Harmed { bytes, ending, is_foreign: false }
            }
            What::Changed(part, seed) => harm::done(part, reference, id, &mut fastrand::Rng::with_seed(seed)),
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

    /// Notes that the server has read the request of a call.
    pub(crate) fn note_read(&self, number: usize) {
        self.note(number, READ);
    }

    pub(crate) fn was_read(&self, number: usize) -> bool {
        self.states(number) & READ != 0
    }

    /// Whether `requests` of this call, or all openings of its client, had nothing but answers to others.
    pub(crate) fn all_foreign(&self, number: usize, requests: u32) -> bool {
        let is_each = is_given_to_each(number) || (requests == 1 && !self.reference(number).opens());
        is_each && self.states(number) & (OWN | FOREIGN) == FOREIGN
    }

    /// How many answers with a foreign id were given.
    pub(crate) fn foreign(&self) -> usize {
        (0..self.len()).filter(|number| self.states(*number) & FOREIGN != 0).count()
    }

    /// How many calls had an answer that a client may wait behind.
    pub(crate) fn stayed(&self) -> usize {
        (0..self.len()).filter(|number| self.states(*number) & STAYED != 0).count()
    }

    /// Whether a request gets the malformed answer: each of the call, or in every other case the first alone.
    pub(crate) fn is_due(&self, number: usize) -> bool {
        let before = self.note(number, GIVEN);
        before & OVER == 0 && (is_given_to_each(number) || before & GIVEN == 0)
    }

    pub(crate) fn end(&self, number: usize) {
        self.note(number, OVER);
    }
}

/// Whether each request of a case gets the malformed answer, and not the first alone.
fn is_given_to_each(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn cuts_of(at: u8, reference: &Reference) -> impl Iterator<Item = (u8, What)> + use<> {
    let whole: Answer = reference.answer("1");
    (0..whole.bytes().len() + LONGER_IDS).map(move |length| (at, What::Cut(length)))
}
