//! What lies on the floor under the printers: read from the virtual printers, not from what anybody says.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What every test item's name begins with: no other word on a ticket does.
pub(super) const MARK: &str = "LT";

/// Banners of a copy that says that it is one.
const COPIES: [&str; 2] = ["POSSIBLE DUPLICATE", "REPRINT"];

/// A whole ticket on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paper {
    /// The printer that it came out of.
    pub(super) printer: &'static str,
    /// Its place among that printer's papers.
    pub(super) place: usize,
    /// Whether it says that it is a copy.
    pub(super) is_marked: bool,
    /// The short id of its job, from its foot.
    pub(super) job: String,
}

/// All papers so far, by the item that they name.
#[derive(Debug, Default)]
pub(super) struct Papers(Mutex<Floor>);

#[derive(Debug, Default)]
struct Floor {
    papers: HashMap<String, Vec<Paper>>,
    fallen: HashMap<&'static str, (usize, Instant)>,
}

impl Papers {
    /// Reads a printer's papers until it ends.
    pub(super) fn collect(&self, printer: &'static str, said: impl BufRead) {
        for line in said.lines().map_while(Result::ok) {
            let Ok(paper) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            if let Some(text) = paper.get("text").and_then(Value::as_str) {
                self.fell(printer, text);
            }
        }
    }

    /// The papers that name this item.
    pub(super) fn of(&self, item: &str) -> Vec<Paper> {
        self.with(|floor| floor.papers.get(item).cloned().unwrap_or_default())
    }

    /// Items that are on paper.
    pub(super) fn items(&self) -> usize {
        self.with(|floor| floor.papers.len())
    }

    /// How long ago the last paper came out of a printer.
    pub(super) fn quiet_for(&self, printer: &str) -> Duration {
        self.with(|floor| {
            floor
                .fallen
                .get(printer)
                .map_or(Duration::MAX, |(_, at)| at.elapsed())
        })
    }

    fn fell(&self, printer: &'static str, text: &str) {
        self.with(|floor| {
            let fallen = floor.fallen.entry(printer).or_insert((0, Instant::now()));
            *fallen = (fallen.0 + 1, Instant::now());
            let place = fallen.0;
            // Without a foot it is a scrap: a ticket that was interrupted.
            if let (Some(item), Some(job)) = (item(text), foot(text)) {
                let is_marked = COPIES.iter().any(|copy| text.contains(copy));
                floor.papers.entry(item).or_default().push(Paper {
                    printer,
                    place,
                    is_marked,
                    job,
                });
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Floor) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The test item that a ticket names; the last one, since a scrap of the ticket before may stand above.
fn item(text: &str) -> Option<String> {
    let is_item = |word: &&str| {
        let digits = word
            .strip_prefix(MARK)
            .and_then(|rest| rest.strip_suffix(['K', 'B']));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.split_whitespace().rfind(is_item).map(str::to_owned)
}

/// The short id in the foot of a whole ticket.
fn foot(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().rev();
    let mut last = words.next()?;
    for word in words {
        if word == "job" {
            return Some(last.to_owned());
        }
        last = word;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_ticket_is_known_by_its_item_and_its_foot_and_a_scrap_is_not() {
        let papers = Papers::default();
        papers.fell("kitchen", "KITCHEN\n2 x LT17K\n1 item | job 0123abcd\n");
        papers.fell(
            "kitchen",
            "POSSIBLE DUPLICATE first try 19:42\n2 x LT17K\n1 item job 0123abcd",
        );
        papers.fell("kitchen", "KITCHEN\n2 x LT18K\n");
        let found = papers.of("LT17K");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].is_marked, found[1].is_marked), (false, true));
        assert_eq!((found[1].place, found[1].job.as_str()), (2, "0123abcd"));
        assert_eq!(papers.items(), 1);
    }
}
