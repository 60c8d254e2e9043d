//! What may follow what: the table of DELIVERY.md.

use super::JobState;
use JobState::{Accepted, Cancelled, Expired, Failed, Held, Printed, Printing, Sent, Spooled, Unconfirmed};

impl JobState {
    /// Whether `next` may be the next step of a job that stands here, for whoever takes every step itself.
    ///
    /// A state that is not final may be said again, with another reason or attempt. `Printing` never goes
    /// back to `Held`: see [`Self::may_become_untouched`] for an attempt of which no byte has left.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.steps().contains(&next)
    }

    /// As [`Self::may_become`], for an attempt of which certainly not one byte has left: then a job may also
    /// go back from `Printing` to the queue (I3: no silent retry after the first byte).
    #[must_use]
    pub fn may_become_untouched(self, next: Self) -> bool {
        self.may_become(next) || (self == Printing && matches!(next, Spooled | Held))
    }

    /// Whether the relay, which believes the job to stand here, must take `next` from the agent although it
    /// is no single step: steps in between went unheard (of each job the agent repeats the latest report
    /// alone), or the relay had closed the job while the agent had begun it. Paper that exists is the truth.
    #[must_use]
    pub fn is_late_truth(self, next: Self) -> bool {
        let began = matches!(next, Printing | Printed | Sent | Unconfirmed);
        let heard = match self {
            Accepted | Spooled | Held => next != Accepted,
            // Back in the queue: not one byte had left. Cancelled or expired: by way of a doubt.
            Printing => matches!(next, Spooled | Held | Cancelled | Expired),
            // By way of a copy.
            Unconfirmed => next == Sent,
            Cancelled | Expired | Failed => began,
            Printed | Sent => false,
        };
        heard && !self.may_become(next)
    }

    fn steps(self) -> &'static [Self] {
        match self {
            Accepted => &[Accepted, Spooled, Cancelled, Expired, Failed],
            // Back to `Accepted`: the relay takes it back, its spool is gone or a backup gets it.
            Spooled => &[Accepted, Spooled, Held, Printing, Cancelled, Expired, Failed],
            Held => &[Accepted, Spooled, Held, Printing, Cancelled, Expired, Failed],
            Printing => &[Printing, Printed, Sent, Unconfirmed, Failed],
            // `Printing`: the marked copy. `Printed`: late proof or a person. The rest: a person closed it,
            // nobody answered in its time, or it is set aside.
            Unconfirmed => &[Printing, Printed, Unconfirmed, Cancelled, Expired, Failed],
            Printed | Sent | Cancelled | Expired | Failed => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: from, in the order of `ALL`. `x`: one step. `t`: late truth. `.`: refused.
    const TABLE: [&str; 10] = [
        //        a s h p P S u c e f
        /* a */ "x x t t t t t x x x",
        /* s */ "x x x x t t t x x x",
        /* h */ "x x x x t t t x x x",
        /* p */ ". t t x x x x t t x",
        /* P */ ". . . . . . . . . .",
        /* S */ ". . . . . . . . . .",
        /* u */ ". . . x x t x x x x",
        /* c */ ". . . t t t t . . .",
        /* e */ ". . . t t t t . . .",
        /* f */ ". . . t t t t . . .",
    ];

    fn pairs() -> impl Iterator<Item = (JobState, JobState, char)> {
        JobState::ALL.into_iter().zip(TABLE).flat_map(|(from, row)| {
            let marks = row.chars().filter(|mark| *mark != ' ');
            JobState::ALL
                .into_iter()
                .zip(marks)
                .map(move |(to, mark)| (from, to, mark))
        })
    }

    #[test]
    fn every_one_of_the_hundred_pairs_is_decided() {
        assert_eq!(pairs().count(), 100);
        for (from, to, mark) in pairs() {
            assert_eq!(from.may_become(to), mark == 'x', "{from} -> {to}");
            assert_eq!(from.is_late_truth(to), mark == 't', "late {from} -> {to}");
        }
    }

    #[test]
    fn an_attempt_goes_back_to_the_queue_only_if_no_byte_has_left() {
        for (from, to, mark) in pairs() {
            let back = from == Printing && (to == Held || to == Spooled);
            assert_eq!(
                from.may_become_untouched(to),
                mark == 'x' || back,
                "{from} -> {to}"
            );
        }
    }

    #[test]
    fn nothing_follows_a_final_state_and_something_every_other() {
        for state in JobState::ALL {
            assert_eq!(state.is_final(), state.steps().is_empty(), "{state}");
        }
    }

    #[test]
    fn every_state_has_a_name_that_leads_back_to_it() {
        for state in JobState::ALL {
            assert_eq!(JobState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
        assert_eq!(JobState::parse("lost"), None);
    }
}
