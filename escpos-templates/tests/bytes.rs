//! Bytes that printers get, pinned: languages, multi-byte modes, picture commands, and what stands for what is missing.
//! When one fails, look the command up in the maker's manual before changing the test.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use escpos_templates::{Options, Renderer, Ticket};

/// A renderer that knows `generic-80` with some facts changed, as `tried`.
fn with(facts: &str) -> Renderer {
    let base = format!(
        "name = \"tried\"\nvendor = \"x\"\nmodel = \"x\"\nsource = \"x\"\ndots = 576\ncolumns = {{ a = 48, b = 64 }}\n{facts}\n"
    );
    let renderer = Renderer::builder().with_profile(&base).build();
    assert_eq!(renderer.problems(), [""; 0]);
    renderer
}

fn markup(renderer: &Renderer, profile: &str, source: &str) -> Ticket {
    renderer.render_markup(source, &Options::new(renderer.profile(profile).unwrap()))
}

fn readable(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn starprnt_has_commands_of_its_own() {
    let source = "|plain\n|\"bold\" _line_ `inverse`\n|^wide^ ^^^both\n|é\n{cut:full}\n=\n{drawer:2; cut:partial}\n|x\n=";
    let ticket = markup(&Renderer::builtin(), "star-prnt", source);
    assert_eq!(
        readable(&ticket.escpos()),
        [
            r"\x1b@\x1bz0plain\n",
            r"\x1bEbold\x1bF \x1b-\x01line\x1b-\x00 \x1b4inverse\n",
            r"\x1bi\x00\x01\x1b5wide\x1bi\x00\x00 \x1bi\x01\x01both\n",
            r"\x1bi\x00\x00\x1b\x1dt\x01\x82\n",
            r"\x1bd\x02\x1ax\n\x1bd\x03",
        ]
        .concat()
    );
}

/// Epson's `ESC p m t1 t2`: without its two times the printer takes the next two bytes of the ticket for them.
#[test]
fn a_drawer_kick_says_how_long_its_pulse_lasts() {
    for (source, wanted) in [
        ("{drawer:1}", b"\x1bp\x00\x19\xfa"),
        ("{drawer:2}", b"\x1bp\x01\x19\xfa"),
    ] {
        let bytes = markup(&Renderer::builtin(), "generic-80", &format!("{source}\n|x")).escpos();
        let kicks = bytes.windows(5).filter(|kick| kick == wanted).count();
        assert_eq!(kicks, 1, "{source}: {}", readable(&bytes));
    }
}

#[test]
fn starprnt_takes_pictures_by_esc_gs_s() {
    let bytes = markup(&Renderer::builtin(), "star-prnt", "|ก").escpos();
    assert!(
        bytes.starts_with(b"\x1b@\x1bz0\x1b\x1dS\x01"),
        "{}",
        readable(&bytes[..16])
    );
    let (width, height) = (usize::from(bytes[9]), usize::from(bytes[11]));
    assert_eq!(bytes.len(), 5 + 9 + width * height);
}

#[test]
fn multi_byte_modes_are_entered_for_their_text_alone_and_left_before_code_pages() {
    let cases = [
        ("gb18030", "寿司", r"\x1c&\xca\xd9\xcb\xbe\x1c."),
        ("big5", "壽司", r"\x1c&\xb9\xd8\xa5q\x1c."),
        ("ksc5601", "김치", r"\x1c&\xb1\xe8\xc4\xa1\x1c."),
        ("shift-jis", "寿司", r"\x1cC\x01\x1c&\x8e\xf5\x8ei\x1c."),
    ];
    for (mode, text, bytes) in cases {
        let renderer = with(&format!("pages = [[\"cp437\", 0]]\nkanji = [\"{mode}\"]"));
        let ticket = markup(&renderer, "tried", &format!("|{text}\n|é"));
        let expected = format!(r"\x1b@\x1c.\x1b3\x18{bytes}\n\x1bt\x00\x82 \n");
        assert_eq!(readable(&ticket.escpos()), expected, "{mode}");
        assert_eq!(ticket.report().image_rows, 0);
    }
}

#[test]
fn what_a_multi_byte_mode_lacks_is_a_picture_of_that_row_alone() {
    let renderer = with("pages = [[\"cp437\", 0]]\nkanji = [\"ksc5601\"]");
    let ticket = markup(&renderer, "tried", "|김치\n|ก\n|é");
    assert_eq!(ticket.report().image_rows, 1);
    let bytes = ticket.escpos();
    assert!(bytes.windows(3).any(|w| w == b"\x1dv0") && bytes.ends_with(b"\x1bt\x00\x82 \n"));
}

/// A row of 24 dots with a bar of 3 dots at its left: the same picture in every command.
const BARS: &str = "|ก";

#[test]
fn pictures_go_out_by_gs_paren_l_in_two_functions() {
    let bytes = markup(&with("pages = []\nraster = \"gs-paren-l\""), "tried", BARS).escpos();
    let head = &bytes[b"\x1b@\x1b3\x18".len()..];
    assert_eq!(head[..3], *b"\x1d(L");
    let (length, dots, rows) = (le(head, 3), le(head, 11), le(head, 13));
    assert_eq!(head[5..11], [48, 112, 48, 1, 1, 49]);
    assert_eq!(length, 10 + dots / 8 * rows);
    assert_eq!(&head[5 + length..], b"\x1d(L\x02\x0002");
}

#[test]
fn a_band_of_gs_paren_l_never_outgrows_its_length() {
    let facts = "pages = []\nraster = \"gs-paren-l\"\nband = 1024";
    let wide = Renderer::builder().with_profile(&format!(
        "name = \"tried\"\nvendor = \"x\"\nmodel = \"x\"\nsource = \"x\"\ndots = 2400\ncolumns = {{ a = 200, b = 255 }}\n{facts}\n"
    ));
    let renderer = wide.build();
    // A black picture of 2,400 by 900 dots: 270,000 bytes.
    let mut canvas = escpos_templates::raster::Canvas::new(2400, 900);
    canvas.fill(0, 0, 2400, 900);
    let png = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, canvas.to_png());
    let bytes = markup(&renderer, "tried", &format!("{{image:{png}}}")).escpos();
    let (mut at, mut rows) = (b"\x1b@\x1b3\x18".len(), 0);
    while at < bytes.len() {
        assert_eq!(bytes[at..at + 3], *b"\x1d(L", "at {at}");
        let length = le(&bytes, at + 3);
        if length > 2 {
            rows += le(&bytes, at + 13);
        }
        at += 5 + length;
    }
    assert_eq!(rows, 900);
}

