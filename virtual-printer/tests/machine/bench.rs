//! A printer on a table, with the time in the tester's hand.

use std::time::Duration;

use virtual_printer::{Config, Device, Fault, Input, Output, Paper};

pub(crate) const MARKED: &[u8] = b"\x1d(H\x06\x00\x30\x30A142";
pub(crate) const PROOF: &[u8] = b"\x37\x22A142\x00";

/// A printer on a table, with the time in the tester's hand.
pub(crate) struct Bench {
    pub(crate) device: Device,
    pub(crate) now: Duration,
    pub(crate) papers: Vec<Paper>,
    pub(crate) said: Vec<u8>,
    pub(crate) resets: u32,
}

impl Bench {
    pub(crate) fn new(config: &Config) -> Self {
        let (papers, said) = (Vec::new(), Vec::new());
        Self {
            device: Device::new(config),
            now: Duration::ZERO,
            papers,
            said,
            resets: 0,
        }
    }

    pub(crate) fn instant() -> Self {
        Self::new(&Config::default())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.handle(Input::Bytes(bytes))
    }

    pub(crate) fn fault(&mut self, fault: Fault) -> &mut Self {
        self.handle(Input::Fault(fault))
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) -> &mut Self {
        self.device.handle(input, self.now);
        while let Some(output) = self.device.poll_output() {
            match output {
                Output::Reply(bytes) => self.said.extend(bytes),
                Output::Paper(paper) => self.papers.push(paper),
                Output::Reset => self.resets += 1,
            }
        }
        self
    }

    /// Lets time pass, tick by tick as the machine asks for it.
    pub(crate) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while let Some(at) = self.device.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.handle(Input::Tick);
        }
        self.now = end;
        self.handle(Input::Tick)
    }

    pub(crate) fn said(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.said)
    }

    pub(crate) fn only_paper(&mut self) -> Paper {
        assert_eq!(self.papers.len(), 1);
        self.papers.remove(0)
    }
}

pub(crate) fn printed(bytes: &[u8]) -> Paper {
    Bench::instant().send(bytes).send(b"\x1dVB\x00").only_paper()
}
