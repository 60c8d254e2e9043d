//! Who answers here, and what can it prove? Asked once per printer while it is ready, verified on every
//! new connection.

use std::collections::VecDeque;

use protocol::{Evidence, Tick};

use super::attempt::Doing;
use super::check::Look;
use super::{Machine, Output};
use crate::press::commands::{self, Fact};
use crate::press::known::Known;

/// So many times in a row somebody else must have answered before it is believed.
pub(super) const STRANGERS: u8 = 2;

const FACTS: [Fact; 4] = [Fact::Maker, Fact::Model, Fact::Firmware, Fact::Serial];

/// The mark that a probe asks for; no job's, since those are never all spaces.
const MARK: [u8; 4] = *b"    ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Fact(Fact),
    Mark,
    Paper,
}

/// Questions under way.
#[derive(Debug)]
pub(super) struct Probe {
    steps: VecDeque<Ask>,
    asking: Option<Ask>,
    deadline: Tick,
    /// Against what is known already.
    verifying: bool,
    found: Known,
    papers: usize,
    unanswered: usize,
}

impl Machine {
    pub(super) fn begin_probe(&mut self) {
        let asked = |fact: &Fact| {
            self.known
                .as_ref()
                .is_none_or(|known| known.fact(*fact).is_some())
        };
        let steps: VecDeque<Ask> = FACTS.into_iter().filter(asked).map(Ask::Fact).collect();
        if steps.is_empty() {
            self.line.verified = true;
            return;
        }
        self.doing = Doing::Probing(Probe {
            steps,
            asking: None,
            deadline: self.now,
            verifying: self.known.is_some(),
            found: Known::nothing(),
            papers: 0,
            unanswered: 0,
        });
        self.probe_on();
    }

    /// Asks the next question, or looks a last time: a fault at the end decides nothing.
    fn probe_on(&mut self) {
        let deadline = self.now + self.config.limits.answer;
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        probe.asking = probe.steps.pop_front();
        probe.deadline = deadline;
        match probe.asking {
            Some(Ask::Fact(fact)) => self.send(&commands::identify(fact)),
            Some(Ask::Mark) => self.send(&commands::mark_request(MARK)),
            Some(Ask::Paper) => self.send(&commands::paper_barrier()),
            None => self.begin_check(),
        }
    }

    pub(super) fn probe_text(&mut self, text: &str) {
        let known = self.known.as_ref();
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        let Some(Ask::Fact(fact)) = probe.asking else {
            return;
        };
        let is = |fact: Fact| known.and_then(|known| known.fact(fact)) == Some(text);
        if !is(fact) && FACTS.into_iter().any(is) {
            // The late answer to an earlier ticket's barrier.
            return;
        }
        probe.found.learn(fact, text.to_owned());
        self.probe_after(fact);
    }

    fn probe_after(&mut self, fact: Fact) {
        let profile = self.config.knows_marks;
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if fact == Fact::Serial && !probe.verifying {
            if profile || probe.found.knows_marks() {
                probe.steps.push_back(Ask::Mark);
            }
            if probe.found.maker.is_none() || probe.found.maker == probe.found.model {
                // No two names to tell one ticket's barrier from another's.
                probe.steps.push_back(Ask::Paper);
            }
        }
        self.probe_on();
    }

    pub(super) fn probe_mark(&mut self, mark: [u8; 4]) {
        if let Doing::Probing(probe) = &mut self.doing
            && probe.asking == Some(Ask::Mark)
            && mark == MARK
        {
            probe.found.level = Evidence::A;
            self.probe_on();
        }
    }

    pub(super) fn probe_short(&mut self, byte: u8) {
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if probe.asking != Some(Ask::Paper) || !commands::is_paper_answer(byte) {
            return;
        }
        probe.papers += 1;
        if probe.papers == commands::PAPER_ANSWERS {
            self.probe_on();
        }
    }

    pub(super) fn watch_probe(&mut self) {
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if self.check.is_some() || self.now < probe.deadline {
            return;
        }
        probe.unanswered += 1;
        // No answer: unknown to it, or did it fall into a fault?
        self.begin_check();
    }

    pub(super) fn probe_deadline(&self) -> Option<Tick> {
        match &self.doing {
            Doing::Probing(probe) if self.check.is_none() => Some(probe.deadline),
            _ => None,
        }
    }

    pub(super) fn looked_at_probe(&mut self, look: Look) {
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if !matches!(look, Look::Ready { .. }) {
            self.doing = Doing::Idle;
            return;
        }
        match probe.asking.take() {
            Some(Ask::Fact(fact)) => self.probe_after(fact),
            Some(Ask::Mark | Ask::Paper) => self.probe_on(),
            None => self.probed(),
        }
    }

    fn probed(&mut self) {
        let Doing::Probing(probe) = std::mem::replace(&mut self.doing, Doing::Idle) else {
            return;
        };
        match self.known.clone() {
            Some(known) => self.verified(&known, &probe),
            None => self.decided(probe),
        }
    }

    fn decided(&mut self, probe: Probe) {
        let mut known = probe.found;
        let barrier =
            known.maker.is_some() || known.model.is_some() || probe.papers == commands::PAPER_ANSWERS;
        if known.level == Evidence::C && barrier {
            known.level = Evidence::B;
        }
        // The late answers to somebody else's questions shift all of ours; twice the same is no accident.
        if self.line.found.replace(known.clone()).as_ref() != Some(&known) {
            return;
        }
        self.outputs.push_back(Output::Remember(known.clone()));
        self.known = Some(known);
        self.line.verified = true;
        self.line.strangers = 0;
    }

    fn verified(&mut self, known: &Known, probe: &Probe) {
        let differs =
            |fact: Fact| probe.found.fact(fact).is_some() && probe.found.fact(fact) != known.fact(fact);
        let other = if known.serial.is_some() {
            differs(Fact::Serial)
        } else {
            differs(Fact::Maker) || differs(Fact::Model)
        };
        if other {
            return self.stranger(&probe.found);
        }
        if probe.unanswered > 0 {
            // Ready, yet it does not say who it is: asked again at the next look.
            self.line.looked = None;
            return;
        }
        if FACTS.into_iter().any(differs) {
            // New firmware, the same printer: what it can prove may have changed.
            self.known = None;
            return;
        }
        self.line.strangers = 0;
        self.line.verified = true;
        self.reached();
    }

    fn stranger(&mut self, found: &Known) {
        self.line.strangers = self.line.strangers.saturating_add(1).min(STRANGERS);
        if self.line.strangers < STRANGERS {
            return;
        }
        let name = found.model.as_deref().unwrap_or("unnamed");
        let serial = found.serial.as_deref().unwrap_or("unknown");
        let printer = &self.config.printer;
        self.obstruct(format!(
            "new printer? A {name} with serial number {serial} answers at this address; `printers probe {printer}` accepts it"
        ));
        self.close();
        self.back_off();
    }
}
