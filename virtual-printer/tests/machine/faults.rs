//! The printer in trouble: no paper, no power, a stuck cutter, a slow or lossy line.

use std::time::Duration;

use crate::bench::{Bench, MARKED, PROOF};
use virtual_printer::{Config, CutKind, Fault, Input};

#[test]
fn data_behind_the_end_of_the_paper_prints_after_the_refill_as_one_paper() {
    let mut bench = Bench::instant();
    bench
        .fault(Fault::PaperOutAfterLines(2))
        .send(b"1\n2\n3\n4\n\x1dVA\x00")
        .send(MARKED);
    assert!(bench.papers.is_empty() && bench.said().is_empty());
    assert_eq!(bench.send(b"\x10\x04\x02").said(), [0x32]);
    bench.pass(Duration::from_secs(300)).fault(Fault::Refill);
    assert_eq!(bench.only_paper().text, "1\n2\n3\n4\n");
    assert_eq!(bench.said(), PROOF);
}

#[test]
fn a_power_cut_keeps_printed_lines_and_loses_the_rest() {
    let mut bench = Bench::instant();
    bench.send(b"\x1da\xff").said();
    bench
        .fault(Fault::PowerCutAtByte(8))
        .send(b"one\ntwo\nthree\n\x1dVA\x00");
    assert_eq!((bench.resets, bench.papers.len()), (1, 0));
    assert_eq!(bench.send(b"\x10\x04\x01").said(), [0; 0], "off");
    bench.fault(Fault::PowerOn).fault(Fault::CoverOpen);
    assert_eq!(bench.said(), [0; 0], "automatic status is forgotten");
    bench.fault(Fault::CoverClosed).send(b"copy\n\x1dVA\x00");
    assert_eq!(bench.only_paper().text, "one\ntwo\ncopy\n");
}

#[test]
fn a_power_cut_at_any_byte_keeps_whole_lines_alone() {
    let ticket = b"one\ntwo\nthree\n";
    for cut in 1..=ticket.len() {
        let mut bench = Bench::instant();
        bench
            .fault(Fault::PowerCutAtByte(cut as u64))
            .send(ticket)
            .fault(Fault::PowerOn)
            .send(b"\x1dVA\x00");
        let whole: String = ticket[..cut].iter().map(|byte| char::from(*byte)).collect();
        let whole = whole.rfind('\n').map_or("", |end| &whole[..=end]);
        assert_eq!(bench.only_paper().text, whole, "cut at byte {cut}");
    }
}

#[test]
fn a_stuck_cutter_waits_for_a_person_and_a_command() {
    let mut bench = Bench::instant();
    bench
        .fault(Fault::CutterErrorAtCut)
        .send(b"soup\n\x1dVA\x00")
        .send(MARKED);
    assert_eq!(bench.send(b"\x10\x04\x03").said(), [0x1E]);
    bench.send(b"\x10\x05\x01").send(b"\x10\x04\x03");
    assert_eq!(bench.said(), [0x1E], "still stuck");
    bench.fault(Fault::CutterFreed).send(b"\x10\x05\x01");
    assert_eq!(
        (bench.only_paper().text.as_str(), bench.said()),
        ("soup\n", PROOF.to_vec())
    );
}

#[test]
fn recovery_with_clearing_loses_what_waited() {
    let mut bench = Bench::instant();
    bench
        .fault(Fault::CutterError)
        .send(b"soup\n\x1dVA\x00")
        .fault(Fault::CutterFreed);
    bench.send(b"\x10\x05\x02").send(b"next\n\x1dVA\x00");
    assert_eq!(bench.only_paper().text, "next\n");
}

#[test]
fn a_hot_head_waits_and_goes_on_by_itself() {
    let mut bench = Bench::instant();
    bench
        .fault(Fault::Overheated(true))
        .send(b"soup\n\x1dVA\x00\x10\x04\x03");
    assert_eq!(bench.said(), [0x52]);
    assert_eq!(bench.fault(Fault::Overheated(false)).only_paper().text, "soup\n");
}

#[test]
fn a_full_buffer_is_not_read_and_still_hears_status_requests() {
    let config = Config {
        buffer_bytes: 16,
        ..Config::default()
    };
    let mut bench = Bench::new(&config);
    bench.fault(Fault::CoverOpen);
    while bench.device.room(bench.now) > 3 {
        bench.send(b"ab\n");
    }
    assert_eq!(bench.send(b"\x10\x04\x01").said(), [0x1A]);
    let room = bench.device.room(bench.now);
    assert!(room <= 3);
    bench.fault(Fault::CoverClosed);
    assert!(bench.device.room(bench.now) >= 16);
}

#[test]
fn one_byte_a_second_is_one_byte_a_second() {
    let mut bench = Bench::instant();
    bench.fault(Fault::OneBytePerSecond(true));
    assert_eq!(bench.device.room(bench.now), 1);
    bench.send(b"a");
    assert_eq!(bench.device.room(bench.now), 0);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.device.room(bench.now), 1);
}

#[test]
fn proofs_can_be_late_repeated_dirty_or_lost() {
    let mut bench = Bench::instant();
    bench
        .fault(Fault::DelayProof(Duration::from_secs(600)))
        .send(MARKED);
    assert_eq!(bench.pass(Duration::from_secs(599)).said(), b"");
    assert_eq!(bench.pass(Duration::from_secs(1)).said(), PROOF);
    bench
        .fault(Fault::DelayProof(Duration::ZERO))
        .fault(Fault::RepeatProofs(true));
    assert_eq!(bench.send(b"\x1dr\x01").said(), [PROOF, &[0, 0]].concat());
    bench
        .fault(Fault::RepeatProofs(false))
        .fault(Fault::GarbageInProof(vec![0x14]));
    assert_eq!(bench.send(MARKED).said(), b"\x14\x37\x22\x14A142\x00\x14");
    bench.fault(Fault::DropAfterLastByte).send(MARKED);
    assert_eq!(
        (bench.said(), bench.resets),
        (PROOF.to_vec(), 0),
        "nothing printed yet"
    );
    bench.send(b"soup\n\x1dVA\x00").send(MARKED);
    assert_eq!((bench.said(), bench.resets, bench.papers.len()), (vec![], 1, 1));
}

#[test]
fn a_torn_paper_is_a_paper_and_nothing_is_nothing() {
    let mut bench = Bench::instant();
    bench.handle(Input::Tear);
    assert!(bench.papers.is_empty());
    bench.send(b"soup\n").handle(Input::Tear);
    assert_eq!(bench.only_paper().cut, CutKind::Torn);
}

#[test]
fn a_script_strikes_at_its_bytes_papers_and_times() {
    let mut bench = Bench::instant();
    let text = "after 4 bytes paper-out\nthen 5s refill\nafter 1 paper cover-open\nthen 2s cover-closed\n";
    bench.device.follow(text.parse().unwrap());
    bench.send(b"one\ntwo\n\x1dVA\x00three\n\x1dVA\x00");
    assert_eq!(bench.papers.len(), 0);
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.papers.len(), 1, "the cover is open after the first");
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.papers[1].text, "three\n");
}
