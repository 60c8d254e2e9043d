//! A printer that plays its part in the machine's tests: a buffer, a speed, answers and faults.

use std::collections::VecDeque;

/// What the printer is and how it is.
#[derive(Debug)]
pub(super) struct Printer {
    pub(super) maker: Option<&'static str>,
    pub(super) model: Option<&'static str>,
    pub(super) serial: Option<String>,
    pub(super) firmware: &'static str,
    /// Knows `GS ( H` function 48.
    pub(super) marks: bool,
    /// Answers `DLE EOT`.
    pub(super) answers: bool,
    pub(super) powered: bool,
    /// Serves somebody else: accepts a connection, says nothing.
    pub(super) busy: bool,
    pub(super) paper: bool,
    pub(super) cover_open: bool,
    /// Bytes a second.
    pub(super) speed: u64,
    pub(super) capacity: usize,
    /// Proofs and barriers are lost on the way.
    pub(super) mute_proofs: bool,
    /// Proofs and barriers wait until the fault is gone.
    pub(super) late_proofs: bool,
    late: Vec<u8>,
    /// `DLE EOT n` that it does not know.
    pub(super) unknown_status: Option<u8>,
    /// Answers to `GS I` come one question late, until it is left alone for a moment.
    pub(super) lag: Option<Vec<u8>>,
    /// Everything it ever printed, cut by cut.
    pub(super) papers: Vec<String>,
    /// What it wants to say.
    pub(super) says: Vec<u8>,
    automatic: bool,
    buffer: VecDeque<u8>,
    paper_now: String,
    budget: i64,
}

impl Printer {
    pub(super) fn epson() -> Self {
        Self {
            maker: Some("EPSON"),
            model: Some("TM-T88V"),
            serial: Some("J1".to_owned()),
            firmware: "1.0",
            marks: true,
            answers: true,
            powered: true,
            busy: false,
            paper: true,
            cover_open: false,
            speed: 5000,
            capacity: 4096,
            mute_proofs: false,
            late_proofs: false,
            late: Vec::new(),
            unknown_status: None,
            lag: None,
            papers: Vec::new(),
            says: Vec::new(),
            automatic: false,
            buffer: VecDeque::new(),
            paper_now: String::new(),
            budget: 0,
        }
    }

    pub(super) fn barrier_only() -> Self {
        Self {
            maker: Some("BIXOLON"),
            marks: false,
            ..Self::epson()
        }
    }

    pub(super) fn nameless() -> Self {
        Self {
            maker: None,
            model: None,
            serial: None,
            marks: false,
            ..Self::epson()
        }
    }

    pub(super) fn clone_without_a_word() -> Self {
        Self {
            answers: false,
            ..Self::nameless()
        }
    }

    fn stopped(&self) -> bool {
        !self.paper || self.cover_open
    }

    pub(super) fn is_working(&self) -> bool {
        self.powered && !self.buffer.is_empty() && !self.stopped()
    }

    pub(super) fn has_room(&self) -> bool {
        self.buffer.len() < self.capacity
    }

