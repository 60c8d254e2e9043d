//! Frames: every verb and every room of every dialect with every caller.

use serde_json::json;

use crate::expected::{SCREENS, STATION_ROOMS, VERBS};
use crate::wire::Wire;
use crate::world::{ATTACKERS, CALLERS, House, VICTIM, World};

const SOCKETIO: [&str; 2] = ["/socket.io", "/api/socket"];

/// The attacked outlet's manager, in every room of every dialect.
pub(crate) struct Listeners {
    plain: Wire,
    register: Wire,
    socketio: Wire,
}

impl Listeners {
    pub(crate) async fn sit_down(world: &World) -> Self {
        let house = &world.houses[VICTIM];
        let token = world.token(VICTIM, 'm');
        let token = token.as_deref();
        let mut plain = Wire::open(&world.relay, "/ws", token).await.unwrap();
        for (room, _) in STATION_ROOMS {
            let (event, data) = plain
                .say(&json!({"type": "join_room", "room": house.fill(room)}))
                .await;
            assert_eq!(event, "room_joined", "{data}");
        }
        let path = house.fill("/ws/restaurant-pos/{outlet}");
        let mut register = Wire::open(&world.relay, &path, token).await.unwrap();
        register.until(|text| text.contains("sync_state")).await;
        let mut socketio = Wire::socketio(&world.relay, SOCKETIO[0], token).await.unwrap();
        for (verb, argument, _) in VERBS {
            let said = socketio.emit(verb, &house.fill(argument)).await;
            assert_eq!(said["ok"], true, "{verb} {said}");
        }
        socketio.emit("join:kitchen", "").await;
        for wire in [&mut plain, &mut register, &mut socketio] {
            wire.heard.clear();
        }
        Self {
            plain,
            register,
            socketio,
        }
    }

    /// Nothing but the answers to what is said here.
    pub(crate) async fn have_heard_nothing(&mut self) {
        self.plain
            .say(&json!({"type": "leave_room", "room": "kitchen_room"}))
            .await;
        self.register.send("{}").await;
        self.register.until(|text| text.contains("\"error\"")).await;
        self.socketio.emit("leave:kitchen", "").await;
        for wire in [&self.plain, &self.register, &self.socketio] {
            assert_eq!(wire.heard.len(), 1, "{:?}", wire.heard);
        }
    }
}

/// Every caller of every other outlet says every verb about the attacked one, and then sits in whatever
/// rooms it was let into while the attacked outlet has an evening. Returns how many frames.
pub(crate) async fn across_outlets(world: &World) -> usize {
    let mut probes = 0;
    for attacker in ATTACKERS {
        for caller in CALLERS.chars() {
            probes += plain(world, attacker, caller).await;
            probes += register(world, attacker, caller).await;
            for path in SOCKETIO {
                probes += socketio(world, attacker, caller, path).await;
            }
        }
    }
    probes
}

/// Every caller says every verb about its own outlet. Returns how many frames.
pub(crate) async fn across_roles(world: &World) -> usize {
    let mut probes = 0;
    let mut spies = spies(world).await;
    for house in 0..world.houses.len() {
        for caller in CALLERS.chars().filter(|caller| *caller != '-') {
            probes += own_rooms(world, house, caller).await;
            probes += own_verbs(world, house, caller).await;
        }
    }
    probes + evening(world, &mut spies).await
}

async fn plain(world: &World, attacker: usize, caller: char) -> usize {
    let victim = &world.houses[VICTIM];
    let token = world.token(attacker, caller);
    let Some(token) = token.as_deref() else {
        let refused = Wire::open(&world.relay, "/ws", None).await.err();
        assert_eq!(refused, Some(401));
        return 1;
    };
    let mut wire = Wire::open(&world.relay, "/ws", Some(token)).await.unwrap();
    let agent = json!({"version": "1", "protocol": 1});
    let frames = [
        json!({"type": "join_room", "room": victim.fill("outlet_{outlet}")}),
        json!({"type": "register_device", "data": {"device_id": "x", "role": "kitchen", "outlet_id": victim.outlet}}),
        json!({"type": "register_device", "data": {"device_id": "x", "role": "bar", "location": "depan", "outlet_id": victim.outlet}}),
        json!({"type": "register_device", "data": {"device_id": "x", "role": "kitchen", "outlet_id": victim.outlet, "agent": agent}}),
    ];
    for frame in &frames {
        let (event, data) = wire.say(frame).await;
        assert_eq!(
            (event.as_str(), &data["code"]),
            ("error", &json!("FORBIDDEN")),
            "{caller} {frame} {data}"
        );
    }
    for frame in [
        json!({"type": "join_room", "room": victim.fill("order_{order}")}),
        json!({"type": "leave_room", "room": victim.fill("outlet_{outlet}")}),
        json!({"type": "no_verb", "outlet_id": victim.outlet}),
        json!({"type": "join_room", "room": "order_of-%"}),
    ] {
        wire.say(&frame).await;
    }
    let job = json!({"type": "job_update", "job_id": victim.job, "state": "printed", "attempt": 1, "at": "2026-11-20T12:00:00Z"});
    wire.send(&job.to_string()).await;
    wire.send(&json!({"type": "job_ack", "job_id": victim.job}).to_string())
        .await;
    no_leak(victim, &wire, victim.order.as_str());
    frames.len() + 6
}

