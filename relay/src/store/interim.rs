//! Stands in for routing until that lands.

use protocol::{JobId, JobKind, JobState};
use serde_json::json;

use crate::order::{Change, Decision};
use crate::routing::{LedgerJob, Line, Plan, Settings, Ticket, Trigger};

pub(super) fn plan(
    decision: &mut Decision,
    ledger: &[LedgerJob],
    _settings: &Settings,
    new_id: &mut dyn FnMut() -> String,
) -> Plan {
    let mut plan = Plan::default();
    for change in decision.changes.clone() {
        match change {
            Change::Created => {
                decision.internal.triggered = true;
                for station in ["bar_depan", "kitchen"] {
                    let lines: Vec<Line> = decision
                        .order
                        .items
                        .iter()
                        .filter(|item| {
                            (item.workstation.as_deref() == Some("bar")) == (station == "bar_depan")
                        })
                        .map(|item| Line {
                            item: item.id.clone(),
                            quantity: item.quantity,
                            unrouted: false,
                        })
                        .collect();
                    if !lines.is_empty() {
                        plan.tickets.push(ticket(
                            decision,
                            station,
                            JobKind::Order,
                            lines,
                            JobId::new(new_id()),
                        ));
                    }
                }
            }
            Change::Cancelled { .. } => {
                for job in ledger {
                    match job.state {
                        JobState::Accepted | JobState::Spooled | JobState::Held => {
                            plan.withdraw.push(job.id.clone())
                        }
                        JobState::Cancelled | JobState::Expired | JobState::Failed => {}
                        _ => plan.tickets.push(ticket(
                            decision,
                            &job.station,
                            JobKind::Void,
                            job.lines.clone(),
                            JobId::new(new_id()),
                        )),
                    }
                }
            }
            _ => {}
        }
    }
    plan
}

fn ticket(decision: &Decision, station: &str, kind: JobKind, lines: Vec<Line>, id: JobId) -> Ticket {
    let items: Vec<_> = lines
        .iter()
        .filter_map(|line| decision.order.items.iter().find(|item| item.id == line.item))
        .map(|item| json!({"name": item.name, "quantity": item.quantity, "notes": item.notes}))
        .collect();
    Ticket {
        station: station.into(),
        kind,
        trigger: if kind == JobKind::Void {
            Trigger::Void
        } else {
            Trigger::Immediate
        },
        lines,
        banners: vec![],
        copies: 1,
        job: Some(id),
        rooms: true,
        event: "kitchen_immediate_print".into(),
        data: json!({"order_id": decision.order.id.key(), "order_items": items, "print_trigger": "immediate"}),
    }
}
