//! Requests: every route with every caller.

use serde_json::{Value, json};

use crate::common::Answer;
use crate::expected::{ROUTES, Route};
use crate::world::{ATTACKERS, CALLERS, House, VICTIM, World};

/// What would take the ground from under the probes that follow: tried with ids that are nobody's.
const UPROOTS: &[(&str, &str)] = &[
    ("DELETE", "/api/sessions/{session}"),
    ("POST", "/api/devices/{device}/revoke"),
];

/// How a request names the attacked outlet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Naming {
    /// By the ids in its path and body.
    Ids,
    /// By header and query.
    Header,
    /// By fields of its body.
    Body,
}

/// Every caller of every other outlet tries every route at the attacked one. Returns how many requests.
pub(crate) async fn across_outlets(world: &World) -> usize {
    let mut probes = 0;
    for attacker in ATTACKERS {
        for caller in CALLERS.chars() {
            for route in ROUTES {
                for naming in [Naming::Ids, Naming::Header, Naming::Body] {
                    foreign(world, attacker, caller, route, naming).await;
                    probes += 1;
                }
                for nobody in House::nonsense() {
                    nonsense(world, attacker, caller, route, &nobody).await;
                    probes += 1;
                }
            }
        }
    }
    probes
}

/// Every caller tries every route of its own outlet. Returns how many requests.
pub(crate) async fn across_roles(world: &World) -> usize {
    let mut probes = 0;
    let nobody = House::nonsense()[2].clone();
    for house in 0..world.houses.len() {
        for route in ROUTES {
            for caller in CALLERS.chars() {
                let at = match route {
                    route if UPROOTS.contains(&(route.method, route.path)) => nobody.clone(),
                    route if route.path.contains("{order}") => world.with_fresh_order(house).await,
                    _ => world.houses[house].clone(),
                };
                let (path, body) = (at.fill(route.path), at.fill(route.body));
                // A price that is none yet, since the same again is no change.
                let body = body.replace("{price}", &probes.to_string());
                let token = world.token(house, caller);
                let answer = send(world, route, token, &path, body, &[]).await;
                expect(route, caller, &path, &answer);
                probes += 1;
            }
        }
    }
    probes
}

async fn foreign(world: &World, attacker: usize, caller: char, route: &Route, naming: Naming) {
    let (victim, own) = (&world.houses[VICTIM], &world.houses[attacker]);
    let mut headers = Vec::new();
    let uproots = naming != Naming::Ids && UPROOTS.contains(&(route.method, route.path));
    let nobody = &House::nonsense()[2];
    let at = match naming {
        Naming::Ids => victim,
        _ if uproots => nobody,
        Naming::Header | Naming::Body => own,
    };
    let (mut path, mut body) = (at.fill(route.path), at.fill(route.body).replace("{price}", "8"));
    match naming {
        Naming::Ids => {}
        Naming::Header => {
            headers.push(("x-outlet", victim.outlet.clone()));
            path = format!(
                "{path}{}outlet={}",
                if path.contains('?') { '&' } else { '?' },
                victim.outlet
            );
        }
        Naming::Body => body = named(&body, victim),
    }
    if caller == '-' && naming == Naming::Ids && route.path == "/api/sessions/{session}" {
        return; // A visit's token in the path is the visit's own key.
    }
    let token = world.token(attacker, caller);
    let said = format!("{path} {body}");
    let answer = send(world, route, token, &path, body, &headers).await;
    let at = format!(
        "{caller} of {}: {} {said} {naming:?}: {} {}",
        own.outlet, route.method, answer.status, answer.text
    );
    assert!(answer.status < 500, "{at}");
    assert_eq!(victim.leak(&answer.text, &said), None, "{at}");
    assert_eq!(victim.leak(&format!("{:?}", answer.headers), &said), None, "{at}");
    if naming == Naming::Ids {
        elsewhere(route, caller, &at, &answer);
        if route.method == "PUT" && answer.status == 200 {
            // It made a thing of its own under that id, which the next probe shall not find.
            let manager = world.token(attacker, 'm').unwrap();
            world
                .relay
                .call_with(&manager, "DELETE", &path, &Value::Null)
                .await;
        }
    }
}

/// Of another outlet's things nobody hears more than that they are not there.
fn elsewhere(route: &Route, caller: char, at: &str, answer: &Answer) {
    let makes = route.method == "PUT" || route.path.starts_with("/api/tokens/");
    let named = |text: &str| text.contains('{') && !text.contains("{}") && text != "{outlet}";
    let names_a_thing = route.path.contains('{') || named(route.body) && route.body.contains("\": \"{");
    if names_a_thing && !makes && !route.path.contains('?') {
        assert!([401, 403, 404, 426].contains(&answer.status), "{at}");
    }
    if !may(route, caller) && caller != '-' {
        assert!([403, 404].contains(&answer.status), "{at}");
    }
}

async fn nonsense(world: &World, attacker: usize, caller: char, route: &Route, nobody: &House) {
    let (path, body) = (nobody.fill(route.path), nobody.fill(route.body));
    if path == route.path && body == route.body {
        return;
    }
    let answer = send(world, route, world.token(attacker, caller), &path, body, &[]).await;
    let at = format!(
        "{caller}: {} {path}: {} {}",
        route.method, answer.status, answer.text
    );
    assert!(answer.status < 500, "{at}");
    for house in &world.houses {
        let own = house.outlet == world.houses[attacker].outlet;
        assert!(own || house.leak(&answer.text, &path).is_none(), "{at}");
    }
}

fn expect(route: &Route, caller: char, path: &str, answer: &Answer) {
    let at = format!(
        "{caller}: {} {path} {}: {} {}",
        route.method, route.body, answer.status, answer.text
    );
    assert!(answer.status < 500, "{at}");
    match (route.who, caller) {
        ("-", _) => assert!(
            ![401, 403].contains(&answer.status) || ["/api/enrol", "/api/sign-in"].contains(&path),
            "{at}"
        ),
        // A visit's token in the path is the visit's own key.
        (_, '-') if route.method == "GET" && route.path == "/api/sessions/{session}" => {}
        (_, '-') => assert_eq!(answer.status, 401, "{at}"),
        _ if may(route, caller) => assert!(![401, 403].contains(&answer.status), "{at}"),
        _ => assert_eq!(answer.status, 403, "{at}"),
    }
}

fn may(route: &Route, caller: char) -> bool {
    matches!(route.who, "*" | "-") || route.who.contains(caller)
}

/// The body with fields that name another outlet.
fn named(body: &str, victim: &House) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(body) else {
        return json!({"outletId": victim.outlet}).to_string();
    };
    for field in ["outletId", "outlet_id", "tenantId", "restaurantId", "outlet"] {
        fields.insert(field.to_owned(), json!(victim.outlet));
    }
    Value::Object(fields).to_string()
}

async fn send(
    world: &World,
    route: &Route,
    token: Option<String>,
    path: &str,
    body: String,
    more: &[(&str, String)],
) -> Answer {
    let mut headers = more.to_vec();
    if let Some(token) = token {
        headers.push(("authorization", format!("Bearer {token}")));
    }
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    world.relay.send(route.method, path, &headers, body).await
}
