//! Every printer: reachable, ready, and what it can prove.

use std::thread;

use escpos_templates::Renderer;
use protocol::Evidence;
use protocol::frames::PrinterStatus;

use super::Check;
use crate::config::{Config, Printer};
use crate::daemon::report::StatusReport;
use crate::discovery::probe::{Probed, probe};
use crate::port::{Address, LineVerdict, probe_line};
use crate::press::profile_for;

pub(super) fn of_running(config: &Config, report: &StatusReport) -> Vec<Check> {
    let said = |printer: &Printer| {
        let said = report.printers.iter().find(|said| said.name == printer.name);
        let (known, status) = said.map_or((None, None), |said| (said.known.clone(), said.status.clone()));
        Probed { known, status }
    };
    config
        .printers
        .iter()
        .map(|printer| judge(printer, &said(printer)))
        .collect()
}

/// Without an agent each is asked here, all at the same time.
pub(super) fn alone(config: &Config) -> Vec<Check> {
    thread::scope(|scope| {
        let asked: Vec<_> = config
            .printers
            .iter()
            .map(|printer| (printer, scope.spawn(|| examine(printer))))
            .collect();
        let answers = asked.into_iter().map(|(printer, thread)| {
            let gone = |_| {
                Check::fail(
                    "printer",
                    format!("{}: the probe failed", printer.name),
                    "printrail-agent bundle",
                )
            };
            thread.join().unwrap_or_else(gone)
        });
        answers.collect()
    })
}

fn examine(printer: &Printer) -> Check {
    // Before anything else: at a wrong speed every other question is only ink on paper.
    if let Some(check) = super::line::wrong_speed(printer) {
        return check;
    }
    match probe(&printer.name, &printer.address, printer.profile.as_deref()) {
        Ok(probed) => line(printer, &probed).unwrap_or_else(|| judge(printer, &probed)),
        Err(error) => {
            let text = format!("{}: {}", printer.name, crate::chain(&error));
            Check::fail("printer", text, "make room in the folder for temporary files")
        }
    }
}

/// A serial printer that says nothing may only be spoken to at the wrong speed (DELIVERY.md, U7).
fn line(printer: &Printer, probed: &Probed) -> Option<Check> {
    let Address::Serial { path, baud, flow } = &printer.address else {
        return None;
    };
    if probed.known.is_some() {
        return None;
    }
    let verdict = probe_line(path, *baud, *flow).ok()?;
    about_line(printer, path, *baud, verdict)
}

fn about_line(printer: &Printer, path: &str, baud: u32, verdict: LineVerdict) -> Option<Check> {
    let name = &printer.name;
    match verdict {
        LineVerdict::Answers => None,
        LineVerdict::OtherSpeed { baud: found } => Some(Check::fail(
            "printer",
            format!("{name} answers at {found} baud, and its address says {baud}"),
            format!(
                "set baud={found} in its address in agent.toml, then `printrail-agent printers probe {name}`"
            ),
        )),
        LineVerdict::Garbage => Some(Check::fail(
            "printer",
            format!(
                "{name}: what comes back on {path} is nothing that a printer says: parity, wiring, or another device"
            ),
            "compare the self-test print (feed button while switching on) with the address in agent.toml",
        )),
        LineVerdict::Silent => Some(Check::warn(
            "printer",
            format!(
                "{name}: nothing comes back on {path} at any speed; tickets are \"sent, not verified\" if it prints at all"
            ),
            format!("printrail-agent printers test {name}"),
        )),
    }
}

fn judge(printer: &Printer, probed: &Probed) -> Check {
    let name = &printer.name;
    let Some(status) = &probed.status else {
        return Check::skip(
            "printer",
            format!("{name} at {} has not spoken yet", printer.address),
        );
    };
    if let Some(trouble) = trouble(status) {
        return Check::fail("printer", format!("{name}: {trouble}"), fix(printer, &trouble));
    }
    let proof = match probed.level() {
        Evidence::A => "it confirms each ticket (proof A)",
        Evidence::B | Evidence::Person => "it answers behind each ticket (proof B)",
        Evidence::C => "it cannot say what printed (proof C)",
    };
    if status.paper == "low" {
        let text = format!("{name} is ready, its paper is nearly out; {proof}");
        return Check::warn(
            "printer",
            text,
            format!("put a new roll in, then `printrail-agent printers probe {name}`"),
        );
    }
    Check::pass(
        "printer",
        format!("{name} is ready; {proof}; tickets for {}", paper(printer, probed)),
    )
}

