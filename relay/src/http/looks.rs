//! `/api/templates/{name}`: an outlet's own template, its versions, and putting one into use.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use escpos_templates::{Options, Renderer};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::input::{Named, Payload, Who};
use super::reply::json as reply;
use super::templates::{self, sample};
use super::tickets::RENDERER;
use crate::auth::Identity;
use crate::error::{Code, Problem};
use crate::routing::{LONGEST_TEMPLATE, Settings};
use crate::service::{App, SharedApp};

/// The printers on which a template must be good: the two widths of paper.
const PAPERS: [&str; 2] = ["generic-80", "generic-58"];

/// `GET /api/templates/{name}`: `{name, builtin, source, versions: [{version, at, by, source}]}`, the newest first.
pub(super) async fn show(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let builtin = known(&name)?;
    let settings = app.store.settings(&who.outlet).await?;
    Ok(reply(&view(&name, builtin, &settings)))
}

/// `PUT /api/templates/{name}`: `{source}` is in use from the next ticket on; with null the built-in one is again.
/// Markup that would not print as it stands is refused, and nothing changes.
pub(super) async fn publish(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(name): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let builtin = known(&name)?;
    if body.get("source").is_none() {
        return Err(Problem::invalid(
            "source",
            "`source` is missing; send the template's markup, or null for the built-in one",
        ));
    }
    let source = templates::source(&body)?;
    if let Some(source) = &source {
        check(&name, source).await?;
    }
    let settings = put(&app, &who, &name, source).await?;
    Ok(reply(&view(&name, builtin, &settings)))
}

async fn put(app: &App, who: &Identity, name: &str, source: Option<String>) -> Result<Settings, Problem> {
    let mut settings = Settings::clone(&app.store.settings(&who.outlet).await?);
    let version = settings.publish(name, source, Timestamp::now(), who.label_with_role());
    app.store
        .put_settings(&who.outlet, settings.clone(), &who.actor())
        .await?;
    tracing::info!(outlet = %who.outlet, by = who.subject, "template {name} is version {version} from now on");
    Ok(settings)
}

fn known(name: &str) -> Result<&'static str, Problem> {
    Renderer::builtin_source(name).ok_or_else(|| Problem::not_found("template", name))
}

/// Draws it once on each paper, as the agents will.
async fn check(name: &str, source: &str) -> Result<(), Problem> {
    if source.len() > LONGEST_TEMPLATE {
        return Err(Problem::invalid(
            "source",
            format!("`source` is longer than {LONGEST_TEMPLATE} bytes"),
        ));
    }
    let own = BTreeMap::from([(name.to_owned(), source.to_owned())]);
    let template = name.to_owned();
    let drawn = tokio::task::spawn_blocking(move || problems(&template, &own));
    let found = drawn
        .await
        .map_err(|_| Problem::new(Code::Internal, "the template cannot be drawn; the log says more"))?;
    match found.first() {
        Some(problem) => Err(Problem::invalid(
            "source",
            format!("`source` cannot be printed: {problem}"),
        )),
        None => Ok(()),
    }
}

fn problems(name: &str, own: &BTreeMap<String, String>) -> Vec<String> {
    let renderer = RENDERER.with_templates(own);
    let mut found: Vec<String> = renderer
        .broken_templates()
        .map(|(_, error)| error.to_owned())
        .collect();
    for profile in PAPERS.into_iter().filter_map(|name| RENDERER.profile(name)) {
        let ticket = renderer.render(&sample(name), &Options::new(profile));
        found.extend(ticket.report().fallbacks.iter().map(ToString::to_string));
    }
    found
}

fn view(name: &str, builtin: &str, settings: &Settings) -> Value {
    let versions = settings
        .templates
        .get(name)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let newest_first: Vec<_> = versions.iter().rev().collect();
    json!({"name": name, "builtin": builtin, "source": settings.own_template(name), "versions": newest_first})
}
