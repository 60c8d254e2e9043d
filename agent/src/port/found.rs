//! What a scan finds, and what is remembered of a printer's device between two openings.

use serde::{Deserialize, Serialize};

use super::Address;

/// A device that may be a printer. Its texts come from the device: show them, never run them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What to write into agent.toml.
    pub address: Address,
    /// Its maker, as far as it says.
    pub maker: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number; it stands in the address where it tells it from its twins.
    pub serial: Option<String>,
    /// Where it is plugged in, such as `1-1.4` or `/dev/ttyUSB0`.
    pub place: String,
    /// Why it cannot be used as it is.
    pub problem: Option<String>,
}

/// The device behind an address, so that it is found when it moves and no other is taken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    address: String,
    device: String,
}

impl Remembered {
    /// The spool's key for it.
    #[must_use]
    pub fn key(printer: &str) -> String {
        format!("printer.{printer}.device")
    }

    /// The text for the spool's memory.
    #[must_use]
    pub fn encode(address: &Address, identity: &str) -> String {
        let remembered = Self {
            address: address.to_string(),
            device: identity.to_owned(),
        };
        serde_json::to_string(&remembered).unwrap_or_default()
    }

    /// The identity in an earlier [`Remembered::encode`]; none where the address has been changed since.
    #[must_use]
    pub fn decode(text: &str, address: &Address) -> Option<String> {
        let remembered: Self = serde_json::from_str(text).ok()?;
        (remembered.address == address.to_string()).then_some(remembered.device)
    }
}

/// What a device says of itself is data: no control characters, and nothing around it.
pub(super) fn clean(text: &str) -> String {
    let printable: String = text.chars().filter(|c| !c.is_control()).collect();
    printable.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_remembered_for_its_address_alone() {
        let address: Address = "usb:04b8:0202".parse().unwrap();
        let text = Remembered::encode(&address, "J4ZF");
        assert_eq!(Remembered::decode(&text, &address).as_deref(), Some("J4ZF"));
        let other = "usb:04b8:0e03".parse().unwrap();
        assert_eq!(
            Remembered::decode(&text, &other),
            None,
            "somebody wrote another printer there"
        );
        assert_eq!(Remembered::decode("", &address), None);
    }
}