/// What its tickets are made for: code pages come with the profile.
fn paper(printer: &Printer, probed: &Probed) -> String {
    let known = || profile_for(probed.known.as_ref()?, &Renderer::builtin().profile_names());
    let profile = printer.profile.clone().or_else(known);
    let profile = profile.unwrap_or_else(|| "generic-80".to_owned());
    match printer.columns {
        Some(columns) => format!("{profile} with {columns} columns"),
        None => profile,
    }
}

fn trouble(status: &PrinterStatus) -> Option<String> {
    match (&status.error, status.online) {
        (Some(error), _) => Some(error.clone()),
        (None, false) => Some("it is offline: check its power and cable".to_owned()),
        (None, true) => None,
    }
}

/// What to type once the sentence has been obeyed.
fn fix(printer: &Printer, trouble: &str) -> String {
    let name = &printer.name;
    let user = "sudo usermod -aG";
    match &printer.address {
        _ if trouble.contains("printers probe") => format!("printrail-agent printers probe {name}"),
        Address::Serial { .. } if trouble.contains("may not open") => {
            format!("{user} dialout printrail-agent")
        }
        Address::Usb { .. } if trouble.contains("may not open") => {
            "sudo udevadm control --reload && sudo udevadm trigger, with packaging's 60-printrail-agent.rules"
                .to_owned()
        }
        Address::File(_) if trouble.contains("may not open") => format!("{user} lp printrail-agent"),
        Address::Usb { .. } | Address::Serial { .. } | Address::File(_)
            if trouble.contains("is not there") =>
        {
            "printrail-agent printers scan".to_owned()
        }
        Address::Tcp { .. } if trouble.contains("reached") => {
            "printrail-agent printers scan --mdns, then `printers remove` and `add` at its new address"
                .to_owned()
        }
        _ => format!("printrail-agent printers test {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(online: bool, paper: &str, error: Option<&str>) -> Probed {
        let status = PrinterStatus {
            printer: "grill".into(),
            online,
            paper: paper.into(),
            cover: "closed".into(),
            error: error.map(str::to_owned),
        };
        Probed {
            known: None,
            status: Some(status),
        }
    }

    #[test]
    fn every_verdict_that_is_no_pass_ends_in_a_command() {
        let serial = Printer::new("grill", "serial:/dev/ttyUSB0".parse().unwrap());
        let denied = judge(
            &serial,
            &said(false, "unknown", Some("the agent may not open /dev/ttyUSB0")),
        );
        assert_eq!(
            denied.fix.as_deref(),
            Some("sudo usermod -aG dialout printrail-agent")
        );
        let tcp = Printer::new("grill", "tcp://10.0.0.1".parse().unwrap());
        for (probed, verdict) in [
            (
                said(false, "out", Some("paper is out")),
                super::super::Verdict::Fail,
            ),
            (said(false, "ok", None), super::super::Verdict::Fail),
            (said(true, "low", None), super::super::Verdict::Warn),
        ] {
            let check = judge(&tcp, &probed);
            assert_eq!(check.verdict, verdict);
            assert!(check.fix.is_some_and(|fix| fix.contains("printrail-agent")));
        }
        assert!(judge(&tcp, &said(true, "ok", None)).text.contains("proof C"));
    }

    #[test]
    fn fault_u7_doctor_names_the_speed_that_the_printer_answers_at() {
        let serial = Printer::new("till", "serial:/dev/ttyUSB0?baud=9600".parse().unwrap());
        let check = about_line(
            &serial,
            "/dev/ttyUSB0",
            9600,
            LineVerdict::OtherSpeed { baud: 19200 },
        )
        .unwrap();
        assert_eq!(check.verdict, super::super::Verdict::Fail);
        assert!(
            check.text.contains("answers at 19200 baud")
                && check.fix.is_some_and(|fix| fix.contains("baud=19200"))
        );
        assert!(about_line(&serial, "/dev/ttyUSB0", 9600, LineVerdict::Answers).is_none());
    }
}
