//! Every route in a line or three: what it is for, what it takes, what it answers.

/// One route's description.
pub(super) struct Doc {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    /// Query parameters and what they mean.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// The body's schema.
    pub(super) body: Option<&'static str>,
    pub(super) needs_body: bool,
    /// Statuses of success.
    pub(super) answers: &'static [(u16, Answer)],
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// JSON of this schema.
    Json(&'static str),
    /// A body of this media type.
    Kind(&'static str),
    /// A refusal.
    Problem,
    /// No body.
    Nothing(&'static str),
}

use Answer::{Json, Kind, Nothing, Problem};

const CURSOR: (&str, &str) = ("cursor", "`next` of the page before");
const LIMIT: (&str, &str) = ("limit", "Items on a page, 1 to 200; 50 unless said");

const fn get(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method: "GET",
        path,
        tag,
        summary,
        query: &[],
        body: None,
        needs_body: false,
        answers,
    }
}

const fn send(
    method: &'static str,
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    body: &'static str,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method,
        body: Some(body),
        needs_body: true,
        ..get(path, tag, summary, answers)
    }
}

/// A verb whose body may be left out.
const fn verb(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method: "POST",
        body,
        ..get(path, tag, summary, answers)
    }
}

const ORDER: &[(u16, Answer)] = &[(200, Json("Order"))];
const JOB: &[(u16, Answer)] = &[(200, Json("Job"))];
const MADE: &[(u16, Answer)] = &[(201, Json("Taken")), (200, Json("Taken"))];

