//! Room on this computer's disk: without it no ticket is taken, and a person hears of that where printers are shown.

use protocol::frames::PrinterStatus;

/// What is said while the spool refuses tickets.
const FULL: &str = "this computer's disk is full and takes no more tickets: make room on it";

/// What is known of the room.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Room {
    /// The spool refused a job, and has taken none since.
    refused: bool,
    /// So full, in per cent, that somebody should make room.
    used: Option<u8>,
}

impl Room {
    /// The spool refused a job for want of room. Whether that is news.
    pub fn refused(&mut self) -> bool {
        !std::mem::replace(&mut self.refused, true)
    }

    /// The spool took a job. Whether that is news.
    pub fn taken(&mut self) -> bool {
        std::mem::replace(&mut self.refused, false)
    }

    /// How full the disk is, from where it matters on. Whether that is news.
    pub fn used(&mut self, used: Option<u8>) -> bool {
        std::mem::replace(&mut self.used, used) != used
    }

    /// What the relay is told of a printer: its own trouble comes first.
    #[must_use]
    pub fn over(&self, mut status: PrinterStatus) -> PrinterStatus {
        let about = match (self.refused, self.used) {
            (true, _) => Some(FULL.to_owned()),
            (false, Some(used)) => Some(format!("this computer's disk is {used} % full: make room on it")),
            (false, None) => None,
        };
        status.error = status.error.or(about);
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(room: &Room, error: Option<&str>) -> Option<String> {
        let status = PrinterStatus {
            printer: "grill".to_owned(),
            online: true,
            paper: "ok".to_owned(),
            cover: "closed".to_owned(),
            error: error.map(str::to_owned),
        };
        room.over(status).error
    }

    #[test]
    fn fault_d2_a_full_disk_is_said_with_every_printer_until_there_is_room() {
        let mut room = Room::default();
        assert_eq!(said(&room, None), None);
        assert!(room.used(Some(91)) && !room.used(Some(91)));
        assert!(said(&room, None).unwrap().contains("91 % full"));
        assert!(room.refused() && !room.refused());
        assert!(said(&room, None).unwrap().contains("takes no more tickets"));
        assert_eq!(said(&room, Some("out of paper")).unwrap(), "out of paper");
        assert!(room.taken() && !room.taken());
        assert!(room.used(None));
        assert_eq!(said(&room, None), None);
    }
}
