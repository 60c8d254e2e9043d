//! A printer to rehearse with: ESC/POS in, paper out, faults on demand.
//!
//! [`Device`] is the printer as a machine without I/O; [`VirtualPrinter`] puts it on a TCP port with a thread of its
//! own. The interpreter is written from the printers' manuals and shares nothing with Printrail's encoder; only the
//! shapes of letters are the same.
//!
//! ```
//! use std::{io::Write, net::TcpStream, time::Duration};
//! use virtual_printer::{Config, Fault, VirtualPrinter};
//!
//! let printer = VirtualPrinter::start(Config::default())?;
//! printer.fault(Fault::PaperOut);
//! TcpStream::connect(printer.addr())?.write_all(b"1 x Margherita\n\x1dVB\x00")?;
//! assert!(printer.wait_papers(1, Duration::from_millis(50)).is_empty());
//! printer.fault(Fault::Refill);
//! let papers = printer.wait_papers(1, Duration::from_secs(5));
//! assert_eq!(papers[0].text, "1 x Margherita\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod codepage;
mod config;
mod control;
mod device;
mod fault;
mod framer;
mod interpreter;
mod paper;
mod printer;
#[cfg(unix)]
mod pty;
mod realtime;
mod script;
mod server;
mod shared;
mod status;

pub use codepage::{Multibyte, Pages};
pub use config::{Answers, BUFFER_BYTES, Config, KEEP_PAPERS, Language, PROFILES, Profile};
pub use control::{CONTROL_HELP, answer, serve_control};
pub use device::{Device, Input, Output};
pub use fault::{FAULTS, Fault, FaultError};
pub use interpreter::MAX_DOTS;
pub use paper::{CutKind, Paper};
pub use printer::VirtualPrinter;
pub use script::{Script, ScriptError};
