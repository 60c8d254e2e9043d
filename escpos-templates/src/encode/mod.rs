//! A laid-out page to the printer's bytes. Nothing outside this folder knows a command.

mod codes;
mod commands;
mod image;
pub(crate) mod pages;
mod text;

use crate::layout::{CodeBlock, Kind, Measure, Page, Row, RowStyle};
use crate::logo;
use crate::model::{Align, FontName};
use crate::profile::Profile;
use crate::raster::{Canvas, Font};
use crate::report::Report;
use crate::shape::{Shaper, Sheet};
use commands::Commands;
use std::ops::Range;

pub(crate) use codes::draw as draw_code;

/// What is the same for every row of a ticket.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) page: &'a Page,
    pub(crate) measure: Measure,
    pub(crate) profile: &'a Profile,
    pub(crate) shaper: &'a Shaper,
    /// Columns of font A that the ticket was laid out for.
    pub(crate) columns: u32,
    pub(crate) allow_commands: bool,
    /// Whether a ticket that does not end with a cut gets one.
    pub(crate) ends_with_cut: bool,
}

/// Bytes, and the rows that became pictures, for the preview.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pictures: Vec<(usize, Canvas)>,
}

/// Encodes a page; what had to be substituted is noted in `report`.
pub(crate) fn encode(job: Job<'_>, report: &mut Report) -> Encoded {
    let commands = Commands::of(job.profile);
    let bytes = Vec::with_capacity(job.page.text.len() * 2 + 256);
    let mut encoder = Encoder {
        job,
        commands,
        out: bytes,
        state: State::default(),
        pictures: Vec::new(),
        report,
    };
    commands.init(&mut encoder.out, job.profile.leave_kanji());
    for (index, row) in job.page.rows.iter().enumerate() {
        encoder.row(index, row);
    }
    if job.ends_with_cut && !ends_with_cut(job.page) {
        encoder
            .commands
            .cut(&mut encoder.out, job.profile, crate::model::Cut::default());
    }
    Encoded {
        bytes: encoder.out,
        pictures: encoder.pictures,
    }
}

fn ends_with_cut(page: &Page) -> bool {
    let last = page
        .rows
        .iter()
        .rfind(|row| !matches!(row.kind, Kind::Drawer(_) | Kind::Beep(_)));
    last.is_some_and(|row| matches!(row.kind, Kind::Cut(_)))
}

/// The settings that the printer has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    bold: bool,
    underline: bool,
    invert: bool,
    size: (u8, u8),
    b: bool,
    red: bool,
    /// The page's place in the profile's list.
    page: Option<usize>,
    kanji: bool,
}

impl Default for State {
    fn default() -> Self {
        let (bold, underline, invert, b, red) = (false, false, false, false, false);
        Self {
            bold,
            underline,
            invert,
            size: (1, 1),
            b,
            red,
            page: None,
            kanji: false,
        }
    }
}

struct Encoder<'a> {
    job: Job<'a>,
    commands: Commands,
    out: Vec<u8>,
    state: State,
    pictures: Vec<(usize, Canvas)>,
    report: &'a mut Report,
}

