//! Who may do what, by the words of the specification (DIALECTS.md, "Who may do what").
//!
//! A letter for each role: m manager, p pos, c cashier, w waiter, k kitchen, b bar, g guest, a agent.

/// A route, who may use it, and a body that is good. Braces name what stands there.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Letters of roles; `*` for whoever has a token, `-` for everybody.
    pub(crate) who: &'static str,
    pub(crate) body: &'static str,
}

const fn get(path: &'static str, who: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        who,
        body: "",
    }
}

const fn post(path: &'static str, who: &'static str, body: &'static str) -> Route {
    Route {
        method: "POST",
        path,
        who,
        body,
    }
}

const fn put(path: &'static str, who: &'static str, body: &'static str) -> Route {
    Route {
        method: "PUT",
        path,
        who,
        body,
    }
}

const fn patch(path: &'static str, who: &'static str, body: &'static str) -> Route {
    Route {
        method: "PATCH",
        path,
        who,
        body,
    }
}

const fn delete(path: &'static str, who: &'static str) -> Route {
    Route {
        method: "DELETE",
        path,
        who,
        body: "",
    }
}

const TILL: &str = "mpc";
const FLOOR: &str = "mpcw";
const COOKS: &str = "mkb";
const EATERS: &str = "mpcwkbg";
const PRINTING: &str = "mpcwkba";
const ITEMS: &str = r#"{"items": [{"name": "Soup", "price": 5, "workstation": "kitchen"}]}"#;

