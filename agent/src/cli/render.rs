//! `render`: a ticket without a printer.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use escpos_templates::{Options, Renderer, Ticket};
use serde_json::json;

use super::args::{Format, RenderArgs};
use super::exit::of_io;
use super::printers::unknown;
use super::{Exit, Failure, env, output};
use crate::config::{Config, ConfigError, Flags, Loaded, Printer, load};
use crate::daemon::ask::{Ask, ask};
use crate::daemon::report::StatusReport;
use crate::press::profile_for;
use crate::tickets::{Sources, renderer};

/// The longest event or markup: orders are at most 1 MiB at the relay.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// What stands for a printer that nobody named.
const DEFAULT_PROFILE: &str = "generic-80";

pub(super) fn render(flags: &Flags, args: &RenderArgs) -> Result<Exit, Failure> {
    let loaded = load(flags, &env);
    let renderer = build(&loaded, args)?;
    let like = match &args.printer {
        Some(name) => Some(printer(loaded?.config, name)?),
        None => None,
    };
    let options = options(&renderer, args, like.as_ref())?;
    let text = read(&args.file)?;
    let ticket = if args
        .file
        .extension()
        .is_some_and(|extension| extension == "receipt")
    {
        renderer.render_markup(&text, &options)
    } else {
        let event = serde_json::from_str(&text).map_err(|error| {
            let text = format!(
                "{} is no JSON ({error}): expected the data of a print event, or markup in a file ending in .receipt",
                args.file.display()
            );
            Failure::new(Exit::Failed, text)
        })?;
        renderer
            .check(&event)
            .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", args.file.display())))?;
        renderer.render(&event, &options)
    };
    let data = data(&ticket, format(args));
    match args.png.as_ref().or(args.output.as_ref()) {
        Some(path) => fs::write(path, &data).map_err(|error| unwritable(path, &error))?,
        None if args.json.wanted() => {}
        None => io::stdout()
            .lock()
            .write_all(&data)
            .map_err(|error| unwritable(Path::new("stdout"), &error))?,
    }
    report(&ticket, args.json.wanted());
    Ok(Exit::Ok)
}

/// Templates and fonts of the configuration where there is one; a broken one does not hinder.
fn build(loaded: &Result<Loaded, ConfigError>, args: &RenderArgs) -> Result<Renderer, Failure> {
    let mut sources = match loaded {
        Ok(loaded) => loaded.config.tickets.clone(),
        Err(_) => Sources::default(),
    };
    sources.fonts.extend(args.fonts.iter().cloned());
    if let Some(folder) = &args.templates {
        sources.templates = Some(folder.clone());
    }
    let renderer = renderer(&sources).map_err(|error| Failure::new(Exit::Config, crate::chain(&error)))?;
    for problem in renderer.problems() {
        output::message(&format!("note: {problem}"));
    }
    Ok(renderer)
}

/// A printer of agent.toml. Where its profile is the printer's own choice, what it was probed for decides.
fn printer(mut config: Config, name: &str) -> Result<Printer, Failure> {
    let Some(at) = config.printers.iter().position(|printer| printer.name == name) else {
        return Err(unknown(&config, name));
    };
    let mut printer = config.printers.swap_remove(at);
    if printer.profile.is_none() {
        printer.profile = probed_profile(&config.data, name);
    }
    Ok(printer)
}

/// The profile that the running agent prints with, by what the printer said of itself.
fn probed_profile(data: &Path, name: &str) -> Option<String> {
    let status = ask(data, Ask::Status).ok()?;
    let status: StatusReport = serde_json::from_value(status).ok()?;
    let known = status
        .printers
        .into_iter()
        .find(|printer| printer.name == name)?
        .known?;
    profile_for(&known, &Renderer::builtin().profile_names())
}

fn options(renderer: &Renderer, args: &RenderArgs, like: Option<&Printer>) -> Result<Options, Failure> {
    let of_printer = like.and_then(|printer| printer.profile.as_deref());
    let name = args.profile.as_deref().or(of_printer).unwrap_or(DEFAULT_PROFILE);
    let profile = renderer.profile(name).ok_or_else(|| {
        let known = renderer.profile_names().join(", ");
        Failure::new(
            Exit::Usage,
            format!("there is no profile \"{name}\": known are {known}"),
        )
    })?;
    if let Some(template) = &args.template
        && !renderer.template_names().contains(template)
    {
        let known = renderer.template_names().join(", ");
        return Err(Failure::new(
            Exit::Usage,
            format!("there is no template \"{template}\": known are {known}"),
        ));
    }
    Ok(Options {
        template: args.template.clone(),
        columns: args.columns.or(like.and_then(|printer| printer.columns)),
        ..Options::new(profile)
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().take(FILE_MAX).read_to_string(&mut text),
        _ => fs::File::open(path).and_then(|file| file.take(FILE_MAX).read_to_string(&mut text)),
    };
    read.map_err(|error| {
        Failure::new(
            of_io(&error),
            format!("{} cannot be read: {error}", path.display()),
        )
    })?;
    Ok(text)
}

/// What was asked for, else what the output's name says, else text.
fn format(args: &RenderArgs) -> Format {
    let extension = args
        .output
        .as_ref()
        .and_then(|path| path.extension())
        .and_then(|text| text.to_str());
    let format = args.format.or(args.png.as_ref().map(|_| Format::Png));
    format.unwrap_or(match extension {
        Some("bin" | "escpos") => Format::Escpos,
        Some("svg") => Format::Svg,
        Some("png") => Format::Png,
        _ => Format::Text,
    })
}

fn data(ticket: &Ticket, format: Format) -> Vec<u8> {
    match format {
        Format::Escpos => ticket.escpos(),
        Format::Text => ticket.text().into_bytes(),
        Format::Svg => ticket.svg().into_bytes(),
        Format::Png => ticket.png(),
    }
}

fn report(ticket: &Ticket, json: bool) {
    let report = ticket.report();
    if json {
        output::json(&json!({ "schema": 1, "clean": report.is_clean(), "report": report }));
        return;
    }
    for fallback in &report.fallbacks {
        output::message(&format!(
            "note: a template failed and a simpler one stood in: {fallback}"
        ));
    }
    for (missing, what) in &report.missing {
        output::message(&format!(
            "note: no glyph for {missing:?}, {} times \"{}\" instead",
            what.count, what.instead
        ));
    }
    for problem in &report.problems {
        output::message(&format!("note: {problem}"));
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        of_io(error),
        format!("{} cannot be written: {error}", path.display()),
    )
}
