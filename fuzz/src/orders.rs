//! An order's JSON to the tickets that it prints, through every command that may follow.

use std::collections::BTreeMap;

use escpos_templates::Renderer;
use jiff::Timestamp;
use protocol::{JobKind, JobState};
use relay::dialects::{Wire, encode, project};
use relay::order::input::{
    parse_acknowledge, parse_cancel, parse_cancel_reject, parse_cancel_request, parse_item_patch,
    parse_items, parse_move, parse_order, parse_patch, parse_payment, parse_reprint, parse_station,
};
use relay::order::model::ItemStatus;
use relay::order::{
    Actor, Command, Context, Decision, Event, Internal, Order, Role, Subject, change, create,
};
use relay::routing::{LedgerJob, Plan, Settings, assign, dry_run, lint, plan};
use serde_json::Value;
use std::sync::LazyLock;

static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::builtin);

/// One evening's order at one outlet.
struct Evening {
    order: Order,
    internal: Internal,
    settings: Settings,
    /// What was printed, in order.
    jobs: Vec<LedgerJob>,
    ids: u32,
}

/// `{settings, order, role, then: [{COMMAND: body}, …]}`. Settings are laid over the defaults; what is refused is left out.
pub(crate) fn order(bytes: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let settings = Settings::default().with(&input["settings"]).unwrap_or_default();
    let actor = Actor {
        role: serde_json::from_value(input["role"].clone()).unwrap_or(Role::Pos),
        subject: "till-7".to_owned(),
    };
    let Ok(wanted) = parse_order(&input["order"]) else {
        return;
    };
    let mut ids = 0;
    let mut new_id = || {
        ids += 1;
        format!("new-{ids}")
    };
    let mut context = Context {
        now: Timestamp::UNIX_EPOCH,
        actor: &actor,
        settings: &settings,
        new_id: &mut new_id,
    };
    let Ok(decision) = create(&wanted, "ORD-1".to_owned(), &mut context) else {
        return;
    };
    let mut evening = Evening {
        order: decision.order.clone(),
        internal: decision.internal.clone(),
        settings: settings.clone(),
        jobs: Vec::new(),
        ids,
    };
    let _ = (
        dry_run(&evening.order, &settings),
        lint(&settings, &evening.order.items, &["kitchen".to_owned()].into()),
    );
    evening.print(decision);
    if evening.internal.triggered {
        evening.everything_is_on_paper();
    }
    for step in input["then"].as_array().into_iter().flatten().take(20) {
        evening.follow(step, &actor);
    }
}

impl Evening {
    fn follow(&mut self, step: &Value, actor: &Actor) {
        let Some(command) = step
            .as_object()
            .and_then(|step| step.iter().next())
            .and_then(|(name, body)| command(name, body))
        else {
            return;
        };
        let mut ids = self.ids;
        let mut new_id = || {
            ids += 1;
            format!("new-{ids}")
        };
        let settings = self.settings.clone();
        let mut context = Context {
            now: Timestamp::UNIX_EPOCH,
            actor,
            settings: &settings,
            new_id: &mut new_id,
        };
        let decision = change(&self.order, &self.internal, &command, &mut context);
        self.ids = ids;
        if let Ok(decision) = decision {
            self.print(decision);
        }
    }

    /// Plans the tickets of a decision, tells every dialect, and takes them for printed.
    fn print(&mut self, decision: Decision) {
        let Decision {
            order,
            mut internal,
            changes,
        } = decision;
        let mut ids = self.ids;
        let mut new_id = || {
            ids += 1;
            format!("job-{ids}")
        };
        let Plan { tickets, withdraw } = plan(
            &order,
            &mut internal,
            &changes,
            &self.jobs,
            &self.settings,
            &mut new_id,
        );
        self.ids = ids;
        self.jobs.retain(|job| !withdraw.contains(&job.id));
        for ticket in &tickets {
            assert!(!ticket.station.is_empty() && ticket.copies > 0, "{ticket:?}");
            RENDERER.check(&ticket.data).expect("a ticket says something");
            let Some(id) = ticket.job.clone() else { continue };
            self.jobs.push(LedgerJob {
                id,
                station: ticket.station.clone(),
                kind: ticket.kind,
                state: JobState::Printed,
                lines: ticket.lines.clone(),
                cancel_requested: false,
            });
        }
        let event = Event {
            seq: 7,
            at: Timestamp::UNIX_EPOCH,
            by: "pos:till-7".to_owned(),
            subject: Subject::Order {
                order: Box::new(order.clone()),
                changes,
                tickets,
                stats: None,
                session: internal.session.clone(),
            },
        };
        tell(&event);
        (self.order, self.internal) = (order, internal);
    }

    /// Each item is at each of its stations as often as it was ordered, and nowhere else.
    fn everything_is_on_paper(&self) {
        let mut paper: BTreeMap<(String, String), u32> = BTreeMap::new();
        for job in self.jobs.iter().filter(|job| job.kind == JobKind::Order) {
            for line in &job.lines {
                *paper.entry((job.station.clone(), line.item.clone())).or_default() += line.quantity;
            }
        }
        let area = self.order.area_code.as_deref();
        for item in self
            .order
            .items
            .iter()
            .filter(|item| item.status != ItemStatus::Cancelled)
        {
            let assigned = assign(item, area, &self.settings);
            assert!(!assigned.stations.is_empty(), "{} goes nowhere", item.name);
            for station in &assigned.stations {
                assert_eq!(
                    paper.remove(&(station.clone(), item.id.clone())),
                    Some(item.quantity),
                    "{station}: {}",
                    item.name
                );
            }
        }
        assert!(paper.is_empty(), "nobody ordered {paper:?}");
    }
}

/// Every dialect has words for it, and they are JSON.
fn tell(event: &Event) {
    for wire in Wire::ALL {
        for frame in project(wire, "bistro", event) {
            let text = encode(wire, &frame.name, &frame.data, Some("7.1"));
            let json = text
                .strip_prefix('2')
                .filter(|_| wire == Wire::SocketIo)
                .unwrap_or(&text);
            serde_json::from_str::<Value>(json).expect("a frame is JSON");
        }
    }
}

fn command(name: &str, body: &Value) -> Option<Command> {
    let item = body["item"].as_str().unwrap_or("a");
    let read = match name {
        "patch" => parse_patch(body),
        "move" => parse_move(body),
        "item" => parse_item_patch(item, body),
        "ask" => parse_cancel_request(body),
        "accept" => Ok(Command::CancelAccept),
        "reject" => parse_cancel_reject(body),
        "cancel" => parse_cancel(body),
        "acknowledge" => parse_acknowledge(body),
        "station" => parse_station(body),
        "pay" => parse_payment(body),
        "reprint" => parse_reprint(body),
        "add" => parse_items(body).map(|items| Command::AddItems { items }),
        _ => return None,
    };
    read.ok()
}
