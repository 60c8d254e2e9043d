//! A serial printer whose speed is not that of its address: found by asking at every speed.

use super::Check;
use crate::config::Printer;
use crate::port::{Address, LineVerdict, probe_line};

/// What is wrong with the printer's line; none where nothing is, or where that is no serial line.
pub(super) fn wrong_speed(printer: &Printer) -> Option<Check> {
    let Address::Serial { path, baud, flow } = &printer.address else {
        return None;
    };
    // What keeps it from being opened is said by the probe that follows.
    judge(printer, *baud, probe_line(path, *baud, *flow).ok()?)
}

fn judge(printer: &Printer, baud: u32, found: LineVerdict) -> Option<Check> {
    let name = &printer.name;
    match found {
        LineVerdict::Answers | LineVerdict::Silent => None,
        LineVerdict::OtherSpeed { baud: right } => {
            let address = printer
                .address
                .to_string()
                .replace(&format!("baud={baud}"), &format!("baud={right}"));
            Some(Check::fail(
                "printer",
                format!("{name} answers at {right} baud, not at {baud}"),
                format!(
                    "write `address = \"{address}\"` into agent.toml, then printrail-agent printers test {name}"
                ),
            ))
        }
        LineVerdict::Garbage => Some(Check::fail(
            "printer",
            format!("{name}: what comes back is no printer's answer: its speed, parity or cable is wrong"),
            format!("compare its self-test slip with agent.toml, then printrail-agent printers test {name}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_u7_a_wrong_speed_fails_and_the_address_to_write_is_said() {
        let grill = Printer::new(
            "grill",
            "serial:/dev/ttyS0?baud=9600&flow=xonxoff".parse().unwrap(),
        );
        let found = judge(&grill, 9600, LineVerdict::OtherSpeed { baud: 19200 }).unwrap();
        assert_eq!(found.verdict, super::super::Verdict::Fail);
        let fix = found.fix.unwrap();
        assert!(fix.contains("serial:/dev/ttyS0?baud=19200&flow=xonxoff"), "{fix}");
        assert!(judge(&grill, 9600, LineVerdict::Garbage).is_some());
        assert!(judge(&grill, 9600, LineVerdict::Answers).is_none());
    }
}
