//! The malformed answers, each told by its number.

use std::sync::atomic::{AtomicU8, Ordering};

use super::answer::Answer;
use super::harm;
use super::references::{ALL, Reference};

/// Room for the ids of requests, which have more digits than the one by which an answer is measured.
const LONGER_IDS: usize = 6;
/// The server has read the request whole.
const READ: u8 = 1;
/// The malformed answer was given.
const GIVEN: u8 = 2;
/// The call has ended: what comes behind it is answered well.
const OVER: u8 = 4;

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
    /// Changed by chance, from this seed.
    Changed(u64),
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
            (u8::try_from(at).unwrap_or_default(), What::Changed(random.u64(..)))
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

    /// The bytes of an answer to the request `id`, and what comes behind them.
    pub(crate) fn bytes(&self, number: usize, id: &str) -> (Vec<u8>, Ending) {
        let reference = self.reference(number);
        match self.cases[number].1 {
            What::Cut(length) => {
                let mut bytes = reference.answer(id).bytes();
                bytes.truncate(length);
                (bytes, if length % 16 == 0 { Ending::Reset } else { Ending::Close })
            }
            What::Changed(seed) => harm::done(reference, id, &mut fastrand::Rng::with_seed(seed)),
        }
    }

    /// Notes that the server has read the request of a call.
    pub(crate) fn note_read(&self, number: usize) {
        self.states[number].fetch_or(READ, Ordering::Relaxed);
    }

    pub(crate) fn was_read(&self, number: usize) -> bool {
        self.states[number].load(Ordering::Relaxed) & READ != 0
    }

    /// Whether a request gets the malformed answer: each of the call, or in every other case the first alone.
    pub(crate) fn is_due(&self, number: usize) -> bool {
        let before = self.states[number].fetch_or(GIVEN, Ordering::Relaxed);
        before & OVER == 0 && (number.is_multiple_of(2) || before & GIVEN == 0)
    }

    pub(crate) fn end(&self, number: usize) {
        self.states[number].fetch_or(OVER, Ordering::Relaxed);
    }
}

fn cuts_of(at: u8, reference: &Reference) -> impl Iterator<Item = (u8, What)> + use<> {
    let whole: Answer = reference.answer("1");
    (0..whole.bytes().len() + LONGER_IDS).map(move |length| (at, What::Cut(length)))
}
