//! An operator's commands: resume after an error, or forget what is in the printer. Never by itself: a blind
//! clear would lose a ticket, and a blind resume would cut into a hand.

use super::Machine;
use super::attempt::Doing;
use crate::press::commands::{self, Recovery};
use crate::press::health::Trouble;

impl Machine {
    /// Carries out what an operator asked for as soon as the printer can be reached.
    pub(super) fn recover(&mut self) {
        let Some((how, until)) = self.recovery else {
            return;
        };
        if self.now >= until {
            self.recovery = None;
            let printer = &self.config.printer;
            return self.alarm(format!(
                "{printer}: it could not be reached to recover it; try again"
            ));
        }
        if self.config.speaks_star {
            self.recovery = None;
            let printer = &self.config.printer;
            return self.alarm(format!(
                "{printer}: a Star printer goes on by itself when its cause is gone; switching it off and on empties it"
            ));
        }
        if !self.line.is_open() {
            self.visit_at = self.now;
            return;
        }
        match how {
            Recovery::Resume if self.line.drained() => {
                self.send(&commands::recovery(how, true));
            }
            // What is on its way goes first: in the middle of a picture the command would be part of it.
            Recovery::Resume => return,
            Recovery::Clear => self.clear(),
        }
        self.recovery = None;
        self.line.look_at = self.now;
    }

    /// The data is lost: a ticket in the printer is in doubt.
    fn clear(&mut self) {
        let in_error = match self.health.trouble() {
            Some(Trouble::Cutter | Trouble::Recoverable | Trouble::WaitingForRecovery) => true,
            Some(
                Trouble::CoverOpen
                | Trouble::PaperEnd
                | Trouble::Unrecoverable
                | Trouble::Overheated
                | Trouble::Offline,
            )
            | None => false,
        };
        self.check = None;
        self.drop_unsent();
        self.send(&commands::recovery(Recovery::Clear, in_error));
        for doubt in self.doubts.values_mut() {
            doubt.epoch = None;
        }
        if matches!(self.doing, Doing::Printing(_)) {
            self.interrupted("an operator cleared the printer");
        }
    }
}
