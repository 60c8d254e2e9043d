//! Three restaurants with everything that one has, each thing of theirs marked, and a caller of every role.

use relay::order::Role;
use relay::store::Outlet;
use serde_json::{Value, json};

use crate::common::{Answer, Served, claims};

/// The outlet that is attacked, and those whose callers attack it.
pub(crate) const VICTIM: usize = 0;
pub(crate) const ATTACKERS: [usize; 2] = [1, 2];

const OUTLETS: [&str; 3] = ["alpha", "beta", "gamma"];

/// Every caller: the letter of its role; `-` has no token.
pub(crate) const CALLERS: &str = "mpcwkbga-";

/// A restaurant: ids of what it has.
#[derive(Default, Clone)]
pub(crate) struct House {
    pub(crate) outlet: String,
    pub(crate) order: String,
    pub(crate) item: String,
    pub(crate) job: String,
    pub(crate) device: String,
    pub(crate) agent: String,
    pub(crate) table: String,
    pub(crate) seat: String,
    pub(crate) menu: String,
    pub(crate) station: String,
    pub(crate) code: String,
    pub(crate) token: String,
    pub(crate) session: String,
    pub(crate) link: String,
    manager: String,
    /// What nobody else may ever read.
    secrets: Vec<String>,
}

pub(crate) struct World {
    pub(crate) relay: Served,
    pub(crate) houses: Vec<House>,
}

impl House {
    /// A text with what stands in braces filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let places = [
            ("{outlet}", &self.outlet),
            ("{order}", &self.order),
            ("{item}", &self.item),
            ("{job}", &self.job),
            ("{device}", &self.device),
            ("{table}", &self.table),
            ("{seat}", &self.seat),
            ("{menu}", &self.menu),
            ("{station}", &self.station),
            ("{code}", &self.code),
            ("{token}", &self.token),
            ("{session}", &self.session),
        ];
        places
            .iter()
            .fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
    }

    /// The first of this house's secrets in a text, apart from what the caller itself named.
    pub(crate) fn leak<'a>(&'a self, heard: &str, said: &str) -> Option<&'a str> {
        let secrets = self.secrets.iter().map(String::as_str);
        let mut known = secrets.filter(|secret| !said.contains(*secret));
        known.find(|secret| heard.contains(*secret))
    }

    /// Ids that are nobody's, and that would break out of a careless query or path.
    pub(crate) fn nonsense() -> Vec<Self> {
        let all = |id: &str| Self {
            outlet: id.into(),
            order: id.into(),
            item: id.into(),
            job: id.into(),
            device: id.into(),
            table: id.into(),
            seat: id.into(),
            menu: id.into(),
            station: id.into(),
            code: id.into(),
            token: id.into(),
            session: id.into(),
            ..Self::default()
        };
        [
            "%27%20OR%20outlet%3D%27alpha%27--",
            "..%2F..%2Falpha",
            "%25",
            "alpha%00",
        ]
        .map(all)
        .into()
    }
}

impl World {
    pub(crate) async fn plant() -> Self {
        let relay = Served::with(|config| {
            config.limits.requests_per_second = 0;
            config.limits.frames_per_second = 0;
            config.limits.strangers_per_address = 0;
        })
        .await;
        let mut houses = Vec::new();
        for (number, outlet) in OUTLETS.into_iter().enumerate() {
            let new = Outlet {
                id: outlet.into(),
                name: outlet.into(),
                timezone: "UTC".into(),
            };
            relay.app.store.add_outlet(new).await.unwrap();
            houses.push(furnish(&relay, outlet, number).await);
        }
        Self { relay, houses }
    }

    /// The token of a caller; none for `-`.
    pub(crate) fn token(&self, house: usize, caller: char) -> Option<String> {
        let house = &self.houses[house];
        match caller {
            '-' => None,
            'g' => Some(house.session.clone()),
            'a' => Some(house.agent.clone()),
            letter => Some(self.relay.token_of(&house.outlet, role(letter))),
        }
    }

    /// A house with an order that nobody has touched, of its guest's visit.
    pub(crate) async fn with_fresh_order(&self, house: usize) -> House {
        let house = self.houses[house].clone();
        let body = json!({"sessionToken": house.session, "paymentMethod": "card",
                          "items": [{"id": "soup", "name": "Soup", "price": 5}]});
        let made = self
            .relay
            .call_with(&house.manager, "POST", "/api/orders", &body)
            .await;
        let order = made.json()["id"].as_str().unwrap().to_owned();
        House {
            order,
            item: "soup".into(),
            ..house
        }
    }

