//! The printer as a machine: what it prints, says and survives, on a clock that the test moves.

mod bench;
mod faults;

use std::time::Duration;

use bench::{Bench, MARKED, PROOF, printed};
use virtual_printer::{Answers, Config, CutKind, Fault, Profile};

#[test]
fn a_ticket_becomes_text_as_a_person_reads_it() {
    let paper = printed(b"\x1b@\x1ba\x01\x1d!\x11KITCHEN\n\x1d!\x00\x1ba\x002 x Soup\n   no salt\n\n\x1bE\x01Table 4\x1bE\x00");
    assert_eq!(
        paper.text,
        "                 KITCHEN\n2 x Soup\n   no salt\n\nTable 4\n"
    );
    assert_eq!(paper.notes, [""; 0]);
    assert_eq!(paper.cut, CutKind::Partial);
}

#[test]
fn text_wraps_at_the_width_of_the_printer() {
    let paper = printed(&[b'a'; 50]);
    assert_eq!(paper.text, format!("{}\naa\n", "a".repeat(48)));
    let narrow = Config::new(Profile::named("generic-58").unwrap());
    let paper = Bench::new(&narrow)
        .send(&[b'a'; 33])
        .send(b"\n\x1di\x1bi")
        .only_paper();
    assert!(paper.text.starts_with(&format!("{}\na\n", "a".repeat(32))));
    assert_eq!(paper.notes, ["unknown command 1D 69"]);
}

#[test]
fn code_pages_and_multibyte_modes_are_read() {
    let paper = printed(b"caf\x82 \x1bt\x10caf\xe9 \x80\x1bt\x13\xd5\n\x1c&\xb9\xac\xb1\xa3\x1c. ok\n\x1cC\x01\x1c&\x8a\xbf\xb1\x1c.\n");
    assert_eq!(paper.text, "café café €€\n宫保 ok\n漢ｱ\n");
}

#[test]
fn placement_by_tabs_positions_and_margins_leaves_gaps() {
    let paper = printed(b"a\tb\x1b$\x20\x01c\n\x1dL\x18\x00left\n\x1b@\x1ba\x02right\n");
    assert_eq!(
        paper.text,
        format!("a       b{}c\n  left\n{}right\n", " ".repeat(15), " ".repeat(43))
    );
}

#[test]
fn pictures_and_codes_stand_for_themselves() {
    let qr = b"\x1d(k\x03\x00\x31\x43\x04\x1d(k\x05\x00\x31\x50\x30hi\x1d(k\x03\x00\x31\x51\x30";
    let raster = b"\x1dv0\x00\x02\x00\x03\x00\xff\xff\x00\x00\xff\xff";
    let bars = b"\x1dH\x02\x1dkI\x06{B1234\x1dk\x0440\x00";
    let stored = b"\x1d(L\x0b\x00\x30\x70\x30\x01\x01\x31\x08\x00\x01\x00\xff\x1d(L\x02\x00\x30\x32";
    let paper = printed(&[qr.as_slice(), raster, bars, stored].concat());
    assert_eq!(
        paper.text,
        "[qr: hi]\n[image 16x3]\n[barcode: 1234]\n1234\n[barcode: 40]\n40\n[image 8x1]\n"
    );
    assert_eq!(paper.notes, [""; 0]);
}

