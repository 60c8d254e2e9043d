//! `config path|show|check|set`.

use serde_json::json;

use super::args::{ConfigArgs, ConfigCommand};
use super::printers::{edit_failure, finish_edit};
use super::{Exit, Failure, env, output};
use crate::config::{Flags, load, locate, set_value};

pub(super) fn config(flags: &Flags, args: &ConfigArgs) -> Result<Exit, Failure> {
    match &args.command {
        ConfigCommand::Set { key, value, .. } => set(flags, key, value.as_deref(), args.json.wanted())?,
        ConfigCommand::Path => path(flags, args.json.wanted()),
        ConfigCommand::Show => show(flags, args.json.wanted())?,
        ConfigCommand::Check => check(flags, args.json.wanted())?,
    }
    Ok(Exit::Ok)
}

fn path(flags: &Flags, json: bool) {
    let places = locate(flags, &env);
    if json {
        output::json(&json!({ "schema": 1, "config": places.config, "data": places.data }));
    } else {
        output::line(&places.config.display().to_string());
    }
}

fn show(flags: &Flags, json: bool) -> Result<(), Failure> {
    let loaded = load(flags, &env)?;
    let settings = loaded.settings.iter();
    if json {
        let settings: Vec<_> = settings
            .map(|s| json!({ "key": s.key, "value": s.value, "origin": s.origin.to_string() }))
            .collect();
        output::json(&json!({ "schema": 1, "settings": settings }));
        return Ok(());
    }
    let rows: Vec<_> = settings
        .map(|s| vec![s.key.clone(), s.value.clone(), format!("({})", s.origin)])
        .collect();
    output::table(&rows);
    Ok(())
}

fn check(flags: &Flags, json: bool) -> Result<(), Failure> {
    let loaded = load(flags, &env)?;
    if json {
        output::json(&json!({ "schema": 1, "ok": true, "config": loaded.places.config }));
    } else {
        output::message(&format!("{} is fine", loaded.places.config.display()));
    }
    Ok(())
}

fn set(flags: &Flags, key: &str, value: Option<&str>, json: bool) -> Result<(), Failure> {
    let path = locate(flags, &env).config;
    let edited = set_value(&path, key, value).map_err(edit_failure)?;
    if json {
        output::json(&json!({ "schema": 1, "config": path, "key": key, "value": value }));
    }
    match value {
        Some(value) => output::message(&format!("{key} is {value} now, in {}", path.display())),
        None => output::message(&format!("{key} is out of {}", path.display())),
    }
    finish_edit(flags, &edited, "`printrail-agent config show`");
    Ok(())
}
