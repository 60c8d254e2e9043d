//! What a printer can do: facts in TOML, built in and extendable.

mod ability;

pub use ability::{Ability, Buzzer, CutCommand, Kanji, Language, Raster};

use crate::encode::pages::CodePage;
use crate::model::{Cut, FontName, Symbology};
use crate::raster::Font;
use serde::Deserialize;
use std::sync::Arc;

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, or a field that is missing, unknown or of the wrong type; the message names the line.
    #[error("the profile cannot be read")]
    Syntax(#[source] toml::de::Error),
    /// A number that no printer has.
    #[error("`{field}` is {value}, expected {expected}")]
    Range {
        /// The field.
        field: &'static str,
        /// What it says.
        value: u32,
        /// What it may say.
        expected: &'static str,
    },
    /// A code page that is not known here.
    #[error("`pages` names {0}, which is not a known code page")]
    UnknownPage(String),
}

/// A printer's abilities.
#[derive(Debug, Clone)]
pub struct Profile {
    facts: Facts,
    pages: Vec<Page>,
}

/// A code page of a printer.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) number: u8,
    pub(crate) table: Arc<CodePage>,
}

/// The fields of a profile's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    name: String,
    vendor: String,
    model: String,
    source: String,
    #[serde(default)]
    language: Language,
    dots: u32,
    #[serde(default = "default_dpi")]
    dpi: u32,
    columns: ColumnsOfFonts,
    #[serde(default)]
    pages: Vec<(String, u8)>,
    #[serde(default)]
    kanji: Vec<Kanji>,
    #[serde(default)]
    leave_kanji: bool,
    #[serde(default)]
    cutters: Vec<Cut>,
    #[serde(default)]
    cut_command: CutCommand,
    #[serde(default)]
    feed: u8,
    #[serde(default)]
    red: bool,
    #[serde(default)]
    qr: bool,
    #[serde(default)]
    barcodes: Vec<Symbology>,
    #[serde(default)]
    raster: Raster,
    #[serde(default = "default_band")]
    band: u32,
    #[serde(default)]
    invert: Ability,
    #[serde(default)]
    status: Vec<String>,
    #[serde(default = "default_confirmation")]
    confirmation: char,
    #[serde(default)]
    buzzer: Buzzer,
    #[serde(default = "yes")]
    drawer: bool,
    #[serde(default = "default_scale")]
    max_scale: u8,
}

fn default_dpi() -> u32 {
    203
}
fn default_band() -> u32 {
    128
}
fn default_confirmation() -> char {
    'C'
}
fn default_scale() -> u8 {
    8
}
fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnsOfFonts {
    a: u16,
    b: u16,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// Where the text is no profile; every variant names what to mend.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let facts: Facts = toml::from_str(text).map_err(ProfileError::Syntax)?;
        check("dots", facts.dots, 64, 2400, "64 to 2400")?;
        check("columns.a", facts.columns.a.into(), 8, 200, "8 to 200")?;
        check("columns.b", facts.columns.b.into(), 8, 255, "8 to 255")?;
        check("band", facts.band, 8, 1024, "8 to 1024")?;
        check("max_scale", facts.max_scale.into(), 1, 8, "1 to 8")?;
        let page = |(name, number): &(String, u8)| {
            let table = CodePage::named(name).ok_or_else(|| ProfileError::UnknownPage(name.clone()))?;
            Ok(Page {
                number: *number,
                table,
            })
        };
        let pages = facts.pages.iter().map(page).collect::<Result<_, _>>()?;
        Ok(Self { facts, pages })
    }

    /// Its name, as configuration spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// The maker.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.facts.vendor
    }

    /// The models that it is for.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.facts.model
    }

    /// Where its facts are from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.facts.source
    }

    /// Dots across the printable width.
    #[must_use]
    pub fn dots(&self) -> u32 {
        self.facts.dots
    }

    /// Dots to the inch.
    #[must_use]
    pub fn dpi(&self) -> u32 {
        self.facts.dpi
    }

    /// Columns of a font.
    #[must_use]
    pub fn columns(&self, font: Font) -> u16 {
        match font {
            Font::A => self.facts.columns.a,
            Font::B => self.facts.columns.b,
        }
    }

    /// Kinds of cut, the first one being the usual; none where paper is torn off.
    #[must_use]
    pub fn cutters(&self) -> &[Cut] {
        &self.facts.cutters
    }

    /// Questions that it answers: `dle-eot`, `gs-r`, `gs-a`, `gs-i`, `gs-paren-h`, `star-asb`.
    #[must_use]
    pub fn status(&self) -> &[String] {
        &self.facts.status
    }

    /// The strongest proof of printing that it can give: A, B or C.
    #[must_use]
    pub fn confirmation(&self) -> char {
        self.facts.confirmation
    }

    /// Its command language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.facts.language
    }

    /// Whether it has a second ink.
    #[must_use]
    pub fn has_red(&self) -> bool {
        self.facts.red
    }

    /// Its multi-byte modes.
    #[must_use]
    pub fn kanji(&self) -> &[Kanji] {
        &self.facts.kanji
    }

    /// How it takes pictures.
    #[must_use]
    pub fn raster(&self) -> Raster {
        self.facts.raster
    }

    pub(crate) fn pages(&self) -> &[Page] {
        &self.pages
    }

    pub(crate) fn leave_kanji(&self) -> bool {
        self.facts.leave_kanji || !self.facts.kanji.is_empty()
    }

    pub(crate) fn cut_command(&self) -> CutCommand {
        self.facts.cut_command
    }

    pub(crate) fn feed(&self) -> u8 {
        self.facts.feed
    }

    pub(crate) fn qr(&self) -> bool {
        self.facts.qr
    }

    pub(crate) fn barcode(&self, symbology: Symbology) -> bool {
        self.facts.barcodes.contains(&symbology)
    }

    pub(crate) fn band(&self) -> u32 {
        self.facts.band
    }

    pub(crate) fn inverts(&self) -> bool {
        self.facts.invert == Ability::Yes
    }

    pub(crate) fn buzzer(&self) -> Buzzer {
        self.facts.buzzer
    }

    pub(crate) fn drawer(&self) -> bool {
        self.facts.drawer
    }

    pub(crate) fn max_scale(&self) -> u8 {
        self.facts.max_scale
    }

    /// The font and the columns that a wish for so many columns comes to.
    pub(crate) fn fit(&self, columns: Option<u16>) -> (FontName, u16) {
        let ColumnsOfFonts { a, b } = self.facts.columns;
        match columns {
            None => (FontName::A, a),
            Some(n) if n == b && n != a => (FontName::B, b),
            Some(n) if n > a => (FontName::B, n.min(b)),
            Some(n) => (FontName::A, n.max(1)),
        }
    }
}