impl Encoder<'_> {
    fn row(&mut self, index: usize, row: &Row) {
        match &row.kind {
            Kind::Text { runs, height } => self.text_row(index, row.style, runs, *height),
            Kind::Rule { left, width } => self.rule(row.style, *left, *width),
            Kind::Frame { left, boxed, .. } => self.frame(row.style, *left, self.job.page.str(boxed)),
            Kind::Image { area, align, base64 } => match logo::decode(base64, self.dots(row.style, area)) {
                Ok(logo) => self.picture(index, &logo, self.dots(row.style, area), *align),
                Err(error) => self.report.problem(error.to_string()),
            },
            Kind::Code { area, align, block } => self.code(index, row.style, area, *align, block),
            Kind::Command(text) if self.job.allow_commands => self.raw(text),
            Kind::Command(_) => self
                .report
                .problem("a command was left out: commands are not allowed".to_owned()),
            Kind::Drawer(connector) if self.job.profile.drawer() => {
                self.commands.drawer(&mut self.out, *connector)
            }
            Kind::Drawer(_) => {}
            Kind::Beep(times) => self
                .commands
                .beep(&mut self.out, *times, self.job.profile.buzzer()),
            Kind::Cut(cut) => self.commands.cut(&mut self.out, self.job.profile, *cut),
        }
    }

    /// Font and colour of a row.
    fn row_style(&mut self, style: RowStyle) {
        let b = style.font == FontName::B;
        if b != self.state.b {
            self.commands.font(&mut self.out, b);
            self.commands.pitch(&mut self.out, if b { 17 } else { 24 });
            self.state.b = b;
        }
        let red = style.red && self.job.profile.has_red();
        if red != self.state.red {
            self.commands.red(&mut self.out, red);
            self.state.red = red;
        }
    }

    /// A rule of so many columns.
    fn rule(&mut self, style: RowStyle, left: u32, width: u32) {
        self.row_style(style);
        self.plain();
        self.spaces(left, 1);
        let width = usize::try_from(width).unwrap_or(0);
        if width > 0 {
            self.frame_char('─');
            let dash = self.out.last().copied().unwrap_or(b'-');
            self.out.resize(self.out.len() + width - 1, dash);
        }
        self.out.push(b'\n');
    }

    /// A piece of a frame.
    fn frame(&mut self, style: RowStyle, left: u32, text: &str) {
        self.row_style(style);
        self.plain();
        self.spaces(left, 1);
        text.chars().for_each(|ch| self.frame_char(ch));
        self.out.push(b'\n');
    }

    /// A code, drawn by the printer where it can and where its own alignment means the ticket's.
    fn code(&mut self, index: usize, style: RowStyle, area: &Range<u32>, align: Align, block: &CodeBlock) {
        let whole = area.start == 0
            && self.job.columns == u32::from(self.job.profile.columns(crate::raster::Font::A));
        let drawn = codes::draw(block);
        if drawn.is_none() {
            return self.report.problem(format!(
                "a code was left out: {:?} cannot hold its content",
                block.option.symbology
            ));
        }
        if let Some(bytes) =
            codes::native(block, self.job.profile).filter(|_| whole && area.end >= self.job.columns)
        {
            let halves = u8::try_from(align.halves()).unwrap_or(1);
            self.commands.align(&mut self.out, halves);
            self.out.extend(bytes);
            // Printers end bar codes with a feed of their own, QR codes by the line feed's absence on none.
            return self.commands.align(&mut self.out, 0);
        }
        if let Some(drawn) = drawn {
            self.picture(index, &drawn, self.dots(style, area), align);
        }
    }

    /// A picture between two columns of dots.
    fn picture(&mut self, index: usize, picture: &Canvas, dots: Range<u32>, align: Align) {
        let placed = place(picture, &dots, align, self.job.profile.dots());
        if !image::put(&mut self.out, &placed, self.job.profile) {
            self.report
                .problem("a picture was left out: the printer takes none".to_owned());
        }
        self.pictures.push((index, placed));
    }

    fn dots(&self, style: RowStyle, area: &Range<u32>) -> Range<u32> {
        dots(area, style, self.job.profile)
    }

    fn raw(&mut self, text: &str) {
        self.out.extend(text.chars().filter_map(|c| u8::try_from(c).ok()));
    }

    fn sheet(&self) -> Sheet<'_> {
        Sheet {
            page: self.job.page,
            measure: self.job.measure,
            dots: self.job.profile.dots(),
        }
    }
}

/// The dots of an area of columns. One that reaches the last column of the printer's font reaches the end of its dots,
/// as the printer's own alignment does, though 512 dots have room for 42 columns and 8 dots more.
pub(crate) fn dots(area: &Range<u32>, style: RowStyle, profile: &Profile) -> Range<u32> {
    let font = match style.font {
        FontName::A => Font::A,
        FontName::B => Font::B,
    };
    let wide = font.cell().0;
    let end = match area.end >= u32::from(profile.columns(font)) {
        true => profile.dots(),
        false => (area.end * wide).min(profile.dots()),
    };
    (area.start * wide).min(end)..end
}

/// Puts a picture at its place on a canvas of the paper's width.
pub(crate) fn place(picture: &Canvas, area: &Range<u32>, align: Align, dots: u32) -> Canvas {
    let room = (area.end - area.start).saturating_sub(picture.width());
    let mut canvas = Canvas::new(dots, picture.height());
    canvas.draw(picture, area.start + room * align.halves() / 2, 0);
    canvas
}
