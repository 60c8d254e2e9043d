//! Random histories of an order, its jobs and an agent that may have begun without saying so.

use proptest::prelude::*;
use protocol::{JobId, JobKind, JobState};
use serde_json::json;

use crate::order::model::{ItemStatus, Priority};
use crate::order::samples::Desk;
use crate::order::{Command, Decision, Status};
use crate::routing::ledger::begun;
use crate::routing::{LedgerJob, Ticket, late_void, plan};

#[derive(Debug, Clone)]
enum Step {
    Confirm,
    Forward(u8),
    Add(u8, u32),
    Quantity(usize, u32),
    CancelItem(usize),
    Move(char),
    Reprint,
    CancelOrder,
    Hurry,
    /// The agent acknowledges a job.
    Ack(usize),
    /// The agent begins to print, and the relay does not hear of it.
    Begin(usize),
    /// The relay hears where a job stands.
    Report(usize),
}

/// An order, its jobs as the relay knows them, and which of them the agent has really begun.
struct World {
    desk: Desk,
    now: Decision,
    jobs: Vec<LedgerJob>,
    begun: Vec<JobId>,
}

fn item(kind: u8, quantity: u32) -> serde_json::Value {
    match kind % 4 {
        0 => json!({"name": "Soto", "qty": quantity, "price": 3.5, "workstation": "kitchen"}),
        1 => json!({"name": "Es jeruk", "qty": quantity, "mainCategory": "minuman"}),
        2 => json!({"name": "Beer", "qty": quantity, "workstation": "bar_front"}),
        _ => json!({"name": "Candles", "qty": quantity, "workstation": "desk"}),
    }
}

impl World {
    fn open(method: &str) -> Self {
        let items: Vec<_> = (0..4).map(|kind| item(kind, 2)).collect();
        let mut desk = Desk::new();
        let body = json!({"tableNumber": "C4", "paymentMethod": method, "items": items});
        let now = desk.order(&body);
        let mut world = Self {
            desk,
            now,
            jobs: Vec::new(),
            begun: Vec::new(),
        };
        world.route();
        world
    }

    fn say(&mut self, command: &Command) {
        let Ok(next) = self.desk.try_change(&self.now.order, &self.now.internal, command) else {
            return;
        };
        self.now = next;
        self.route();
    }

    fn route(&mut self) {
        let ids = &mut self.desk.ids;
        let mut new_id = || {
            *ids += 1;
            format!("job-{ids}")
        };
        let settings = &self.desk.settings;
        let Decision {
            order,
            internal,
            changes,
        } = &mut self.now;
        let plan = plan(order, internal, changes, &self.jobs, settings, &mut new_id);
        for id in &plan.withdraw {
            let job = self.jobs.iter_mut().find(|job| job.id == *id).unwrap();
            assert!(
                !begun(job.state) && !job.state.is_final(),
                "{job:?} is withdrawn too late"
            );
            if job.state == JobState::Accepted {
                job.state = JobState::Cancelled;
            } else {
                job.cancel_requested = true;
            }
        }
        self.accept(plan.tickets);
    }

    fn accept(&mut self, tickets: Vec<Ticket>) {
        for ticket in tickets {
            let Some(id) = ticket.job else { continue };
            self.jobs.push(LedgerJob {
                id,
                station: ticket.station,
                kind: ticket.kind,
                state: JobState::Accepted,
                lines: ticket.lines,
                cancel_requested: false,
            });
        }
    }

    fn report(&mut self, index: usize) {
        let Some(job) = self.jobs.get_mut(index) else {
            return;
        };
        let (was, asked) = (job.state, job.cancel_requested);
        if !self.begun.contains(&job.id) {
            if asked {
                job.state = JobState::Cancelled;
                job.cancel_requested = false;
            }
            return;
        }
        job.state = JobState::Printed;
        job.cancel_requested = false;
        if !asked && was != JobState::Cancelled {
            return;
        }
        let job = job.clone();
        let ids = &mut self.desk.ids;
        let mut new_id = || {
            *ids += 1;
            format!("late-{ids}")
        };
        let settings = &self.desk.settings;
        let ticket = late_void(&job, &self.now.order, &self.jobs, settings, &mut new_id);
        self.accept(ticket.into_iter().collect());
    }

