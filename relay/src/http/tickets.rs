//! `/api/jobs/{id}/ticket.{txt,svg,png}`: the ticket as it prints, by the renderer that the agents
//! use and the profile of the printer that has the job.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use escpos_templates::{Options, Renderer, Ticket};
use serde_json::Value;

use super::input::{Named, Who};
use super::jobs;
use crate::auth::Identity;
use crate::error::{Code, Problem};
use crate::service::{App, SharedApp};
use crate::store::{Job, Printer};

/// The profile of a job that no printer has taken yet, and of printers that the renderer does not
/// know.
const DEFAULT_PROFILE: &str = "generic-80";

/// Templates and fonts take a moment to read, once for the process.
pub(super) static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::builtin);

/// `GET …/ticket.txt`: the layout's text.
pub(super) async fn text(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let text = rendered(&app, &who, &id, |ticket| ticket.text().into_bytes()).await?;
    Ok(typed("text/plain; charset=utf-8", text))
}

/// `GET …/ticket.svg`.
pub(super) async fn svg(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let svg = rendered(&app, &who, &id, |ticket| ticket.svg().into_bytes()).await?;
    Ok(typed("image/svg+xml", svg))
}

/// `GET …/ticket.png`: the paper.
pub(super) async fn png(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let png = rendered(&app, &who, &id, Ticket::png).await?;
    Ok(typed("image/png", png))
}

async fn rendered(
    app: &App,
    who: &Identity,
    id: &str,
    draw: fn(&Ticket) -> Vec<u8>,
) -> Result<Vec<u8>, Problem> {
    let job = jobs::find(app, who, id).await?;
    let printers = app.store.printers(&who.outlet).await?;
    let profile = profile_of(&job, &printers);
    let event = event_of(&job)?;
    // Drawing takes milliseconds, in which this thread would serve nobody else.
    let drawn = tokio::task::spawn_blocking(move || {
        let profile = RENDERER
            .profile(&profile)
            .or_else(|| RENDERER.profile(DEFAULT_PROFILE))?;
        Some(draw(&renderer_of(&event).render(&event, &Options::new(profile))))
    });
    drawn
        .await
        .ok()
        .flatten()
        .ok_or_else(|| Problem::new(Code::Internal, "the ticket cannot be drawn; the log says more"))
}

/// With the templates that the ticket brings, as the agent prints it.
fn renderer_of(event: &Value) -> Renderer {
    let own = event.pointer("/data/templates").cloned().unwrap_or_default();
    match serde_json::from_value::<BTreeMap<String, String>>(own) {
        Ok(own) if !own.is_empty() => RENDERER.with_templates(&own),
        _ => RENDERER.clone(),
    }
}

/// The print event as the agent gets it: its `data` and, in it, the job.
pub(super) fn event_of(job: &Job) -> Result<Value, Problem> {
    let unreadable = |error: serde_json::Error| Problem::from(crate::store::StoreError::Row(error));
    let mut data: Value = serde_json::from_str(&job.data).map_err(unreadable)?;
    let header = serde_json::to_value(&job.header).map_err(unreadable)?;
    if let Value::Object(fields) = &mut data {
        fields.insert("job".to_owned(), header);
    }
    Ok(serde_json::json!({"event": job.event, "data": data}))
}

fn profile_of(job: &Job, printers: &[Printer]) -> String {
    let device = job.holder.as_ref().map(|(device, _)| device);
    let printer = printers.iter().find(|printer| {
        Some(&printer.name) == job.printer.as_ref() && device.is_none_or(|device| *device == printer.device)
    });
    printer
        .and_then(|printer| printer.info.as_ref())
        .map_or_else(|| DEFAULT_PROFILE.to_owned(), |info| info.profile.clone())
}

/// A ticket never changes, but who may see it does.
fn typed(kind: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        // A guest's words are text in the picture; should they ever be more, they may do nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
        ),
    ];
    (headers, body).into_response()
}
