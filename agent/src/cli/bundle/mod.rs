//! `bundle`: what support needs in one file, without tokens, orders or customers' data.

mod redact;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::BundleArgs;
use super::exit::of_io;
use super::{Exit, Failure, doctor, env, logs, output};
use crate::config::{Flags, load, load_relay, locate};
use crate::daemon::ask::{Ask, ask};
use crate::daemon::report::{JobReport, SCHEMA};
use crate::discovery::{Wanted, scan};
use crate::spool::peek;
use redact::Redactor;

/// The newest jobs that are described, and whose customers are looked for in everything else.
const JOBS: u32 = 1000;

/// The end of the log is what matters.
const LOG_MAX: usize = 2 * 1024 * 1024;

/// One file of the bundle.
struct Part {
    name: &'static str,
    about: &'static str,
    text: String,
}

pub(super) fn bundle(flags: &Flags, args: &BundleArgs) -> Result<Exit, Failure> {
    let jobs = jobs(&locate(flags, &env).data);
    let redactor = redactor(flags, &jobs.orders);
    let mut parts = parts(flags, &jobs.reports);
    for part in &mut parts {
        part.text = redactor.clean(&part.text);
    }
    let path = args.output.clone().unwrap_or_else(default_path);
    write(&path, &parts).map_err(|error| {
        Failure::new(
            of_io(&error),
            format!(
                "{} cannot be written ({error}): name another place with -o",
                path.display()
            ),
        )
    })?;
    if args.json.wanted() {
        let files: Vec<_> = parts
            .iter()
            .map(|part| json!({ "name": part.name, "about": part.about, "bytes": part.text.len() }))
            .collect();
        output::json(
            &json!({ "schema": SCHEMA, "path": path, "files": files, "redacted": redactor.count() }),
        );
        return Ok(Exit::Ok);
    }
    output::line(&path.display().to_string());
    output::message("inside is:");
    for part in &parts {
        output::message(&format!(
            "  {:<14} {:>8} bytes  {}",
            part.name,
            part.text.len(),
            part.about
        ));
    }
    output::message(
        "no token, order, ticket or customer's data is in it; look through it before you send it",
    );
    Ok(Exit::Ok)
}

fn default_path() -> PathBuf {
    format!(
        "printrail-agent-{}.tar.gz",
        Timestamp::now().strftime("%Y%m%dT%H%M%SZ")
    )
    .into()
}

/// What must not be in it: this device's token, the control endpoint's, and what customers told.
fn redactor(flags: &Flags, orders: &[Value]) -> Redactor {
    let mut redactor = Redactor::default();
    if let Ok(known) = load_relay(flags, &env) {
        redactor.secret(&std::fs::read_to_string(&known.relay.token_file).unwrap_or_default());
    }
    let control = std::fs::read_to_string(locate(flags, &env).data.join("control.json")).unwrap_or_default();
    let control: Value = serde_json::from_str(&control).unwrap_or_default();
    redactor.secret(control.get("token").and_then(Value::as_str).unwrap_or_default());
    orders.iter().for_each(|order| redactor.customer(order));
    redactor
}

/// The newest jobs: their states, and the orders whose customers must not show.
#[derive(Default)]
struct Jobs {
    reports: Vec<Value>,
    orders: Vec<Value>,
}

/// From the running agent, which holds the spool alone, or from the spool.
fn jobs(data: &Path) -> Jobs {
    let list = |answer: Value, key: &str| match answer.get(key) {
        Some(Value::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    match ask(data, Ask::Jobs { limit: JOBS }) {
        Ok(answer) => Jobs {
            reports: list(answer, "jobs"),
            orders: list(
                ask(data, Ask::Orders { limit: JOBS }).unwrap_or_default(),
                "orders",
            ),
        },
        Err(_) => {
            let path = data.join("spool.db");
            let jobs = path
                .exists()
                .then(|| peek(&path, JOBS).ok())
                .flatten()
                .unwrap_or_default();
            Jobs {
                reports: jobs.iter().map(|job| json!(JobReport::from(job))).collect(),
                orders: jobs
                    .iter()
                    .filter_map(|job| serde_json::from_str(&job.data).ok())
                    .collect(),
            }
        }
    }
}

fn parts(flags: &Flags, reports: &[Value]) -> Vec<Part> {
    let part = |name, about, text| Part { name, about, text };
    let places = locate(flags, &env);
    let status =
        ask(&places.data, Ask::Status).unwrap_or_else(|error| json!({ "error": crate::chain(&error) }));
    vec![
        part(
            "about.json",
            "versions, system, places",
            pretty(&about(&places.data)),
        ),
        part(
            "config.toml",
            "agent.toml, secrets left out",
            config(&places.config),
        ),
        part(
            "settings.json",
            "every setting and where it came from",
            pretty(&settings(flags)),
        ),
        part("doctor.json", "what doctor found", pretty(&doctor::report(flags))),
        part("status.json", "link, spool, printers", pretty(&status)),
        part(
            "jobs.json",
            "the newest jobs' states, without what they print",
            pretty(&json!({ "schema": SCHEMA, "jobs": reports })),
        ),
        part(
            "scan.json",
            "printers of this computer",
            pretty(&json!(scan(&Wanted::default()))),
        ),
        part("agent.log", "the end of the log", log(&places.data)),
    ]
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn about(data: &Path) -> Value {
    let files = std::fs::read_dir(data).into_iter().flatten().flatten();
    let files: Vec<_> = files
        .map(|entry| json!({ "name": entry.file_name().to_string_lossy(), "bytes": entry.metadata().map_or(0, |meta| meta.len()) }))
        .collect();
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    json!({
        "schema": SCHEMA, "made": Timestamp::now(), "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS, "machine": std::env::consts::ARCH, "release": name, "data": data, "files": files,
    })
}

fn config(path: &Path) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => redact::config(&text),
        Err(error) => format!("# {} cannot be read: {error}\n", path.display()),
    }
}

fn settings(flags: &Flags) -> Value {
    match load(flags, &env) {
        Ok(loaded) => {
            let rows = loaded.settings.iter();
            rows.map(|s| json!({ "key": s.key, "value": redact::value(&s.key, &s.value), "origin": s.origin.to_string() })).collect()
        }
        Err(error) => json!({ "error": crate::chain(&error) }),
    }
}

fn log(data: &Path) -> String {
    match logs::read(data) {
        Ok((text, _)) => {
            let from = text.len().saturating_sub(LOG_MAX);
            let from = (from..text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(text.len());
            text.get(from..).unwrap_or_default().to_owned()
        }
        Err(error) => format!("there is no log here: {error}\n"),
    }
}

/// A private file: what is in it is for support alone.
fn write(path: &Path, parts: &[Part]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut archive = tar::Builder::new(GzEncoder::new(options.open(path)?, Compression::default()));
    for part in parts {
        let mut head = tar::Header::new_ustar();
        head.set_size(u64::try_from(part.text.len()).unwrap_or(0));
        head.set_mode(0o600);
        head.set_mtime(u64::try_from(Timestamp::now().as_second()).unwrap_or(0));
        archive.append_data(
            &mut head,
            format!("printrail-agent/{}", part.name),
            part.text.as_bytes(),
        )?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.sync_all()
}
