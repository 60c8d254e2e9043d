//! A press that does not come back from its driver: told like any printer that is down.
//!
//! The service manager is not told: the other printers print, and a restart would cost them their tickets in
//! progress. The watchdog is for an agent that cannot work at all (DELIVERY.md, A3 and A4).

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::frames::PrinterStatus;

/// Longer than any wait of a press: 10 s for a print queue's answer, 3 s for a connection, and a tired disk. With
/// [`super::ALARM_AFTER`] a slip tells of it within the minute.
pub const HUNG_AFTER: Duration = Duration::from_secs(30);

/// What is told of such a printer.
const HANGS: &str =
    "this computer's driver for the printer hangs: switch the printer off and on, then restart the agent";

/// The presses that hang, and what their printers said before.
#[derive(Debug, Default)]
pub struct Hung {
    before: BTreeMap<String, Option<PrinterStatus>>,
}

impl Hung {
    /// What is news: `silences` are those of the running presses, `said` is what is told of each printer now.
    pub fn look(
        &mut self,
        silences: &BTreeMap<String, Duration>,
        said: &BTreeMap<String, PrinterStatus>,
    ) -> Vec<PrinterStatus> {
        self.before.retain(|name, _| silences.contains_key(name));
        let news = |(name, silence): (&String, &Duration)| match *silence >= HUNG_AFTER {
            true => self.hangs(name, said.get(name)),
            false => self.is_back(name, said.get(name)),
        };
        silences.iter().filter_map(news).collect()
    }

    fn hangs(&mut self, name: &str, said: Option<&PrinterStatus>) -> Option<PrinterStatus> {
        if self.before.contains_key(name) {
            return None;
        }
        self.before.insert(name.to_owned(), said.cloned());
        let unknown = "unknown".to_owned();
        Some(PrinterStatus {
            printer: name.to_owned(),
            online: false,
            paper: said.map_or_else(|| unknown.clone(), |said| said.paper.clone()),
            cover: said.map_or_else(|| unknown.clone(), |said| said.cover.clone()),
            error: Some(HANGS.to_owned()),
        })
    }

    /// The press tells its news alone: where it has none, what it said before holds again.
    fn is_back(&mut self, name: &str, said: Option<&PrinterStatus>) -> Option<PrinterStatus> {
        let before = self.before.remove(name)?;
        let still = said.is_some_and(|said| said.error.as_deref() == Some(HANGS));
        before.filter(|_| still)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> PrinterStatus {
        PrinterStatus {
            printer: "grill".to_owned(),
            online: true,
            paper: "low".to_owned(),
            cover: "closed".to_owned(),
            error: None,
        }
    }

    fn silence(seconds: u64) -> BTreeMap<String, Duration> {
        BTreeMap::from([("grill".to_owned(), Duration::from_secs(seconds))])
    }

    fn said(status: PrinterStatus) -> BTreeMap<String, PrinterStatus> {
        BTreeMap::from([("grill".to_owned(), status)])
    }

    #[test]
    fn a_press_that_hangs_is_told_once_and_what_it_said_before_holds_when_it_is_back() {
        let mut hung = Hung::default();
        assert_eq!(hung.look(&silence(29), &said(ready())), []);
        let [told] = hung.look(&silence(30), &said(ready())).try_into().unwrap();
        assert!(!told.online && told.paper == "low" && told.error.as_ref().unwrap().contains("hangs"));
        assert_eq!(hung.look(&silence(31), &said(told.clone())), []);
        assert_eq!(hung.look(&silence(0), &said(told)), [ready()]);
        assert_eq!(hung.look(&silence(0), &said(ready())), []);
    }

    #[test]
    fn what_the_press_says_itself_when_it_is_back_is_newer() {
        let mut hung = Hung::default();
        hung.look(&silence(30), &said(ready()));
        let newer = PrinterStatus {
            paper: "out".to_owned(),
            online: false,
            ..ready()
        };
        assert_eq!(hung.look(&silence(0), &said(newer)), []);
    }
}
