//! What others read in our paper. These need programs beside the toolchain, which `.ci/run` installs.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its paper has failed"
)]

use std::fs::File;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use virtual_printer::{Config, Device, Input, Output, Paper};

fn printed(bytes: &[u8]) -> Paper {
    let mut device = Device::new(&Config::default());
    device.handle(Input::Bytes(bytes), Duration::ZERO);
    device.handle(Input::Bytes(b"\x1dVA\x40"), Duration::ZERO);
    let Some(Output::Paper(paper)) = device.poll_output() else {
        unreachable!("a cut is a paper")
    };
    paper
}

/// What `zbarimg` reads, one `TYPE:data` for each symbol.
fn scanned(paper: &Paper) -> String {
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    std::fs::write(file.path(), paper.png()).unwrap();
    let output = Command::new("zbarimg")
        .args(["-q", "--nodbus", "-Senable", "-Supce.emit-check"])
        .arg(file.path())
        .output()
        .expect("zbarimg is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs zbarimg"]
fn needs_zbarimg_every_bar_code_is_read_by_a_scanner() {
    let codes: &[(&[u8], &str)] = &[
        (b"\x1dkI\x0b{BNo. {C\x0c\x22\x38", "CODE-128:No. 123456"),
        (b"\x1dkC\x0c400638133393", "EAN-13:4006381333931"),
        (b"\x1dkC\x0c978020137962", "9780201379624"),
        (b"\x1dkD\x079638507", "EAN-8:96385074"),
        (b"\x1dkA\x0b03600029145", "UPC-A:036000291452"),
        (b"\x1dkE\x07A1-B 42", "CODE-39:A1-B 42"),
        (b"\x1dkF\x0812345678", "I2/5:12345678"),
        (b"\x1dkH\x08Ab 12/$z", "CODE-93:Ab 12/$z"),
        (b"\x1dkG\x06A1234B", "Codabar:A1234B"),
    ];
    for (code, want) in codes {
        let paper = printed(&[b"\x1ba\x01", *code].concat());
        let read = scanned(&paper);
        assert!(read.contains(want), "{}: wanted {want}, read {read}", paper.text);
    }
}

#[test]
#[ignore = "needs zbarimg"]
fn needs_zbarimg_qr_codes_are_read_by_a_scanner() {
    for module in [3, 4, 8] {
        let head = [b"\x1ba\x01\x1d(k\x03\x00\x31\x43".as_slice(), &[module]].concat();
        let data = b"\x1d(k\x1c\x00\x31\x50\x30https://bistro.example/t/\x1d(k\x03\x00\x31\x51\x30";
        let read = scanned(&printed(&[head.as_slice(), data].concat()));
        assert_eq!(
            read.trim(),
            "QR-Code:https://bistro.example/t/",
            "module {module}"
        );
    }
}

/// `emupos` running with one printer; ended when dropped.
struct Emupos {
    process: std::process::Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Emupos {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, api) = (free_port(), free_port());
        let config = format!(
            "schema: 1\napi: {{ host: 127.0.0.1, port: {api} }}\ndevices:\n  - id: p\n    type: printer\n    \
             profile: epson-tm-t20iii\n    connections:\n      - tcp: {{ port: {port} }}\n    receipts_dir: ./receipts\n"
        );
        std::fs::write(folder.path().join("emupos.yaml"), config).unwrap();
        let program = std::env::var("EMUPOS").unwrap_or_else(|_| "emupos".into());
        let process = Command::new(program)
            .arg("run")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("emupos is installed, or $EMUPOS says where");
        Self {
            process,
            folder,
            port,
        }
    }

    /// Text and height of what it makes of `bytes`.
    fn print(&self, bytes: &[u8]) -> (String, u32) {
        let mut stream = until(|| TcpStream::connect(("127.0.0.1", self.port)).ok());
        stream.write_all(bytes).unwrap();
        let receipts = self.folder.path().join("receipts");
        let find = |kind: &str| {
            let files = std::fs::read_dir(&receipts)
                .ok()?
                .flatten()
                .map(|entry| entry.path());
            files
                .into_iter()
                .find(|path| path.extension().is_some_and(|found| found == kind))
        };
        // Its description of the receipt is written last.
        until(|| find("json"));
        let picture = File::open(find("png").unwrap()).unwrap();
        let reader = png::Decoder::new(BufReader::new(picture)).read_info().unwrap();
        (
            std::fs::read_to_string(find("txt").unwrap()).unwrap(),
            reader.info().height,
        )
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "emupos does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Lines as both of us read them: places on the line, blank lines and names of pictures are each one's own.
fn words(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let plain = lines.map(|line| {
        line.replace("[barcode CODE128 ", "[barcode: ")
            .replace("[qr ", "[qr: ")
    });
    plain.collect()
}

#[test]
#[ignore = "needs emupos"]
fn needs_emupos_a_printer_by_others_reads_and_measures_the_same_ticket_alike() {
    let sample = include_bytes!("sample.bin");
    let mut device = Device::new(&Config::default());
    device.handle(Input::Bytes(sample), Duration::ZERO);
    let Some(Output::Paper(ours)) = device.poll_output() else {
        unreachable!("a cut is a paper")
    };
    let (text, height) = Emupos::start().print(sample);
    // It prints no readable text below bars in its text, and does not count the 32 dots of the cut.
    let ours_words: Vec<_> = words(&ours.text)
        .into_iter()
        .filter(|line| line != "123456")
        .collect();
    assert_eq!(ours_words, words(&text));
    assert_eq!(ours.height - 32, height);
}