pub(crate) const ROUTES: &[Route] = &[
    get("/api/openapi.json", "-"),
    get("/ws", "*"),
    get("/ws/restaurant-pos/{outlet}", "*"),
    post("/api/orders", "mpcwg", ITEMS),
    post(
        "/api/orders/create",
        "mpcwg",
        r#"{"tableNumber": "C1", "paymentMethod": "cash", "cart": [{"name": "Tea"}]}"#,
    ),
    get("/api/orders", EATERS),
    get("/api/orders/{order}", EATERS),
    patch("/api/orders/{order}", FLOOR, r#"{"status": "confirmed"}"#),
    patch("/api/orders/{order}", "mpckb", r#"{"status": "preparing"}"#),
    patch("/api/orders/{order}", TILL, r#"{"tableNumber": "C9"}"#),
    patch("/api/orders/{order}", "mpckb", r#"{"priority": "vip"}"#),
    patch("/api/orders/{order}", TILL, r#"{"status": "cancelled"}"#),
    post("/api/orders/{order}/items", FLOOR, ITEMS),
    patch(
        "/api/orders/{order}/items/{item}",
        "mpckb",
        r#"{"status": "ready"}"#,
    ),
    patch("/api/orders/{order}/items/{item}", TILL, r#"{"quantity": 3}"#),
    patch(
        "/api/orders/{order}/items/{item}",
        TILL,
        r#"{"status": "cancelled"}"#,
    ),
    post(
        "/api/orders/{order}/cancel-request",
        FLOOR,
        r#"{"reason": "left"}"#,
    ),
    post("/api/orders/{order}/cancel-accept", COOKS, ""),
    post(
        "/api/orders/{order}/cancel-reject",
        COOKS,
        r#"{"reason": "done"}"#,
    ),
    post("/api/orders/{order}/cancel", TILL, r#"{"reason": "left"}"#),
    post(
        "/api/orders/{order}/acknowledge",
        COOKS,
        r#"{"chefName": "Rina"}"#,
    ),
    post("/api/orders/{order}/station", COOKS, r#"{"stationId": "grill"}"#),
    post(
        "/api/orders/{order}/payments",
        TILL,
        r#"{"amount": 1, "method": "cash"}"#,
    ),
    post("/api/orders/{order}/reprint", TILL, "{}"),
    post("/api/orders/{order}/receipt", TILL, ""),
    get("/api/jobs", PRINTING),
    get("/api/jobs?order={order}", PRINTING),
    get("/api/jobs/{job}", PRINTING),
    get("/api/jobs/{job}/ticket.txt", PRINTING),
    get("/api/jobs/{job}/ticket.svg", PRINTING),
    get("/api/jobs/{job}/ticket.png", PRINTING),
    post("/api/jobs/{job}/resolve", "mpckb", r#"{"printed": true}"#),
    post("/api/jobs/{job}/reprint", TILL, ""),
    post("/api/jobs/{job}/cancel", "m", ""),
    post("/api/jobs/{job}/release", "m", ""),
    get("/api/stations", PRINTING),
    put("/api/stations/{station}", "m", r#"{"copies": 1}"#),
    get("/api/routing", PRINTING),
    put("/api/routing", "m", r#"{"currency": "EUR"}"#),
    post("/api/routing/dry-run", "m", ITEMS),
    get("/api/sync", EATERS),
    get("/api/events?after=0", EATERS),
    get("/api/devices", "m"),
    patch("/api/devices/{device}", "m", r#"{"name": "PC"}"#),
    post("/api/devices/{device}/revoke", "m", ""),
    post("/api/devices/{device}/test", "m", "{}"),
    post("/api/screen-codes", "m", "{}"),
    post("/api/sign-in", "-", "{}"),
    get("/api/enrolments", "m"),
    post("/api/enrolments", "m", r#"{"stations": [{"name": "kitchen"}]}"#),
    post("/api/enrolments", "m", r#"{"replaces": "{device}"}"#),
    delete("/api/enrolments/{code}", "m"),
    post("/api/enrol", "-", "{}"),
    post("/api/screen-codes", "m", r#"{"role": "kitchen"}"#),
    post("/api/sign-in", "-", "{}"),
    get("/api/tokens", "m"),
    post("/api/tokens", "m", r#"{"role": "pos"}"#),
    post("/api/tokens/{token}/revoke", "m", ""),
    get("/api/audit", "m"),
    get("/api/templates", "m"),
    post("/api/templates/preview", "m", r#"{"job": "{job}"}"#),
    get("/api/templates/kitchen", "m"),
    put("/api/templates/kitchen", "m", r#"{"source": null}"#),
    get("/api/alerts", "m"),
    put("/api/alerts", "m", r#"{"targets": []}"#),
    post("/api/alerts/test", "m", "{}"),
    post("/api/alerts/deliveries/none/resend", "m", "{}"),
    get("/api/tables", FLOOR),
    get("/api/tables/{table}", FLOOR),
    put("/api/tables/{table}", TILL, r#"{"seats": 4}"#),
    delete("/api/tables/{table}", TILL),
    post("/api/tables/{table}/link", FLOOR, "{}"),
    get("/api/menu", EATERS),
    get("/api/menu/{menu}", EATERS),
    put("/api/menu/{menu}", TILL, r#"{"name": "Tea", "available": true}"#),
    put("/api/menu/{menu}", "m", r#"{"name": "Tea", "price": {price}}"#),
    delete("/api/menu/{menu}", "m"),
    post("/api/sessions", FLOOR, r#"{"tableNumber": "C3"}"#),
    get("/api/sessions/{session}", "mpcwg"),
    delete("/api/sessions/{session}", FLOOR),
    get("/api/outlets", ""),
    post("/api/outlets", "", r#"{"id": "mine"}"#),
];

/// Rooms of D1 and who may join them, registering included.
pub(crate) const STATION_ROOMS: &[(&str, &str)] = &[
    ("kitchen_room", "mpwka"),
    ("bar_depan", "mpb"),
    ("bar_belakang", "mpb"),
    ("cashier_room", "mpc"),
    ("area_C", "mpc"),
    ("outlet_{outlet}", "mpcwkba"),
    ("order_{order}", "mpcwkbg"),
];

/// Verbs of D2 to D4 with their argument, and who may say them.
pub(crate) const VERBS: &[(&str, &str, &str)] = &[
    ("join:kitchen", "", "mpwkb"),
    ("join", "kitchen", "mpwkb"),
    ("join:waiters", "", "mpw"),
    ("join", "waiters", "mpw"),
    ("join:table", "{seat}", "mpcwg"),
    ("join", "table:{seat}", "mpcwg"),
    ("join:order", "{order}", "mpcwkbg"),
    ("join", "order:{order}", "mpcwkbg"),
    ("join:restaurant", "{outlet}", "mpwkb"),
    ("join", "restaurant:{outlet}", "mpwkb"),
    ("join:session", "{session}", "mg"),
    ("join", "session:{session}", "mg"),
    ("subscribe:orders", "", "mpcw"),
    ("subscribe:tables", "", "mpcw"),
    ("subscribe:kds", "", "mpkb"),
    ("subscribe:table", "{seat}", "mpcwg"),
];

/// Screens of D1 by the role that they register as, and who may be one.
pub(crate) const SCREENS: &[(&str, &str)] = &[("kitchen", "mpwka"), ("bar", "mpb"), ("cashier", "mpc")];
