//! Commands that list, show and settle: each is a request, shown as a table or as JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::args::{
    AgentsCommand, EnrolArgs, JobArgs, JobsCommand, ListArgs, OrdersCommand, OutletsArgs, OutletsCommand,
    StationsCommand,
};
use super::ask::Backend;
use super::show::{self, cell};
use super::{Exit, Failure};
use crate::config::{Config, Flags};

/// A pairing code, alone on stdout.
pub(super) async fn enrol(flags: &Flags, args: &EnrolArgs) -> Result<(), Failure> {
    let stations: Vec<Value> = args
        .station
        .iter()
        .map(|name| json!({"name": name, "location": args.location}))
        .collect();
    let body = json!({"stations": stations, "ttl": args.ttl.as_secs()});
    let relay = reach(flags).await?;
    let answer = relay.post(&args.outlet, "/api/enrolments", &body).await;
    relay.leave().await;
    let answer = answer?;
    if args.json {
        return show::object(answer);
    }
    show::line(&cell(&answer, "code"))?;
    show::say(&format!(
        "holds until {}; on the computer with the printer: printrail-agent pair --relay URL {}",
        clock(&cell(&answer, "expires")),
        cell(&answer, "code")
    ));
    Ok(())
}

/// A moment as people read it, on this computer's clock.
fn clock(moment: &str) -> String {
    let parsed = moment.parse::<jiff::Timestamp>();
    parsed.map_or_else(
        |_| moment.to_owned(),
        |at| {
            at.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%H:%M")
                .to_string()
        },
    )
}

/// `outlets`.
pub(super) async fn outlets(flags: &Flags, args: &OutletsArgs) -> Result<(), Failure> {
    let relay = reach(flags).await?;
    let done = match &args.command {
        None => list_outlets(&relay, args.json).await,
        Some(OutletsCommand::List { json }) => list_outlets(&relay, args.json || *json).await,
        Some(OutletsCommand::Add { id, name, timezone }) => {
            let body = json!({"id": id, "name": name, "timezone": timezone});
            let added = relay.post(id, "/api/outlets", &body).await;
            added.map(|_| {
                show::say(&format!(
                    "added; next: printrail-relay enrol --outlet {id} --station kitchen"
                ))
            })
        }
    };
    relay.leave().await;
    done
}

/// `orders`.
pub(super) async fn orders(flags: &Flags, command: &OrdersCommand) -> Result<(), Failure> {
    let relay = reach(flags).await?;
    let done = match command {
        OrdersCommand::List { list, status, open } => {
            let mut path = query("/api/orders", &[("status", status.as_deref())]);
            if *open {
                path.push_str("&open=true");
            }
            let columns = [
                "id",
                "orderNumber",
                "status",
                "tableNumber",
                "finalAmount",
                "paymentStatus",
                "createdAt",
            ];
            list_of(&relay, list, &path, &columns).await
        }
        OrdersCommand::Show { list, id } => {
            show_one(&relay, list, &format!("/api/orders/{}", escaped(id))).await
        }
    };
    relay.leave().await;
    done
}

/// `jobs`.
pub(super) async fn jobs(flags: &Flags, command: &JobsCommand) -> Result<(), Failure> {
    let relay = reach(flags).await?;
    let done = match command {
        JobsCommand::List {
            list,
            state,
            station,
            order,
        } => {
            let filters = [
                ("state", state.as_deref()),
                ("station", station.as_deref()),
                ("order", order.as_deref()),
            ];
            let columns = [
                "id",
                "orderNumber",
                "station",
                "number",
                "kind",
                "state",
                "evidence",
                "detail",
            ];
            list_of(&relay, list, &query("/api/jobs", &filters), &columns).await
        }
        JobsCommand::Show(job) => {
            show_one(&relay, &job.list, &format!("/api/jobs/{}", escaped(&job.id))).await
        }
        JobsCommand::Resolve { job, printed, .. } => {
            wish(&relay, job, "resolve", json!({"printed": printed})).await
        }
        JobsCommand::Reprint(job) => wish(&relay, job, "reprint", Value::Null).await,
        JobsCommand::Cancel(job) => wish(&relay, job, "cancel", Value::Null).await,
        JobsCommand::Release(job) => wish(&relay, job, "release", Value::Null).await,
    };
    relay.leave().await;
    done
}

/// `stations`.
pub(super) async fn stations(flags: &Flags, command: &StationsCommand) -> Result<(), Failure> {
    let relay = reach(flags).await?;
    let done = match command {
        StationsCommand::List(list) => {
            let columns = ["name", "waiting", "oldest", "printers"];
            list_of(&relay, list, "/api/stations", &columns).await
        }
        StationsCommand::Route { list, dry_run } => route(&relay, list, dry_run).await,
    };
    relay.leave().await;
    done
}

