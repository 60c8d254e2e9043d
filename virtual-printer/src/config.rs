//! What kind of printer to be: models with their widths, code pages and manners.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::codepage::{Multibyte, Pages};

/// How much a model answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Nothing at all: many cheap clones over TCP.
    Nothing,
    /// Real-time status (`DLE EOT`) alone.
    RealTime,
    /// Real-time and automatic status, `GS r` and `GS I`.
    Status,
    /// All of that, and `GS ( H` function 48 (the proof of a printed job).
    Proof,
}

/// The command language of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Epson's ESC/POS and what copies it.
    EscPos,
    /// Star Line Mode, as StarPRNT printers speak it.
    Star,
}

/// A model of printer. Find one with [`Profile::named`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Name as in `--profile`.
    pub name: &'static str,
    /// Printable width in dots.
    pub dots: u32,
    /// `GS I 66`.
    pub maker: &'static str,
    /// `GS I 67`.
    pub model: &'static str,
    /// What it answers.
    pub answers: Answers,
    /// Command language.
    pub language: Language,
    /// Numbers of the code pages (they differ from vendor to vendor).
    pub pages: Pages,
    /// What the multi-byte mode of `FS &` reads.
    pub multibyte: Multibyte,
    /// Prints what it does not understand, as clones do, instead of swallowing it.
    pub prints_unknown: bool,
}

/// An 80 mm Epson that knows everything; the other profiles are written as differences from it.
const EPSON: Profile = Profile {
    name: "epson-tm-m30",
    dots: 576,
    maker: "EPSON",
    model: "TM-m30II",
    answers: Answers::Proof,
    language: Language::EscPos,
    pages: Pages::Epson,
    multibyte: Multibyte::Gb18030,
    prints_unknown: false,
};

/// A clone that answers nothing.
const CLONE: Profile = Profile {
    name: "pos-80",
    maker: "",
    model: "POS-80",
    answers: Answers::Nothing,
    prints_unknown: true,
    ..EPSON
};

/// Every model that `--profile` knows.
pub const PROFILES: &[Profile] = &[
    EPSON,
    Profile {
        name: "epson-tm-t20",
        model: "TM-T20III",
        ..EPSON
    },
    Profile {
        name: "epson-tm-t82",
        model: "TM-T82III",
        ..EPSON
    },
    Profile {
        name: "epson-tm-t88",
        model: "TM-T88VI",
        dots: 512,
        ..EPSON
    },
    Profile {
        name: "epson-tm-t88iii",
        model: "TM-T88III",
        dots: 512,
        answers: Answers::Status,
        ..EPSON
    },
    Profile {
        name: "epson-tm-t88-ja",
        model: "TM-T88VI",
        dots: 512,
        multibyte: Multibyte::ShiftJis,
        ..EPSON
    },
    Profile {
        name: "epson-tm-u220",
        model: "TM-U220",
        dots: 400,
        answers: Answers::Status,
        ..EPSON
    },
    Profile {
        name: "generic-80",
        maker: "GENERIC",
        model: "80",
        answers: Answers::Status,
        ..EPSON
    },
    Profile {
        name: "generic-58",
        maker: "GENERIC",
        model: "58",
        dots: 384,
        answers: Answers::Status,
        ..EPSON
    },
    Profile {
        name: "xprinter",
        model: "XP-N160II",
        answers: Answers::RealTime,
        ..CLONE
    },
    CLONE,
    Profile {
        name: "pos-58",
        model: "POS-58",
        dots: 384,
        pages: Pages::Pos58,
        ..CLONE
    },
    Profile {
        name: "star",
        maker: "Star",
        model: "mC-Print3",
        language: Language::Star,
        pages: Pages::Star,
        ..EPSON
    },
];

impl Default for Profile {
    fn default() -> Self {
        EPSON
    }
}

impl Profile {
    /// The model of that name, if there is one; the names are those of [`PROFILES`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PROFILES.iter().find(|profile| profile.name == name).copied()
    }
}

/// Everything about one virtual printer. `Config::default()` is an instant 80 mm Epson on a free port.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The model; the fields below repeat what may be changed of it.
    pub profile: Profile,
    /// Printable width in dots, 8 to [`crate::MAX_DOTS`]: 576 for 80 mm, 384 for 58 mm.
    pub dots: u32,
    /// Paper speed in mm/s at 8 dots/mm; `None` prints in no time. A TM-T20 has 150, a TM-U220 about 20.
    pub speed_mm_s: Option<f32>,
    /// Receive buffer in bytes; once it is full, the printer stops reading. At least 1.
    pub buffer_bytes: usize,
    /// `GS I 68`.
    pub serial: String,
    /// `GS I 66`.
    pub maker: String,
    /// `GS I 67`.
    pub model: String,
    /// `GS I 65`.
    pub firmware: String,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Answers nothing at all, whatever the profile says.
    pub silent: bool,
    /// How many papers are kept for [`crate::VirtualPrinter::papers`]; the oldest go first.
    pub keep_papers: usize,
}

/// The receive buffer of most Epson models (TM-T88 manual: 4 KB).
pub const BUFFER_BYTES: usize = 4096;

/// Papers kept by default: an evening's service of a busy station, some 20 MB.
pub const KEEP_PAPERS: usize = 10_000;

impl Default for Config {
    fn default() -> Self {
        Self::new(Profile::default())
    }
}

impl Config {
    /// A printer of that model.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            dots: profile.dots,
            speed_mm_s: None,
            buffer_bytes: BUFFER_BYTES,
            serial: "VP00000001".into(),
            maker: profile.maker.into(),
            model: profile.model.into(),
            firmware: "1.00 ESC/POS".into(),
            listen: SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)),
            silent: false,
            keep_papers: KEEP_PAPERS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_own_name_alone() {
        for profile in PROFILES {
            assert_eq!(Profile::named(profile.name), Some(*profile));
        }
        assert_eq!(Profile::named("epson"), None);
    }
}