async fn register(world: &World, attacker: usize, caller: char) -> usize {
    let (victim, own) = (&world.houses[VICTIM], &world.houses[attacker]);
    let token = world.token(attacker, caller);
    let token = token.as_deref();
    let theirs = Wire::open(&world.relay, &victim.fill("/ws/restaurant-pos/{outlet}"), token).await;
    assert_eq!(
        theirs.err(),
        Some(if token.is_some() { 403 } else { 401 }),
        "{caller}"
    );
    if !"mpc".contains(caller) {
        return 1;
    }
    let mut wire = Wire::open(&world.relay, &own.fill("/ws/restaurant-pos/{outlet}"), token)
        .await
        .unwrap();
    wire.until(|text| text.contains("sync_state")).await;
    let cart = json!([{"name": "Soup", "quantity": 1}]);
    for (frame, code) in [
        (
            json!({"type": "submit_order", "order": {"tenantId": victim.outlet, "cart": cart}}),
            "FORBIDDEN",
        ),
        (
            json!({"type": "update_order_status", "orderId": victim.order, "status": "ready"}),
            "NOT_FOUND",
        ),
        (
            json!({"type": "update_order_status", "orderId": "' OR 1=1", "status": "ready"}),
            "NOT_FOUND",
        ),
    ] {
        wire.send(&frame.to_string()).await;
        let answer = wire.until(|text| text.contains("\"error\"")).await;
        assert!(answer.contains(code), "{frame} {answer}");
    }
    no_leak(victim, &wire, &victim.order);
    4
}

async fn socketio(world: &World, attacker: usize, caller: char, path: &str) -> usize {
    let victim = &world.houses[VICTIM];
    let token = world.token(attacker, caller);
    let Ok(mut wire) = Wire::socketio(&world.relay, path, token.as_deref()).await else {
        assert!(caller == '-' && path == "/socket.io", "{caller} on {path}");
        return 1;
    };
    for (verb, argument, _) in VERBS {
        let argument = victim.fill(argument);
        if caller == '-' && argument.contains(&victim.session) {
            continue; // A visit's token is the visit's own key.
        }
        let said = wire.emit(verb, &argument).await;
        let is_named = argument.contains(&victim.outlet) && verb.ends_with("restaurant")
            || argument.starts_with("restaurant:")
            || argument.contains(&victim.session);
        assert!(
            !is_named || said["ok"] == false,
            "{caller} {verb} {argument}: {said}"
        );
        assert!(caller != '-' || said["ok"] == false, "{verb} {argument}: {said}");
    }
    no_leak(victim, &wire, &format!("{} {}", victim.order, victim.session));
    VERBS.len()
}

async fn own_rooms(world: &World, house: usize, caller: char) -> usize {
    let own = &world.houses[house];
    let token = world.token(house, caller);
    let mut wire = Wire::open(&world.relay, "/ws", token.as_deref()).await.unwrap();
    for (room, who) in STATION_ROOMS {
        let (event, data) = wire
            .say(&json!({"type": "join_room", "room": own.fill(room)}))
            .await;
        let may = who.contains(caller);
        assert_eq!(event == "room_joined", may, "{caller} {room} {data}");
        assert!(may || data["code"] == "FORBIDDEN", "{caller} {room} {data}");
    }
    for (role, who) in SCREENS {
        let data = json!({"device_id": format!("{caller}-{role}"), "role": role, "outlet_id": own.outlet});
        let (event, data) = wire.say(&json!({"type": "register_device", "data": data})).await;
        assert_eq!(
            event == "device_registered",
            who.contains(caller),
            "{caller} {role} {data}"
        );
    }
    let path = own.fill("/ws/restaurant-pos/{outlet}");
    let mut till = Wire::open(&world.relay, &path, token.as_deref()).await.unwrap();
    let first = till.until(|_| true).await;
    assert_eq!(
        first.contains("sync_state"),
        "mpc".contains(caller),
        "{caller} {first}"
    );
    STATION_ROOMS.len() + SCREENS.len() + 1
}

