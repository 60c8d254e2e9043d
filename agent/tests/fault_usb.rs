//! The USB faults of DELIVERY.md, named after their ids, on the simulated bus of tests/usb: the agent's own port,
//! press and spool, with the virtual printer behind the bus.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails in a test shall fail"
)]

mod press_kit;
mod usb_bus;

use std::time::Duration;

use agent::port::{self, Address, OpenError, Port};
use press_kit::Kitchen;
use protocol::{Evidence, JobState};
use usb_bus::{Bus, Plugged};
use virtual_printer::{Config, Fault, VirtualPrinter};

/// In a ticket of some 250 bytes, after the questions that come first.
const MID_TICKET: u32 = 100;

fn printer() -> VirtualPrinter {
    VirtualPrinter::start(Config::default()).unwrap()
}

/// A kitchen whose printer is plugged in and has printed one ticket.
fn kitchen(bus: &mut Bus, address: &str, serial: Option<&str>) -> (Kitchen, Plugged) {
    let printer = printer();
    let plugged = bus.plug(0, serial, &printer);
    let mut kitchen = Kitchen::at(printer, address.to_owned());
    kitchen.order("order-00");
    let job = kitchen.becomes("order-00", JobState::Printed);
    assert_eq!(
        (job.evidence, kitchen.papers("order-00")),
        (Some(Evidence::A), vec![false])
    );
    (kitchen, plugged)
}

/// The connection stays open between two tickets, and the last look holds: the next one goes out at once.
fn evening_without_a_pause(kitchen: &mut Kitchen) {
    kitchen.limits.idle = Duration::from_secs(600);
    kitchen.limits.fresh = Duration::from_secs(600);
    kitchen.start();
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
}