#[test]
fn the_png_has_the_dots_of_a_raster() {
    let paper = printed(b"\x1dv0\x00\x01\x00\x02\x00\x80\x01");
    let png = paper.png();
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (576, 2));
    let mut rows = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rows).unwrap();
    assert_eq!((rows[0], rows[72]), (!0x80, !0x01));
    assert!(rows[1..72].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn a_drawer_kick_takes_both_of_its_times() {
    let paper = printed(b"\x1bp\x00\x19\xfaPaid\n");
    assert_eq!((paper.drawer_kicks, paper.text.as_str()), (1, "Paid\n"));
    // Without its times the kick eats the next two characters.
    assert_eq!(printed(b"\x1bp\x00Paid\n").text, "id\n");
}

#[test]
fn status_is_answered_at_once_and_identity_in_order() {
    let mut bench = Bench::instant();
    assert_eq!(
        bench
            .send(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04")
            .said(),
        [0x12; 4]
    );
    assert_eq!(
        bench.send(b"\x1dIB\x1dIC\x1dID\x1dr\x01").said(),
        b"_EPSON\0_TM-m30II\0_VP00000001\0\0"
    );
    bench.fault(Fault::PaperOut);
    assert_eq!(bench.send(b"\x1dr\x01").said(), b"", "GS r is a barrier");
    assert_eq!(bench.send(b"\x10\x04\x04").said(), [0x7E]);
    assert_eq!(bench.fault(Fault::Refill).said(), [0]);
}

#[test]
fn automatic_status_comes_at_once_and_on_change_and_dies_with_esc_at() {
    let mut bench = Bench::instant();
    assert_eq!(bench.send(b"\x1da\x0e").said(), [0x10, 0, 0, 0]);
    assert_eq!(bench.fault(Fault::CoverOpen).said(), [0x38, 0, 0, 0]);
    assert_eq!(bench.fault(Fault::CoverClosed).said(), [0x10, 0, 0, 0]);
    assert_eq!(
        bench.fault(Fault::FeedButton(true)).said(),
        [0; 0],
        "not asked for"
    );
    assert_eq!(bench.send(b"\x1b@").fault(Fault::PaperOut).said(), [0; 0]);
}

#[test]
fn a_proof_comes_when_printing_is_done() {
    let config = Config {
        speed_mm_s: Some(10.0),
        ..Config::default()
    };
    let mut bench = Bench::new(&config);
    // 8 lines of 30 dots are 30 mm: 3 s.
    bench.send(b"1\n2\n3\n4\n5\n6\n7\n8\n\x1dV\x00").send(MARKED);
    assert_eq!(bench.pass(Duration::from_millis(2900)).said(), b"");
    assert!(bench.papers.is_empty());
    assert_eq!(bench.pass(Duration::from_millis(200)).said(), PROOF);
    assert_eq!(bench.papers[0].cut_at, Duration::from_secs(3));
}

#[test]
fn a_picture_larger_than_the_buffer_prints() {
    let config = Config {
        buffer_bytes: 64,
        ..Config::default()
    };
    let mut bench = Bench::new(&config);
    bench.send(b"\x1dv0\x00\x48\x00\x40\x00");
    for _ in 0..72 * 64 / 64 {
        assert!(bench.device.room(bench.now) >= 64);
        bench.send(&[0xAA; 64]);
    }
    assert_eq!(bench.send(b"\x1dVA\x00").only_paper().text, "[image 576x64]\n");
}

#[test]
fn a_clone_answers_nothing_and_prints_what_it_does_not_know() {
    let clone = Config::new(Profile::named("pos-80").unwrap());
    assert_eq!(clone.profile.answers, Answers::Nothing);
    let mut bench = Bench::new(&clone);
    bench
        .send(b"\x10\x04\x01\x1dr\x01")
        .send(MARKED)
        .send(b"\n\x1dVA\x00");
    assert_eq!(bench.said(), b"");
    assert_eq!(bench.only_paper().text, "00A142\n");
}

#[test]
fn an_older_epson_has_a_barrier_and_no_job_mark() {
    let mut bench = Bench::new(&Config::new(Profile::named("epson-tm-t88iii").unwrap()));
    assert_eq!(bench.send(MARKED).send(b"\x1dr\x01").said(), [0]);
}

#[test]
fn real_time_bytes_inside_a_picture_act() {
    let mut bench = Bench::instant();
    bench.send(b"\x1dv0\x00\x05\x00\x01\x00\x10\x14\x01\x00\x01\x1dVA\x00");
    assert_eq!(bench.device.kicks(), 1, "F3: a real printer opens the drawer");
    assert_eq!(bench.only_paper().text, "[image 40x1]\n");
}

#[test]
fn an_interrupted_command_is_filled_up_by_nuls() {
    let mut bench = Bench::instant();
    bench.send(b"soup\n\x1dv0\x00\x02\x00\x02\x00\xff");
    bench.send(&[0; 64]).send(b"\x1b@\x1bd\x03\x1dVA\x00");
    let scrap = bench.only_paper();
    assert_eq!(
        (scrap.text.as_str(), scrap.notes.len()),
        ("soup\n[image 16x2]\n", 0)
    );
    bench.papers.clear();
    assert_eq!(bench.send(b"next\n\x1dVA\x00").only_paper().text, "next\n");
}

#[test]
fn a_star_counts_its_documents() {
    let mut bench = Bench::new(&Config::new(Profile::named("star").unwrap()));
    assert_eq!(
        bench.send(b"\x1b\x1ea\x01").said(),
        [0x23, 0x06, 0, 0, 0, 0, 0, 0, 0]
    );
    bench.send(
        b"\x1b@\x1b\x1dt\x20\x1bEcaf\xe9\x1bF\n\x1b\x1da\x02right\n\x07\x1bd\x03\x1b\x1d\x03\x01\x07\x00\x17",
    );
    assert_eq!(
        bench.said(),
        b"\x1b\x1d\x03\x01\x07\x00\x01\x00\x23\x06\x02\0\0\0\0\x02\0"
    );
    let paper = bench.only_paper();
    assert_eq!(paper.text, format!("café\n{}right\n", " ".repeat(43)));
    assert_eq!((paper.drawer_kicks, paper.notes.len()), (1, 0));
    bench.fault(Fault::PaperOut);
    assert_eq!(bench.said(), [0x23, 0x06, 0x08, 0, 0, 0x0E, 0, 0x02, 0]);
    bench.send(b"\x1b\x1d\x03\x01\x08\x00");
    assert_eq!(bench.said(), [0; 0], "waits for the paper");
    bench.send(b"\x1b\x06\x01");
    assert_eq!(bench.said().len(), 9, "ESC ACK SOH is answered at once");
}
