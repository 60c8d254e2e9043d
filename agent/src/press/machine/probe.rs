//! Who answers here, and what can it prove? Asked once per printer while it is ready, verified on every
//! new connection.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{Evidence, Tick};

use super::attempt::Doing;
use super::check::Look;
use super::{Machine, Output};
use crate::press::commands::{self, Fact};
use crate::press::known::Known;
use crate::press::star;

/// So many times in a row somebody else must have answered before it is believed.
pub(super) const STRANGERS: u8 = 2;

const FACTS: [Fact; 4] = [Fact::Maker, Fact::Model, Fact::Firmware, Fact::Serial];

/// The mark that a probe asks for; no job's, since those are never all spaces.
const MARK: [u8; 4] = *b"    ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Nothing, for as long as an answer takes: what comes now was asked before.
    Quiet,
    Fact(Fact),
    Mark,
    Paper,
    /// Star's counter must come to this.
    Count(u8),
}

/// Questions under way.
#[derive(Debug)]
pub(super) struct Probe {
    steps: VecDeque<Ask>,
    asking: Option<Ask>,
    asked: Tick,
    /// Against what is known already.
    verifying: bool,
    /// Marks and barriers were added to the questions.
    extended: bool,
    found: Known,
    papers: usize,
    unanswered: usize,
}

impl Probe {
    /// What else is asked of a printer that said so much of itself.
    fn extend(&mut self, profile_knows_marks: bool) {
        if profile_knows_marks || self.found.knows_marks() {
            self.steps.push_back(Ask::Mark);
        }
        if self.found.maker.is_none() || self.found.maker == self.found.model {
            // No two names to tell one ticket's barrier from another's.
            self.steps.push_back(Ask::Paper);
        }
    }
}

impl Machine {
    pub(super) fn begin_probe(&mut self) {
        let asked = |fact: &Fact| {
            self.known
                .as_ref()
                .is_none_or(|known| known.fact(*fact).is_some())
        };
        let mut steps: VecDeque<Ask> = FACTS.into_iter().filter(asked).map(Ask::Fact).collect();
        if self.config.speaks_star {
            steps = self.star_questions();
        }
        if steps.is_empty() {
            self.line.verified = true;
            return;
        }
        if self.line.found.is_some() {
            // Answers to somebody else's questions would shift all of ours, but not in both orders alike.
            steps.make_contiguous().reverse();
        }
        if std::mem::take(&mut self.line.shifted) {
            steps.push_front(Ask::Quiet);
        }
        self.doing = Doing::Probing(Probe {
            steps,
            asking: None,
            asked: self.now,
            verifying: self.known.is_some(),
            extended: false,
            found: Known::nothing(),
            papers: 0,
            unanswered: 0,
        });
        self.probe_on();
    }

    /// Asks the next question, or looks a last time: a fault at the end decides nothing.
    fn probe_on(&mut self) {
        let now = self.now;
        let profile = self.config.knows_marks;
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        let extends = !probe.verifying && !self.config.speaks_star;
        if probe.steps.is_empty() && extends && !std::mem::replace(&mut probe.extended, true) {
            probe.extend(profile);
        }
        probe.asking = probe.steps.pop_front();
        probe.asked = now;
        match probe.asking {
            Some(Ask::Quiet) => return,
            Some(Ask::Fact(fact)) => self.send(&commands::identify(fact)),
            Some(Ask::Mark) => self.send(&commands::mark_request(MARK)),
            Some(Ask::Paper) => self.send(&commands::paper_barrier()),
            Some(Ask::Count(count)) => self.count_to(count),
            None => return self.begin_check(),
        }
        self.line.pace.asked(now);
    }

    fn probe_answered(&mut self) {
        self.line.pace.answered(self.now, &self.config.limits);
        self.probe_on();
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
        self.probe_answered();
    }

    pub(super) fn probe_mark(&mut self, mark: [u8; 4]) {
        if let Doing::Probing(probe) = &mut self.doing
            && probe.asking == Some(Ask::Mark)
            && mark == MARK
        {
            probe.found.level = Evidence::A;
            self.probe_answered();
        }
    }

    /// Star's counter came to where it was sent, behind everything before.
    pub(super) fn probe_count(&mut self, count: u8) {
        let looks = self.check.is_some();
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if probe.asking != Some(Ask::Count(count)) {
            return;
        }
        if looks {
            // The look that asked why it does not come has found it.
            probe.unanswered = probe.unanswered.saturating_sub(1);
        }
        if probe.steps.is_empty() && probe.unanswered == 0 {
            probe.found.level = Evidence::A;
            probe.found.maker = Some("Star".to_owned());
        }
        probe.asking = None;
        if !looks {
            self.probe_answered();
        }
    }

    fn star_questions(&self) -> VecDeque<Ask> {
        if self
            .known
            .as_ref()
            .is_some_and(|known| known.level == Evidence::C)
        {
            return VecDeque::new();
        }
        // Twice: what an earlier connection left in the printer cannot come to both.
        let count = star::agreement(self.line.told);
        VecDeque::from([Ask::Count(count), Ask::Count(count + 3)])
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
            self.probe_answered();
        }
    }

    pub(super) fn watch_probe(&mut self) {
        if self.probe_deadline().is_none_or(|at| self.now < at) {
            return;
        }
        let Doing::Probing(probe) = &mut self.doing else {
            return;
        };
        if probe.asking == Some(Ask::Quiet) {
            return self.probe_on();
        }
        probe.unanswered += 1;
        self.line.pace.forget();
        // No answer: unknown to it, or did it fall into a fault?
        self.begin_check();
    }

    pub(super) fn probe_deadline(&self) -> Option<Tick> {
        match &self.doing {
            Doing::Probing(probe) if self.check.is_none() => {
                let asked = probe.asked
                    + probe
                        .asking
                        .map_or(Duration::ZERO, |ask| self.printing_first(ask));
                Some(self.answer_by(asked))
            }
            _ => None,
        }
    }

    /// A count comes behind whatever still prints.
    fn printing_first(&self, ask: Ask) -> Duration {
        match ask {
            Ask::Count(_) => self.config.limits.print_base,
            Ask::Quiet | Ask::Fact(_) | Ask::Mark | Ask::Paper => Duration::ZERO,
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
            Some(Ask::Quiet | Ask::Fact(_) | Ask::Mark | Ask::Paper | Ask::Count(_)) => self.probe_on(),
            None if !probe.steps.is_empty() => self.probe_on(),
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
        let before = self.line.found.replace(known.clone());
        if before.as_ref() != Some(&known) {
            self.line.shifted = before.is_some();
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
