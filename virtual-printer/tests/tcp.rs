//! The printer on a socket: one client at a time, power cuts, silence, several printers at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot connect has failed")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use virtual_printer::{Config, Fault, VirtualPrinter, answer};

/// Longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for an answer that must not come.
const SILENCE: Duration = Duration::from_millis(100);

fn printer() -> VirtualPrinter {
    VirtualPrinter::start(Config::default()).unwrap()
}

fn client(printer: &VirtualPrinter) -> TcpStream {
    let stream = TcpStream::connect(printer.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn ask<const N: usize>(stream: &mut TcpStream, bytes: &[u8]) -> [u8; N] {
    stream.write_all(bytes).unwrap();
    let mut answer = [0; N];
    stream.read_exact(&mut answer).unwrap();
    answer
}

#[test]
fn a_ticket_over_tcp_is_a_paper_with_a_proof() {
    let printer = printer();
    let mut stream = client(&printer);
    let proof: [u8; 7] = ask(
        &mut stream,
        b"1 x Margherita\n\x1dVB\x03\x1d(H\x06\x00\x30\x30A142",
    );
    assert_eq!(&proof, b"\x37\x22A142\x00");
    let papers = printer.wait_papers(1, PATIENCE);
    assert_eq!(papers[0].text, "1 x Margherita\n");
    assert_eq!(printer.take_papers().len(), 1);
    assert!(printer.papers().is_empty());
}

#[test]
fn a_second_client_is_accepted_and_waits_for_the_first() {
    let printer = printer();
    let mut first = client(&printer);
    let _: [u8; 1] = ask(&mut first, b"\x10\x04\x01");
    let mut second = client(&printer);
    second.write_all(b"\x10\x04\x01").unwrap();
    second.set_read_timeout(Some(SILENCE)).unwrap();
    let mut byte = [0];
    let error = second.read_exact(&mut byte).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    drop(first);
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    second.read_exact(&mut byte).unwrap();
    assert_eq!(byte, [0x12]);
}

#[test]
fn a_power_cut_resets_refuses_and_comes_back_at_the_same_port() {
    let printer = printer();
    let mut stream = client(&printer);
    printer.fault(Fault::PowerCutAtByte(4));
    stream.write_all(b"one\ntwo\n").unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    until(|| TcpStream::connect(printer.addr()).is_err());
    printer.power_on();
    until(|| TcpStream::connect(printer.addr()).is_ok());
    client(&printer).write_all(b"copy\n\x1dVA\x00").unwrap();
    assert_eq!(printer.wait_papers(1, PATIENCE)[0].text, "one\ncopy\n");
}

#[test]
fn a_busy_printer_accepts_and_says_nothing() {
    let printer = printer();
    printer.fault(Fault::Busy(true));
    let mut stream = client(&printer);
    stream.write_all(b"\x10\x04\x01").unwrap();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    assert!(stream.read(&mut [0]).is_err());
    printer.fault(Fault::Busy(false));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    assert_eq!(byte, [0x12]);
}

#[test]
fn a_stalled_printer_takes_nothing_until_it_resumes() {
    let printer = printer();
    printer.fault(Fault::Stall);
    client(&printer).write_all(b"soup\n\x1dVA\x00").unwrap();
    assert!(printer.wait_papers(1, SILENCE).is_empty());
    assert_eq!(printer.bytes_received(), 0);
    printer.fault(Fault::Resume);
    assert_eq!(printer.wait_papers(1, PATIENCE)[0].text, "soup\n");
}

#[test]
fn a_dropped_connection_after_the_last_byte_leaves_the_paper() {
    let printer = printer();
    printer.fault(Fault::DropAfterLastByte);
    let mut stream = client(&printer);
    stream.write_all(b"soup\n\x1dVA\x00\x1dr\x01").unwrap();
    assert_eq!(
        stream.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(printer.wait_papers(1, PATIENCE).len(), 1);
}

#[test]
fn printing_goes_on_after_the_client_has_gone() {
    let printer = VirtualPrinter::start(Config {
        speed_mm_s: Some(200.0),
        ..Config::default()
    })
    .unwrap();
    client(&printer)
        .write_all(b"1\n2\n3\n4\n5\n6\n7\n8\n9\n\x1dVA\x00")
        .unwrap();
    assert_eq!(printer.wait_papers(1, PATIENCE).len(), 1);
}

#[test]
fn six_printers_work_at_once_and_stop_when_dropped() {
    let printers: Vec<_> = (0..6).map(|_| printer()).collect();
    for (n, printer) in printers.iter().enumerate() {
        write!(client(printer), "printer {n}\n\x1dVA\x00").unwrap();
    }
    for (n, printer) in printers.iter().enumerate() {
        assert_eq!(printer.wait_papers(1, PATIENCE)[0].text, format!("printer {n}\n"));
    }
    let addr = printers[0].addr();
    drop(printers);
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn the_control_port_does_what_it_is_told_and_says_what_is_wrong() {
    let printer = printer();
    assert_eq!(answer(&printer, "paper-out"), "ok\n");
    assert!(answer(&printer, "status").starts_with("ok paper out; 0 bytes received"));
    client(&printer).write_all(b"soup\n\x1dVA\x00").unwrap();
    assert_eq!(answer(&printer, "refill"), "ok\n");
    assert_eq!(printer.wait_papers(1, PATIENCE).len(), 1);
    assert_eq!(answer(&printer, "papers"), "ok 1\n");
    assert_eq!(answer(&printer, "paper 1"), "soup\n.\n");
    assert_eq!(
        answer(&printer, "paper 2"),
        "error: there is no paper `2`; 1 have been cut\n"
    );
    let wrong = answer(&printer, "power-cut-at soon");
    assert_eq!(
        wrong,
        "error: `power-cut-at` needs a number of bytes, got `soon`\n"
    );
    assert!(answer(&printer, "help").contains("paper-out-after LINES"));
}

fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "did not happen in time");
        std::thread::yield_now();
    }
}
