//! USB and serial through a real kernel: run by tests/usb/ci.sh as the only program of a guest, as its root.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what fails in a test shall fail"
)]

mod press_kit;
mod usb_gadget;

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use agent::port::{self, Address, LineVerdict, OpenError};
use press_kit::Kitchen;
use protocol::{Evidence, JobState};
use usb_gadget::{Gadget, wait};
use virtual_printer::{Config, Fault, VirtualPrinter};

/// The kernel's own driver gives the printer this node.
const KERNEL_NODE: &str = "/dev/usb/lp0";

const ADDRESS: &str = "usb:04b8:0202";

fn kitchen(serial: &str) -> (Kitchen, Gadget) {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let mut gadget = Gadget::new(serial);
    gadget.plug(printer.addr().port(), Duration::ZERO);
    let mut kitchen = Kitchen::at(printer, ADDRESS.to_owned());
    kitchen.order("order-00");
    let job = kitchen.becomes("order-00", JobState::Printed);
    assert_eq!(
        (job.evidence, kitchen.papers("order-00")),
        (Some(Evidence::A), vec![false])
    );
    (kitchen, gadget)
}

fn is_kernels() -> bool {
    Path::new(KERNEL_NODE).exists()
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn a_ticket_is_proven_and_the_kernel_gets_its_printer_back() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let mut gadget = Gadget::new("SIM1");
    gadget.plug(printer.addr().port(), Duration::ZERO);
    wait("the kernel's driver has the printer", is_kernels);
    let found = port::usb_printers().unwrap();
    assert_eq!(found[0].address.to_string(), format!("{ADDRESS}:SIM1"));
    assert_eq!(found[0].model.as_deref(), Some("TM-T88V"));
    let mut kitchen = Kitchen::at(printer, ADDRESS.to_owned());
    for order in ["order-00", "order-01", "order-02"] {
        kitchen.order(order);
        let job = kitchen.becomes(order, JobState::Printed);
        assert_eq!(
            (job.evidence, kitchen.papers(order)),
            (Some(Evidence::A), vec![false])
        );
        assert!(!is_kernels(), "the press has it");
    }
    kitchen.stop();
    wait("the kernel's driver has it again", is_kernels);
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn every_byte_arrives_once_at_a_printer_that_is_slow() {
    let mut gadget = Gadget::new("SIM2");
    gadget.plug(0, Duration::from_millis(40));
    let address: Address = format!("{ADDRESS}:SIM2").parse().unwrap();
    wait("it is there", || {
        port::open(&address).map(|port| port.close()).is_ok()
    });
    let ticket: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).take(200_000).collect();
    let mut port = port::open(&address).unwrap();
    let (mut sent, mut waits) = (0, 0);
    while sent < ticket.len() {
        match port.write(&ticket[sent..(sent + 4096).min(ticket.len())]) {
            Ok(len) => sent += len,
            Err(error) if port::is_timeout(&error) => waits += 1,
            Err(error) => unreachable!("{error}"),
        }
    }
    println!("{sent} bytes, {waits} waits");
    std::thread::sleep(Duration::from_millis(500));
    port.close();
    assert!(gadget.unplug() == ticket, "the same bytes in the same order");
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn fault_u3_a_program_that_prints_through_the_kernels_driver_is_not_cut_off() {
    let mut gadget = Gadget::new("SIM3");
    gadget.plug(0, Duration::ZERO);
    wait("the kernel's driver has the printer", is_kernels);
    let node = OpenOptions::new().write(true).open(KERNEL_NODE).unwrap();
    let mut other = Command::new("sleep")
        .arg("100")
        .stdin(Stdio::from(node))
        .spawn()
        .unwrap();
    let address: Address = ADDRESS.parse().unwrap();
    let error = port::open(&address).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Busy(_)), "{error}");
    assert!(
        error.to_string().contains(&format!("process {}", other.id())),
        "{error}"
    );
    assert!(is_kernels(), "nothing was taken away");
    other.kill().unwrap();
    other.wait().unwrap();
    let ours = port::open(&address).unwrap();
    // And a program that goes around the kernel's driver, as we do.
    let second = port::open(&address).map(|_| ()).unwrap_err();
    assert!(matches!(second, OpenError::Busy(_)), "{second}");
    ours.close();
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn fault_p2_paper_end_is_waited_for() {
    let (mut kitchen, _gadget) = kitchen("SIM4");
    kitchen.fault(Fault::PaperOutAfterLines(3));
    kitchen.order("order-01");
    kitchen.wait("an alarm", |kitchen| kitchen.alarmed("out of paper"));
    assert_eq!(kitchen.state("order-01"), JobState::Printing);
    kitchen.fault(Fault::Refill);
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 1));
    assert_eq!(kitchen.papers("order-01"), [false]);
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn fault_u1_unplugged_with_a_ticket_in_it_and_plugged_in_again() {
    let (mut kitchen, mut gadget) = kitchen("SIM5");
    gadget.hang();
    kitchen.order("order-01");
    kitchen.wait("it is printing", |kitchen| {
        kitchen.state("order-01") == JobState::Printing
    });
    std::thread::sleep(Duration::from_millis(300));
    gadget.unplug();
    kitchen.becomes("order-01", JobState::Unconfirmed);
    // Somebody else in its place, and nothing is printed there.
    let mut stranger = Gadget::new("OTHER");
    stranger.plug(0, Duration::ZERO);
    kitchen.wait("it is seen", |kitchen| kitchen.alarmed("new printer?"));
    assert_eq!(stranger.unplug(), b"");
    gadget = Gadget::new("SIM5");
    gadget.plug(kitchen.printer.addr().port(), Duration::ZERO);
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-01")), (2, vec![true]));
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn the_agent_itself_prints_its_test_ticket() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let mut gadget = Gadget::new("SIM6");
    gadget.plug(printer.addr().port(), Duration::ZERO);
    fs::create_dir_all("/etc/printrail").unwrap();
    let config = format!(
        "[relay]\nurl = \"wss://relay.example/agent\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\
         [[printer]]\nname = \"grill\"\naddress = \"{ADDRESS}:SIM6\"\n"
    );
    fs::write("/etc/printrail/agent.toml", config).unwrap();
    let output = Command::new("printrail-agent")
        .args([
            "--config",
            "/etc/printrail/agent.toml",
            "--data",
            "/tmp/agent",
            "printers",
            "test",
            "grill",
        ])
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(said.contains("grill printed the test ticket"), "{said}");
    let papers = printer.papers();
    assert!(
        papers.len() == 1 && papers[0].text.contains("grill"),
        "{papers:?}"
    );
}

