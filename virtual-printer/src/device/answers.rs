//! What the printer says: real-time and automatic status, identity, proofs.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Device, Output};
use crate::config::{Answers, Language};
use crate::framer::NUL;

/// Proofs that wait for their time; more than these are a client that asks without listening.
const MAX_LATE: usize = 256;

/// How, when and how much the printer answers.
#[derive(Debug)]
pub(super) struct Answering {
    answers: Answers,
    pub(super) silenced: bool,
    /// `GS a n`.
    pub(super) mask: u8,
    pub(super) delay: Duration,
    pub(super) repeat: bool,
    pub(super) garbage: Option<Vec<u8>>,
    last_proof: Option<Vec<u8>>,
    late: VecDeque<(Duration, Vec<u8>)>,
    /// Star's counter of `ETB`, 0 to 31, and whether it has counted since it was last told.
    etb: (u8, bool),
    /// Star's counter of `ESC GS ETX`.
    print_end: u8,
}

impl Answering {
    pub(super) fn new(answers: Answers, silenced: bool) -> Self {
        Self {
            answers,
            silenced,
            mask: 0,
            delay: Duration::ZERO,
            repeat: false,
            garbage: None,
            last_proof: None,
            late: VecDeque::new(),
            etb: (0, false),
            print_end: 0,
        }
    }

    pub(super) fn next_at(&self) -> Option<Duration> {
        self.late.iter().map(|(at, _)| *at).min()
    }

    /// The power went.
    pub(super) fn forget(&mut self) {
        self.mask = 0;
        self.late.clear();
        self.etb = (0, false);
        self.print_end = 0;
    }

    fn knows(&self, what: Answers) -> bool {
        self.answers as u8 >= what as u8
    }
}

impl Device {
    fn say(&mut self, bytes: Vec<u8>) {
        if self.powered && !self.answering.silenced {
            self.outputs.push_back(Output::Reply(bytes));
        }
    }

    /// Says `bytes` whatever the printer is like: noise on the line.
    pub(super) fn blurt(&mut self, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Reply(bytes));
    }

    pub(super) fn answer_real_time(&mut self, n: u8) {
        if let Some(byte) = self.condition.real_time(n)
            && self.answering.knows(Answers::RealTime)
        {
            self.say(vec![byte]);
        }
    }

    /// `DLE DC4 8` is answered with a block of its own (header 37h, flag 25h).
    pub(super) fn answer_cleared(&mut self) {
        if self.answering.knows(Answers::Status) {
            self.say(vec![0x37, 0x25, NUL]);
        }
    }

    pub(super) fn answer_status(&mut self, n: u8, now: Duration) {
        if !self.answering.knows(Answers::Status) {
            return;
        }
        match n {
            1 => self.prove(vec![self.condition.paper()], now),
            2 => self.prove(vec![self.condition.drawer()], now),
            _ => {}
        }
    }

    pub(super) fn answer_identity(&mut self, n: u8) {
        if !self.answering.knows(Answers::Status) {
            return;
        }
        let config = &self.config;
        let block = |text: &str| [b"\x5f", text.as_bytes(), &[NUL]].concat();
        let answer = match n {
            // Model id of an 80 mm TM printer; auto-cutter; ROM version.
            1 | 49 => vec![0x20],
            2 | 50 => vec![0x02],
            3 | 51 => vec![0x01],
            65 => block(&config.firmware),
            66 => block(&config.maker),
            67 => block(&config.model),
            68 => block(&config.serial),
            69 => block("SIMPLIFIED CHINESE GB18030"),
            _ => return,
        };
        self.say(answer);
    }

    pub(super) fn answer_proof(&mut self, marks: [u8; 4], now: Duration) {
        if self.answering.knows(Answers::Proof) {
            self.prove([&[0x37, 0x22], marks.as_slice(), &[NUL]].concat(), now);
        }
    }

    /// `GS a n`: the current state at once, then on change.
    pub(super) fn automatic(&mut self, mask: u8) {
        if !self.answering.knows(Answers::Status) {
            return;
        }
        self.answering.mask = mask;
        if mask != 0 {
            self.say_automatic();
        }
    }

    fn say_automatic(&mut self) {
        match self.config.profile.language {
            Language::EscPos => self.say(self.condition.automatic().to_vec()),
            Language::Star => self.answer_star(),
        }
    }

    /// Star's automatic status, also by `ESC ACK SOH`.
    pub(super) fn answer_star(&mut self) {
        let (etb, executed) = self.answering.etb;
        self.answering.etb = (etb, false);
        self.say(self.condition.star(etb, executed).to_vec());
    }

    /// Star's `ETB`: printing is done up to here.
    pub(super) fn count_etb(&mut self, now: Duration) {
        self.answering.etb = ((self.answering.etb.0 + 1) % 32, true);
        if self.answering.mask != 0 {
            let (etb, executed) = self.answering.etb;
            self.answering.etb.1 = false;
            self.prove(self.condition.star(etb, executed).to_vec(), now);
        }
    }

    /// Star's `ESC RS E`.
    pub(super) fn clear_etb(&mut self) {
        self.answering.etb = (0, false);
    }

    /// Star's `ESC GS ETX s n1 n2`: 0 says the counter, 1 counts and says it, 2 clears it.
    pub(super) fn print_end(&mut self, request: [u8; 3], now: Duration) {
        let [s, n1, n2] = request;
        match s {
            1 => self.answering.print_end = self.answering.print_end.wrapping_add(1),
            2 => self.answering.print_end = 0,
            _ => {}
        }
        let answer = vec![0x1B, 0x1D, 0x03, s, n1, n2, self.answering.print_end, NUL];
        match s {
            0 => self.say(answer),
            1 => self.prove(answer, now),
            _ => {}
        }
    }

    /// Automatic status on change.
    pub(super) fn report_change(&mut self) {
        let before = std::mem::replace(&mut self.reported, self.condition);
        if self.condition.changed_for(before, self.answering.mask) {
            self.say_automatic();
        }
    }

    /// Says a proof, with everything that a fault may do to it.
    fn prove(&mut self, proof: Vec<u8>, now: Duration) {
        if self.armed.drop_proof && self.armed.printed {
            self.armed.drop_proof = false;
            return self.reset_connection();
        }
        let mut said = proof.clone();
        if let Some(garbage) = self.answering.garbage.take() {
            let (head, tail) = proof.split_at(proof.len().min(2));
            said = [&garbage, head, &garbage, tail, &garbage].concat();
        }
        if self.answering.repeat {
            let old = self.answering.last_proof.take().unwrap_or_default();
            said = [old, said.clone(), said].concat();
        }
        self.answering.last_proof = Some(proof);
        if self.answering.delay.is_zero() {
            self.say(said);
        } else if self.answering.late.len() < MAX_LATE {
            self.answering.late.push_back((now + self.answering.delay, said));
        }
    }

    pub(super) fn say_what_is_due(&mut self, now: Duration) {
        while let Some((at, _)) = self.answering.late.front()
            && *at <= now
        {
            if let Some((_, proof)) = self.answering.late.pop_front() {
                self.say(proof);
            }
        }
    }
}