    fn step(&mut self, step: &Step) {
        let items = &self.now.order.items;
        let id = |index: usize| items[index % items.len()].id.clone();
        let statuses = [Status::Preparing, Status::Ready, Status::Served];
        match step {
            Step::Confirm => self.say(&Command::SetStatus {
                status: Status::Confirmed,
            }),
            Step::Forward(to) => self.say(&Command::SetStatus {
                status: statuses[usize::from(*to) % 3],
            }),
            Step::Add(kind, quantity) => {
                let items = crate::order::input::parse_items(&json!([item(*kind, *quantity)])).unwrap();
                self.say(&Command::AddItems { items });
            }
            Step::Quantity(index, quantity) => {
                let item = id(*index);
                self.say(&Command::SetItemQuantity {
                    item,
                    quantity: *quantity,
                });
            }
            Step::CancelItem(index) => {
                let item = id(*index);
                self.say(&Command::SetItemStatus {
                    item,
                    status: ItemStatus::Cancelled,
                });
            }
            Step::Move(area) => {
                let table_number = format!("{area}1");
                self.say(&Command::MoveTable {
                    table_number,
                    table_id: None,
                });
            }
            Step::Reprint => self.say(&Command::Reprint { station: None }),
            Step::CancelOrder => self.say(&Command::Cancel {
                reason: String::new(),
            }),
            Step::Hurry => self.say(&Command::SetPriority {
                priority: Priority::Vip,
            }),
            Step::Ack(index) => {
                let count = self.jobs.len().max(1);
                let Some(job) = self.jobs.get_mut(index % count) else {
                    return;
                };
                if job.state == JobState::Accepted {
                    job.state = JobState::Spooled;
                }
            }
            Step::Begin(index) => {
                let count = self.jobs.len().max(1);
                let Some(job) = self.jobs.get(index % count) else {
                    return;
                };
                if matches!(job.state, JobState::Accepted | JobState::Spooled)
                    && !self.begun.contains(&job.id)
                {
                    self.begun.push(job.id.clone());
                }
            }
            Step::Report(index) => self.report(index % self.jobs.len().max(1)),
        }
    }

    /// The agent prints whatever is left and says so.
    fn close(&mut self) {
        for round in 0..3 {
            for index in 0..self.jobs.len() {
                let job = &self.jobs[index];
                if !job.state.is_final() && !job.cancel_requested && !self.begun.contains(&job.id) {
                    self.begun.push(job.id.clone());
                }
                self.report(index);
            }
            assert!(round < 2 || self.jobs.iter().all(|job| job.state.is_final()));
        }
    }

    fn paper(&self, station: &str, item: &str) -> i64 {
        let jobs = self
            .jobs
            .iter()
            .filter(|job| job.station == station && begun(job.state));
        jobs.flat_map(|job| {
            let sign = if job.kind == JobKind::Void { -1 } else { 1 };
            job.lines
                .iter()
                .filter(|line| line.item == item)
                .map(move |line| sign * i64::from(line.quantity))
        })
        .sum()
    }

    fn check(&self) {
        let order = &self.now.order;
        for item in &order.items {
            let printed: Vec<(&str, i64)> = ["kitchen", "bar_depan", "bar_belakang", "cashier"]
                .into_iter()
                .map(|station| (station, self.paper(station, &item.id)))
                .filter(|(_, count)| *count != 0)
                .collect();
            let gone = item.status == ItemStatus::Cancelled || order.status == Status::Cancelled;
            let wanted = if gone || !self.now.internal.triggered {
                0
            } else {
                i64::from(item.quantity)
            };
            let total: i64 = printed.iter().map(|(_, count)| count).sum();
            assert_eq!(total, wanted, "{} of {order:?}\n{:#?}", item.name, self.jobs);
            assert!(
                printed.len() <= 1,
                "{} is at two stations: {printed:?}",
                item.name
            );
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Confirm),
        1 => any::<u8>().prop_map(Step::Forward),
        3 => (any::<u8>(), 1..5_u32).prop_map(|(kind, count)| Step::Add(kind, count)),
        4 => (0..12_usize, 1..6_u32).prop_map(|(index, count)| Step::Quantity(index, count)),
        3 => (0..12_usize).prop_map(Step::CancelItem),
        1 => prop_oneof![Just('A'), Just('K')].prop_map(Step::Move),
        1 => Just(Step::Reprint),
        1 => Just(Step::CancelOrder),
        1 => Just(Step::Hurry),
        4 => (0..24_usize).prop_map(Step::Ack),
        4 => (0..24_usize).prop_map(Step::Begin),
        5 => (0..24_usize).prop_map(Step::Report),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_on_paper_is_what_the_order_says(cash in any::<bool>(), steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::open(if cash { "cash" } else { "online" });
        for step in &steps {
            world.step(step);
        }
        world.close();
        world.check();
    }
}