async fn route(relay: &Backend, list: &ListArgs, file: &Path) -> Result<(), Failure> {
    let order = read_json(file)?;
    let outlet = outlet(relay, list).await?;
    let answer = relay.post(&outlet, "/api/routing/dry-run", &order).await?;
    if list.json {
        return show::object(answer);
    }
    let items = answer
        .get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let row = |item: &Value| {
        ["quantity", "name", "stations", "reason"]
            .map(|field| cell(item, field))
            .to_vec()
    };
    show::table(
        &["quantity", "name", "stations", "why"],
        &items.iter().map(row).collect::<Vec<_>>(),
    )?;
    show::say(&format!("prints {}", cell(&answer, "prints")));
    let odd = |name: &str| {
        answer
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    for finding in odd("problems") {
        show::say(&format!("look at: {finding}"));
    }
    Ok(())
}

fn read_json(file: &Path) -> Result<Value, Failure> {
    let text = match file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let name = file.display();
    let text = text.map_err(|error| Failure::new(Exit::Usage, format!("{name} cannot be read: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(Exit::Usage, format!("{name} is not valid JSON: {error}")))
}

/// `agents`.
pub(super) async fn agents(flags: &Flags, command: &AgentsCommand) -> Result<(), Failure> {
    let relay = reach(flags).await?;
    let done = match command {
        AgentsCommand::List(list) => {
            list_of(
                &relay,
                list,
                "/api/devices",
                &["id", "name", "stations", "revoked"],
            )
            .await
        }
        AgentsCommand::Revoke { list, id } => {
            let outlet = outlet(&relay, list).await?;
            let path = format!("/api/devices/{}/revoke", escaped(id));
            let revoked = relay.post(&outlet, &path, &Value::Null).await;
            revoked.map(|_| show::say(&format!("the token of {id} is refused from now on")))
        }
    };
    relay.leave().await;
    done
}

async fn reach(flags: &Flags) -> Result<Backend, Failure> {
    Backend::reach(Config::load(flags)?).await
}

async fn list_outlets(relay: &Backend, as_json: bool) -> Result<(), Failure> {
    let answer = relay.get("any", "/api/outlets").await?;
    print_list(answer, &["id", "name", "timezone"], as_json)
}

async fn list_of(relay: &Backend, list: &ListArgs, path: &str, columns: &[&str]) -> Result<(), Failure> {
    let outlet = outlet(relay, list).await?;
    let answer = relay.get(&outlet, path).await?;
    print_list(answer, columns, list.json)
}

async fn show_one(relay: &Backend, list: &ListArgs, path: &str) -> Result<(), Failure> {
    let outlet = outlet(relay, list).await?;
    let answer = relay.get(&outlet, path).await?;
    print_one(answer, list.json)
}

async fn wish(relay: &Backend, job: &JobArgs, verb: &str, body: Value) -> Result<(), Failure> {
    let outlet = outlet(relay, &job.list).await?;
    let path = format!("/api/jobs/{}/{verb}", escaped(&job.id));
    let answer = relay.post(&outlet, &path, &body).await?;
    print_one(answer, job.list.json)
}

/// The outlet that was named, or the only one.
async fn outlet(relay: &Backend, list: &ListArgs) -> Result<String, Failure> {
    if let Some(outlet) = &list.outlet {
        return Ok(outlet.clone());
    }
    let answer = relay.get("any", "/api/outlets").await?;
    let outlets = answer.get("items").and_then(Value::as_array);
    match outlets.map(Vec::as_slice) {
        Some([one]) => Ok(cell(one, "id")),
        Some([]) | None => Err(Failure::new(
            Exit::Failed,
            "there is no outlet yet; make one with printrail-relay outlets add ID",
        )),
        Some(several) => {
            let names: Vec<String> = several.iter().map(|outlet| cell(outlet, "id")).collect();
            Err(Failure::new(
                Exit::Usage,
                format!("say which outlet with --outlet: {}", names.join(", ")),
            ))
        }
    }
}

fn print_list(answer: Value, columns: &[&str], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return show::object(answer);
    }
    let items = answer
        .get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| columns.iter().map(|column| cell(item, column)).collect())
        .collect();
    show::table(columns, &rows)?;
    if answer.get("next").is_some_and(|next| !next.is_null()) {
        show::say("there are more; narrow the list with its filters");
    }
    Ok(())
}

fn print_one(answer: Value, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return show::object(answer);
    }
    let Value::Object(fields) = &answer else {
        return Ok(());
    };
    for name in fields.keys() {
        show::line(&format!("{name}: {}", cell(&answer, name)))?;
    }
    Ok(())
}

fn query(path: &str, filters: &[(&str, Option<&str>)]) -> String {
    let mut path = format!("{path}?limit=200");
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escaped(value)));
        }
    }
    path
}

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986, 2.3).
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