    /// Takes what fits, answering real-time questions at once.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let room = self.capacity.saturating_sub(self.buffer.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend(taken);
        for window in taken.windows(3) {
            if let [0x10, 0x04, n] = window {
                self.real_time(*n);
            }
        }
        taken.len()
    }

    fn real_time(&mut self, n: u8) {
        if !self.answers || self.busy || self.unknown_status == Some(n) {
            return;
        }
        let flag = |on: bool, mask: u8| if on { mask } else { 0 };
        let bits = match n {
            1 => flag(self.stopped(), 0x08),
            2 => flag(self.cover_open, 0x04) | flag(!self.paper, 0x20),
            3 => 0,
            _ => flag(!self.paper, 0x60),
        };
        self.says.push(0x12 | bits);
    }

    pub(super) fn set_paper(&mut self, paper: bool) {
        self.paper = paper;
        self.say_status();
    }

    pub(super) fn set_cover(&mut self, open: bool) {
        self.cover_open = open;
        self.say_status();
    }

    fn say_status(&mut self) {
        if !self.automatic || !self.powered || self.busy {
            return;
        }
        let first = 0x10 | if self.stopped() { 0x08 } else { 0 } | if self.cover_open { 0x20 } else { 0 };
        self.says.extend([first, 0, if self.paper { 0 } else { 0x0C }, 0]);
    }

    /// Power is gone: the buffer and the status settings are lost, what is on paper is torn off.
    pub(super) fn power_cut(&mut self) {
        self.powered = false;
        self.buffer.clear();
        self.says.clear();
        self.late.clear();
        self.automatic = false;
        self.tear();
    }

    /// What was held back is said now.
    pub(super) fn prove_late(&mut self) {
        self.late_proofs = false;
        self.says.append(&mut self.late);
    }

    fn tear(&mut self) {
        let paper = std::mem::take(&mut self.paper_now);
        if !paper.trim().is_empty() {
            self.papers.push(paper);
        }
    }

    pub(super) fn work(&mut self, ms: u64) {
        if ms >= 100
            && let Some(late) = self.lag.take()
        {
            self.says.extend(late);
        }
        if !self.is_working() {
            self.budget = 0;
            return;
        }
        self.budget += (self.speed * ms) as i64;
        while self.budget >= 1000 && self.is_working() {
            if self.buffer.front() == Some(&0) {
                // Nothing to print takes no time.
                self.buffer.pop_front();
                continue;
            }
            let Some(used) = self.command() else { break };
            self.buffer.drain(..used);
            self.budget -= 1000 * used as i64;
        }
        self.budget = self.budget.min(1000);
    }

    /// Interprets one whole command at the buffer's head; `None` while it is not all there.
    fn command(&mut self) -> Option<usize> {
        let at = |index: usize| self.buffer.get(index).copied();
        match (at(0)?, at(1), at(2)) {
            (0x10, Some(0x04), Some(_)) => Some(3),
            (0x10, _, _) if self.buffer.len() < 3 => None,
            (0x1B, Some(b'@'), _) => {
                self.automatic = false;
                Some(2)
            }
            (0x1B, None, _) => None,
            (0x1D, Some(b'a'), Some(_)) => {
                self.automatic = true;
                self.say_status();
                Some(3)
            }
            (0x1D, Some(b'I'), Some(n)) => {
                self.identify(n);
                Some(3)
            }
            (0x1D, Some(b'r'), Some(_)) => {
                if self.answers {
                    self.prove(&[0]);
                }
                Some(3)
            }
            (0x1D, Some(b'V'), Some(_)) => {
                at(3)?;
                self.tear();
                Some(4)
            }
            (0x1D, Some(b'('), Some(b'H')) => self.mark(),
            (0x1D, Some(b'v'), Some(_)) => self.raster(),
            (0x1D, _, _) if self.buffer.len() < 3 => None,
            (0, _, _) => Some(1),
            (byte, _, _) => {
                self.paper_now.push(char::from(byte));
                Some(1)
            }
        }
    }

    fn identify(&mut self, n: u8) {
        let text = match n {
            66 => self.maker.map(str::to_owned),
            67 => self.model.map(str::to_owned),
            65 => self.maker.map(|_| self.firmware.to_owned()),
            _ => self.serial.clone(),
        };
        if let Some(text) = text {
            let mut answer = [b"\x5F", text.as_bytes(), b"\x00"].concat();
            if let Some(lag) = &mut self.lag {
                std::mem::swap(lag, &mut answer);
            }
            self.prove(&answer);
        }
    }

    fn mark(&mut self) -> Option<usize> {
        if self.buffer.len() < 11 {
            return None;
        }
        let mark: Vec<u8> = self.buffer.range(7..11).copied().collect();
        if self.marks {
            let answer = [b"\x37\x22", mark.as_slice(), b"\x00"].concat();
            self.prove(&answer);
        } else {
            self.paper_now.push_str("H00");
        }
        Some(11)
    }

    fn prove(&mut self, answer: &[u8]) {
        if self.mute_proofs || self.busy {
            return;
        }
        if self.late_proofs {
            self.late.extend(answer);
        } else {
            self.says.extend(answer);
        }
    }

    /// `GS v 0 m xL xH yL yH` and its data: cut off in the middle, it swallows whatever comes next.
    fn raster(&mut self) -> Option<usize> {
        let size = |low: usize| {
            Some(usize::from(*self.buffer.get(low)?) + 256 * usize::from(*self.buffer.get(low + 1)?))
        };
        let whole = 8 + size(4)? * size(6)?;
        (self.buffer.len() >= whole).then_some(whole)
    }
}