fn is_held(kitchen: &Kitchen, order: &str, why: &str) {
    kitchen.wait(&format!("{order} is held: {why}"), |kitchen| {
        let job = kitchen.job(order);
        job.state == JobState::Held && job.detail.is_some_and(|detail| detail.contains(why))
    });
    assert!(kitchen.alarmed(why));
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u1_unplugged_in_the_middle_of_a_ticket_and_found_again_at_another_port() {
    let mut bus = Bus::connect();
    let address = bus.address();
    // Without the number in the address: the agent remembers whom it printed to.
    for address in [format!("{address}:J4ZF1"), address] {
        let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("J4ZF1"));
        bus.on(plugged, &format!("gone {MID_TICKET}"));
        kitchen.order("order-01");
        kitchen.becomes("order-01", JobState::Unconfirmed);
        assert!(kitchen.alarmed("did #2 of kitchen print?"));
        // At its old port somebody else is plugged in, with the same ids.
        let stranger = printer();
        let twin = bus.plug(0, Some("J4ZF2"), &stranger);
        let back = bus.plug(1, Some("J4ZF1"), &kitchen.printer);
        let job = kitchen.becomes("order-01", JobState::Printed);
        assert_eq!((job.attempt, kitchen.doubts("order-01")), (2, 1));
        // The scrap is no whole paper, and what came whole is marked.
        assert_eq!(kitchen.papers("order-01"), [true]);
        assert_eq!((bus.stat(twin, "taken"), stranger.bytes_received()), (0, 0));
        drop(kitchen);
        bus.on(twin, "unplug");
        bus.on(back, "unplug");
    }
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u1_unplugged_between_two_tickets_leaves_no_doubt() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    evening_without_a_pause(&mut kitchen);
    bus.on(plugged, "unplug");
    kitchen.order("order-02");
    is_held(&kitchen, "order-02", "is not there");
    bus.plug(1, Some("A1"), &kitchen.printer);
    let job = kitchen.becomes("order-02", JobState::Printed);
    assert_eq!((job.attempt, kitchen.doubts("order-02")), (1, 0));
    assert_eq!(kitchen.papers("order-02"), [false]);
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u1_unplugged_in_the_first_packet_of_a_ticket_is_a_doubt() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    evening_without_a_pause(&mut kitchen);
    // Right behind it, with no question in between.
    bus.on(plugged, "gone 30");
    kitchen.order("order-02");
    kitchen.becomes("order-02", JobState::Unconfirmed);
    bus.plug(1, Some("A1"), &kitchen.printer);
    assert_eq!(kitchen.becomes("order-02", JobState::Printed).attempt, 2);
    assert_eq!(kitchen.papers("order-02"), [true]);
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u2_a_twin_with_the_same_ids_is_never_taken_for_our_printer() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    let stranger = printer();
    let twin = bus.plug(1, Some("B2"), &stranger);
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
    kitchen.stop();
    bus.on(plugged, "unplug");
    kitchen.start();
    kitchen.order("order-02");
    is_held(&kitchen, "order-02", "new printer?");
    let named: Address = format!("{address}:A1").parse().unwrap();
    assert!(matches!(
        port::open(&named).map(|_| ()),
        Err(OpenError::Missing(_))
    ));
    assert_eq!((bus.stat(twin, "taken"), bus.stat(twin, "claims")), (0, 0));
    let back = bus.plug(2, Some("A1"), &kitchen.printer);
    let job = kitchen.becomes("order-02", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-02")), (1, vec![false]));
    assert_eq!(stranger.bytes_received(), 0);
    // Once a person accepts the other one, it is the printer.
    kitchen.stop();
    bus.on(back, "unplug");
    kitchen.start();
    kitchen.order("order-03");
    is_held(&kitchen, "order-03", "new printer?");
    kitchen.probe();
    kitchen.becomes("order-03", JobState::Printed);
    assert_eq!(stranger.papers_cut(), 1);
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u2_twins_without_numbers_are_told_apart_by_their_ports_alone() {
    let mut bus = Bus::connect();
    let first = bus.plug_as(0, None, 0, "");
    let second = bus.plug_as(1, None, 0, "");
    let address: Address = bus.address().parse().unwrap();
    assert!(matches!(
        port::open(&address).map(|_| ()),
        Err(OpenError::Ambiguous(_))
    ));
    let found = port::usb_printers().unwrap();
    let place = bus.port(1);
    let shown = found.iter().find(|found| found.place == place).unwrap();
    assert_eq!(shown.address.to_string(), format!("{}:@{place}", bus.address()));
    assert_eq!(
        (shown.maker.as_deref(), shown.model.as_deref()),
        (Some("EPSON"), Some("TM-T88V"))
    );
    write_all(&mut *port::open(&shown.address).unwrap(), b"ticket");
    assert_eq!(
        (bus.taken(first), bus.taken(second)),
        (Vec::new(), b"ticket".to_vec())
    );
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u3_claimed_by_another_program() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    kitchen.stop();
    bus.on(plugged, "claim 1");
    kitchen.start();
    kitchen.order("order-01");
    is_held(&kitchen, "order-01", "in use by another program");
    let claims = bus.stat(plugged, "claims");
    bus.on(plugged, "claim 0");
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-01")), (1, vec![false]));
    assert!(bus.stat(plugged, "claims") > claims);
    // A dead one is not called busy.
    kitchen.stop();
    bus.on(plugged, "unplug");
    kitchen.start();
    kitchen.order("order-02");
    is_held(&kitchen, "order-02", "is not there");
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u4_short_writes_and_stalls_go_on_at_the_exact_offset() {
    let mut bus = Bus::connect();
    let ticket: Vec<u8> = (0..20_000_u32)
        .flat_map(|n| n.to_le_bytes())
        .take(20_000)
        .collect();
    let plugged = bus.plug_as(0, Some("A1"), 0, "");
    let mut port = port::open(&bus.address().parse().unwrap()).unwrap();
    let mut sent = 0;
    for (step, fault) in [
        "short 7",
        "short 63",
        "short 0",
        "stall 777",
        "stall 64",
        "stall 1",
        "hold 1000",
        "hold 0",
    ]
    .iter()
    .enumerate()
    {
        bus.on(plugged, fault);
        // Over the place of the fault; a held printer takes no more until it is let go.
        let until = if fault.starts_with("hold") {
            sent
        } else {
            (step + 1) * 2000
        };
        while sent < until {
            sent += some(&mut *port, &ticket[sent..]);
        }
        if fault.starts_with("hold") {
            sent += until_held(&mut *port, &ticket[sent..]);
            bus.on(plugged, "go");
        }
        assert_eq!(bus.taken(plugged), ticket[..sent], "{fault}");
    }
    write_all(&mut *port, &ticket[sent..]);
    port.close();
    assert!(bus.taken(plugged) == ticket, "every byte once and in order");
    assert_eq!(bus.stat(plugged, "halts"), 3);
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u4_tickets_survive_short_writes_and_stalls_unmarked() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    for (order, fault) in [
        ("order-01", "short 5".to_owned()),
        ("order-02", format!("stall {MID_TICKET}")),
        ("order-03", format!("hold {MID_TICKET}")),
    ] {
        bus.on(plugged, &fault);
        kitchen.order(order);
        if fault.starts_with("hold") {
            kitchen.wait("it is said of the job", |kitchen| {
                kitchen.alarmed("the printer takes no data")
            });
            assert_eq!(kitchen.state(order), JobState::Printing);
            bus.on(plugged, "go");
        }
        let job = kitchen.becomes(order, JobState::Printed);
        assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 1), "{fault}");
        assert_eq!(kitchen.papers(order), [false], "{fault}");
        bus.on(plugged, "short 0");
    }
    assert_eq!(bus.stat(plugged, "halts"), 1);
}

/// Off until nobody takes connections any more, and on until somebody answers: what is plugged in next meets the
/// printer that came back, not the one that went.
fn power_cycle(kitchen: &Kitchen) {
    use std::io::{Read as _, Write as _};
    let address = kitchen.printer.addr();
    let connect = || std::net::TcpStream::connect(address);
    let wait = |done: &dyn Fn() -> bool| {
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !done() {
            assert!(std::time::Instant::now() < end, "the printer's power");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    kitchen.fault(Fault::PowerOff);
    wait(&|| connect().is_err());
    kitchen.fault(Fault::PowerOn);
    wait(&|| {
        let Ok(mut stream) = connect() else { return false };
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream.write_all(&[0x10, 0x04, 0x01]).is_ok() && stream.read(&mut [0]).is_ok_and(|count| count == 1)
    });
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn fault_u6_the_first_job_after_a_suspend_is_whole() {
    let mut bus = Bus::connect();
    let address = bus.address();
    let (mut kitchen, plugged) = kitchen(&mut bus, &address, Some("A1"));
    // The lid closes with the connection open and the last look a moment old.
    evening_without_a_pause(&mut kitchen);
    // The bus loses its power, the printer too: the old device ends at its first use, and in the pipe of the new one
    // an old answer waits.
    bus.on(plugged, "gone 0");
    power_cycle(&kitchen);
    let again = bus.plug(1, Some("A1"), &kitchen.printer);
    bus.on(again, "say 1A1A");
    kitchen.sleep_for(Duration::from_secs(8 * 3600));
    kitchen.order("order-02");
    let job = kitchen.becomes("order-02", JobState::Printed);
    assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 1));
    assert_eq!(
        (kitchen.doubts("order-02"), kitchen.papers("order-02")),
        (0, vec![false])
    );
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn what_the_printer_said_to_an_earlier_program_is_no_answer_to_us() {
    let mut bus = Bus::connect();
    let plugged = bus.plug_as(0, Some("A1"), 0, "");
    bus.on(plugged, &format!("say {}", "12".repeat(100)));
    let mut port = port::open(&bus.address().parse().unwrap()).unwrap();
    port.set_read_timeout(Duration::from_millis(50)).unwrap();
    assert!(port::is_timeout(&port.read(&mut [0; 8]).unwrap_err()));
    bus.on(plugged, "say 16");
    assert_eq!(port.read(&mut [0; 8]).unwrap(), 1);
}

#[test]
#[ignore = "needs the simulated bus: tests/usb/ci.sh"]
fn a_printer_that_cannot_answer_tells_of_its_paper_by_the_port_status() {
    let mut bus = Bus::connect();
    let printer = printer();
    let plugged = bus.plug_as(0, None, printer.addr().port(), "noin");
    bus.on(plugged, "status 38");
    let mut kitchen = Kitchen::at(printer, bus.address());
    kitchen.order("order-01");
    is_held(&kitchen, "order-01", "out of paper");
    assert_eq!(bus.stat(plugged, "taken"), 0, "not one byte");
    bus.on(plugged, "status 18");
    let job = kitchen.becomes("order-01", JobState::Sent);
    assert_eq!(
        (job.evidence, kitchen.papers("order-01")),
        (Some(Evidence::C), vec![false])
    );
    assert!(bus.stat(plugged, "ids") > 0, "it was asked who it is");
}

/// Writes until the printer takes no more.
fn until_held(port: &mut dyn Port, bytes: &[u8]) -> usize {
    let (mut sent, mut refused) = (0, 0);
    while refused < 3 {
        let taken = some(port, &bytes[sent..]);
        sent += taken;
        refused = if taken == 0 { refused + 1 } else { 0 };
        assert!(sent < bytes.len(), "nothing was held");
    }
    sent
}

/// One write, as the press does it: a port that ran out of time has moved nothing.
fn some(port: &mut dyn Port, bytes: &[u8]) -> usize {
    match port.write(&bytes[..bytes.len().min(4096)]) {
        Ok(len) => len,
        Err(error) if port::is_timeout(&error) => 0,
        Err(error) => unreachable!("{error}"),
    }
}

fn write_all(port: &mut dyn Port, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        bytes = &bytes[some(port, bytes)..];
    }
}
