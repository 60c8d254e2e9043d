//! Whatever comes in, the printer neither panics nor hangs, and two readings of the same bytes agree.

#![expect(clippy::panic, reason = "a printer that hangs has failed")]

use std::time::Duration;

use proptest::prelude::*;
use virtual_printer::{Config, Device, Fault, Input, Output, PROFILES, Paper, Profile};

/// Steps that any amount of input may take before it counts as hanging.
const MANY: usize = 20_000;

/// Bytes that look like commands more often than random ones do.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let head = prop::sample::select(vec![
        "\x1b@",
        "\x1b!",
        "\x1b*",
        "\x1b&",
        "\x1bD",
        "\x1bp",
        "\x1b(A",
        "\x1dV",
        "\x1dv0",
        "\x1dk",
        "\x1d(k",
        "\x1d(L",
        "\x1d(H",
        "\x1d8L",
        "\x1dr",
        "\x1da",
        "\x1dI",
        "\x1d!",
        "\x1dL",
        "\x1dW",
        "\x1c&",
        "\x1cq",
        "\x1cC",
        "\x10\x04",
        "\x10\x05",
        "\x10\x14",
        "\x1b\x1dS",
        "\x1b\x1dy",
        "\x1b\x1e",
        "\x1bb",
        "\x1b$",
        "\x1b\\",
        "\n",
        "soup",
    ]);
    let tail = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        prop::collection::vec(0_u8..4, 0..12)
    ];
    let piece = (head, tail).prop_map(|(head, tail)| [head.as_bytes(), &tail].concat());
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::PaperOut),
        Just(Fault::Refill),
        (0_u32..9).prop_map(Fault::PaperOutAfterLines),
        Just(Fault::CoverOpen),
        Just(Fault::CoverClosed),
        Just(Fault::CutterErrorAtCut),
        Just(Fault::CutterFreed),
        any::<bool>().prop_map(Fault::Overheated),
        (0_u64..300).prop_map(Fault::PowerCutAtByte),
        Just(Fault::PowerOn),
        any::<bool>().prop_map(Fault::OneBytePerSecond),
        Just(Fault::DelayProof(Duration::from_secs(3))),
        any::<bool>().prop_map(Fault::RepeatProofs),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(PROFILES.to_vec())
}

fn drain(device: &mut Device, papers: &mut Vec<Paper>, said: &mut Vec<u8>) {
    while let Some(output) = device.poll_output() {
        match output {
            Output::Paper(paper) => papers.push(paper),
            Output::Reply(bytes) => said.extend(bytes),
            Output::Reset => {}
        }
    }
}

/// Feeds as the shells do: never more than there is room for, with ticks when they are due.
fn feed(device: &mut Device, bytes: &[u8], most: usize) -> (Vec<Paper>, Vec<u8>) {
    let (mut papers, mut said) = (Vec::new(), Vec::new());
    let (mut rest, mut now) = (bytes, Duration::ZERO);
    for _ in 0..MANY {
        let room = device.room(now).min(most).min(rest.len());
        let (taken, left) = rest.split_at(room);
        rest = left;
        let input = if taken.is_empty() {
            Input::Tick
        } else {
            Input::Bytes(taken)
        };
        device.handle(input, now);
        drain(device, &mut papers, &mut said);
        match device.poll_timeout() {
            Some(at) => now = now.max(at),
            None if rest.is_empty() || room == 0 => return (papers, said),
            None => {}
        }
    }
    panic!("still busy after {MANY} steps with {} bytes left", rest.len());
}

proptest! {
    #[test]
    fn no_bytes_panic_or_hang_any_printer(bytes in bytes(), profile in profile(), faults in prop::collection::vec(fault(), 0..4), slow: bool) {
        let speed_mm_s = slow.then_some(150.0);
        let mut device = Device::new(&Config { speed_mm_s, buffer_bytes: 64, ..Config::new(profile) });
        for fault in faults {
            device.handle(Input::Fault(fault), Duration::ZERO);
        }
        let (papers, _) = feed(&mut device, &bytes, 64);
        for paper in papers.into_iter().take(2) {
            prop_assert!(paper.height > 4000 || !paper.png().is_empty());
        }
    }

    #[test]
    fn papers_do_not_hang_on_how_the_bytes_were_cut(bytes in bytes(), most in 1_usize..70) {
        let config = Config::default();
        let whole = feed(&mut Device::new(&config), &[&bytes, &b"\n\x1dVA\x00"[..]].concat(), usize::MAX).0;
        let pieces = feed(&mut Device::new(&config), &[&bytes, &b"\n\x1dVA\x00"[..]].concat(), most).0;
        let texts = |papers: Vec<Paper>| papers.into_iter().map(|paper| (paper.text, paper.bytes, paper.height)).collect::<Vec<_>>();
        prop_assert_eq!(texts(whole), texts(pieces));
    }

    #[test]
    fn a_printer_without_faults_takes_everything(bytes in bytes()) {
        let mut device = Device::new(&Config { buffer_bytes: 16, ..Config::default() });
        feed(&mut device, &bytes, 7);
        prop_assert_eq!(device.received(), bytes.len() as u64);
    }
}
