//! `/api/templates`: what tickets look like, drawn by the renderer that the agents use.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use escpos_templates::{Options, Profile, Renderer, Ticket};
use serde_json::{Value, json};

use super::input::{Payload, Who, text};
use super::jobs;
use super::reply::json as reply;
use super::tickets::{RENDERER, event_of};
use crate::error::{Code, Problem};
use crate::service::SharedApp;

/// The longest template that is drawn, in bytes: many times the longest built-in one.
const LONGEST_SOURCE: usize = 64 * 1024;

/// Narrowest and widest paper, in columns (TICKETS.md).
const COLUMNS: std::ops::RangeInclusive<u16> = 20..=80;

/// What to draw.
struct Wish {
    template: String,
    source: Option<String>,
    profile: Arc<Profile>,
    columns: Option<u16>,
    event: Value,
    wants_png: bool,
}

/// `GET /api/templates`: the names of templates and of printers' profiles.
pub(super) async fn list(Who(_): Who) -> Response {
    reply(&json!({"templates": RENDERER.template_names(), "profiles": RENDERER.profile_names()}))
}

/// `POST /api/templates/preview`: `{template, source?, paper?, profile?, columns?, job?, event?, png?}` →
/// `{template, profile, columns, text, svg, png, problems}`. `job` takes the event of a job of this outlet.
pub(super) async fn preview(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let of_job = match text(&body, "job", "job")? {
        Some(id) => Some(event_of(&jobs::find(&app, &who, id).await?)?),
        None => None,
    };
    let wish = wish(&body, of_job)?;
    // Drawing takes milliseconds, in which this thread would serve nobody else.
    tokio::task::spawn_blocking(move || draw(&wish))
        .await
        .map(|drawn| reply(&drawn))
        .map_err(|_| Problem::new(Code::Internal, "the template cannot be drawn; the log says more"))
}

fn wish(body: &Value, of_job: Option<Value>) -> Result<Wish, Problem> {
    let template = text(body, "template", "template")?
        .unwrap_or("kitchen")
        .to_owned();
    let source = source(body)?;
    if source.is_none() && !RENDERER.template_names().contains(&template) {
        let names = RENDERER.template_names().join(", ");
        return Err(Problem::invalid(
            "template",
            format!("`template` is `{template}`, expected one of {names}, or send its `source`"),
        ));
    }
    let event = match body.get("event") {
        None | Some(Value::Null) => of_job.unwrap_or_else(|| sample(&template)),
        Some(Value::Object(fields)) => Value::Object(fields.clone()),
        Some(_) => {
            return Err(Problem::invalid(
                "event",
                "`event` is no object; send a print event or its `data`",
            ));
        }
    };
    Ok(Wish {
        template,
        source,
        profile: profile(body)?,
        columns: columns(body)?,
        event,
        wants_png: body.get("png").and_then(Value::as_bool).unwrap_or(false),
    })
}

pub(super) fn source(body: &Value) -> Result<Option<String>, Problem> {
    match body.get("source") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(source)) if source.len() <= LONGEST_SOURCE => Ok(Some(source.clone())),
        Some(Value::String(_)) => Err(Problem::invalid(
            "source",
            format!("`source` is longer than {LONGEST_SOURCE} bytes"),
        )),
        Some(_) => Err(Problem::invalid("source", "`source` is no text")),
    }
}

/// The printer: `profile`, else one for the width of `paper` in millimetres, 80 unless said.
fn profile(body: &Value) -> Result<Arc<Profile>, Problem> {
    let (field, name) = match (text(body, "profile", "profile")?, body.get("paper")) {
        (Some(name), _) => ("profile", name.to_owned()),
        (None, None | Some(Value::Null)) => ("paper", "generic-80".to_owned()),
        (None, Some(paper)) => ("paper", format!("generic-{paper}")),
    };
    RENDERER.profile(&name).ok_or_else(|| match field {
        "paper" => Problem::invalid("paper", "`paper` must be 58 or 80"),
        _ => Problem::invalid(
            "profile",
            format!("there is no `profile` {name}; GET /api/templates lists them"),
        ),
    })
}

fn columns(body: &Value) -> Result<Option<u16>, Problem> {
    let Some(value) = body.get("columns").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    value
        .as_u64()
        .and_then(|columns| u16::try_from(columns).ok())
        .filter(|columns| COLUMNS.contains(columns))
        .map(Some)
        .ok_or_else(|| Problem::invalid("columns", "`columns` must be a whole number from 20 to 80"))
}

/// The order that a template is shown with where nobody gives one.
pub(super) fn sample(template: &str) -> Value {
    let kind = match template {
        "kitchen" | "bar" => "order",
        other => other,
    };
    let station = if template == "bar" { "bar_depan" } else { "kitchen" };
    let item = |name: &str, quantity: u32, price: f64, notes: Option<&str>| {
        json!({"name": name, "quantity": quantity, "unitPrice": price, "notes": notes,
               "modifiers": [], "allergens": if notes.is_some() { vec!["nuts"] } else { Vec::new() }})
    };
    json!({"event": "kitchen_immediate_print", "data": {
        "order_id": "sample", "order_number": "ORD-20261120-042", "station": station,
        "table_number": "C4", "area_code": "C", "order_type": "dine-in", "source": "web",
        "timestamp": "2026-11-20T12:00:00Z", "waiter": "Sari", "outlet_name": "Bistro",
        "payment_method": "cash", "is_open_bill": false, "print_trigger": "immediate",
        "total_amount": 34.5, "final_amount": 34.5, "tax": 0, "discount": 0,
        "order_items": [item("Margherita", 2, 12.5, Some("no basil")), item("Soto ayam", 1, 9.5, None)],
        "job": {"id": "sample", "number": 42, "kind": kind, "attempt": 1, "banners": []},
    }})
}

fn draw(wish: &Wish) -> Value {
    let own = wish.source.as_ref().map(|source| {
        Renderer::builder()
            .with_template(wish.template.clone(), source)
            .build()
    });
    let renderer = own.as_ref().unwrap_or(&RENDERER);
    let options = Options {
        template: Some(wish.template.clone()),
        columns: wish.columns,
        ..Options::new(Arc::clone(&wish.profile))
    };
    let ticket = renderer.render(&wish.event, &options);
    answer(wish, renderer, &ticket)
}

fn answer(wish: &Wish, renderer: &Renderer, ticket: &Ticket) -> Value {
    let report = ticket.report();
    let mut problems: Vec<String> = renderer.problems().to_vec();
    problems.extend(report.fallbacks.iter().map(ToString::to_string));
    let png = wish.wants_png.then(|| STANDARD.encode(ticket.png()));
    json!({"template": report.template, "profile": wish.profile.name(), "columns": report.columns,
           "text": ticket.text(), "svg": ticket.svg(), "png": png, "problems": problems})
}
