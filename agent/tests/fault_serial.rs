//! The faults of serial lines, named after their ids: a press on a pseudo-terminal, with a printer at its other end
//! that keeps to its flow control and to its speed as a real one does.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails in a test shall fail"
)]

mod press_kit;

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use agent::port::{Flow, LineVerdict, probe_line};
use press_kit::Kitchen;
use protocol::JobState;
use serialport::{SerialPort as _, TTYPort};
use virtual_printer::{Config, VirtualPrinter};

const XON: u8 = 0x11;
const XOFF: u8 = 0x13;

/// What real printers still take after their XOFF.
const MARGIN: usize = 128;

/// What a test may change while the printer runs.
#[derive(Default)]
struct Printer {
    /// Holds the line from so many bytes on; 0: never.
    hold_from: AtomicUsize,
    /// Answers questions, at this speed; 0: never.
    answers_at: AtomicUsize,
    taken: Mutex<Vec<u8>>,
    /// Came although it had no room left.
    lost: AtomicUsize,
    stop: AtomicBool,
}

impl Printer {
    fn is_holding(&self) -> bool {
        let from = self.hold_from.load(Ordering::Relaxed);
        from > 0 && self.taken.lock().unwrap().len() >= from
    }

    fn take(&self, bytes: &[u8], line: &mut TTYPort) {
        let mut room = MARGIN;
        for byte in bytes {
            if self.is_holding() && room == 0 {
                self.lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            room -= usize::from(self.is_holding());
            self.taken.lock().unwrap().push(*byte);
        }
        if self.is_holding() {
            return line.write_all(&[XOFF]).unwrap();
        }
        let speed = self.answers_at.load(Ordering::Relaxed);
        let right = line.baud_rate().unwrap() as usize == speed;
        let questions = bytes
            .windows(3)
            .filter(|three| three.starts_with(&[0x10, 4]))
            .count();
        for _ in 0..questions.min(speed) {
            // Its 12h, as it looks at another speed.
            let answer: &[u8] = if right { &[0x12] } else { &[0xE6, 0x80] };
            line.write_all(answer).unwrap();
        }
    }

    fn ticket_text(&self) -> String {
        String::from_utf8_lossy(&self.taken.lock().unwrap()).into_owned()
    }
}

/// The printer's end of a cable; the computer's end stays open too, so that a press which closes it cuts nothing.
struct Cable {
    printer: Arc<Printer>,
    path: String,
    _far: TTYPort,
    thread: Option<JoinHandle<()>>,
}

impl Cable {
    fn new() -> Self {
        let (mut near, far) = TTYPort::pair().unwrap();
        near.set_timeout(Duration::from_millis(5)).unwrap();
        let printer = Arc::new(Printer::default());
        let path = far.name().unwrap();
        let thread = std::thread::spawn({
            let printer = Arc::clone(&printer);
            move || {
                let mut was_holding = false;
                while !printer.stop.load(Ordering::Relaxed) {
                    if was_holding && !printer.is_holding() {
                        near.write_all(&[XON]).unwrap();
                    }
                    was_holding = printer.is_holding();
                    let mut some = [0; 32];
                    if let Ok(len) = near.read(&mut some) {
                        printer.take(&some[..len], &mut near);
                    }
                }
            }
        });
        Self {
            printer,
            path,
            _far: far,
            thread: Some(thread),
        }
    }

    fn kitchen(&self) -> Kitchen {
        let unused = VirtualPrinter::start(Config::default()).unwrap();
        Kitchen::at(unused, format!("serial:{}?baud=9600&flow=xonxoff", self.path))
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.printer.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn fault_u7_a_wrong_baud_rate_is_seen_and_the_right_one_named() {
    let cable = Cable::new();
    let probe = || probe_line(&cable.path, 9600, Flow::Software).unwrap();
    assert_eq!(probe(), LineVerdict::Silent);
    cable.printer.answers_at.store(38400, Ordering::Relaxed);
    assert_eq!(probe(), LineVerdict::OtherSpeed { baud: 38400 });
    cable.printer.answers_at.store(9600, Ordering::Relaxed);
    assert_eq!(probe(), LineVerdict::Answers);
    // A speed that nobody tries: something is there, and it is no printer that we can talk to.
    cable.printer.answers_at.store(31250, Ordering::Relaxed);
    assert_eq!(probe(), LineVerdict::Garbage);
}

#[test]
fn fault_u8_a_line_held_for_ever_holds_the_ticket_and_raises_an_alarm() {
    for speed in [0, 9600] {
        let cable = Cable::new();
        cable.printer.answers_at.store(speed, Ordering::Relaxed);
        cable.printer.hold_from.store(1, Ordering::Relaxed);
        let mut kitchen = cable.kitchen();
        kitchen.order("order-01");
        kitchen.wait("it is held", |kitchen| {
            let job = kitchen.job("order-01");
            job.state == JobState::Held && job.detail.is_some_and(|why| why.contains("takes no data"))
        });
        assert!(kitchen.alarmed("the printer takes no data"));
        // Through several tries to connect it stays so.
        kitchen.wait("it is tried again", |_| {
            cable.printer.taken.lock().unwrap().len() > 4
        });
        assert_eq!(
            (kitchen.state("order-01"), kitchen.job("order-01").attempt),
            (JobState::Held, 0)
        );
        assert!(
            !cable.printer.ticket_text().contains("KITCHEN"),
            "not one byte of the ticket"
        );
        cable.printer.hold_from.store(0, Ordering::Relaxed);
        let job = kitchen.becomes("order-01", JobState::Sent);
        assert_eq!((job.attempt, cable.printer.lost.load(Ordering::Relaxed)), (1, 0));
        assert_eq!(cable.printer.ticket_text().matches("job order-01").count(), 1);
    }
}

#[test]
fn fault_u8_a_line_held_in_the_middle_of_a_ticket_is_waited_for_and_the_ticket_goes_on() {
    let cable = Cable::new();
    cable.printer.hold_from.store(150, Ordering::Relaxed);
    let mut kitchen = cable.kitchen();
    kitchen.order("order-01");
    kitchen.wait("an alarm", |kitchen| kitchen.alarmed("the printer takes no data"));
    assert_eq!(kitchen.state("order-01"), JobState::Printing);
    let held = cable.printer.taken.lock().unwrap().len();
    assert!(held < 150 + MARGIN, "{held} bytes came after its XOFF");
    cable.printer.hold_from.store(0, Ordering::Relaxed);
    let job = kitchen.becomes("order-01", JobState::Sent);
    assert_eq!((job.attempt, cable.printer.lost.load(Ordering::Relaxed)), (1, 0));
    let text = cable.printer.ticket_text();
    assert_eq!(
        (
            text.matches("KITCHEN").count(),
            text.matches("job order-01").count()
        ),
        (1, 1)
    );
}
