//! What may go wrong, and how a person asks for it on a command line or the control port.

use std::str::FromStr;
use std::time::Duration;

/// Something that happens to the printer, at once unless its line says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The paper ends now: offline, the rest of the data waits.
    PaperOut,
    /// The paper ends after that many more lines.
    PaperOutAfterLines(u32),
    /// New paper (also withdraws a coming end and the near-end); the rest prints by itself.
    Refill,
    /// The near-end sensor: a warning, printing goes on.
    PaperNearEnd(bool),
    /// Offline until closed.
    CoverOpen,
    /// Closed again: the rest prints by itself.
    CoverClosed,
    /// The cutter is stuck now: a recoverable error that stays until it is freed and `DLE ENQ` comes.
    CutterError,
    /// The cutter gets stuck at the next cut, before the paper falls.
    CutterErrorAtCut,
    /// A person freed the cutter; the error itself ends by `DLE ENQ 1` or `2`.
    CutterFreed,
    /// Head too hot: an error that ends by itself once it is cool.
    Overheated(bool),
    /// Ends by a power cycle alone.
    UnrecoverableError,
    /// The power goes once that many more bytes have been received.
    PowerCutAtByte(u64),
    /// The power goes now: connections are reset, the buffer is lost, lines on paper stay.
    PowerOff,
    /// And comes back, with all settings forgotten.
    PowerOn,
    /// Stops reading, as if the network hung.
    Stall,
    /// Reads again.
    Resume,
    /// Takes one byte a second.
    OneBytePerSecond(bool),
    /// Answers nothing.
    Silence(bool),
    /// Says these bytes now, unasked.
    Garbage(Vec<u8>),
    /// Puts these bytes in front of, into and behind the next proof.
    GarbageInProof(Vec<u8>),
    /// Every proof (`GS ( H`, `GS r`) comes that much later, until set to 0.
    DelayProof(Duration),
    /// Says every proof twice, after saying the one before it again.
    RepeatProofs(bool),
    /// Resets the connection in place of the proof of the next thing that it prints; all is on paper.
    DropAfterLastByte,
    /// Resets the connection once that many more bytes have been received; what came prints.
    ResetAtByte(u64),
    /// Serves somebody else: new connections are accepted and wait.
    Busy(bool),
    /// Another printer is plugged in at the same address: this is its serial number.
    Serial(String),
    /// Level of the drawer's switch (pin 3); true is high.
    DrawerHigh(bool),
    /// A person holds the feed button.
    FeedButton(bool),
}

/// What is wrong with the text of a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such fault.
    #[error("there is no fault `{0}`; the faults are: {list}", list = names())]
    Unknown(String),
    /// Its argument is missing or bad.
    #[error("`{name}` needs {expected}, got `{got}`")]
    Argument {
        /// The fault.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was there.
        got: String,
    },
}

/// Name, argument and meaning of every fault, for `--help` and the control port's `help`.
pub const FAULTS: &[(&str, &str, &str)] = &[
    ("paper-out", "", "the paper ends now"),
    (
        "paper-out-after",
        "LINES",
        "the paper ends after that many more lines",
    ),
    ("refill", "", "new paper; what waited prints"),
    ("near-end", "on|off", "paper is low, printing goes on"),
    ("cover-open", "", "the cover is open"),
    ("cover-closed", "", "the cover is closed; what waited prints"),
    ("cutter-error", "", "the cutter is stuck now"),
    ("cutter-error-at-cut", "", "the cutter gets stuck at the next cut"),
    (
        "cutter-freed",
        "",
        "the cutter is free; the error ends by DLE ENQ",
    ),
    ("overheated", "on|off", "the head is too hot; ends by itself"),
    ("unrecoverable", "", "an error that only a power cycle ends"),
    (
        "power-cut-at",
        "BYTES",
        "the power goes after that many more bytes",
    ),
    ("power-off", "", "the power goes now"),
    ("power-on", "", "and comes back"),
    ("stall", "", "stops reading"),
    ("resume", "", "reads again"),
    ("one-byte-per-second", "on|off", "takes one byte a second"),
    ("silence", "on|off", "answers nothing"),
    ("garbage", "HEX", "says these bytes now"),
    ("garbage-in-proof", "HEX", "puts these bytes into the next proof"),
    (
        "delay-proof",
        "DURATION",
        "proofs come that much later (500ms, 10s, 5m)",
    ),
    ("repeat-proofs", "on|off", "proofs come twice, after an old one"),
    (
        "drop-after-last-byte",
        "",
        "resets the connection in place of the next proof",
    ),
    (
        "reset-at",
        "BYTES",
        "resets the connection after that many more bytes",
    ),
    ("busy", "on|off", "serves somebody else; new connections wait"),
    ("serial", "TEXT", "is another printer, with that serial number"),
    ("drawer-high", "on|off", "level of the drawer's switch"),
    ("feed-button", "on|off", "a person holds the feed button"),
];

