//! What a printer's status bits say about its paper, cover and errors (PRINTERS.md, the table of bits).

use std::fmt;

use protocol::frames::PrinterStatus;

/// The state of a printer as far as it has said; nothing is assumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    offline: Option<bool>,
    waiting_for_recovery: Option<bool>,
    cover_open: Option<bool>,
    paper_end: Option<bool>,
    stopped_at_paper_end: Option<bool>,
    paper_low: Option<bool>,
    recoverable: Option<bool>,
    cutter: Option<bool>,
    unrecoverable: Option<bool>,
    overheated: Option<bool>,
}

/// Why a printer cannot print now, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The cover is open.
    CoverOpen,
    /// The paper is out.
    PaperEnd,
    /// The cutter is stuck.
    Cutter,
    /// It needs service.
    Unrecoverable,
    /// The head is too hot or the voltage wrong; it goes on by itself.
    Overheated,
    /// An error that an operator clears.
    Recoverable,
    /// It waits for an operator to go on.
    WaitingForRecovery,
    /// It is offline and does not say why.
    Offline,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CoverOpen => "the cover is open",
            Self::PaperEnd => "out of paper",
            Self::Cutter => "the cutter is stuck: clear it, then resume the printer",
            Self::Unrecoverable => "the printer reports a fault that needs service: switch it off and on",
            Self::Overheated => "the print head is too hot; it goes on by itself",
            Self::Recoverable => "the printer reports an error: clear it, then resume the printer",
            Self::WaitingForRecovery => "the printer waits for its error to be cleared",
            Self::Offline => "the printer is offline",
        })
    }
}

impl Health {
    /// Takes the answer to `DLE EOT n`.
    pub fn answer(&mut self, n: u8, bits: u8) {
        let bit = |mask: u8| Some(bits & mask != 0);
        match n {
            1 => {
                self.offline = bit(0x08);
                self.waiting_for_recovery = bit(0x20);
            }
            2 => {
                self.cover_open = bit(0x04);
                self.stopped_at_paper_end = bit(0x20);
            }
            3 => {
                self.recoverable = bit(0x04);
                self.cutter = bit(0x08);
                self.unrecoverable = bit(0x20);
                self.overheated = bit(0x40);
            }
            4 => {
                self.paper_low = bit(0x0C);
                self.paper_end = bit(0x60);
            }
            _ => {}
        }
    }

    /// What only `DLE EOT n` could have said is no longer known: it was asked and not answered.
    pub fn forget(&mut self, n: u8) {
        match n {
            1 => (self.offline, self.waiting_for_recovery) = (None, None),
            2 => (self.cover_open, self.stopped_at_paper_end) = (None, None),
            3 => {
                (self.recoverable, self.cutter) = (None, None);
                (self.unrecoverable, self.overheated) = (None, None);
            }
            _ => (self.paper_low, self.paper_end) = (None, None),
        }
    }

    /// Takes an automatic status.
    pub fn automatic(&mut self, [first, second, third, _]: [u8; 4]) {
        self.offline = Some(first & 0x08 != 0);
        self.cover_open = Some(first & 0x20 != 0);
        self.waiting_for_recovery = Some(second & 0x01 != 0);
        self.recoverable = Some(second & 0x04 != 0);
        self.cutter = Some(second & 0x08 != 0);
        self.unrecoverable = Some(second & 0x20 != 0);
        self.overheated = Some(second & 0x40 != 0);
        self.paper_low = Some(third & 0x03 != 0);
        self.paper_end = Some(third & 0x0C != 0);
        self.stopped_at_paper_end = self.paper_end;
    }

    /// Takes Star's automatic status. Its errors that an operator clears are told as cutter and unrecoverable ones.
    pub fn star(&mut self, [first, second, _, paper]: [u8; 4]) {
        self.offline = Some(first & 0x08 != 0);
        self.cover_open = Some(first & 0x20 != 0);
        self.cutter = Some(second & 0x08 != 0);
        self.unrecoverable = Some(second & 0x20 != 0);
        self.overheated = Some(second & 0x40 != 0);
        self.paper_low = Some(paper & 0x06 != 0);
        self.paper_end = Some(paper & 0x08 != 0);
    }