fn check(
    field: &'static str,
    value: u32,
    low: u32,
    high: u32,
    expected: &'static str,
) -> Result<(), ProfileError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(ProfileError::Range {
            field,
            value,
            expected,
        })
    }
}

/// The profiles that the crate ships.
pub(crate) const BUILT_IN: &[&str] = &[
    include_str!("../../profiles/generic-80.toml"),
    include_str!("../../profiles/generic-58.toml"),
    include_str!("../../profiles/epson-tm-t88.toml"),
    include_str!("../../profiles/epson-tm-t88iii.toml"),
    include_str!("../../profiles/epson-tm-t88-japanese.toml"),
    include_str!("../../profiles/epson-tm-t20.toml"),
    include_str!("../../profiles/epson-tm-t82.toml"),
    include_str!("../../profiles/epson-tm-t82-chinese.toml"),
    include_str!("../../profiles/epson-tm-m30.toml"),
    include_str!("../../profiles/epson-tm-u220.toml"),
    include_str!("../../profiles/star-escpos.toml"),
    include_str!("../../profiles/star-prnt.toml"),
    include_str!("../../profiles/citizen-ct-s.toml"),
    include_str!("../../profiles/bixolon-srp.toml"),
    include_str!("../../profiles/xprinter-80.toml"),
    include_str!("../../profiles/pos-58.toml"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_reads_and_fits_its_paper() {
        for text in BUILT_IN {
            let profile = Profile::parse(text).unwrap();
            let widest = u32::from(profile.columns(Font::A)) * 12;
            assert!(widest <= profile.dots(), "{}", profile.name());
            assert!(!profile.source().is_empty() && "ABC".contains(profile.confirmation()));
        }
    }

    #[test]
    fn a_wish_for_columns_picks_the_font() {
        let profile = Profile::parse(BUILT_IN[0]).unwrap();
        assert_eq!(profile.fit(None), (FontName::A, 48));
        assert_eq!(profile.fit(Some(42)), (FontName::A, 42));
        assert_eq!(profile.fit(Some(64)), (FontName::B, 64));
        assert_eq!(profile.fit(Some(200)), (FontName::B, 64));
    }

    #[test]
    fn a_bad_profile_says_what_to_mend() {
        let error = |from: &str, to: &str| {
            Profile::parse(&BUILT_IN[0].replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error("576", "7"), "`dots` is 7, expected 64 to 2400");
        assert_eq!(
            error("cp437", "cp9"),
            "`pages` names cp9, which is not a known code page"
        );
        assert_eq!(error("dots", "dotz"), "the profile cannot be read");
    }
}
