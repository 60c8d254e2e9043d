//! Finds printers: on this computer always, on the network on the user's word alone.
//!
//! What devices and the network say is data: it is bounded, and escaped before anybody sees it.

mod devices;
pub mod mdns;
pub mod probe;
pub mod profile;
mod queues;
pub mod snmp;
mod subnet;
mod text;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Serialize;

pub use subnet::{Subnet, SubnetError};
pub use text::plain;

/// The most printers that one scan shows: a network that says more is not to be believed.
pub const FOUND_MAX: usize = 256;

/// Characters of one field; the longest that real printers say have about 60.
const FIELD_MAX: usize = 80;

/// Where to look beside this computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Ask by multicast DNS.
    pub mdns: bool,
    /// Ask the printers that mDNS or the subnet found for their names, by SNMP.
    pub snmp: bool,
    /// Try port 9100 of every address in it.
    pub subnet: Option<Subnet>,
}

/// A printer that may be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// As agent.toml writes it.
    pub address: String,
    /// How it was found: `usb`, `serial`, `cups`, `windows`, `mdns`, `snmp` or `9100`, joined by `+`.
    pub how: String,
    /// Its maker.
    pub maker: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Where it stands, what stands in its way.
    pub note: Option<String>,
}

/// What a scan found, and what it could not look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// Ordered by kind and address, at most [`FOUND_MAX`].
    pub found: Vec<Found>,
    /// One sentence for each place that could not be looked at.
    pub problems: Vec<String>,
}

/// Looks. Takes up to 3 s for mDNS, 7 s for a subnet of 1,024 addresses and some for SNMP.
#[must_use]
pub fn scan(wanted: &Wanted) -> Scan {
    let mut scan = Scan::default();
    scan.take("USB", devices::usb());
    scan.take("serial ports", devices::lines());
    scan.take("print queues", queues::queues());
    let mut hosts = BTreeMap::new();
    if wanted.mdns {
        scan.network("mDNS", mdns::browse(), &mut hosts);
    }
    if let Some(subnet) = &wanted.subnet {
        scan.network("port 9100", subnet::open(subnet), &mut hosts);
    }
    if wanted.snmp {
        snmp::ask_all(&mut hosts);
    }
    scan.found.extend(hosts.into_values());
    scan.found.truncate(FOUND_MAX);
    scan
}

/// What one place gave, or why it could not be looked at.
type Looked<T> = Result<Vec<T>, String>;

/// Network printers by address and port.
type Hosts = BTreeMap<(Ipv4Addr, u16), Found>;

impl Scan {
    fn take(&mut self, place: &str, looked: Looked<Found>) {
        match looked {
            Ok(found) => self.found.extend(found.into_iter().take(FOUND_MAX)),
            Err(problem) => self.problems.push(format!("{place}: {problem}")),
        }
    }

    fn network(&mut self, place: &str, looked: Looked<(Ipv4Addr, Found)>, hosts: &mut Hosts) {
        match looked {
            Ok(found) => found.into_iter().for_each(|(ip, found)| merge(hosts, ip, found)),
            Err(problem) => self.problems.push(format!("{place}: {problem}")),
        }
    }
}

/// The same printer found twice is one; what the first place said of it stays.
fn merge(hosts: &mut Hosts, ip: Ipv4Addr, found: Found) {
    let port = found
        .address
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(0);
    if hosts.len() >= FOUND_MAX && !hosts.contains_key(&(ip, port)) {
        return;
    }
    match hosts.get_mut(&(ip, port)) {
        Some(known) => known.also(found),
        None => drop(hosts.insert((ip, port), found)),
    }
}

impl Found {
    /// A printer of which nothing but its address is known.
    fn at(address: String, how: &str) -> Self {
        Self {
            address,
            how: how.to_owned(),
            ..Self::default()
        }
    }

    fn also(&mut self, other: Self) {
        if !self.how.split('+').any(|how| how == other.how) {
            self.how = format!("{}+{}", self.how, other.how);
        }
        let fill = |slot: &mut Option<String>, value: Option<String>| *slot = slot.take().or(value);
        fill(&mut self.maker, other.maker);
        fill(&mut self.model, other.model);
        fill(&mut self.serial, other.serial);
        fill(&mut self.note, other.note);
    }
}

/// A field as a device said it; none where it said nothing.
fn field(text: impl AsRef<[u8]>) -> Option<String> {
    Some(plain(&String::from_utf8_lossy(text.as_ref()), FIELD_MAX)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_found_twice_is_one_and_keeps_what_both_said() {
        let (mut hosts, ip) = (Hosts::new(), Ipv4Addr::LOCALHOST);
        let named = Found {
            model: Some("TM-T20".into()),
            ..Found::at("tcp://127.0.0.1:9100".into(), "mdns")
        };
        merge(&mut hosts, ip, named);
        let located = Found {
            model: Some("other".into()),
            note: Some("bar".into()),
            ..Found::at("tcp://127.0.0.1:9100".into(), "9100")
        };
        merge(&mut hosts, ip, located);
        let found = hosts.into_values().next().unwrap();
        assert_eq!(
            (found.how.as_str(), found.model.as_deref()),
            ("mdns+9100", Some("TM-T20"))
        );
        assert_eq!(found.note.as_deref(), Some("bar"));
    }

    #[test]
    fn x10_a_network_full_of_printers_is_bounded() {
        let mut hosts = Hosts::new();
        for number in 0..2000_u32 {
            let ip = Ipv4Addr::from(number);
            merge(&mut hosts, ip, Found::at(format!("tcp://{ip}:9100"), "mdns"));
        }
        assert_eq!(hosts.len(), FOUND_MAX);
    }
}