fn names() -> String {
    let names: Vec<_> = FAULTS.iter().map(|(name, _, _)| *name).collect();
    names.join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `NAME`, `NAME ARGUMENT`, `NAME=ARGUMENT` or `NAME:ARGUMENT`; a switch without an argument is on.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        let (name, argument) = text.split_once([' ', '=', ':']).unwrap_or((text, ""));
        let Some((name, _, _)) = FAULTS
            .iter()
            .find(|(known, _, _)| known.eq_ignore_ascii_case(name))
        else {
            return Err(FaultError::Unknown(name.into()));
        };
        parse(name, argument.trim())
    }
}

fn parse(name: &'static str, argument: &str) -> Result<Fault, FaultError> {
    let wrong = |expected| FaultError::Argument {
        name,
        expected,
        got: argument.into(),
    };
    let switch = || match argument {
        "" | "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(wrong("on or off")),
    };
    let bytes = || argument.parse::<u64>().map_err(|_| wrong("a number of bytes"));
    let hex = || hex(argument).ok_or_else(|| wrong("bytes in hexadecimal, such as `37 22 00`"));
    let plain = |fault| {
        if argument.is_empty() {
            Ok(fault)
        } else {
            Err(wrong("no argument"))
        }
    };
    match name {
        "paper-out" => plain(Fault::PaperOut),
        "paper-out-after" => argument
            .parse()
            .map(Fault::PaperOutAfterLines)
            .map_err(|_| wrong("a number of lines")),
        "refill" => plain(Fault::Refill),
        "near-end" => switch().map(Fault::PaperNearEnd),
        "cover-open" => plain(Fault::CoverOpen),
        "cover-closed" => plain(Fault::CoverClosed),
        "cutter-error" => plain(Fault::CutterError),
        "cutter-error-at-cut" => plain(Fault::CutterErrorAtCut),
        "cutter-freed" => plain(Fault::CutterFreed),
        "overheated" => switch().map(Fault::Overheated),
        "unrecoverable" => plain(Fault::UnrecoverableError),
        "power-cut-at" => bytes().map(Fault::PowerCutAtByte),
        "power-off" => plain(Fault::PowerOff),
        "power-on" => plain(Fault::PowerOn),
        "stall" => plain(Fault::Stall),
        "resume" => plain(Fault::Resume),
        "one-byte-per-second" => switch().map(Fault::OneBytePerSecond),
        "silence" => switch().map(Fault::Silence),
        "garbage" => hex().map(Fault::Garbage),
        "garbage-in-proof" => hex().map(Fault::GarbageInProof),
        "delay-proof" => duration(argument)
            .map(Fault::DelayProof)
            .ok_or_else(|| wrong("a duration such as 500ms, 10s or 5m")),
        "repeat-proofs" => switch().map(Fault::RepeatProofs),
        "drop-after-last-byte" => plain(Fault::DropAfterLastByte),
        "reset-at" => bytes().map(Fault::ResetAtByte),
        "busy" => switch().map(Fault::Busy),
        "serial" if !argument.is_empty() => Ok(Fault::Serial(argument.into())),
        "serial" => Err(wrong("a serial number")),
        "drawer-high" => switch().map(Fault::DrawerHigh),
        "feed-button" => switch().map(Fault::FeedButton),
        _ => Err(FaultError::Unknown(name.into())),
    }
}

/// Bytes of `37 22 00` or `372200`; `None` when empty or no hexadecimal.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    if digits.is_empty() || digits.len() % 2 == 1 {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |sum, d| sum * 16 + d)).ok())
        .collect()
}

/// `500ms`, `10s`, `5m` or a bare number of seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "ms" => Some(Duration::from_millis(number)),
        "s" | "" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_fault_can_be_said() {
        for (name, argument, _) in FAULTS {
            let argument = match *argument {
                "LINES" | "BYTES" => "5",
                "HEX" => "37 22",
                "DURATION" => "10s",
                "TEXT" => "X1",
                other => other.split('|').next().unwrap(),
            };
            let said = format!("{name} {argument}");
            assert!(said.parse::<Fault>().is_ok(), "{said}");
        }
    }

    #[test]
    fn arguments_are_read_in_three_spellings() {
        assert_eq!("power-cut-at 120".parse(), Ok(Fault::PowerCutAtByte(120)));
        assert_eq!("paper-out-after=5".parse(), Ok(Fault::PaperOutAfterLines(5)));
        assert_eq!(
            "delay-proof:500ms".parse(),
            Ok(Fault::DelayProof(Duration::from_millis(500)))
        );
        assert_eq!("garbage 372200".parse(), Ok(Fault::Garbage(vec![0x37, 0x22, 0])));
        assert_eq!("silence off".parse(), Ok(Fault::Silence(false)));
    }

    #[test]
    fn a_bad_fault_is_told_what_is_wrong_with_it() {
        let error = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert_eq!(
            error("power-cut-at soon"),
            "`power-cut-at` needs a number of bytes, got `soon`"
        );
        assert_eq!(error("paper-out now"), "`paper-out` needs no argument, got `now`");
        assert_eq!(
            error("garbage 3"),
            "`garbage` needs bytes in hexadecimal, such as `37 22 00`, got `3`"
        );
        assert!(error("fire").starts_with("there is no fault `fire`; the faults are: paper-out, "));
    }
}
