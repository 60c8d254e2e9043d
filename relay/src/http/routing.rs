//! `/api/routing`: an outlet's settings, what looks wrong in them, and where an order would go.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::input::{Named, Payload, Who};
use super::reply::json as reply;
use crate::auth::Identity;
use crate::error::Problem;
use crate::order::input::parse_order;
use crate::order::{Actor, Context, Item, NewOrder, create};
use crate::routing::lint::{Finding, MAX_COPIES, lint};
use crate::routing::settings::Settings;
use crate::routing::{assign, plan};
use crate::service::{App, SharedApp};
use crate::store::OrderFilter;

/// Orders whose items the linter looks at: about an evening's.
const LATELY: usize = 200;

/// Longest name of a station.
const LONGEST_STATION: usize = 64;

/// Where an item goes and which rule said so.
#[derive(Serialize)]
struct Sent<'a> {
    name: &'a str,
    quantity: u32,
    stations: Vec<String>,
    rule: Option<RuleView<'a>>,
    unrouted: bool,
    why: String,
}

#[derive(Serialize)]
struct RuleView<'a> {
    index: usize,
    name: &'a str,
}

/// `GET /api/routing`: the settings, and in `problems` what looks wrong in them.
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
    let settings = merged(&now, &body)?;
    app.store
        .put_settings(&who.outlet, settings.clone(), &who.actor())
        .await?;
    answer(&app, &who, &settings).await
}

/// `PUT /api/stations/{name}`: `{copies, backup, backup_after_s, kind}`; what is not named stays.
pub(super) async fn put_station(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(name): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    is_station(&name).map_err(|what| Problem::invalid("name", what))?;
    let mut settings = app.store.settings(&who.outlet).await?;
    let own = settings.station(&name);
    let own = overlaid(&own, &snake(&body)?, |field| field.to_owned())?;
    settings.stations.insert(name.clone(), own.clone());
    check(&settings)?;
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
    let mut explained = explain(&input, &who.actor(), &settings)?;
    let problems = findings(&app, &who, &settings).await?;
    explained.insert("problems".to_owned(), json!(problems));
    Ok(reply(&explained))
}

fn explain(input: &NewOrder, actor: &Actor, settings: &Settings) -> Result<Map<String, Value>, Problem> {
    let mut new_id = || Uuid::now_v7().to_string();
    let mut context = Context {
        now: Timestamp::now(),
        actor,
        settings,
        new_id: &mut new_id,
    };
    let mut made = create(input, "DRY-RUN".to_owned(), &mut context)?;
    let area = made.order.area_code.as_deref();
    let items: Vec<Sent<'_>> = made
        .order
        .items
        .iter()
        .map(|item| sent(item, area, settings))
        .collect();
    let mut stations: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in &items {
        for station in &item.stations {
            let line = format!("{} x {}", item.quantity, item.name);
            stations.entry(station).or_default().push(line);
        }
    }
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
    let explained = json!({"area": area, "items": items, "stations": stations, "prints": prints});
    object(&explained)
}

fn sent<'a>(item: &'a Item, area: Option<&str>, settings: &'a Settings) -> Sent<'a> {
    let assigned = assign(item, area, settings);
    let rule = assigned.rule.and_then(|index| {
        settings.rules.get(index).map(|rule| RuleView {
            index,
            name: &rule.name,
        })
    });
    let stations = assigned.stations.join(" and ");
    let why = match &rule {
        None => format!("no rule matches, so {stations} prints it marked UNROUTED"),
        Some(rule) if rule.name.is_empty() => format!("rule {} sends it to {stations}", rule.index + 1),
        Some(rule) => format!("rule {} ({}) sends it to {stations}", rule.index + 1, rule.name),
    };
    Sent {
        name: &item.name,
        quantity: item.quantity,
        unrouted: assigned.is_unrouted(),
        stations: assigned.stations,
        rule,
        why,
    }
}

async fn answer(app: &App, who: &Identity, settings: &Settings) -> Result<Response, Problem> {
    let problems = findings(app, who, settings).await?;
    let mut body = object(settings)?;
    body.insert("problems".to_owned(), json!(problems));
    Ok(reply(&body))
}

async fn findings(app: &App, who: &Identity, settings: &Settings) -> Result<Vec<Finding>, Problem> {
    let holders = app.store.holders(&who.outlet).await?;
    let printing: BTreeSet<String> = holders.into_iter().map(|holder| holder.station).collect();
    let filter = OrderFilter {
        limit: LATELY,
        ..OrderFilter::default()
    };
    let orders = app.store.list_orders(&who.outlet, filter).await?.items;
    let lately: Vec<(Item, Option<String>)> = orders
        .into_iter()
        .flat_map(|order| {
            let area = order.area_code;
            order.items.into_iter().map(move |item| (item, area.clone()))
        })
        .collect();
    Ok(lint(settings, &printing, &lately))
}

