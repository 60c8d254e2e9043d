//! The ways in which printers differ.

use serde::Deserialize;

/// The command language that a printer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// ESC/POS, Epson's and nearly everybody's.
    #[default]
    Escpos,
    /// Star's own, StarPRNT.
    Starprnt,
}

/// A multi-byte mode for East Asian text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kanji {
    /// Simplified Chinese, by `FS &`.
    Gb18030,
    /// Traditional Chinese, by `FS &`.
    Big5,
    /// Korean, by `FS &`.
    Ksc5601,
    /// Japanese, by `FS C 1` and `FS &`.
    ShiftJis,
}

/// How paper is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutCommand {
    /// `GS V 65` and `66`: feeds to the cutter by itself.
    #[default]
    GsVFeed,
    /// `GS V 0` and `1`: cuts where the paper stands.
    GsV,
    /// `ESC i` and `ESC m`.
    EscI,
}

/// How pictures are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Raster {
    /// `GS v 0`.
    #[default]
    #[serde(rename = "gs-v-0")]
    GsV0,
    /// `GS ( L`, functions 112 and 50.
    GsParenL,
    /// `ESC *` in stripes of 24 dots.
    EscStar,
    /// `ESC *` in stripes of 8 dots, for needle printers.
    EscStar8,
    /// No pictures at all.
    None,
}

/// How a printer is made to sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buzzer {
    /// It cannot.
    #[default]
    None,
    /// `ESC ( A`, Epson's external or built-in buzzer.
    EscParenA,
    /// `ESC B`, most clones.
    EscB,
    /// BEL.
    Bel,
}

/// Whether something works; it does unless a profile says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// It works.
    #[default]
    Yes,
    /// It does not.
    No,
}
