//! The one way in: a renderer, and the ticket that it makes.

use crate::banner::Banner;
use crate::emoji;
use crate::encode::{self, Job};
use crate::layout::{self, Kind, Measure, Page, Paper};
use crate::markup;
use crate::model::FontName;
use crate::paint;
use crate::profile::{self, Profile, ProfileError};
use crate::raster::{Canvas, Font};
use crate::report::Report;
use crate::shape::{Shaper, Sheet};
use crate::template::{self, EventError, Extra, PLAIN, Templates, View, Zones};
use minijinja::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Templates, profiles and fonts. Cheap to clone; may be shared between threads.
#[derive(Clone)]
pub struct Renderer(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    templates: Templates,
    profiles: BTreeMap<String, Arc<Profile>>,
    shaper: Arc<Shaper>,
    zones: Arc<Zones>,
    allow_commands: bool,
    problems: Vec<String>,
}

/// How a ticket is rendered.
#[derive(Debug, Clone)]
pub struct Options {
    /// The template; `None`: what the event asks for.
    pub template: Option<String>,
    /// The printer.
    pub profile: Arc<Profile>,
    /// Columns, 1 to the profile's; `None`: the profile's own. A number that one of its fonts has picks that font.
    pub columns: Option<u16>,
    /// Banners beside those that the event carries.
    pub banners: Vec<Banner>,
    /// The template's drawer kicks are left out: a copy of a ticket opens no drawer.
    pub drawer_stays_shut: bool,
}

impl Options {
    /// Options for a printer, with nothing else asked for.
    #[must_use]
    pub fn new(profile: Arc<Profile>) -> Self {
        Self {
            template: None,
            profile,
            columns: None,
            banners: Vec::new(),
            drawer_stays_shut: false,
        }
    }
}

/// Collects what a renderer is made of. Nothing here opens a file: the caller reads them.
#[derive(Default)]
pub struct RendererBuilder {
    templates: BTreeMap<String, String>,
    profiles: BTreeMap<String, Arc<Profile>>,
    fonts: Vec<Arc<Vec<u8>>>,
    allow_commands: bool,
    problems: Vec<String>,
}

impl RendererBuilder {
    /// Adds a template, or puts one in a built-in one's place. `name` is the file's name without `.receipt`.
    #[must_use]
    pub fn with_template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.insert(name.into(), source.into());
        self
    }

    /// Adds a profile from its TOML text. One that cannot be read is left out and named by [`Renderer::problems`].
    #[must_use]
    pub fn with_profile(mut self, text: &str) -> Self {
        match Profile::parse(text) {
            Ok(profile) => {
                self.profiles.insert(profile.name().to_owned(), Arc::new(profile));
            }
            Err(error) => self.problems.push(described(&error)),
        }
        self
    }

    /// Adds a font file (TrueType, OpenType or a collection), tried after those added before it.
    #[must_use]
    pub fn with_font(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.fonts.push(Arc::new(bytes.into()));
        self
    }

    /// Whether `{command: …}` in markup reaches the printer. Off unless the agent's own configuration says so.
    #[must_use]
    pub fn allow_commands(mut self, allow: bool) -> Self {
        self.allow_commands = allow;
        self
    }

    /// The renderer. What was wrong with templates and profiles is in [`Renderer::problems`].
    #[must_use]
    pub fn build(self) -> Renderer {
        let templates = Templates::new(&self.templates);
        let mut problems = self.problems;
        problems.extend(templates.broken().map(|(_, error)| error.to_owned()));
        let mut profiles = BTreeMap::new();
        for text in profile::BUILT_IN {
            match Profile::parse(text) {
                Ok(profile) => drop(profiles.insert(profile.name().to_owned(), Arc::new(profile))),
                Err(error) => problems.push(described(&error)),
            }
        }
        profiles.extend(self.profiles);
        let (shaper, zones) = (Arc::new(Shaper::new(self.fonts)), Arc::new(Zones::new()));
        Renderer(Arc::new(Inner {
            templates,
            profiles,
            shaper,
            zones,
            allow_commands: self.allow_commands,
            problems,
        }))
    }
}

