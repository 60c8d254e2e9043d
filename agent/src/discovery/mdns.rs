//! Printers that announce themselves by multicast DNS as `_pdl-datastream._tcp` (RFC 6763; Bonjour Printing
//! Specification 1.2, "TXT record").

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};

use super::{FOUND_MAX, Found, Looked, field};

/// Raw printing, what port 9100 is called there.
const SERVICE: &str = "_pdl-datastream._tcp.local.";

/// Printers answer within 1 s; some lose the first question.
const LISTEN: Duration = Duration::from_secs(3);

/// Events that are looked at; a flood of them ends the listening.
const EVENTS_MAX: usize = 4 * FOUND_MAX;

/// How long the library may take to end.
const END: Duration = Duration::from_millis(500);

pub(super) fn browse() -> Looked<(Ipv4Addr, Found)> {
    let daemon = ServiceDaemon::new().map_err(|error| error.to_string())?;
    let found = listen(&daemon);
    if let Ok(ended) = daemon.shutdown() {
        let _ = ended.recv_timeout(END);
    }
    found
}

fn listen(daemon: &ServiceDaemon) -> Looked<(Ipv4Addr, Found)> {
    let events = daemon.browse(SERVICE).map_err(|error| error.to_string())?;
    let end = Instant::now() + LISTEN;
    let mut found = Vec::new();
    for _ in 0..EVENTS_MAX {
        let left = end.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(ServiceEvent::ServiceResolved(service)) => found.extend(printer(&service)),
            Ok(_) => {}
            Err(_) => break,
        }
        if found.len() >= FOUND_MAX {
            break;
        }
    }
    Ok(found)
}

/// What an announcement says of a printer; none where it has no address. The address is the number alone: a name would
/// be the network's word for where tickets go.
#[must_use]
pub fn printer(service: &ResolvedService) -> Option<(Ipv4Addr, Found)> {
    let ip = service.get_addresses_v4().into_iter().min()?;
    let said = |key| service.get_property_val(key).flatten().and_then(field);
    let port = service.get_port();
    if port == 0 {
        return None;
    }
    let found = Found {
        maker: said("usb_MFG"),
        model: said("usb_MDL").or_else(|| said("ty")),
        note: said("note"),
        ..Found::at(format!("tcp://{ip}:{port}"), "mdns")
    };
    Some((ip, found))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use mdns_sd::ServiceInfo;

    use super::*;

    #[test]
    fn x10_a_hostile_announcement_is_escaped_and_gives_an_address_and_nothing_more() {
        let said = HashMap::from([
            ("usb_MFG", "EPSON\u{1b}[2J".to_owned()),
            ("ty", "\u{202e}tpircs".to_owned()),
            ("note", "x".repeat(200)),
        ]);
        let said: HashMap<String, String> = said
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let info = ServiceInfo::new(SERVICE, "$(reboot)", "evil;rm -rf.local.", "10.0.0.7", 9101, said);
        let (ip, found) = printer(&info.unwrap().as_resolved_service()).unwrap();
        assert_eq!(ip, Ipv4Addr::new(10, 0, 0, 7));
        assert_eq!(found.address, "tcp://10.0.0.7:9101");
        assert_eq!(found.maker.as_deref(), Some("EPSON\\u{1b}[2J"));
        assert_eq!(found.model.as_deref(), Some("\\u{202e}tpircs"));
        assert_eq!(found.note.map(|note| note.chars().count()), Some(81));
    }

    #[test]
    fn an_announcement_without_an_address_is_no_printer() {
        let none: HashMap<String, String> = HashMap::new();
        let info = ServiceInfo::new(SERVICE, "a", "a.local.", (), 9100, none);
        assert!(printer(&info.unwrap().as_resolved_service()).is_none());
    }
}
