//! `/api/alerts`: who is told what needs a person, what is wrong now, and how telling went.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::input::{Named, Payload, Who};
use super::reply::{List, json as reply};
use crate::alarms::{self, Delivery};
use crate::auth::fetch::Address;
use crate::error::Problem;
use crate::routing::Settings;
use crate::routing::settings::Target;
use crate::service::{App, SharedApp};
use crate::store::OutletId;

/// Most targets of an outlet: a few people and a system or two.
const MOST_TARGETS: usize = 10;

/// What a test says.
const TEST: &str = "A test from Printrail: this is how you will hear of trouble.";

/// `GET /api/alerts`: `{targets: [{kind, url}], open: [{key, text, since, told}], deliveries: […]}`.
pub(super) async fn show(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let settings = app.store.settings(&who.outlet).await?;
    Ok(reply(&view(&app, &who.outlet, &settings)))
}

/// `PUT /api/alerts`: `{targets: [{kind: webhook | ntfy, url}]}` in place of those before.
pub(super) async fn put(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let targets = targets(&app, &body)?;
    let mut settings = Settings::clone(&app.store.settings(&who.outlet).await?);
    settings.alerts = targets;
    app.store
        .put_settings(&who.outlet, settings.clone(), &who.actor())
        .await?;
    Ok(reply(&view(&app, &who.outlet, &settings)))
}

/// `POST /api/alerts/test`: tells everybody once, now → `{items: [delivery]}`.
pub(super) async fn test(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let settings = app.store.settings(&who.outlet).await?;
    let sent = settings
        .alerts
        .iter()
        .map(|target| alarms::send_now(&app, &who.outlet, target, TEST.to_owned()));
    Ok(reply(&List::<Delivery>::all(
        futures_util::future::join_all(sent).await,
    )))
}

/// `POST /api/alerts/deliveries/{id}/resend`: tells it once more, now → the new delivery.
pub(super) async fn resend(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let found = app.alarms.delivery(&who.outlet, &id);
    let old = found.ok_or_else(|| Problem::not_found("delivery", &id))?;
    Ok(reply(
        &alarms::send_now(&app, &who.outlet, &old.target, old.text).await,
    ))
}

fn targets(app: &App, body: &Value) -> Result<Vec<Target>, Problem> {
    let wrong = |why: String| Problem::invalid("targets", format!("`targets` cannot be used: {why}"));
    let targets = body.get("targets").cloned().unwrap_or_default();
    let targets: Vec<Target> = serde_json::from_value(targets).map_err(|error| wrong(error.to_string()))?;
    if targets.len() > MOST_TARGETS {
        return Err(wrong(format!("at most {MOST_TARGETS} are told")));
    }
    for target in &targets {
        // This machine's own services are not for whoever manages one of its outlets.
        let is_here = target.url.starts_with("http:") && !app.auth.is_insecure();
        if is_here || Address::parse(&target.url).is_err() {
            return Err(wrong(format!("{} is no https:// address", target.url)));
        }
    }
    Ok(targets)
}

fn view(app: &App, outlet: &OutletId, settings: &Settings) -> Value {
    json!({"targets": settings.alerts, "open": app.alarms.open(outlet), "deliveries": app.alarms.deliveries(outlet)})
}
