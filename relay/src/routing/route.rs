//! Turns what changed into tickets per station: the difference alone.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{JobId, JobKind};
use serde_json::{Value, json};

use super::assign::assign;
use super::ledger::Ledger;
use super::settings::{OTHERS, Settings};
use super::ticket::Draft;
use super::{LedgerJob, Line, Plan, Trigger};
use crate::order::event::Change;
use crate::order::model::{Internal, Item, ItemStatus, Order, Status};

/// Plans the tickets that follow from `changes`, and marks in `internal` that printing was
/// triggered. `order` is the order after the changes, `ledger` its jobs from oldest to newest.
#[must_use]
pub fn plan(
    order: &Order,
    internal: &mut Internal,
    changes: &[Change],
    ledger: &[LedgerJob],
    settings: &Settings,
    new_id: &mut dyn FnMut() -> String,
) -> Plan {
    let mut desk = Desk {
        order,
        settings,
        ledger: Ledger::new(ledger),
        new_id,
        plan: Plan::default(),
    };
    if !internal.triggered {
        if let Some(trigger) = trigger(order, internal, changes, settings) {
            internal.triggered = true;
            desk.first(trigger);
        }
    } else {
        changes.iter().for_each(|change| desk.follow(change));
    }
    changes.iter().for_each(|change| desk.bill(change));
    desk.plan
        .tickets
        .sort_by(|one, other| one.station.cmp(&other.station));
    desk.plan
}

/// Whether these changes start the printing, and why.
fn trigger(order: &Order, internal: &Internal, changes: &[Change], settings: &Settings) -> Option<Trigger> {
    if order.status == Status::Cancelled {
        return None;
    }
    let policy = &settings.trigger;
    let has = |test: fn(&Change) -> bool| changes.iter().any(test);
    if has(|change| *change == Change::Created) && !internal.waits && at_creation(order, settings) {
        return Some(Trigger::Immediate);
    }
    if has(|change| matches!(change, Change::Paid { in_full: true, .. })) && policy.at_payment {
        return Some(Trigger::Paid);
    }
    let confirmed = has(|change| *change == Change::Confirmed);
    (confirmed && (policy.at_confirmation || internal.waits)).then_some(Trigger::Confirmed)
}

fn at_creation(order: &Order, settings: &Settings) -> bool {
    let policy = &settings.trigger;
    let method = order.payment_method.as_deref().unwrap_or_default().trim();
    let named = |name: &String| name == OTHERS || (!method.is_empty() && name.eq_ignore_ascii_case(method));
    (order.is_open_bill && policy.open_bill_at_creation) || policy.at_creation.iter().any(named)
}

struct Desk<'a> {
    order: &'a Order,
    settings: &'a Settings,
    ledger: Ledger<'a>,
    new_id: &'a mut dyn FnMut() -> String,
    plan: Plan,
}

