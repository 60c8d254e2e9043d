//! Callers: what is ordered, changed and cancelled, each asked again until somebody answers.

use std::collections::BTreeMap;

use rand::RngExt as _;
use relay::order::command::Command;
use relay::order::input::{fingerprint_of, parse_items, parse_order};
use relay::order::{Actor, Role};
use relay::store::{OrderReply, OrderRequest, OutletId};
use serde_json::{Value, json};

use crate::event::Event;
use crate::setup::OUTLETS;
use crate::store::ready;
use crate::world::{TROUBLE_MS, World};

/// A caller asks again so long after no answer, in milliseconds.
const AGAIN_AFTER: u64 = 4_000;

/// One request.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) outlet: &'static str,
    pub(crate) order: String,
    command: Command,
    key: String,
    /// What must be answered first: the order's creation.
    after: Option<usize>,
    /// The answer's body.
    pub(crate) answer: Option<Result<String, String>>,
    tries: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Guests {
    pub(crate) asks: Vec<Ask>,
    /// How often the relay did what was asked, by request.
    pub(crate) done: BTreeMap<usize, u32>,
}

impl World {
    pub(crate) fn plan_orders(&mut self) {
        let outlets: Vec<&'static str> = OUTLETS
            .into_iter()
            .filter(|id| self.setup.agents.iter().any(|agent| agent.outlet == *id))
            .collect();
        for number in 0..self.setup.orders {
            let outlet = outlets[self.rng.random_range(0..outlets.len())];
            let at = self.rng.random_range(0..TROUBLE_MS - 20_000);
            let create = self.plan_order(outlet, number, at);
            for change in 0..self.rng.random_range(0..=3) {
                let later = at + self.rng.random_range(50..60_000);
                self.plan_change(outlet, (number, change), create, later);
            }
        }
    }

    fn plan_order(&mut self, outlet: &'static str, number: usize, at: u64) -> usize {
        let items: Vec<Value> = (0..self.rng.random_range(1..=4))
            .map(|item| self.item(number, item))
            .collect();
        let order = format!("o-{number}");
        let body = json!({
            "id": order, "orderType": "dine_in", "tableNumber": "7", "areaCode": "A", "openBill": true, "items": items,
        });
        let command = Command::Create(Box::new(parse_order(&body).expect("a good order")));
        self.plan_ask(
            Ask {
                outlet,
                key: order.clone(),
                order,
                command,
                after: None,
                answer: None,
                tries: 0,
            },
            at,
        )
    }

    fn item(&mut self, order: usize, item: usize) -> Value {
        let workstation = if self.rng.random_bool(0.6) {
            "kitchen"
        } else {
            "bar"
        };
        let quantity = self.rng.random_range(1..=5);
        let id = format!("i{order}-{item}");
        json!({"id": id, "name": id, "quantity": quantity, "price": 10, "workstation": workstation})
    }

    fn plan_change(
        &mut self,
        outlet: &'static str,
        (number, change): (usize, usize),
        create: usize,
        at: u64,
    ) {
        let item = format!("i{number}-0");
        let command = match self.rng.random_range(0..10) {
            0..=3 => {
                let item = self.item(number, 10 + change);
                Command::AddItems {
                    items: parse_items(&json!([item])).expect("good items"),
                }
            }
            4..=6 => Command::SetItemQuantity {
                item,
                quantity: self.rng.random_range(0..=5),
            },
            7 => Command::Cancel {
                reason: "the guest has left".to_owned(),
            },
            8 => Command::Reprint { station: None },
            _ => Command::MoveTable {
                table_number: "9".to_owned(),
                table_id: None,
            },
        };
        let order = format!("o-{number}");
        let key = format!("{order}-{change}");
        self.plan_ask(
            Ask {
                outlet,
                order,
                command,
                key,
                after: Some(create),
                answer: None,
                tries: 0,
            },
            at,
        );
    }

    fn plan_ask(&mut self, ask: Ask, at: u64) -> usize {
        let index = self.guests.asks.len();
        self.guests.asks.push(ask);
        self.at(at, Event::Ask(index));
        index
    }

    /// The request leaves; it may be lost on the way, and it may arrive twice.
    pub(crate) fn ask(&mut self, index: usize) {
        let ask = &self.guests.asks[index];
        if ask.answer.is_some() {
            return;
        }
        let ready = ask
            .after
            .is_none_or(|before| self.guests.asks[before].answer.is_some());
        let delay = self.latency();
        if ready && self.office.is_up() && self.rng.random_bool(0.95) {
            self.after(delay, Event::Served(index));
            if self.rng.random_bool(0.1) {
                let later = delay + self.rng.random_range(0..3000);
                self.after(later, Event::Served(index));
            }
        }
        self.guests.asks[index].tries += 1;
        let again = AGAIN_AFTER + self.rng.random_range(0..1000);
        self.after(again, Event::Ask(index));
    }

    pub(crate) fn served(&mut self, index: usize) {
        let ask = &self.guests.asks[index];
        let create = matches!(ask.command, Command::Create(_));
        let order = (!create).then(|| ask.order.clone());
        let request = OrderRequest {
            outlet: OutletId::from(ask.outlet),
            actor: Actor {
                role: Role::Pos,
                subject: "till".to_owned(),
            },
            fingerprint: fingerprint_of(order.as_deref(), &ask.command),
            order,
            command: ask.command.clone(),
            key: (!create).then(|| ask.key.clone()),
        };
        let (outlet, name) = (ask.outlet, ask.order.clone());
        let Some(reply) = self.write(|store| ready(store.order(request))) else {
            return;
        };
        let Ok(reply) = reply else {
            return self.demand(false, || "the store refused an order".to_owned());
        };
        if matches!(reply, OrderReply::Done { .. }) {
            *self.guests.done.entry(index).or_default() += 1;
        }
        let refused = create && matches!(reply, OrderReply::Refused(_));
        self.demand(!refused, || {
            format!("N3: order {name} of {outlet} was sent twice and refused")
        });
        let said = match &reply {
            OrderReply::Done { jobs, .. } => format!(
                "done, jobs {:?}",
                jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>()
            ),
            OrderReply::Replayed { .. } => "answered again".to_owned(),
            OrderReply::Refused(refusal) => format!("refused: {refusal}"),
        };
        self.say(|| format!("{outlet} asks {} of {name}: {said}", self_name(index)));
        let delay = self.latency();
        let reply = self.rng.random_bool(0.93).then(|| Box::new(reply));
        self.after(delay, Event::Answered(index, reply));
    }

    pub(crate) fn answered(&mut self, index: usize, reply: Option<Box<OrderReply>>) {
        let answer = match reply.as_deref() {
            None => return,
            Some(OrderReply::Done { body, .. } | OrderReply::Replayed { body }) => Ok(body.to_string()),
            Some(OrderReply::Refused(refusal)) => Err(refusal.to_string()),
        };
        if let Some(first) = &self.guests.asks[index].answer {
            let same = first.is_err() || *first == answer;
            let said = format!("{answer:?}");
            return self.demand(same, || {
                format!("N3: request {index} was answered differently again: {said}")
            });
        }
        self.guests.asks[index].answer = Some(answer);
    }
}

fn self_name(index: usize) -> String {
    format!("request {index}")
}