#[test]
#[ignore = "needs the guest: tests/usb/ci.sh"]
fn a_serial_adapter_with_modem_lines_prints_and_is_found_again_under_another_name() {
    let first = "/dev/ttyUSB0";
    wait("the adapter", || Path::new(first).exists());
    let lines = port::serial_lines();
    assert!(lines.iter().any(|line| line.place == first), "{lines:?}");
    let unused = VirtualPrinter::start(Config::default()).unwrap();
    let mut kitchen = Kitchen::at(unused, format!("serial:{first}?baud=19200&flow=dtrdsr"));
    for (order, flow) in [
        ("serial-01", "dtrdsr"),
        ("serial-02", "rtscts"),
        ("serial-03", "xonxoff"),
    ] {
        kitchen.address = format!("serial:{first}?baud=19200&flow={flow}");
        kitchen.start();
        kitchen.order(order);
        assert_eq!(
            kitchen.becomes(order, JobState::Printed).evidence,
            Some(Evidence::A),
            "{flow}"
        );
    }
    kitchen.stop();
    let address: Address = kitchen.address.parse().unwrap();
    let Address::Serial { baud, flow, .. } = address else {
        unreachable!()
    };
    assert_eq!(port::probe_line(first, baud, flow).unwrap(), LineVerdict::Answers);
    // Somebody holds the old name while the adapter goes and comes back.
    let held = File::open(first).unwrap();
    let device = usb_device_of(first);
    fs::write("/sys/bus/usb/drivers/usb/unbind", &device).unwrap();
    fs::write("/sys/bus/usb/drivers/usb/bind", &device).unwrap();
    wait("its new name", || Path::new("/dev/ttyUSB1").exists());
    kitchen.start();
    kitchen.order("serial-04");
    assert_eq!(
        kitchen.becomes("serial-04", JobState::Printed).evidence,
        Some(Evidence::A)
    );
    drop(held);
}

/// Such as `2-1`.
fn usb_device_of(tty: &str) -> String {
    let name = tty.trim_start_matches("/dev/");
    let interface = fs::canonicalize(format!("/sys/class/tty/{name}/device")).unwrap();
    let device = interface
        .ancestors()
        .find(|folder| folder.join("idVendor").exists())
        .unwrap();
    device.file_name().unwrap().to_string_lossy().into_owned()
}
