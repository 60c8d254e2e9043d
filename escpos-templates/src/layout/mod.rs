//! A receipt on paper of so many columns: rows of text runs, rules, frames, codes. All outputs are made from this.

mod frame;
mod measure;
mod page;
mod widths;
mod wrap;

pub(crate) use measure::{Measure, is_east_asian};
pub(crate) use page::{CodeBlock, Kind, Page, Row, RowStyle, Run, RunKind};

use crate::markup::{self, CellText, Read};
use crate::model::{Align, Border, Cell, CodeOption, Color, FontName, Line, Property, Receipt, Width};
use frame::Frame;
use std::ops::Range;
use widths::{Area, Columns};
use wrap::{Wrapped, Wrapper};

/// How many columns the paper has in each of the printer's fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paper {
    /// Columns in font A, at least 1.
    pub(crate) a: u32,
    /// Columns in font B, at least 1.
    pub(crate) b: u32,
    /// The font that a document begins with.
    pub(crate) base: FontName,
}

/// Lays a receipt out.
pub(crate) fn lay_out(receipt: &Receipt, paper: Paper) -> Page {
    let mut layout = Layout::new(paper, Measure::of(receipt));
    for line in &receipt.lines {
        layout.line(line);
    }
    layout.close_frame();
    layout.page
}

/// Lays a document of letters below U+0300 out as it is read, without a receipt in between: the same page as
/// [`lay_out`] makes of it.
pub(crate) fn lay_out_plain(source: &str, paper: Paper) -> Page {
    let mut layout = Layout::new(paper, Measure::Display);
    layout.page.reserve(source.len());
    let mut reader = markup::Reader::new(source);
    while let Some(read) = reader.next_line() {
        match read {
            Read::Text(cells) => layout.text(cells),
            Read::Rule => layout.rule(),
            Read::Cut => layout.cut(),
            Read::Property(inner) => layout.property(&markup::property(inner)),
            Read::Silent => {}
        }
    }
    layout.close_frame();
    layout.page
}

/// What is carried from line to line.
struct Layout {
    page: Page,
    paper: Paper,
    wrap: bool,
    words: bool,
    border: Border,
    widths: Vec<Width>,
    align: Align,
    option: CodeOption,
    style: RowStyle,
    cut: crate::model::Cut,
    frame: Frame,
    wrapper: Wrapper,
    columns: Columns,
    /// The number of cells for which `columns` were shared; `None` after a change of settings.
    shared: Option<usize>,
    wrapped: Vec<Wrapped>,
}

impl Layout {
    fn new(paper: Paper, measure: Measure) -> Self {
        Self {
            page: Page::default(),
            paper,
            wrap: true,
            words: false,
            border: Border::default(),
            widths: Vec::new(),
            align: Align::default(),
            option: CodeOption::default(),
            style: RowStyle {
                font: paper.base,
                ..RowStyle::default()
            },
            cut: crate::model::Cut::default(),
            frame: Frame::default(),
            wrapper: Wrapper::new(measure),
            columns: Columns::default(),
            shared: None,
            wrapped: Vec::new(),
        }
    }

    /// Columns of the paper in the font of the moment.
    fn cpl(&self) -> u32 {
        match self.style.font {
            FontName::A => self.paper.a,
            FontName::B => self.paper.b,
        }
    }

    fn line(&mut self, line: &Line) {
        match line {
            Line::Text(cells) => self.text(cells),
            Line::Rule => self.rule(),
            Line::Cut => self.cut(),
            Line::Property(property) => self.property(property),
            Line::Silent => {}
        }
    }

    fn text(&mut self, cells: &[impl CellText]) {
        let mut columns = std::mem::take(&mut self.columns);
        if self.shared != Some(cells.len()) {
            columns = columns.for_text(cells.len(), &self.widths, self.border, self.cpl(), self.align);
            self.shared = Some(cells.len());
        }
        let area = columns.area();
        self.begin_row(&columns, area);
        self.wrapper.words = self.words;
        let rows = self.wrap_cells(cells, &columns);
        for row in 0..if self.wrap { rows.max(1) } else { 1 } {
            self.text_row(row, &columns, area);
        }
        self.columns = columns;
    }

    /// Opens the frame that waits for its first row, or draws the rule that waits for the row after it.
    fn begin_row(&mut self, columns: &Columns, area: Area) {
        if let Some(drawn) = self.frame.before_row(area, columns.widths()) {
            self.page.frame(drawn, self.style);
        }
    }

    /// Wraps every visible cell; answers how many rows the highest has.
    fn wrap_cells(&mut self, cells: &[impl CellText], columns: &Columns) -> usize {
        self.wrapped.clear();
        self.wrapper.clear();
        let empty = Cell::default();
        let mut rows = 0;
        for (cell, width) in columns.visible() {
            let text = &mut self.page.text;
            let wrapped = match cells.get(cell) {
                Some(cell) => self.wrapper.wrap(cell, width, text),
                None => self.wrapper.wrap(&empty, width, text),
            };
            rows = rows.max(wrapped.len());
            self.wrapped.push(wrapped);
        }
        rows
    }

