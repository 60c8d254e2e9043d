//! A station as the people at it see it: paper in, paper out.

use std::time::Duration;

use anyhow::{Result, bail};
use virtual_printer::{Fault, Paper, VirtualPrinter};

/// Longest wait for a paper in a test; far more than it takes, for slow computers.
const PAPER_WITHIN: Duration = Duration::from_secs(30);

/// How often somebody looks at the printer.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A station's printer, and what one does to it.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    name: &'a str,
    printer: &'a VirtualPrinter,
}

impl<'a> At<'a> {
    /// The station of that name with its printer.
    #[must_use]
    pub fn new(name: &'a str, printer: &'a VirtualPrinter) -> Self {
        Self { name, printer }
    }

    /// Takes the roll out.
    pub fn take_paper(&self) {
        self.printer.fault(Fault::PaperOut);
    }

    /// Puts a roll in.
    pub fn load_paper(&self) {
        self.printer.fault(Fault::Refill);
    }

    /// Any other mishap.
    pub fn suffers(&self, fault: Fault) {
        self.printer.fault(fault);
    }

    /// Everything that came out so far.
    #[must_use]
    pub fn papers(&self) -> Vec<Paper> {
        self.printer.papers()
    }

    /// Waits for a paper with this text and gives it.
    ///
    /// # Errors
    /// Where none comes; the message shows what did.
    pub async fn prints(&self, text: &str) -> Result<Paper> {
        let deadline = tokio::time::Instant::now() + PAPER_WITHIN;
        loop {
            if let Some(paper) = self.papers().into_iter().find(|paper| has(paper, text)) {
                return Ok(paper);
            }
            if tokio::time::Instant::now() > deadline {
                bail!(
                    "{} did not print {text:?}; it printed:\n{}",
                    self.name,
                    self.all()
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// How many papers carry this text.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.papers().iter().filter(|paper| has(paper, text)).count()
    }

    fn all(&self) -> String {
        self.papers()
            .iter()
            .map(|paper| format!("{}\n-- cut --\n", paper.text))
            .collect()
    }
}

/// Letters are compared without blanks: a long name is wrapped, a large one is spread.
fn has(paper: &Paper, text: &str) -> bool {
    squeeze(&paper.text).contains(&squeeze(text))
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}