impl Desk<'_> {
    /// Everything that is on the order.
    fn first(&mut self, trigger: Trigger) {
        let items: Vec<(&Item, u32)> = active(self.order).map(|item| (item, item.quantity)).collect();
        self.print(&items, JobKind::Order, trigger);
    }

    fn follow(&mut self, change: &Change) {
        match change {
            Change::ItemsAdded { items } => {
                let items: Vec<(&Item, u32)> = items.iter().map(|item| (item, item.quantity)).collect();
                self.print(&items, JobKind::Add, Trigger::Added);
            }
            Change::ItemQuantity { item, from, to } => self.recount(item, *from, *to),
            Change::ItemCancelled { item } => {
                let gone = self.order.items.iter().find(|entry| entry.id == *item);
                let gone: Vec<(&Item, u32)> = gone.map(|item| (item, item.quantity)).into_iter().collect();
                self.void(&gone, "");
            }
            Change::Cancelled { reason, .. } => {
                let gone: Vec<(&Item, u32)> = active(self.order).map(|item| (item, item.quantity)).collect();
                self.void(&gone, reason);
            }
            Change::Moved {
                from_table,
                from_area,
                ..
            } => {
                self.moved(from_table.as_deref(), from_area.as_deref());
            }
            Change::Reprinted { station } => self.again(station.as_deref()),
            Change::Created
            | Change::Confirmed
            | Change::Status { .. }
            | Change::ItemStatus { .. }
            | Change::CancelRequested { .. }
            | Change::CancelRejected { .. }
            | Change::Paid { .. }
            | Change::Acknowledged { .. }
            | Change::Priority { .. }
            | Change::StationAssigned { .. }
            | Change::ReceiptAsked => {}
        }
    }

    fn bill(&mut self, change: &Change) {
        let paid = matches!(change, Change::Paid { in_full: true, .. });
        let trigger = match change {
            Change::ReceiptAsked => Trigger::Immediate,
            _ if paid && self.settings.receipt_on_payment => Trigger::Paid,
            _ => return,
        };
        let shown = active(self.order)
            .map(|item| line(item, item.quantity, self.unrouted(item)))
            .collect();
        let extra = vec![("order", json!(self.order))];
        let station = self.settings.receipt_station.clone();
        let paper = Paper {
            kind: JobKind::Receipt,
            trigger,
            shown,
            lines: Vec::new(),
            rooms: false,
            extra,
        };
        self.put(&station, paper, true);
    }

    fn recount(&mut self, id: &str, from: u32, to: u32) {
        let Some(item) = self.order.items.iter().find(|entry| entry.id == *id) else {
            return;
        };
        if to > from {
            self.print(&[(item, to - from)], JobKind::Add, Trigger::Added);
        } else {
            self.void(&[(item, from - to)], "");
        }
    }

    /// Items to the stations that have them already, else to those of the rules.
    fn print(&mut self, items: &[(&Item, u32)], kind: JobKind, trigger: Trigger) {
        for (station, lines) in self.by_station(items) {
            let (shown, lines) = (lines.clone(), lines);
            self.put(
                &station,
                Paper {
                    kind,
                    trigger,
                    shown,
                    lines,
                    rooms: true,
                    extra: Vec::new(),
                },
                true,
            );
        }
    }

    /// Takes items back: rooms hear of all of them, paper of those that are on paper.
    fn void(&mut self, items: &[(&Item, u32)], reason: &str) {
        let said = (!reason.is_empty()).then(|| ("message", json!(reason)));
        for (station, gone) in self.by_station(items) {
            let removal = self.ledger.remove(&station, &gone);
            self.plan.withdraw.extend(removal.withdraw);
            for (kind, lines) in removal.again {
                let trigger = if kind == JobKind::Add {
                    Trigger::Added
                } else {
                    Trigger::Changed
                };
                let shown = lines.clone();
                self.put(
                    &station,
                    Paper {
                        kind,
                        trigger,
                        shown,
                        lines,
                        rooms: false,
                        extra: Vec::new(),
                    },
                    true,
                );
            }
            let void = |lines: Vec<Line>, rooms| Paper {
                kind: JobKind::Void,
                trigger: Trigger::Void,
                shown: lines.clone(),
                lines,
                rooms,
                extra: said.clone().into_iter().collect(),
            };
            if removal.void == gone {
                self.put(&station, void(gone, true), true);
                continue;
            }
            self.put(&station, void(gone, true), false);
            if !removal.void.is_empty() {
                self.put(&station, void(removal.void, false), true);
            }
        }
    }

    /// Stations that have the order hear of its new table; its items stay where they are.
    fn moved(&mut self, from_table: Option<&str>, from_area: Option<&str>) {
        let stations: Vec<String> = self.ledger.stations().into_iter().map(str::to_owned).collect();
        for station in stations {
            let held = |item: &Item| self.ledger.held(&station, &item.id);
            let here = active(self.order).filter(|item| held(item) > 0);
            let shown: Vec<Line> = here
                .map(|item| line(item, held(item), self.unrouted(item)))
                .collect();
            if shown.is_empty() {
                continue;
            }
            let extra = vec![("from_table", json!(from_table)), ("from_area", json!(from_area))];
            let (kind, trigger) = (JobKind::Change, Trigger::Changed);
            self.put(
                &station,
                Paper {
                    kind,
                    trigger,
                    shown,
                    lines: Vec::new(),
                    rooms: true,
                    extra,
                },
                true,
            );
        }
    }

    /// What the order says, once more. Only what a station does not have yet counts as added.
    fn again(&mut self, only: Option<&str>) {
        let items: Vec<(&Item, u32)> = active(self.order).map(|item| (item, item.quantity)).collect();
        for (station, shown) in self.by_station(&items) {
            if only.is_some_and(|only| only != station) {
                continue;
            }
            let missing = |line: &Line| {
                let quantity = line
                    .quantity
                    .saturating_sub(self.ledger.held(&station, &line.item));
                (quantity > 0).then(|| Line {
                    quantity,
                    ..line.clone()
                })
            };
            let lines = shown.iter().filter_map(missing).collect();
            let (kind, trigger) = (JobKind::Order, Trigger::Reprint);
            self.put(
                &station,
                Paper {
                    kind,
                    trigger,
                    shown,
                    lines,
                    rooms: true,
                    extra: Vec::new(),
                },
                true,
            );
        }
    }

    fn by_station(&self, items: &[(&Item, u32)]) -> BTreeMap<String, Vec<Line>> {
        let mut stations: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for (item, quantity) in items {
            let assigned = assign(item, self.order.area_code.as_deref(), self.settings);
            let line = line(item, *quantity, assigned.is_unrouted());
            for station in self.where_is(item, assigned.stations) {
                stations.entry(station).or_default().push(line.clone());
            }
        }
        stations
    }

    fn where_is(&self, item: &Item, assigned: Vec<String>) -> BTreeSet<String> {
        let known = self.ledger.stations_of(&item.id);
        if known.is_empty() {
            return assigned.into_iter().collect();
        }
        known.into_iter().map(str::to_owned).collect()
    }

    fn unrouted(&self, item: &Item) -> bool {
        assign(item, self.order.area_code.as_deref(), self.settings).is_unrouted()
    }

    fn put(&mut self, station: &str, paper: Paper, job: bool) {
        let job = job.then(|| JobId::new((self.new_id)()));
        let draft = paper.draft(self.order, self.settings, station, job);
        self.plan.tickets.push(draft.ticket());
    }
}

/// What a ticket says, whichever station it is for.
pub(super) struct Paper {
    pub(super) kind: JobKind,
    pub(super) trigger: Trigger,
    pub(super) shown: Vec<Line>,
    pub(super) lines: Vec<Line>,
    pub(super) rooms: bool,
    pub(super) extra: Vec<(&'static str, Value)>,
}

impl Paper {
    pub(super) fn draft<'a>(
        self,
        order: &'a Order,
        settings: &'a Settings,
        station: &'a str,
        job: Option<JobId>,
    ) -> Draft<'a> {
        Draft {
            order,
            settings,
            station,
            kind: self.kind,
            trigger: self.trigger,
            shown: self.shown,
            lines: self.lines,
            job,
            rooms: self.rooms,
            extra: self.extra,
        }
    }
}

pub(super) fn active(order: &Order) -> impl Iterator<Item = &Item> {
    order
        .items
        .iter()
        .filter(|item| item.status != ItemStatus::Cancelled)
}

fn line(item: &Item, quantity: u32, unrouted: bool) -> Line {
    Line {
        item: item.id.clone(),
        quantity,
        unrouted,
    }
}
