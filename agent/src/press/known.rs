//! What is known of a printer from its probe, kept in the spool across restarts.

use protocol::Evidence;
use serde::{Deserialize, Serialize};

use super::commands::Fact;

/// The result of a probe. A printer that answered nothing has none: silence is asked about again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The strongest proof it can give.
    pub level: Evidence,
    /// `GS I 66`.
    pub maker: Option<String>,
    /// `GS I 67`.
    pub model: Option<String>,
    /// `GS I 65`.
    pub firmware: Option<String>,
    /// `GS I 68`.
    pub serial: Option<String>,
}

impl Known {
    /// A printer of which nothing but its answering is known.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            level: Evidence::C,
            maker: None,
            model: None,
            firmware: None,
            serial: None,
        }
    }

    /// What it answered to a question about itself.
    #[must_use]
    pub fn fact(&self, fact: Fact) -> Option<&str> {
        match fact {
            Fact::Firmware => self.firmware.as_deref(),
            Fact::Maker => self.maker.as_deref(),
            Fact::Model => self.model.as_deref(),
            Fact::Serial => self.serial.as_deref(),
        }
    }

    pub(super) fn learn(&mut self, fact: Fact, answer: String) {
        let slot = match fact {
            Fact::Firmware => &mut self.firmware,
            Fact::Maker => &mut self.maker,
            Fact::Model => &mut self.model,
            Fact::Serial => &mut self.serial,
        };
        *slot = Some(answer);
    }

    /// Whether the maker's name says that `GS ( H` function 48 is known. Clones print what they do not
    /// understand, so nobody else is asked.
    #[must_use]
    pub fn knows_marks(&self) -> bool {
        self.maker
            .as_deref()
            .is_some_and(|maker| maker.to_ascii_uppercase().contains("EPSON"))
    }

    /// The text for the spool's memory.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The text of an earlier [`Known::encode`]; anything else is a printer not yet probed.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The spool's key for what is known of a printer.
#[must_use]
pub fn key(printer: &str) -> String {
    format!("printer.{printer}.known")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probed_is_read_again() {
        let mut known = Known::nothing();
        known.learn(Fact::Maker, "Seiko Epson".to_owned());
        assert!(known.knows_marks());
        assert_eq!(Known::decode(&known.encode()), Some(known));
        assert_eq!(Known::decode(""), None);
    }
}