    /// What keeps it from printing, the most telling first.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        let all = [
            (self.cover_open, Trouble::CoverOpen),
            (self.paper_end, Trouble::PaperEnd),
            (self.stopped_at_paper_end, Trouble::PaperEnd),
            (self.cutter, Trouble::Cutter),
            (self.unrecoverable, Trouble::Unrecoverable),
            (self.overheated, Trouble::Overheated),
            (self.recoverable, Trouble::Recoverable),
            (self.waiting_for_recovery, Trouble::WaitingForRecovery),
            (self.offline, Trouble::Offline),
        ];
        all.into_iter()
            .find_map(|(seen, trouble)| (seen == Some(true)).then_some(trouble))
    }

    /// The status for the relay; `obstacle` is what the press itself found, such as "busy".
    #[must_use]
    pub fn report(&self, printer: &str, obstacle: Option<&str>) -> PrinterStatus {
        let trouble = self.trouble();
        let paper = match (self.paper_end, self.paper_low) {
            _ if trouble == Some(Trouble::PaperEnd) => "out",
            (_, Some(true)) => "low",
            (Some(_), _) => "ok",
            (None, _) => "unknown",
        };
        let cover = match self.cover_open {
            Some(true) => "open",
            Some(false) => "closed",
            None => "unknown",
        };
        PrinterStatus {
            printer: printer.to_owned(),
            online: obstacle.is_none() && trouble.is_none(),
            paper: paper.to_owned(),
            cover: cover.to_owned(),
            error: obstacle
                .map(str::to_owned)
                .or_else(|| trouble.map(|trouble| trouble.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_every_answer_are_those_of_the_table() {
        let cases = [
            (1, 0x1A, Some(Trouble::Offline)),
            (1, 0x32, Some(Trouble::WaitingForRecovery)),
            (1, 0x56, None),
            (2, 0x16, Some(Trouble::CoverOpen)),
            (2, 0x32, Some(Trouble::PaperEnd)),
            (2, 0x1A, None),
            (3, 0x16, Some(Trouble::Recoverable)),
            (3, 0x1A, Some(Trouble::Cutter)),
            (3, 0x32, Some(Trouble::Unrecoverable)),
            (3, 0x52, Some(Trouble::Overheated)),
            (4, 0x1E, None),
            (4, 0x72, Some(Trouble::PaperEnd)),
        ];
        for (n, bits, trouble) in cases {
            let mut health = Health::default();
            health.answer(n, bits);
            assert_eq!(health.trouble(), trouble, "DLE EOT {n}: {bits:02X}");
        }
    }

    #[test]
    fn an_automatic_status_says_it_all_at_once() {
        let cases = [
            ([0x10, 0, 0, 0], None),
            ([0x14, 0, 3, 0], None),
            ([0x18, 0, 0, 0], Some(Trouble::Offline)),
            ([0x38, 0, 0, 0], Some(Trouble::CoverOpen)),
            ([0x18, 0, 0x0C, 0], Some(Trouble::PaperEnd)),
            ([0x18, 0x08, 0, 0], Some(Trouble::Cutter)),
            ([0x18, 0x20, 0, 0], Some(Trouble::Unrecoverable)),
            ([0x18, 0x40, 0, 0], Some(Trouble::Overheated)),
            ([0x18, 0x04, 0, 0], Some(Trouble::Recoverable)),
            ([0x10, 0x01, 0, 0], Some(Trouble::WaitingForRecovery)),
        ];
        for (group, trouble) in cases {
            let mut health = Health::default();
            health.automatic(group);
            assert_eq!(health.trouble(), trouble, "{group:02X?}");
        }
    }

    #[test]
    fn near_end_is_low_and_nothing_said_is_unknown() {
        let mut health = Health::default();
        assert_eq!(health.report("bar", None).paper, "unknown");
        health.automatic([0x10, 0, 3, 0]);
        let report = health.report("bar", None);
        assert_eq!(
            (report.online, report.paper.as_str(), report.cover.as_str()),
            (true, "low", "closed")
        );
        assert!(!health.report("bar", Some("busy")).online);
    }
}
