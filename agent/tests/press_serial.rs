//! The press over a serial line: a pseudo-terminal with the virtual printer at its other end.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "what fails in a test shall fail")]

mod press_kit;

use press_kit::Kitchen;
use protocol::{Evidence, JobState};
use virtual_printer::{Config, Fault, VirtualPrinter};

fn kitchen() -> Kitchen {
    let printer = VirtualPrinter::start_on_pty(Config::default()).expect("a pseudo-terminal");
    let path = printer.pty().expect("its path").display().to_string();
    Kitchen::at(printer, format!("serial:{path}?baud=19200&flow=xonxoff"))
}

#[test]
fn a_serial_printer_proves_its_tickets() {
    let mut kitchen = kitchen();
    for order in ["order-01", "order-02"] {
        kitchen.order(order);
        assert_eq!(
            kitchen.becomes(order, JobState::Printed).evidence,
            Some(Evidence::A)
        );
        assert_eq!(kitchen.papers(order), [false]);
    }
}

#[test]
fn paper_end_over_a_serial_line_is_waited_for() {
    let mut kitchen = kitchen();
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
    kitchen.fault(Fault::PaperOutAfterLines(3));
    kitchen.order("order-02");
    kitchen.wait("an alarm", |kitchen| kitchen.alarmed("out of paper"));
    kitchen.fault(Fault::Refill);
    let job = kitchen.becomes("order-02", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-02")), (1, vec![false]));
}
