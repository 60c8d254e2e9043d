//! Templates: an event's data through minijinja to markup, every value escaped, with a limit on work and size.

mod builtin;
mod check;
mod escape;
mod functions;
mod item;
mod moment;
mod money;
mod names;
mod read;
mod reader;
mod view;

pub(crate) use builtin::{PLAIN, source as builtin_source};
pub use check::EventError;
pub(crate) use check::check;
pub(crate) use moment::Zones;
pub(crate) use view::{Extra, View};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use std::collections::BTreeMap;
use std::io;

/// Steps that a template may take. An order of 10,000 items takes about a million.
const FUEL: u64 = 10_000_000;
/// Bytes of markup that a template may make: some 30 metres of paper.
const MOST_MARKUP: usize = 2 << 20;

/// All templates of a renderer: the built-in ones, and those that a restaurant puts in their place.
#[derive(Clone)]
pub(crate) struct Templates {
    builtin: Environment<'static>,
    own: Environment<'static>,
    /// Own templates that do not compile, by name, with the error.
    broken: BTreeMap<String, String>,
    /// Whether an own template looks at the raw event; copying it for nothing would cost more than all else.
    want_event: bool,
}

impl Templates {
    /// Compiles the restaurant's own templates over the built-in ones.
    pub(crate) fn new(own: &BTreeMap<String, String>) -> Self {
        let builtin = with_builtins();
        let mut environment = builtin.clone();
        let mut broken = BTreeMap::new();
        for (name, source) in own {
            if let Err(error) = environment.add_template_owned(name.clone(), source.clone()) {
                broken.insert(name.clone(), located(&error, name));
            }
        }
        let want_event = own.values().any(|source| source.contains("event"));
        Self {
            builtin,
            own: environment,
            broken,
            want_event,
        }
    }

    /// Names that can be rendered, without the parts that others include.
    pub(crate) fn names(&self) -> Vec<String> {
        let parts = ["head", "items", "foot"];
        self.own
            .templates()
            .map(|(name, _)| name.to_owned())
            .filter(|name| !parts.contains(&name.as_str()))
            .collect()
    }

    pub(crate) fn want_event(&self) -> bool {
        self.want_event
    }

    pub(crate) fn broken(&self) -> impl Iterator<Item = (&str, &str)> {
        self.broken
            .iter()
            .map(|(name, error)| (name.as_str(), error.as_str()))
    }

    /// Markup by the restaurant's own template, or the built-in one where it has none or it fails; `None` where both
    /// do. What failed is said to `failed`.
    pub(crate) fn markup(&self, name: &str, view: &Value, mut failed: impl FnMut(String)) -> Option<String> {
        if let Some(error) = self.broken.get(name) {
            failed(error.clone());
        }
        for environment in [&self.own, &self.builtin] {
            match render(environment, name, view) {
                Ok(markup) => return Some(markup),
                Err(error) => failed(located(&error, name)),
            }
        }
        None
    }
}

fn render(environment: &Environment<'static>, name: &str, view: &Value) -> Result<String, Error> {
    let template = environment.get_template(name)?;
    let mut out = Capped(Vec::with_capacity(2048));
    template.render_captured_to(view.clone(), &mut out)?;
    String::from_utf8(out.0).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))
}

/// An error with the template's name and line.
fn located(error: &Error, name: &str) -> String {
    let file = error.name().unwrap_or(name);
    let what = error
        .detail()
        .map_or_else(|| error.kind().to_string(), |d| format!("{}: {d}", error.kind()));
    let what = std::error::Error::source(error).map_or(what.clone(), |cause| format!("{what}: {cause}"));
    match error.line() {
        Some(line) => format!("{file}.receipt, line {line}: {what}"),
        None => format!("{file}.receipt: {what}"),
    }
}

struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.0.len() + bytes.len() > MOST_MARKUP {
            return Err(io::Error::other(
                "the template makes more markup than a printer should get",
            ));
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with_builtins() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("receipt".into()));
    environment.set_formatter(|out, state, value| escape::write(out, state, value));
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    environment.add_function("spread", functions::spread);
    environment.add_function("strip", functions::strip);
    environment.add_function("large", functions::large);
    environment.add_function("listed", functions::listed);
    for (name, source) in builtin::TEMPLATES {
        // The crate's own tests render every one of them; a broken one falls back to plain text like any other.
        let _ = environment.add_template(name, source);
    }
    environment
}
