//! `/api/routing`: an outlet's settings, what is odd about them, and where an order would go.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::input::{Named, Payload, Who};
use super::reply::json as reply;
use crate::auth::Identity;
use crate::error::{Code, Problem};
use crate::order::input::parse_order;
use crate::order::{Actor, Context, Item, NewOrder, create};
use crate::routing::{DryRun, Finding, Settings, dry_run as explain, lint, plan};
use crate::service::{App, SharedApp};
use crate::store::OrderFilter;

/// Orders whose items the linter looks at: about an evening's.
const LATELY: usize = 200;

/// Settings with an address of their own: templates are long, and who is told of trouble is the manager's to know.
const ELSEWHERE: [&str; 2] = ["templates", "alerts"];

/// Longest name of a station.
const LONGEST_STATION: usize = 64;

#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    run: DryRun,
    /// Whether it would print at once.
    prints: &'static str,
    /// What is odd about the rules, whatever the order.
    problems: Vec<Finding>,
}

/// `GET /api/routing`: the settings, and in `problems` what is odd about them.
pub(super) async fn show(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let settings = app.store.settings(&who.outlet).await?;
    answer(&app, &who, &settings).await
}

/// `PUT /api/routing`: what is named is replaced, the rest stays.
pub(super) async fn put(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let now = app.store.settings(&who.outlet).await?;
    let mut wanted = snake(&body)?;
    for own in ELSEWHERE {
        wanted.remove(own);
    }
    let settings = now.with(&Value::Object(wanted))?;
    app.store
        .put_settings(&who.outlet, settings.clone(), &who.actor())
        .await?;
    answer(&app, &who, &settings).await
}

/// `PUT /api/stations/{name}`: `{copies, backup, backupAfterS, kind}`; what is not named stays.
pub(super) async fn put_station(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(name): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    if name.len() > LONGEST_STATION {
        return Err(Problem::invalid(
            "name",
            format!("`name` is longer than {LONGEST_STATION} characters"),
        ));
    }
    let mut settings = app.store.settings(&who.outlet).await?;
    let own = overlaid(&settings.station(&name), &snake(&body)?)?;
    settings.stations.insert(name.clone(), own.clone());
    settings
        .check()
        .map_err(|refusal| of_station(&name, refusal.into()))?;
    app.store
        .put_settings(&who.outlet, settings, &who.actor())
        .await?;
    Ok(reply(
        &json!({"name": name, "copies": own.copies, "backup": own.backup,
        "backupAfterS": own.backup_after_s, "kind": own.kind}),
    ))
}

/// `POST /api/routing/dry-run`: an order as `POST /api/orders` takes it; nothing is kept or printed.
pub(super) async fn dry_run(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let input = parse_order(&body)?;
    let settings = app.store.settings(&who.outlet).await?;
    let (run, prints) = rehearse(&input, &who.actor(), &settings)?;
    let problems = problems(&app, &who, &settings).await?;
    Ok(reply(&Explained {
        run,
        prints,
        problems,
    }))
}

fn rehearse(input: &NewOrder, actor: &Actor, settings: &Settings) -> Result<(DryRun, &'static str), Problem> {
    let mut new_id = || Uuid::now_v7().to_string();
    let mut context = Context {
        now: Timestamp::now(),
        actor,
        settings,
        new_id: &mut new_id,
    };
    let mut made = create(input, "DRY-RUN".to_owned(), &mut context)?;
    let planned = plan(
        &made.order,
        &mut made.internal,
        &made.changes,
        &[],
        settings,
        &mut new_id,
    );
    let prints = match planned.tickets.is_empty() {
        true => "at confirmation or payment",
        false => "at once",
    };
    Ok((explain(&made.order, settings), prints))
}

async fn answer(app: &App, who: &Identity, settings: &Settings) -> Result<Response, Problem> {
    let problems = problems(app, who, settings).await?;
    let mut body = object(settings)?;
    for own in ELSEWHERE {
        body.remove(own);
    }
    body.insert("problems".to_owned(), json!(problems));
    Ok(reply(&body))
}

async fn problems(app: &App, who: &Identity, settings: &Settings) -> Result<Vec<Finding>, Problem> {
    let holders = app.store.holders(&who.outlet).await?;
    let printing: BTreeSet<String> = holders.into_iter().map(|holder| holder.station).collect();
    let filter = OrderFilter {
        limit: LATELY,
        ..OrderFilter::default()
    };
    let orders = app.store.list_orders(&who.outlet, filter).await?.items;
    let lately: Vec<Item> = orders.into_iter().flat_map(|order| order.items).collect();
    Ok(lint(settings, &lately, &printing))
}

/// Lays the fields of a body over what there is. A field that does not fit is named.
fn overlaid<T: Serialize + DeserializeOwned>(now: &T, body: &Map<String, Value>) -> Result<T, Problem> {
    let mut whole = object(now)?;
    for (field, value) in body {
        // Unknown fields are ignored everywhere.
        let Some(place) = whole.get_mut(field) else {
            continue;
        };
        *place = value.clone();
        serde_json::from_value::<T>(Value::Object(whole.clone()))
            .map_err(|error| Problem::invalid(field, format!("`{field}` cannot be used: {error}")))?;
    }
    serde_json::from_value(Value::Object(whole))
        .map_err(|error| Problem::invalid("body", format!("`body` cannot be used: {error}")))
}

/// A refusal of the settings, told of the station that was put.
fn of_station(name: &str, mut problem: Problem) -> Problem {
    let path = format!("stations.{name}");
    problem.field = problem.field.map(|field| match field.strip_prefix(&path) {
        Some("") => "name".to_owned(),
        Some(rest) => rest.trim_start_matches('.').to_owned(),
        None => field,
    });
    problem
}

fn object<T: Serialize>(value: &T) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) | Err(_) => Err(Problem::new(Code::Internal, "the settings cannot be written")),
    }
}

/// The fields of a body in snake case.
fn snake(body: &Value) -> Result<Map<String, Value>, Problem> {
    let Value::Object(fields) = body else {
        return Err(Problem::invalid(
            "body",
            "`body` is no object; send a JSON object",
        ));
    };
    let snake = |name: &String| {
        let mut out = String::with_capacity(name.len() + 4);
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(letter.to_ascii_lowercase());
        }
        out
    };
    Ok(fields
        .iter()
        .map(|(name, value)| (snake(name), value.clone()))
        .collect())
}