#[test]
fn pictures_go_out_by_esc_star_in_stripes() {
    let bytes = markup(&with("pages = []\nraster = \"esc-star\""), "tried", BARS).escpos();
    let head = &bytes[b"\x1b@\x1b3\x18".len()..];
    assert_eq!(head[..6], *b"\x1b3\x18\x1b*\x21");
    assert_eq!(head.len(), 8 + 3 * le(head, 6) + 1);
    assert_eq!(head.last(), Some(&b'\n'));

    let bytes = markup(&with("pages = []\nraster = \"esc-star8\""), "tried", BARS).escpos();
    let head = &bytes[b"\x1b@\x1b3\x18".len()..];
    assert_eq!(head[..6], *b"\x1b3\x10\x1b*\x01");
    let stripe = 8 + le(head, 6) + 1 + 3;
    assert_eq!(
        head.len(),
        3 * stripe,
        "24 dots in three stripes of 8, each with its own feed"
    );
    assert_eq!(head[stripe - 4..stripe], *b"\n\x1b3\x18");
}

fn le(bytes: &[u8], at: usize) -> usize {
    usize::from(bytes[at]) + 256 * usize::from(bytes[at + 1])
}

#[test]
fn where_no_picture_can_be_sent_letters_lose_their_marks_or_become_question_marks_and_are_counted() {
    let renderer = with("pages = []\nraster = \"none\"");
    let ticket = markup(&renderer, "tried", "|crème ñ ñ Ж");
    assert_eq!(readable(&ticket.escpos()), r"\x1b@\x1b3\x18creme n n ?\n");
    let report = ticket.report();
    let counted = |ch: char| (report.missing[&ch].count, report.missing[&ch].instead.as_str());
    assert_eq!(
        (counted('è'), counted('ñ'), counted('Ж')),
        ((1, "e"), (2, "n"), (1, "?"))
    );
    assert_eq!(
        (report.missing.len(), report.image_rows, report.is_clean()),
        (3, 0, false)
    );
}

#[test]
fn no_raw_utf_8_ever_goes_out() {
    let text = "|寿司 김치 ผัดไทย بصل ñ Ж 🍕 € – “x”";
    for raster in ["gs-v-0", "none"] {
        for pages in ["[]", "[[\"cp437\", 0]]", "[[\"cp437\", 0], [\"cp1252\", 16]]"] {
            let ticket = markup(
                &with(&format!("pages = {pages}\nraster = \"{raster}\"")),
                "tried",
                text,
            );
            let bytes = ticket.escpos();
            for ch in text.chars().filter(|c| !c.is_ascii()) {
                let utf8 = ch.to_string().into_bytes();
                let raw = bytes.windows(utf8.len()).any(|w| w == utf8);
                assert!(!raw || raster == "gs-v-0", "{ch} with {pages}");
            }
            assert_eq!(ticket.report().image_rows > 0, raster == "gs-v-0");
        }
    }
}

/// The `escpos` crate makes a soft hyphen of it in twelve pages.
#[test]
fn a_hyphen_is_a_hyphen_in_every_page() {
    let names = "cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp863 cp865 cp866 cp869 cp1250 cp1251 cp1252 \
        cp1253 cp1254 cp1257 iso8859-2 iso8859-7 iso8859-15 cp1125 katakana";
    for name in names.split_whitespace() {
        let renderer = with(&format!("pages = [[\"{name}\", 9]]\nraster = \"none\""));
        let letter = if name == "katakana" {
            "ｱ"
        } else {
            "\u{a7}é\u{436}ή"
        };
        let bytes = markup(&renderer, "tried", &format!("|a\\-{letter}\\-b")).escpos();
        assert_eq!(
            bytes.iter().filter(|b| **b == b'-').count(),
            2,
            "{name}: {}",
            readable(&bytes)
        );
    }
}
