//! What the network says when it is asked for printers.

use std::collections::HashMap;

use agent::discovery::{Found, mdns as multicast, snmp as management};
use mdns_sd::ServiceInfo;

/// The longest that a person is shown of one field: 80 characters, each perhaps escaped, and a mark for what was cut.
const FIELD_MAX: usize = 81 * "\\u{10ffff}".len();

/// A field goes to a terminal and into a page: nothing in it may act there.
fn harmless(found: &Found) {
    for field in [&found.maker, &found.model, &found.serial, &found.note]
        .into_iter()
        .flatten()
    {
        assert!(!field.is_empty() && field.len() <= FIELD_MAX, "{field:?}");
        assert!(!field.chars().any(char::is_control), "{field:?}");
    }
}

/// A datagram that came as an answer.
pub(crate) fn snmp(bytes: &[u8]) {
    if let Some(found) = management::read(bytes) {
        harmless(&found);
    }
}

/// A packet that came by multicast; and its lines as the fields of an announcement.
pub(crate) fn mdns(bytes: &[u8]) {
    let mut reply = bytes.to_vec();
    // A reply asks nothing; of questions the library's own check says more than its reader holds.
    if let Some(questions) = reply.get_mut(4..6) {
        questions.fill(0);
    }
    mdns_sd::fuzz_api::parse_packet(&reply);
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let (name, host, port) = (line(), format!("{}.local.", line()), line().len());
    let said: HashMap<String, String> = ["usb_MFG", "usb_MDL", "ty", "note"]
        .map(|key| (key.to_owned(), line()))
        .into();
    let port = u16::try_from(port).unwrap_or(u16::MAX);
    let Ok(info) = ServiceInfo::new(
        "_pdl-datastream._tcp.local.",
        &name,
        &host,
        "10.0.0.7",
        port,
        said,
    ) else {
        return;
    };
    if let Some((_, found)) = multicast::printer(&info.as_resolved_service()) {
        assert_eq!(found.address, format!("tcp://10.0.0.7:{port}"));
        harmless(&found);
    }
}