    fn text_row(&mut self, row: usize, columns: &Columns, area: Area) {
        let framed = self.frame.is_open();
        let gap = columns.gap();
        let start = self.page.runs.len();
        let mut height = 1;
        let mut x = area.left;
        if framed {
            self.page.bar(x);
            x += 1;
        }
        for (index, width) in columns.widths().iter().enumerate() {
            let found = self.wrapped.get(index).and_then(|w| self.wrapper.row(w, row));
            match found {
                Some((runs, line)) => {
                    height = height.max(line.height);
                    // Half blanks round up.
                    let margin = (line.space * line.align.halves()).div_ceil(2);
                    self.page.place(runs, x + margin, index);
                }
                None => self.page.blank(x),
            }
            x += width;
            if framed {
                self.page.bar(x);
            }
            x += gap;
        }
        self.page.text_row(start, height, self.style);
    }

    fn rule(&mut self) {
        if !self.frame.rule() {
            return;
        }
        let area = self.area_of_block();
        self.page.push(
            Kind::Rule {
                left: area.left,
                width: area.width,
            },
            self.style,
        );
    }

    fn cut(&mut self) {
        if let Some(drawn) = self.frame.interrupt() {
            self.page.frame(drawn, self.style);
        }
        self.page.cut(self.cut, self.style);
    }

    fn close_frame(&mut self) {
        if let Some(drawn) = self.frame.close() {
            self.page.frame(drawn, self.style);
        }
    }

    fn property(&mut self, property: &Property) {
        self.shared = None;
        self.settings(property);
        if let Some(border) = property.border {
            self.border_changed(border);
        }
        let area = self.area_of_block();
        let align = self.align;
        if let Some(image) = &property.image {
            self.page.push(
                Kind::Image {
                    area: span(area),
                    align,
                    base64: image.as_str().into(),
                },
                self.style,
            );
        }
        if let Some(code) = property.code.as_ref().filter(|c| !c.is_empty()) {
            let block = CodeBlock {
                data: code.clone(),
                option: self.option,
            };
            self.page.push(
                Kind::Code {
                    area: span(area),
                    align,
                    block: Box::new(block),
                },
                self.style,
            );
        }
        if let Some(command) = &property.command {
            self.page.push(Kind::Command(command.as_str().into()), self.style);
        }
        if let Some(connector) = property.extension.drawer {
            self.page.push(Kind::Drawer(connector), self.style);
        }
        if let Some(times) = property.extension.beep {
            self.page.push(Kind::Beep(times), self.style);
        }
    }

    fn settings(&mut self, property: &Property) {
        self.wrap = property.wrap.unwrap_or(self.wrap);
        self.align = property.align.unwrap_or(self.align);
        self.option = property.option.unwrap_or(self.option);
        if let Some(widths) = &property.width {
            self.widths.clone_from(widths);
        }
        let ours = &property.extension;
        self.words = ours.words.unwrap_or(self.words);
        self.cut = ours.cut.unwrap_or(self.cut);
        self.style.font = ours.font.unwrap_or(self.style.font);
        self.style.red = ours.color.map_or(self.style.red, |c| c == Color::Red);
        if let Some(lang) = &ours.lang {
            self.style.lang = self.page.language(lang);
        }
    }

    fn border_changed(&mut self, border: Border) {
        let was_line = self.border == Border::Line;
        self.border = border;
        match (was_line, border == Border::Line) {
            (false, true) => self.frame.open(),
            (true, false) => self.close_frame(),
            _ => {}
        }
    }

    /// Where a rule, an image or a code stands.
    fn area_of_block(&self) -> Area {
        widths::block(&self.widths, self.border, self.cpl(), self.align)
    }
}

fn span(area: Area) -> Range<u32> {
    area.left..area.left + area.width
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_document_laid_out_as_it_is_read_is_the_page_of_its_receipt(
            source in r#"(\{(width:[ *0-9]{0,6}|border:(line|space|none)|wrap:word|font:b|align:left|code:1)\}\n|[-a-z |{}\\"_`^~=:*xn09\té\n]{0,24})*"#,
            columns in 4u32..60,
        ) {
            let paper = Paper { a: columns, b: columns * 4 / 3, base: FontName::A };
            let mut receipt = markup::parse(&source);
            receipt.extended = true;
            let (read, parsed) = (lay_out_plain(&source, paper), lay_out(&receipt, paper));
            prop_assert_eq!(format!("{read:?}"), format!("{parsed:?}"));
        }
    }
}