fn described(error: &ProfileError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl Renderer {
    /// The built-in templates, profiles and fonts.
    #[must_use]
    pub fn builtin() -> Self {
        Self::builder().build()
    }

    /// Starts from what is built in.
    #[must_use]
    pub fn builder() -> RendererBuilder {
        RendererBuilder::default()
    }

    /// Templates and profiles that cannot be used, each with its file and line. A renderer with problems still
    /// renders; a caller that reloads its configuration may prefer to keep the one before.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.0.problems
    }

    /// The same profiles and fonts with other templates of the restaurant's own, in place of all it had.
    #[must_use]
    pub fn with_templates(&self, own: &BTreeMap<String, String>) -> Self {
        let mut inner = Inner::clone(&self.0);
        let outdated: Vec<String> = self
            .broken_templates()
            .map(|(_, error)| error.to_owned())
            .collect();
        inner.problems.retain(|problem| !outdated.contains(problem));
        inner.templates = Templates::new(own);
        let broken = inner.templates.broken().map(|(_, error)| error.to_owned());
        inner.problems.extend(broken);
        Self(Arc::new(inner))
    }

    /// Own templates that do not compile: their names, and errors that name file and line.
    pub fn broken_templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.templates.broken()
    }

    /// The profile of that name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<Arc<Profile>> {
        self.0.profiles.get(name).cloned()
    }

    /// Names of all profiles, sorted.
    #[must_use]
    pub fn profile_names(&self) -> Vec<String> {
        self.0.profiles.keys().cloned().collect()
    }

    /// Names of all templates, sorted.
    #[must_use]
    pub fn template_names(&self) -> Vec<String> {
        self.0.templates.names()
    }

    /// What the built-in template of that name says: where a restaurant's own begins.
    #[must_use]
    pub fn builtin_source(name: &str) -> Option<&'static str> {
        crate::template::builtin_source(name)
    }

    /// Whether this can be a print event: its `data`, or the whole frame, with at least one field that templates know.
    /// [`Self::render`] makes a ticket of anything and reports this as a problem.
    ///
    /// # Errors
    /// [`EventError`] names what is there and what should be.
    pub fn check(&self, event: &serde_json::Value) -> Result<(), EventError> {
        template::check(event, self.0.templates.want_event())
    }

    /// Renders a print event: its `data`, or the whole frame. Never fails: own template, built-in one, plain text;
    /// the report says what fell back.
    #[must_use]
    pub fn render(&self, event: &serde_json::Value, options: &Options) -> Ticket {
        let (_, columns) = options.profile.fit(options.columns);
        let extra = Extra {
            banners: &options.banners,
            columns,
            zones: &self.0.zones,
        };
        let view = View::new(event, &extra);
        let view = if self.0.templates.want_event() {
            view.with_event(event)
        } else {
            view
        };
        let name = options.template.clone().unwrap_or_else(|| view.template());
        let mut report = Report {
            template: name.clone(),
            columns,
            ..Report::default()
        };
        if let Err(error) = self.check(event) {
            report.problem(error.to_string());
        }
        let plain = || view_plain(event, &extra);
        let value = Value::from_object(view);
        let markup = self
            .0
            .templates
            .markup(&name, &value, |error| report.fallbacks.push(error));
        report.fallbacks.dedup();
        let markup = markup.unwrap_or_else(|| {
            report.template = PLAIN.to_owned();
            plain()
        });
        let markup = markup.strip_suffix('\n').unwrap_or(&markup);
        self.finish(markup, options, report, true)
    }

    /// Renders plain ReceiptLine markup as it stands.
    #[must_use]
    pub fn render_markup(&self, source: &str, options: &Options) -> Ticket {
        let (_, columns) = options.profile.fit(options.columns);
        let report = Report {
            template: String::new(),
            columns,
            ..Report::default()
        };
        self.finish(source, options, report, false)
    }

    fn finish(&self, source: &str, options: &Options, mut report: Report, ends_with_cut: bool) -> Ticket {
        let paper = paper(&options.profile, options.columns);
        let (mut page, measure) = match markup::is_below_marks(source) {
            true => (layout::lay_out_plain(source, paper), Measure::Display),
            false => self.lay_out(source, paper, &mut report),
        };
        if options.drawer_stays_shut {
            page.rows.retain(|row| !matches!(row.kind, Kind::Drawer(_)));
        }
        let job = Job {
            page: &page,
            measure,
            profile: &options.profile,
            shaper: &self.0.shaper,
            columns: paper.a,
            allow_commands: self.0.allow_commands,
            ends_with_cut,
        };
        let encoded = encode::encode(job, &mut report);
        let profile = options.profile.clone();
        Ticket {
            page,
            measure,
            profile,
            bytes: encoded.bytes,
            pictures: encoded.pictures,
            report,
        }
    }
}

impl Renderer {
    fn lay_out(&self, source: &str, paper: Paper, report: &mut Report) -> (Page, Measure) {
        let mut receipt = markup::parse(source);
        emoji::name_missing(&mut receipt, &self.0.shaper, report);
        (layout::lay_out(&receipt, paper), Measure::of(&receipt))
    }
}

fn view_plain(event: &serde_json::Value, extra: &Extra<'_>) -> String {
    View::new(event, extra).plain()
}

fn paper(profile: &Profile, columns: Option<u16>) -> Paper {
    let (base, columns) = profile.fit(columns);
    let (a, b) = (
        u32::from(profile.columns(Font::A)),
        u32::from(profile.columns(Font::B)),
    );
    let columns = u32::from(columns);
    match base {
        FontName::A if columns == a => Paper { a, b, base },
        FontName::A => Paper {
            a: columns,
            b: (columns * 12 / 9).min(b),
            base,
        },
        FontName::B => Paper {
            a: (columns * 9 / 12).clamp(1, a),
            b: columns,
            base,
        },
    }
}

/// A rendered ticket: one layout, and what every output makes of it.
pub struct Ticket {
    page: Page,
    measure: Measure,
    profile: Arc<Profile>,
    bytes: Vec<u8>,
    pictures: Vec<(usize, Canvas)>,
    report: Report,
}

impl Ticket {
    /// The printer's bytes: from `ESC @` to the cut, one buffer.
    #[must_use]
    pub fn escpos(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Plain text, a line for each row.
    #[must_use]
    pub fn text(&self) -> String {
        paint::text::render(&self.page, self.measure)
    }

    /// An SVG of the PNG's size, with letters as text.
    #[must_use]
    pub fn svg(&self) -> String {
        paint::svg::render(self.sheet(), &self.pictures, &self.profile)
    }

    /// A PNG with one pixel for each of the printer's dots.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        paint::png::render(self.sheet(), &self.pictures, &self.profile).to_png()
    }

    /// What had to be substituted.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn sheet(&self) -> Sheet<'_> {
        Sheet {
            page: &self.page,
            measure: self.measure,
            dots: self.profile.dots(),
        }
    }
}
