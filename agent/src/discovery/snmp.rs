//! Names and serial numbers by SNMP: Printer-MIB (RFC 3805) and Host Resources MIB (RFC 2790), read only.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use snmp2::{Oid, Pdu, SyncSession, Value};

use super::{Found, Hosts, field};

/// SNMP's port.
const PORT: u16 = 161;

/// What printers let everybody read with.
const COMMUNITY: &[u8] = b"public";

/// A printer on the same network answers within some milliseconds.
const WITHIN: Duration = Duration::from_millis(700);

/// Printers that are asked at the same time.
const AT_ONCE: usize = 16;

/// hrDeviceDescr.1: maker and model.
const DEVICE: &[u64] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1];
/// prtGeneralSerialNumber.1
const SERIAL: &[u64] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1];
/// prtGeneralPrinterName.1
const NAME: &[u64] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 16, 1];
/// sysLocation.0
const LOCATION: &[u64] = &[1, 3, 6, 1, 2, 1, 1, 6, 0];
/// sysDescr.0: the network interface, where nothing else answers.
const SYSTEM: &[u64] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];

/// Asks each of them, [`AT_ONCE`] at a time, one datagram (two where it knows version 1 alone).
pub(super) fn ask_all(hosts: &mut Hosts) {
    let mut addresses: Vec<Ipv4Addr> = hosts.keys().map(|(ip, _)| *ip).collect();
    addresses.dedup();
    let waiting = Mutex::new(addresses);
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let answers: Vec<(Ipv4Addr, Found)> = thread::scope(|scope| {
        let ask = || {
            let mut answers = Vec::new();
            while let Some(ip) = next() {
                answers.extend(ask(SocketAddrV4::new(ip, PORT)).map(|found| (ip, found)));
            }
            answers
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(ask)).collect();
        // An answer that makes the library panic counts as none.
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    });
    for (ip, found) in answers {
        for (_, known) in hosts.range_mut((ip, 0)..=(ip, u16::MAX)) {
            known.also(found.clone());
        }
    }
}

/// What a printer says of itself; none where it says nothing of use.
fn ask(to: SocketAddrV4) -> Option<Found> {
    found(version_2(to).or_else(|| version_1(to))?)
}

/// What a datagram says that came as an answer; none where it is none, or says nothing of use.
#[must_use]
pub fn read(datagram: &[u8]) -> Option<Found> {
    let answer = Pdu::from_bytes(datagram).ok()?;
    found(answer.varbinds.take(ASKED.len()).filter_map(text).collect())
}

fn found(mut said: Said) -> Option<Found> {
    let mut take = |key: &[u64]| {
        let at = said.iter().position(|(oid, _)| *oid == key)?;
        field(said.swap_remove(at).1)
    };
    let (device, system) = (take(DEVICE), take(SYSTEM));
    let found = Found {
        model: device.or_else(|| take(NAME)).or(system),
        serial: take(SERIAL),
        note: take(LOCATION),
        ..Found::at(String::new(), "snmp")
    };
    (found.model.is_some() || found.serial.is_some()).then_some(found)
}

/// Values by their object, at most one for each that was asked for.
type Said = Vec<(&'static [u64], Vec<u8>)>;

const ASKED: [&[u64]; 5] = [DEVICE, SERIAL, NAME, LOCATION, SYSTEM];

fn version_2(to: SocketAddrV4) -> Option<Said> {
    let mut session = SyncSession::new_v2c(to, COMMUNITY, Some(WITHIN), 1).ok()?;
    let oids: Vec<Oid<'static>> = ASKED.iter().filter_map(|oid| Oid::from(oid).ok()).collect();
    let oids: Vec<&Oid<'static>> = oids.iter().collect();
    let answer = session.get_many(&oids).ok()?;
    let said: Said = answer.varbinds.take(ASKED.len()).filter_map(text).collect();
    (!said.is_empty()).then_some(said)
}

/// Version 1 refuses a whole question for one unknown object, so it is asked one by one, for the names alone.
fn version_1(to: SocketAddrV4) -> Option<Said> {
    let mut session = SyncSession::new_v1(to, COMMUNITY, Some(WITHIN), 1).ok()?;
    let mut said = Said::new();
    for oid in [SYSTEM, DEVICE] {
        // Who does not answer the first question is not asked the second.
        let answer = session.get(&Oid::from(oid).ok()?).ok()?;
        said.extend(answer.varbinds.take(1).filter_map(text));
    }
    Some(said)
}

fn text((oid, value): (Oid<'_>, Value<'_>)) -> Option<(&'static [u64], Vec<u8>)> {
    let is = |key: &&&[u64]| oid.iter().is_some_and(|numbers| numbers.eq(key.iter().copied()));
    let key = ASKED.iter().find(is)?;
    match value {
        Value::OctetString(text) => Some((key, text.to_vec())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// A printer that answers each datagram as `answer` says.
    fn printer(answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> SocketAddrV4 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let std::net::SocketAddr::V4(address) = socket.local_addr().unwrap() else {
            unreachable!("bound to IPv4")
        };
        thread::spawn(move || {
            let mut asked = [0; 2048];
            while let Ok((len, from)) = socket.recv_from(&mut asked) {
                if let Some(answer) = answer(&asked[..len]) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        address
    }

    fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
        let len = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], len.as_slice(), content].concat()
    }

    /// One variable for each of the three objects that a printer knows.
    fn answer(version: u8, model: &[u8], serial: &[u8]) -> Vec<u8> {
        let device = [0x2B, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1];
        let number = [0x2B, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1];
        let variable = |oid: &[u8], text: &[u8]| ber(0x30, &[ber(6, oid), ber(4, text)].concat());
        let list = ber(
            0x30,
            &[variable(&device, model), variable(&number, serial)].concat(),
        );
        let pdu = [ber(2, &[1]), ber(2, &[0]), ber(2, &[0]), list].concat();
        ber(
            0x30,
            &[ber(2, &[version]), ber(4, COMMUNITY), ber(0xA2, &pdu)].concat(),
        )
    }

    #[test]
    fn a_printer_tells_its_model_and_serial_number() {
        let to = printer(|_| Some(answer(1, b"EPSON TM-T88VI", b"X4TK001")));
        let found = ask(to).unwrap();
        assert_eq!(found.model.as_deref(), Some("EPSON TM-T88VI"));
        assert_eq!(found.serial.as_deref(), Some("X4TK001"));
    }

    #[test]
    fn x10_hostile_answers_are_escaped_bounded_or_nothing() {
        let to = printer(|_| Some(answer(1, b"\x1b]52;c;ZXZpbA==\x07", &[b'9'; 5000])));
        let found = ask(to).unwrap();
        assert_eq!(found.model.as_deref(), Some("\\u{1b}]52;c;ZXZpbA==\\u{7}"));
        assert_eq!(found.serial.map(|serial| serial.chars().count()), Some(81));
        // Cut off at every length, and with every byte turned over: never more than an answer of ours.
        let whole = answer(1, b"TM", b"1");
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0xFF;
            for bytes in [whole[..at].to_vec(), bent] {
                let to = printer(move |_| Some(bytes.clone()));
                let _ = version_2(to);
            }
        }
    }

    #[test]
    fn who_does_not_answer_is_not_waited_for() {
        let began = std::time::Instant::now();
        assert!(ask(printer(|_| None)).is_none());
        assert!(began.elapsed() < 4 * WITHIN);
    }
}
