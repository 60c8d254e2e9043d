//! The printer on a serial cable, with XON/XOFF.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot connect has failed")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::time::Duration;

use virtual_printer::{Config, Fault, VirtualPrinter};

const PATIENCE: Duration = Duration::from_secs(10);

fn cable(printer: &VirtualPrinter) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(printer.pty().unwrap())
        .unwrap()
}

fn byte(cable: &mut File) -> u8 {
    let mut byte = [0];
    cable.read_exact(&mut byte).unwrap();
    byte[0]
}

#[test]
fn a_ticket_over_a_cable_is_a_paper_with_its_status() {
    let printer = VirtualPrinter::start_on_pty(Config::default()).unwrap();
    let mut first = cable(&printer);
    first.write_all(b"soup\r\n\x1dVB\x00\x10\x04\x01").unwrap();
    assert_eq!(byte(&mut first), 0x12);
    assert_eq!(printer.wait_papers(1, PATIENCE)[0].text, "soup\n");
    drop(first);
    let mut second = cable(&printer);
    second.write_all(b"\x10\x04\x01").unwrap();
    assert_eq!(byte(&mut second), 0x12, "closing is no end of the cable");
}

#[test]
fn a_filling_buffer_says_xoff_and_an_emptied_one_xon() {
    let config = Config {
        buffer_bytes: 64,
        ..Config::default()
    };
    let printer = VirtualPrinter::start_on_pty(config).unwrap();
    let mut cable = cable(&printer);
    printer.fault(Fault::CoverOpen);
    cable.write_all(&[b'a'; 300]).unwrap();
    assert_eq!(byte(&mut cable), 0x13);
    printer.fault(Fault::CoverClosed);
    assert_eq!(byte(&mut cable), 0x11);
    cable.write_all(b"\n\x1dVA\x00").unwrap();
    assert_eq!(printer.wait_papers(1, PATIENCE)[0].text.matches('a').count(), 300);
}
