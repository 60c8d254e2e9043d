//! Stations, settings, events, outlets, tables, menu and visits.

use super::Answer::{Json, Nothing};
use super::{Doc, GONE, get, send, verb};

/// Their descriptions.
pub(super) const DOCS: &[Doc] = &[
    get(
        "/api/stations",
        "stations",
        "What prints where, and what waits",
        &[(200, Json("StationList"))],
    ),
    send(
        "PUT",
        "/api/stations/{name}",
        "stations",
        "Set a station's copies, backup and kind",
        "StationSettings",
        &[(200, Json("StationSettings"))],
    ),
    get(
        "/api/routing",
        "stations",
        "The settings, and what is odd about them",
        &[(200, Json("Settings"))],
    ),
    send(
        "PUT",
        "/api/routing",
        "stations",
        "Change the settings; what is not named stays",
        "Settings",
        &[(200, Json("Settings"))],
    ),
    send(
        "POST",
        "/api/routing/dry-run",
        "stations",
        "Say which rule sends which item where",
        "NewOrder",
        &[(200, Json("DryRun"))],
    ),
    get(
        "/api/sync",
        "events",
        "The whole open state",
        &[(200, Json("Sync"))],
    ),
    Doc {
        query: &[
            ("after", "The last position seen: N or N.k"),
            ("wait", "Seconds to wait for an event, 0 to 30"),
            (
                "screen",
                "The station that a kitchen display shows; empty for all of them",
            ),
        ],
        ..get(
            "/api/events",
            "events",
            "What happened since: JSON, or SSE where it is accepted",
            &[(200, Json("Events"))],
        )
    },
    get(
        "/api/outlets",
        "outlets",
        "All outlets; for whoever holds the relay's keys",
        &[(200, Json("OutletList"))],
    ),
    send(
        "POST",
        "/api/outlets",
        "outlets",
        "Add an outlet; for whoever holds the relay's keys",
        "Outlet",
        &[(201, Json("Outlet"))],
    ),
    get("/api/tables", "house", "The tables", &[(200, Json("TableList"))]),
    get("/api/tables/{id}", "house", "A table", &[(200, Json("Table"))]),
    send(
        "PUT",
        "/api/tables/{id}",
        "house",
        "Create or change a table; what is not named stays",
        "TablePatch",
        &[(200, Json("Table"))],
    ),
    Doc {
        method: "DELETE",
        ..get("/api/tables/{id}", "house", "Take a table away", GONE)
    },
    verb(
        "/api/tables/{id}/link",
        "sessions",
        "What the code on a table leads to; `renew` makes a new one",
        Some("LinkWish"),
        &[(200, Json("TableLink"))],
    ),
    get(
        "/t/{link}",
        "sessions",
        "The code on a table: leads to the page of the table's visit",
        &[(303, Nothing("See the visit's page"))],
    ),
    get("/api/menu", "house", "The menu", &[(200, Json("MenuList"))]),
    get(
        "/api/menu/{id}",
        "house",
        "An item of the menu",
        &[(200, Json("MenuItem"))],
    ),
    send(
        "PUT",
        "/api/menu/{id}",
        "house",
        "Create or change an item; what is not named stays",
        "MenuPatch",
        &[(200, Json("MenuItem"))],
    ),
    Doc {
        method: "DELETE",
        ..get("/api/menu/{id}", "house", "Take an item off the menu", GONE)
    },
    send(
        "POST",
        "/api/sessions",
        "sessions",
        "Open a table's visit; staff, or whoever shows the table's link as its token",
        "NewSession",
        &[(201, Json("Opened"))],
    ),
    get(
        "/api/sessions/{token}",
        "sessions",
        "A visit's orders and bill; its token is enough to ask",
        &[(200, Json("Session"))],
    ),
    Doc {
        method: "DELETE",
        ..get("/api/sessions/{token}", "sessions", "End a visit", GONE)
    },
];