async fn own_verbs(world: &World, house: usize, caller: char) -> usize {
    let own = &world.houses[house];
    let token = world.token(house, caller);
    for path in SOCKETIO {
        let mut wire = Wire::socketio(&world.relay, path, token.as_deref())
            .await
            .unwrap();
        for (verb, argument, who) in VERBS {
            let said = wire.emit(verb, &own.fill(argument)).await;
            let may = who.contains(caller);
            assert_eq!(said["ok"], may, "{caller} {verb} {argument}: {said}");
            assert!(
                may || said["code"] == "FORBIDDEN",
                "{caller} {verb} {argument}: {said}"
            );
        }
    }
    2 * VERBS.len()
}

/// Managers of the other outlets, who joined whatever of the attacked one they could name.
async fn spies(world: &World) -> Vec<Wire> {
    let victim = &world.houses[VICTIM];
    let mut spies = Vec::new();
    for attacker in ATTACKERS {
        let token = world.token(attacker, 'm');
        let mut plain = Wire::open(&world.relay, "/ws", token.as_deref()).await.unwrap();
        for room in [
            "kitchen_room",
            "cashier_room",
            "area_C",
            "order_{order}",
            "outlet_{outlet}",
        ] {
            plain
                .say(&json!({"type": "join_room", "room": victim.fill(room)}))
                .await;
        }
        let mut socketio = Wire::socketio(&world.relay, SOCKETIO[0], token.as_deref())
            .await
            .unwrap();
        for (verb, argument, _) in VERBS {
            socketio.emit(verb, &victim.fill(argument)).await;
        }
        for wire in [&mut plain, &mut socketio] {
            wire.heard.clear();
        }
        spies.push(plain);
        spies.push(socketio);
    }
    spies
}

/// The attacked outlet takes, changes, pays and cancels; the spies hear none of it.
async fn evening(world: &World, spies: &mut [Wire]) -> usize {
    let victim = &world.houses[VICTIM];
    let token = world.token(VICTIM, 'm').unwrap();
    let order = "late-of-alpha-xq";
    let item = json!({"name": "Sate-of-alpha-xq", "price": 4, "workstation": "bar"});
    for (method, path, body) in [
        (
            "POST",
            "/api/orders",
            json!({"id": order, "tableNumber": victim.seat, "items": [item]}),
        ),
        (
            "PATCH",
            "/api/orders/late-of-alpha-xq",
            json!({"status": "preparing"}),
        ),
        (
            "POST",
            "/api/orders/late-of-alpha-xq/items",
            json!({"items": [item]}),
        ),
        (
            "POST",
            "/api/orders/late-of-alpha-xq/payments",
            json!({"amount": 8}),
        ),
        (
            "POST",
            "/api/orders/late-of-alpha-xq/cancel",
            json!({"reason": "of-alpha-xq"}),
        ),
        (
            "PUT",
            "/api/tables/late-of-alpha-xq",
            json!({"status": "occupied"}),
        ),
        (
            "PUT",
            "/api/menu/late-of-alpha-xq",
            json!({"name": "of-alpha-xq"}),
        ),
    ] {
        let answer = world.relay.call_with(&token, method, path, &body).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
    }
    for (number, attacker) in ATTACKERS.into_iter().enumerate() {
        // What their own outlet does comes behind whatever they might have heard.
        let own = world.token(attacker, 'm').unwrap();
        let mark = format!("mark-{attacker}");
        let body = json!({"tableNumber": "C1", "paymentMethod": "cash", "items": [{"name": mark, "workstation": "kitchen"}]});
        world.relay.call_with(&own, "POST", "/api/orders", &body).await;
        for wire in &mut spies[2 * number..2 * number + 2] {
            wire.until(|text| text.contains(&mark)).await;
            no_leak(victim, wire, "");
        }
    }
    2 * 7 * ATTACKERS.len()
}

fn no_leak(victim: &House, wire: &Wire, said: &str) {
    for text in &wire.heard {
        assert_eq!(victim.leak(text, said), None, "{text}");
    }
}
