//! A USB printer made of the kernel's own parts: a gadget on a host controller that is software, inside a guest.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own tools: what fails shall fail"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const GADGETS: &str = "/sys/kernel/config/usb_gadget";
const NODE: &str = "/dev/g_printer0";
const O_NONBLOCK: i32 = 0o4000;

/// Between two looks at a node that has nothing.
const GLANCE: Duration = Duration::from_millis(2);

/// The printer's own side of the cable.
pub struct Gadget {
    folder: PathBuf,
    side: Option<Side>,
}

struct Side {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Gadget {
    /// Not yet plugged in.
    pub fn new(serial: &str) -> Self {
        let folder = Path::new(GADGETS).join("printer");
        if !folder.exists() {
            for part in [
                "strings/0x409",
                "configs/c.1/strings/0x409",
                "functions/printer.0",
            ] {
                fs::create_dir_all(folder.join(part)).unwrap();
            }
            let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
            write("idVendor", "0x04b8");
            write("idProduct", "0x0202");
            write("strings/0x409/manufacturer", "EPSON");
            write("strings/0x409/product", "TM-T88V");
            write(
                "functions/printer.0/pnp_string",
                "MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;",
            );
            write("functions/printer.0/q_len", "10");
            let function = folder.join("functions/printer.0");
            std::os::unix::fs::symlink(function, folder.join("configs/c.1/printer.0")).unwrap();
        }
        fs::write(folder.join("strings/0x409/serialnumber"), serial).unwrap();
        Self { folder, side: None }
    }

    /// Plugs it in; what comes goes to `printer` at that TCP port, or is only kept where that is 0.
    pub fn plug(&mut self, printer: u16, pause: Duration) {
        let controller = fs::read_dir("/sys/class/udc").unwrap().next().unwrap().unwrap();
        fs::write(
            self.folder.join("UDC"),
            controller.file_name().to_string_lossy().as_bytes(),
        )
        .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || serve(printer, pause, &stopped));
        self.side = Some(Side { stop, thread });
    }

    /// Nobody reads what comes any more, as in a printer that hangs; returns what came.
    pub fn hang(&mut self) -> Vec<u8> {
        let Some(side) = self.side.take() else {
            return Vec::new();
        };
        side.stop.store(true, Ordering::Relaxed);
        side.thread.join().unwrap()
    }

    /// Pulls the cable.
    pub fn unplug(&mut self) -> Vec<u8> {
        let came = self.hang();
        let _ = fs::write(self.folder.join("UDC"), "\n");
        came
    }
}

impl Drop for Gadget {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// Carries bytes both ways until it is stopped.
fn serve(printer: u16, pause: Duration, stop: &AtomicBool) -> Vec<u8> {
    let Some(mut node) = opened(stop) else {
        return Vec::new();
    };
    let mut cable = (printer > 0).then(|| TcpStream::connect(("127.0.0.1", printer)).unwrap());
    if let Some(cable) = &cable {
        cable.set_nonblocking(true).unwrap();
        cable.set_nodelay(true).unwrap();
    }
    let (mut all, mut some) = (Vec::new(), [0; 8192]);
    while !stop.load(Ordering::Relaxed) {
        let mut idle = true;
        if let Ok(len @ 1..) = node.read(&mut some) {
            idle = false;
            all.extend_from_slice(&some[..len]);
            if let Some(cable) = &mut cable {
                pass(cable, &some[..len], stop);
            }
            thread::sleep(pause);
        }
        if let Some(Ok(len @ 1..)) = cable.as_mut().map(|cable| cable.read(&mut some)) {
            idle = false;
            pass(&mut node, &some[..len], stop);
        }
        if idle {
            thread::sleep(GLANCE);
        }
    }
    all
}

fn pass(to: &mut impl Write, mut bytes: &[u8], stop: &AtomicBool) {
    while !bytes.is_empty() && !stop.load(Ordering::Relaxed) {
        match to.write(bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(_) => thread::sleep(GLANCE),
        }
    }
}

/// There once the computer has set the configuration.
fn opened(stop: &AtomicBool) -> Option<File> {
    while !stop.load(Ordering::Relaxed) {
        let mut options = OpenOptions::new();
        if let Ok(node) = options.read(true).write(true).custom_flags(O_NONBLOCK).open(NODE) {
            return Some(node);
        }
        thread::sleep(GLANCE);
    }
    None
}

/// Waits until it holds.
pub fn wait(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(GLANCE);
    }
}
