//! Thousands of probes: every route, verb and room with every role, of the caller's outlet and of another's.
//! Nothing leaks (X5, I6): what may be is written down in `expected`, apart from the program's own table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "../common/mod.rs"]
mod common;
mod expected;
mod routes;
mod sockets;
mod wire;
mod world;

use world::World;

/// What the issue asks for, all probes together.
const LEAST: usize = 5_000;

#[tokio::test]
async fn nothing_leaks_across_outlets_and_roles() {
    let world = World::plant().await;
    let mut listeners = sockets::Listeners::sit_down(&world).await;
    let before = world.snapshot().await;
    let foreign = routes::across_outlets(&world).await;
    let spoken = sockets::across_outlets(&world).await;
    assert_eq!(world.snapshot().await, before, "the attacked outlet has changed");
    listeners.have_heard_nothing().await;
    let own = routes::across_roles(&world).await;
    let rooms = sockets::across_roles(&world).await;
    println!(
        "{foreign} requests and {spoken} frames at another outlet, {own} requests and {rooms} frames by role"
    );
    assert!(
        foreign + spoken + own + rooms >= LEAST,
        "{foreign} + {spoken} + {own} + {rooms}"
    );
    world.still_works().await;
    world.relay.stop().await;
}

#[test]
fn every_route_is_expected() {
    let shape = |path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let listed: Vec<_> = expected::ROUTES
        .iter()
        .map(|route| (route.method, shape(route.path)))
        .collect();
    for (method, path, _) in relay::auth::roles::ROUTES {
        let is_page = !path.starts_with("/api") && !path.starts_with("/ws");
        assert!(
            is_page || listed.contains(&(method, shape(path))),
            "{method} {path} is not in the table"
        );
    }
}
