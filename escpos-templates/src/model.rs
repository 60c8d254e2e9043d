//! A receipt as data: what markup says, before any width or printer is known.

use serde::{Deserialize, Serialize};

/// A parsed document, line by line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// Lines from top to bottom.
    pub lines: Vec<Line>,
    /// Whether a key of our own is used anywhere. Without one, widths are those of the reference.
    pub extended: bool,
    /// Whether the document has Chinese, Japanese or Korean characters anywhere; widths hang on it.
    pub east_asian: bool,
}

/// One line of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Cells of text side by side.
    Text(Vec<Cell>),
    /// A horizontal rule.
    Rule,
    /// A cut.
    Cut,
    /// One cell of properties: settings for the lines that follow, and things to print.
    Property(Box<Property>),
    /// A line that a misplaced property or a stray brace silences.
    Silent,
}

/// Where text stands in its column, and a line on the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    #[default]
    Center,
    /// At the right edge.
    Right,
}

impl Align {
    /// Halves of the free space that lie on the left: 0, 1 or 2.
    #[must_use]
    pub fn halves(self) -> u32 {
        match self {
            Self::Left => 0,
            Self::Center => 1,
            Self::Right => 2,
        }
    }
}

/// A cell of text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cell {
    /// Where its text stands.
    pub align: Align,
    /// Its text, piece by piece.
    pub pieces: Vec<Piece>,
}

/// A stretch of text in one style, or a line break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Text without line breaks; never empty.
    Text(Style, String),
    /// A line break.
    Break,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// A line below.
    pub underline: bool,
    /// Heavier.
    pub bold: bool,
    /// White on black.
    pub invert: bool,
    /// 0 plain, 1 double width, 2 double height, 3 to 7 two to six times both.
    pub size: u8,
}

impl Style {
    /// Times as wide, 1 to 6.
    #[must_use]
    pub fn sx(self) -> u8 {
        if self.size < 2 {
            self.size + 1
        } else {
            self.size.min(7) - 1
        }
    }

    /// Times as high, 1 to 6.
    #[must_use]
    pub fn sy(self) -> u8 {
        if self.size < 3 {
            self.size.max(1)
        } else {
            self.size.min(7) - 1
        }
    }
}

/// The members of a property cell that mean something. What is not named stays as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Property {
    /// `text`: whether a cell's text may take several rows.
    pub wrap: Option<bool>,
    /// `border`: what stands between columns.
    pub border: Option<Border>,
    /// `width`: the columns; empty for `auto`.
    pub width: Option<Vec<Width>>,
    /// `align`: where lines stand that are narrower than the paper.
    pub align: Option<Align>,
    /// `option`: how the codes that follow are drawn.
    pub option: Option<CodeOption>,
    /// `code`: the content of a bar code or QR code to print here.
    pub code: Option<String>,
    /// `image`: a PNG in base64, padded, to print here.
    pub image: Option<String>,
    /// `command`: bytes for the printer, as characters below U+0100. Off unless the caller allows it.
    pub command: Option<String>,
    /// Our own keys.
    pub extension: Extension,
}

/// The keys that the reference ignores.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Extension {
    /// `drawer`: opens the drawer at connector 1 or 2.
    pub drawer: Option<u8>,
    /// `beep`: sounds so many times, 1 to 9.
    pub beep: Option<u8>,
    /// `cut`: the kind of the cuts that follow.
    pub cut: Option<Cut>,
    /// `font`: the resident font of the lines that follow.
    pub font: Option<FontName>,
    /// `color`: the ink of the lines that follow.
    pub color: Option<Color>,
    /// `lang`: the language of the lines that follow, such as `ja`; chooses between regional letter forms.
    pub lang: Option<String>,
    /// `wrap`: whether the lines that follow break between words or between characters.
    pub words: Option<bool>,
}

/// Kinds of cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// A point is left uncut, so that the ticket hangs on.
    #[default]
    Partial,
    /// The ticket falls.
    Full,
}

/// The printer's two fonts by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FontName {
    /// The larger one.
    #[default]
    A,
    /// The smaller one.
    B,
}

/// Inks of a two-colour printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// The first.
    #[default]
    Black,
    /// The second, whatever the roll or ribbon has.
    Red,
}

/// What stands between columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// A frame around them all.
    Line,
    /// So many blanks, 0 to 2.
    Space(u8),
}

impl Default for Border {
    fn default() -> Self {
        Self::Space(1)
    }
}

/// A column's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Width {
    /// Shares what is free.
    Flexible,
    /// So many characters; 0 hides the column.
    Fixed(u32),
}

/// How a code is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeOption {
    /// Its kind.
    pub symbology: Symbology,
    /// Dots of a bar code's thinnest bar, 2 to 4.
    pub module: u8,
    /// Dots of a bar code's height, 24 to 240.
    pub height: u8,
    /// Whether a bar code's text stands below it.
    pub hri: bool,
    /// Dots of a QR code's cell, 3 to 8.
    pub cell: u8,
    /// A QR code's error correction.
    pub level: Level,
}

impl Default for CodeOption {
    fn default() -> Self {
        Self {
            symbology: Symbology::Code128,
            module: 2,
            height: 72,
            hri: false,
            cell: 3,
            level: Level::L,
        }
    }
}

/// Kinds of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standards' own")]
pub enum Symbology {
    Upc,
    Ean,
    Code39,
    Itf,
    Codabar,
    Code93,
    Code128,
    QrCode,
}

/// How much of a QR code may be damaged: 7, 15, 25 or 30 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own")]
pub enum Level {
    L,
    M,
    Q,
    H,
}