/// All of them; a test compares them with [`crate::auth::roles::ROUTES`].
pub(super) const DOCS: &[Doc] = &[
    get(
        "/healthz",
        "health",
        "The process lives",
        &[(200, Json("Health"))],
    ),
    get(
        "/readyz",
        "health",
        "Orders can be taken",
        &[(200, Json("Health"))],
    ),
    get(
        "/metrics",
        "health",
        "Metrics for Prometheus; for this machine or a manager's token",
        &[(200, Kind("text/plain")), (401, Problem)],
    ),
    get(
        "/.well-known/jwks.json",
        "health",
        "The keys that prove this relay's tokens",
        &[(200, Json("Jwks"))],
    ),
    get(
        "/api/openapi.json",
        "health",
        "This description",
        &[(200, Json("Anything"))],
    ),
    get(
        "/ws",
        "sockets",
        "Stations and agents: a WebSocket of dialect D1",
        &[
            (101, Nothing("It is a WebSocket now")),
            (426, Problem),
            (422, Problem),
        ],
    ),
    get(
        "/ws/restaurant-pos/{tenant}",
        "sockets",
        "Registers: a WebSocket of dialect D5",
        &[
            (101, Nothing("It is a WebSocket now")),
            (426, Problem),
            (422, Problem),
        ],
    ),
    send(
        "POST",
        "/api/orders",
        "orders",
        "Take an order; the same again gets the same answer",
        "NewOrder",
        MADE,
    ),
    send(
        "POST",
        "/api/orders/create",
        "orders",
        "Take an order",
        "NewOrder",
        MADE,
    ),
    Doc {
        query: &[
            ("status", "In this status alone"),
            ("open", "true: not completed and not cancelled"),
            ("table", "Of this table, by number or id"),
            CURSOR,
            LIMIT,
        ],
        ..get(
            "/api/orders",
            "orders",
            "Orders, newest first",
            &[(200, Json("OrderList"))],
        )
    },
    get("/api/orders/{id}", "orders", "An order", ORDER),
    send(
        "PATCH",
        "/api/orders/{id}",
        "orders",
        "Change status, priority or table",
        "OrderPatch",
        ORDER,
    ),
    send(
        "POST",
        "/api/orders/{id}/items",
        "orders",
        "Add items",
        "NewItems",
        ORDER,
    ),
    send(
        "PATCH",
        "/api/orders/{id}/items/{item}",
        "orders",
        "Change an item's status or quantity",
        "ItemPatch",
        ORDER,
    ),
    verb(
        "/api/orders/{id}/cancel-request",
        "orders",
        "Ask the kitchen to cancel",
        Some("Reason"),
        ORDER,
    ),
    verb(
        "/api/orders/{id}/cancel-accept",
        "orders",
        "The kitchen says yes: cancelled",
        None,
        ORDER,
    ),
    verb(
        "/api/orders/{id}/cancel-reject",
        "orders",
        "The kitchen says no",
        Some("Reason"),
        ORDER,
    ),
    verb(
        "/api/orders/{id}/cancel",
        "orders",
        "Cancel",
        Some("Reason"),
        ORDER,
    ),
    verb(
        "/api/orders/{id}/acknowledge",
        "orders",
        "A chef has seen it",
        Some("Acknowledgement"),
        ORDER,
    ),
    send(
        "POST",
        "/api/orders/{id}/station",
        "orders",
        "Assign a station",
        "Assignment",
        ORDER,
    ),
    send(
        "POST",
        "/api/orders/{id}/payments",
        "orders",
        "Take a payment",
        "Payment",
        ORDER,
    ),
    verb(
        "/api/orders/{id}/reprint",
        "orders",
        "Print its tickets again, headed REPRINT",
        Some("Reprint"),
        ORDER,
    ),
    verb(
        "/api/orders/{id}/receipt",
        "orders",
        "Print its bill",
        None,
        ORDER,
    ),
    Doc {
        query: &[
            ("state", "In this state alone"),
            ("station", "Of this station alone"),
            ("order", "Of this order alone"),
            CURSOR,
            LIMIT,
        ],
        ..get(
            "/api/jobs",
            "jobs",
            "Jobs, newest first",
            &[(200, Json("JobList"))],
        )
    },
    get("/api/jobs/{id}", "jobs", "A job", JOB),
    get(
        "/api/jobs/{id}/ticket.txt",
        "jobs",
        "Its ticket as text",
        &[(200, Kind("text/plain"))],
    ),
    get(
        "/api/jobs/{id}/ticket.svg",
        "jobs",
        "Its ticket as a drawing",
        &[(200, Kind("image/svg+xml"))],
    ),
    get(
        "/api/jobs/{id}/ticket.png",
        "jobs",
        "Its ticket as a picture of the paper",
        &[(200, Kind("image/png"))],
    ),
    send(
        "POST",
        "/api/jobs/{id}/resolve",
        "jobs",
        "Say whether an unconfirmed job is on paper",
        "Resolution",
        JOB,
    ),
    verb(
        "/api/jobs/{id}/reprint",
        "jobs",
        "Print it again as a new job, headed REPRINT",
        None,
        JOB,
    ),
    verb("/api/jobs/{id}/cancel", "jobs", "Withdraw it", None, JOB),
    verb(
        "/api/jobs/{id}/release",
        "jobs",
        "Print it although it is stale",
        None,
        JOB,
    ),
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
        ],
        ..get(
            "/api/events",
            "events",
            "What happened since: JSON, or SSE where it is accepted",
            &[(200, Json("Events"))],
        )
    },
    get(
        "/api/devices",
        "devices",
        "The computers that print",
        &[(200, Json("DeviceList"))],
    ),
    verb(
        "/api/devices/{id}/revoke",
        "devices",
        "Refuse a computer's token from now on",
        None,
        &[(200, Json("Revoked"))],
    ),
    send(
        "POST",
        "/api/enrolments",
        "devices",
        "Make a one-time pairing code",
        "NewEnrolment",
        &[(201, Json("Enrolment"))],
    ),
    send(
        "POST",
        "/api/enrol",
        "devices",
        "Exchange a pairing code for a device's token",
        "Pairing",
        &[(200, Json("Paired"))],
    ),
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
];
