//! The simulated USB bus of tests/usb/usbsim.c, as a test talks to it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's own tools: what fails shall fail"
)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

use virtual_printer::VirtualPrinter;

/// Tests run side by side on one bus, so each has ids and ports of its own.
static NEXT: AtomicU16 = AtomicU16::new(1);

/// A printer on the bus; pulling it does not switch it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugged(u32);

/// The bus, and the ids of this test's printers.
pub struct Bus {
    line: BufReader<UnixStream>,
    product: u16,
}

impl Bus {
    pub fn connect() -> Self {
        let socket = std::env::var("USBSIM").expect("run by tests/usb/ci.sh");
        let mut bus = Self {
            line: BufReader::new(UnixStream::connect(socket).unwrap()),
            product: NEXT.fetch_add(1, Ordering::Relaxed),
        };
        // A computer has other things on its bus: without any it is told to have no USB at all.
        let (place, product) = (bus.port(4), bus.product);
        bus.tell(&format!("plug {place} 04b9 {product:04x} - 0"));
        bus
    }

    /// The address of this test's printers, without a serial number.
    pub fn address(&self) -> String {
        format!("usb:04b8:{:04x}", self.product)
    }

    /// The name of this test's n-th port.
    pub fn port(&self, n: u16) -> String {
        format!("1-{}", self.product * 5 + n)
    }

    pub fn plug(&mut self, port: u16, serial: Option<&str>, printer: &VirtualPrinter) -> Plugged {
        self.plug_as(port, serial, printer.addr().port(), "")
    }

    /// `tcp` 0: nothing behind it, the bytes are only kept. `kind` `noin`: a printer without a way to answer.
    pub fn plug_as(&mut self, port: u16, serial: Option<&str>, tcp: u16, kind: &str) -> Plugged {
        let (place, product) = (self.port(port), self.product);
        let serial = serial.unwrap_or("-");
        let line = format!("plug {place} 04b8 {product:04x} {serial} {tcp} {kind}");
        Plugged(self.tell(line.trim()).parse().unwrap())
    }

    pub fn on(&mut self, printer: Plugged, what: &str) -> String {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        self.tell(format!("{verb} {} {rest}", printer.0).trim())
    }

    /// A number of `stats`.
    pub fn stat(&mut self, printer: Plugged, name: &str) -> u64 {
        let stats = self.on(printer, "stats");
        let pair = stats
            .split(' ')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.unwrap().parse().unwrap()
    }

    /// Every byte that it took.
    pub fn taken(&self, printer: Plugged) -> Vec<u8> {
        let folder = PathBuf::from(std::env::var("USBSIM_FOLDER").unwrap());
        std::fs::read(folder.join(format!("{}.out", printer.0))).unwrap()
    }

    fn tell(&mut self, line: &str) -> String {
        // In one piece, as the bus reads it.
        let whole = format!("{line}\n");
        self.line.get_mut().write_all(whole.as_bytes()).unwrap();
        let mut answer = String::new();
        self.line.read_line(&mut answer).unwrap();
        let answer = answer.trim();
        match answer.strip_prefix("ok") {
            Some(rest) => rest.trim().to_owned(),
            None => panic!("{line}: {answer}"),
        }
    }
}
