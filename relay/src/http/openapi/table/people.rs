//! Devices, pairing codes, tokens, the audit and templates.

use super::Answer::{Json, Problem};
use super::{CURSOR, Doc, GONE, LIMIT, get, send, verb};

/// Their descriptions.
pub(super) const DOCS: &[Doc] = &[
    get(
        "/api/devices",
        "devices",
        "The computers that print, whether they are connected, and how their printers are",
        &[(200, Json("DeviceList"))],
    ),
    send(
        "PATCH",
        "/api/devices/{id}",
        "devices",
        "Call a computer something else",
        "DevicePatch",
        &[(200, Json("Renamed"))],
    ),
    verb(
        "/api/devices/{id}/revoke",
        "devices",
        "Refuse a computer's token from now on",
        None,
        &[(200, Json("Revoked"))],
    ),
    verb(
        "/api/devices/{id}/test",
        "devices",
        "Print a test ticket at each station that it prints for, or at the one named",
        Some("TestPrint"),
        &[(201, Json("TestPrinted"))],
    ),
    get(
        "/api/enrolments",
        "devices",
        "The pairing codes of the last day, without their secret part",
        &[(200, Json("PairingCodeList"))],
    ),
    send(
        "POST",
        "/api/enrolments",
        "devices",
        "Make a one-time pairing code, for new stations or to replace a computer",
        "NewEnrolment",
        &[(201, Json("Enrolment")), (404, Problem)],
    ),
    Doc {
        method: "DELETE",
        ..get("/api/enrolments/{id}", "devices", "Withdraw a pairing code", GONE)
    },
    send(
        "POST",
        "/api/enrol",
        "devices",
        "Exchange a pairing code for a device's token",
        "Pairing",
        &[(200, Json("Paired")), (410, Problem)],
    ),
    get(
        "/api/tokens",
        "tokens",
        "The tokens that were made here or taken back, newest first",
        &[(200, Json("TokenList"))],
    ),
    send(
        "POST",
        "/api/tokens",
        "tokens",
        "Make a token; it is shown this once",
        "NewToken",
        &[(201, Json("MadeToken"))],
    ),
    verb(
        "/api/tokens/{id}/revoke",
        "tokens",
        "Refuse the token of this `jti` from now on",
        None,
        &[(200, Json("Revoked"))],
    ),
    send(
        "POST",
        "/api/screen-codes",
        "tokens",
        "Make a one-time code with which a screen signs in",
        "NewToken",
        &[(201, Json("ScreenCode"))],
    ),
    send(
        "POST",
        "/api/sign-in",
        "tokens",
        "Exchange a screen's code, or a token, for a token and a cookie",
        "SignIn",
        &[(200, Json("SignedIn"))],
    ),
    Doc {
        query: &[
            ("who", "A part of `who`, such as manager:"),
            ("what", "A part of `what`, such as revoked"),
            CURSOR,
            LIMIT,
        ],
        ..get(
            "/api/audit",
            "audit",
            "Who did what, newest first",
            &[(200, Json("AuditList"))],
        )
    },
    get(
        "/api/templates",
        "templates",
        "The names of templates and of printers' profiles",
        &[(200, Json("Templates"))],
    ),
    send(
        "POST",
        "/api/templates/preview",
        "templates",
        "Draw a template as it would print",
        "PreviewWish",
        &[(200, Json("Preview")), (404, Problem)],
    ),
    get(
        "/api/templates/{name}",
        "templates",
        "A template: the built-in one, the outlet's own and its latest versions",
        &[(200, Json("Template"))],
    ),
    send(
        "PUT",
        "/api/templates/{name}",
        "templates",
        "Put a template into use from the next ticket on; null brings the built-in one back",
        "TemplateWish",
        &[(200, Json("Template"))],
    ),
    get(
        "/api/alerts",
        "alerts",
        "Who is told what needs a person, what is wrong now, and how telling went",
        &[(200, Json("Alerts"))],
    ),
    send(
        "PUT",
        "/api/alerts",
        "alerts",
        "Choose who is told",
        "AlertWish",
        &[(200, Json("Alerts"))],
    ),
    verb(
        "/api/alerts/test",
        "alerts",
        "Tell everybody once, now",
        None,
        &[(200, Json("DeliveryList"))],
    ),
    verb(
        "/api/alerts/deliveries/{id}/resend",
        "alerts",
        "Tell something once more, now",
        None,
        &[(200, Json("Delivery"))],
    ),
];