    /// All that the attacked outlet is, as its manager sees it.
    pub(crate) async fn snapshot(&self) -> Vec<String> {
        let house = &self.houses[VICTIM];
        let mut seen = Vec::new();
        for path in [
            "/api/sync",
            "/api/orders?limit=200",
            "/api/jobs?limit=200",
            "/api/tables",
            "/api/menu",
            "/api/routing",
            "/api/stations",
            "/api/devices",
            "/api/tokens",
            "/api/enrolments",
            "/api/audit",
            "/api/sessions/{session}",
        ] {
            let answer = self
                .relay
                .call_with(&house.manager, "GET", &house.fill(path), &Value::Null)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            seen.push(answer.text);
        }
        seen
    }

    /// The tokens of the attacked outlet open it still.
    pub(crate) async fn still_works(&self) {
        for caller in CALLERS.chars().filter(|caller| !"-a".contains(*caller)) {
            let token = self.token(VICTIM, caller).unwrap();
            let answer = self
                .relay
                .call_with(&token, "GET", "/api/orders", &Value::Null)
                .await;
            assert_eq!(answer.status, 200, "{caller}: {}", answer.text);
        }
    }
}

pub(crate) fn role(letter: char) -> Role {
    match letter {
        'm' => Role::Manager,
        'p' => Role::Pos,
        'c' => Role::Cashier,
        'w' => Role::Waiter,
        'k' => Role::Kitchen,
        'b' => Role::Bar,
        other => panic!("{other} has no signed token"),
    }
}

async fn furnish(relay: &Served, outlet: &str, number: usize) -> House {
    let manager = relay.token_of(outlet, Role::Manager);
    let ask = async |method: &str, path: &str, body: Value| -> Value {
        let answer: Answer = relay.call_with(&manager, method, path, &body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer.json()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mark = |what: &str| format!("{what}-of-{outlet}-xq");
    let seat = format!("{}7", ["C", "D", "E"][number]);
    let table = mark("table");
    ask(
        "PUT",
        &format!("/api/tables/{table}"),
        json!({"number": seat, "seats": 4}),
    )
    .await;
    let menu = mark("menu");
    ask(
        "PUT",
        &format!("/api/menu/{menu}"),
        json!({"name": mark("Dish"), "price": 9}),
    )
    .await;
    let session = text(&ask("POST", "/api/sessions", json!({"tableNumber": seat})).await["token"]);
    let order = mark("order");
    let body = json!({
        "id": order, "sessionToken": session, "paymentMethod": "cash", "tableId": table,
        "customer": {"name": mark("Kusuma"), "phone": format!("+62-811-{number}-777")},
        "items": [{"id": mark("item"), "name": mark("Rendang"), "price": 12.5, "notes": mark("note"), "workstation": "kitchen"}],
    });
    let job = text(&ask("POST", "/api/orders", body).await["jobs"][0]["id"]);
    ask(
        "PUT",
        &format!("/api/stations/{}", mark("grill")),
        json!({"copies": 2}),
    )
    .await;
    let made = ask(
        "POST",
        "/api/enrolments",
        json!({"stations": [{"name": "kitchen"}]}),
    )
    .await;
    let body = json!({"code": made["code"], "name": mark("PC")}).to_string();
    let paired = relay.send("POST", "/api/enrol", &[], body).await.json();
    let open = ask(
        "POST",
        "/api/enrolments",
        json!({"stations": [{"name": mark("grill")}]}),
    )
    .await;
    let token = ask(
        "POST",
        "/api/tokens",
        json!({"role": "pos", "name": mark("till")}),
    )
    .await;
    let link = text(&ask("POST", &format!("/api/tables/{table}/link"), json!({})).await["link"]);
    let house = House {
        outlet: outlet.into(),
        item: mark("item"),
        device: text(&paired["deviceId"]),
        agent: text(&paired["token"]),
        station: mark("grill"),
        code: text(&open["id"]),
        token: text(&token["id"]),
        seat,
        order,
        job,
        table,
        menu,
        session,
        link,
        manager: relay.app.auth.sign(&claims(outlet, Role::Manager)).unwrap(),
        secrets: Vec::new(),
    };
    let secrets = [
        &house.job,
        &house.device,
        &house.agent,
        &house.code,
        &house.session,
        &house.link,
    ];
    // Not the ids that anybody may give to a thing of its own (tables, the menu, stations).
    let named = [
        "order", "item", "Kusuma", "Rendang", "note", "Dish", "PC", "till", "Sate",
    ]
    .map(mark);
    let named = named.into_iter().chain([format!("+62-811-{number}-777")]);
    let secrets = secrets.into_iter().cloned().chain(named);
    House {
        secrets: secrets.collect(),
        ..house
    }
}
