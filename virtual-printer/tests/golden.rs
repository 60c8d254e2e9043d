//! Papers as pictures, dot by dot. Their text is blocks and frames, so that a change of fonts changes nothing here.
//!
//! `UPDATE_GOLDEN=1 cargo test -p virtual-printer --test golden` writes the pictures anew; look at them before committing.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its picture has failed"
)]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use virtual_printer::{Config, Device, Input, Output, Profile};

fn printed(profile: &str, bytes: &[u8]) -> Vec<u8> {
    let mut device = Device::new(&Config::new(Profile::named(profile).unwrap()));
    device.handle(Input::Bytes(bytes), Duration::ZERO);
    let Some(Output::Paper(paper)) = device.poll_output() else {
        unreachable!("a cut is a paper")
    };
    assert!(paper.notes.is_empty(), "{:?}", paper.notes);
    paper.png()
}

/// Width, height and dots.
fn dots(reader: impl std::io::BufRead + std::io::Seek) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(reader).read_info().unwrap();
    let mut rows = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rows).unwrap();
    (reader.info().width, reader.info().height, rows)
}

fn assert_golden(name: &str, picture: &[u8]) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, picture).unwrap();
    }
    let want = dots(BufReader::new(File::open(&path).unwrap()));
    let got = dots(std::io::Cursor::new(picture));
    assert_eq!((got.0, got.1), (want.0, want.1), "size of {name}");
    let different = got.2.iter().zip(&want.2).position(|(got, want)| got != want);
    assert_eq!(different, None, "{name} differs first at this byte");
}

#[test]
fn styles_and_places_are_where_they_were() {
    let ticket = b"\x1b@\xdb\xdb \xda\xc4\xbf\n\x1d!\x11\xdb \xdb\x1d!\x00\xdb\n\x1d!\x23\xdb\x1d!\x00\n\
        \x1ba\x01\xdb\xdb\xdb\n\x1ba\x02\xdb\xdb\n\x1ba\x00\x1b-\x01   \x1b-\x02   \x1b-\x00\xdb\n\
        \x1dB\x01 \xdc \x1dB\x00\xdc\x1b{\x01\xdc\x1b{\x00\n\x1bM\x01\xdb\xdb \xdb\x1bM\x00\xdb\n\x1b \x06\xdb\xdb\x1b \x00\n\
        \xdb\t\xdb\x1b$\x20\x01\xdb\x1b\\\x0c\x00\xdb\n\x1dL\x30\x00\x1dW\x60\x00\xdb\xdb\xdb\xdb\xdb\xdb\xdb\xdb\xdb\n\
        \x1b3\x0a\xdb\n\xdb\n\x1b2\x1bJ\x10\x1bd\x02\x1dVB\x18";
    assert_golden("styles.png", &printed("epson-tm-m30", ticket));
}

#[test]
fn pictures_and_codes_are_where_they_were() {
    let ticket = b"\x1b@\x1ba\x01\x1dv0\x00\x03\x00\x04\x00\xff\x00\xff\x81\x81\x81\x81\x81\x81\xff\x00\xff\
        \x1dv0\x03\x01\x00\x02\x00\xaa\x55\x1ba\x00\x1b*\x21\x04\x00\xff\xff\xff\x80\x00\x01\x80\x00\x01\xff\xff\xff\xdb\n\
        \x1b*\x00\x03\x00\xff\x81\xff\n\x1d(L\x10\x00\x30\x70\x30\x02\x01\x31\x09\x00\x03\x00\xff\x80\x80\x80\xff\x80\x1d(L\x02\x00\x30\x32\
        \x1dh\x30\x1dw\x02\x1dkE\x03A-1\x1ba\x02\x1dkF\x041234\x1ba\x01\x1dk\x05123456\x00\
        \x1d(k\x03\x00\x31\x43\x04\x1d(k\x03\x00\x31\x45\x31\x1d(k\x05\x00\x31\x50\x30hi\x1d(k\x03\x00\x31\x51\x30\x1dV\x00";
    assert_golden("pictures.png", &printed("generic-58", ticket));
}

#[test]
fn star_paper_is_where_it_was() {
    let ticket =
        b"\x1b@\xdb\xdb\n\x1b\x1da\x01\x1bi\x01\x01\xdb\x1bi\x00\x00\n\x1b\x1da\x00\x1b4 \xdc \x1b5\n\
        \x1b\x1dS\x01\x02\x00\x03\x00\x00\xff\xff\x80\x01\xff\xff\
        \x1b\x1dyS0\x02\x1b\x1dyS1\x01\x1b\x1dyS2\x04\x1b\x1dyD1\x00\x02\x00hi\x1b\x1dyP\
        \x1bb\x06\x01\x02\x28A1\x1e\x1bd\x03";
    assert_golden("star.png", &printed("star", ticket));
}