fn merged(now: &Settings, body: &Value) -> Result<Settings, Problem> {
    let settings = overlaid(now, &snake(body)?, str::to_owned)?;
    check(&settings)?;
    Ok(settings)
}

/// Lays the fields of a body over what there is. A field that does not fit is named.
fn overlaid<T: Serialize + serde::de::DeserializeOwned>(
    now: &T,
    body: &Map<String, Value>,
    named: impl Fn(&str) -> String,
) -> Result<T, Problem> {
    let mut whole = object(now)?;
    for (field, value) in body {
        let before = whole.insert(field.clone(), value.clone());
        if before.is_none() {
            // Unknown fields are ignored everywhere.
            whole.remove(field);
            continue;
        }
        serde_json::from_value::<T>(Value::Object(whole.clone())).map_err(|error| {
            let field = named(field);
            Problem::invalid(&field, format!("`{field}` cannot be used: {error}"))
        })?;
    }
    serde_json::from_value(Value::Object(whole))
        .map_err(|error| Problem::invalid("body", format!("`body` cannot be used: {error}")))
}

fn object<T: Serialize>(value: &T) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) | Err(_) => Err(Problem::new(
            crate::error::Code::Internal,
            "the settings cannot be written",
        )),
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

fn check(settings: &Settings) -> Result<(), Problem> {
    if settings.business_day_start.parse::<jiff::civil::Time>().is_err() {
        return Err(Problem::invalid(
            "business_day_start",
            "`business_day_start` must be a local time such as 04:00",
        ));
    }
    for (name, own) in &settings.stations {
        is_station(name).map_err(|what| Problem::invalid("stations", what))?;
        if !(1..=MAX_COPIES).contains(&own.copies) {
            return Err(Problem::invalid(
                "copies",
                format!("`copies` must be 1 to {MAX_COPIES}"),
            ));
        }
        if own.backup.as_ref() == Some(name) {
            return Err(Problem::invalid(
                "backup",
                format!("`backup` of {name} is {name} itself"),
            ));
        }
        if own
            .kind
            .as_deref()
            .is_some_and(|kind| kind != "kitchen" && kind != "bar")
        {
            return Err(Problem::invalid("kind", "`kind` must be kitchen or bar"));
        }
    }
    let targets = settings.rules.iter().flat_map(|rule| &rule.to);
    for target in targets.chain(settings.areas.iter().map(|area| &area.bar)) {
        is_station(target).map_err(|what| Problem::invalid("rules", what))?;
    }
    Ok(())
}

/// Station names stand in rooms, paths and on paper.
fn is_station(name: &str) -> Result<(), String> {
    let fits = (1..=LONGEST_STATION).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    match fits {
        true => Ok(()),
        false => Err(format!(
            "`{name}` is no station's name: 1 to {LONGEST_STATION} lower-case letters, digits, `_` or `-`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_replaced_and_the_rest_stays() {
        let now = Settings {
            currency: Some("IDR".into()),
            ..Settings::default()
        };
        let body =
            json!({"defaultBar": "bar_atas", "confirm_on_payment": false, "problems": [], "nonsense": 1});
        let settings = merged(&now, &body).unwrap();
        assert_eq!(settings.default_bar, "bar_atas");
        assert!(!settings.confirm_on_payment);
        assert_eq!(settings.currency.as_deref(), Some("IDR"));
        assert_eq!(settings.rules, now.rules);
    }

    #[test]
    fn a_setting_that_does_not_fit_is_named() {
        for (body, field) in [
            (json!([]), "body"),
            (json!({"rules": "all to the kitchen"}), "rules"),
            (json!({"rules": [{"to": ["The Grill"]}]}), "rules"),
            (json!({"trigger": {"at_creation": 5}}), "trigger"),
            (json!({"business_day_start": "noon"}), "business_day_start"),
            (json!({"stations": {"kitchen": {"copies": 0}}}), "copies"),
            (json!({"stations": {"kitchen": {"kind": "garage"}}}), "kind"),
            (json!({"stations": {"kitchen": {"backup": "kitchen"}}}), "backup"),
        ] {
            let refused = merged(&Settings::default(), &body).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some(field), "{body}: {refused}");
        }
    }
}
