//! `/api/tokens`: signed tokens for tills, screens and waiters, shown once, listed, and taken back.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::{Named, Payload, Who, lifetime, text};
use super::reply::{List, json as reply, with_status};
use crate::auth::jwt::{AUDIENCE, Claims, ISSUER};
use crate::error::{Code, Problem};
use crate::order::Role;
use crate::service::SharedApp;
use crate::store::Issued;

/// How long a token holds where nobody says: a long shift.
const DEFAULT_TTL: Duration = Duration::from_secs(12 * 3600);

/// The longest that a token may hold, as on the command line.
pub(super) const LONGEST_TTL: Duration = Duration::from_secs(400 * 24 * 3600);

/// Longest id of a token that may be taken back. A `jti` of this relay's has 36.
const LONGEST_ID: usize = 128;

/// `GET /api/tokens`: those that were made here, newest first, and those that were taken back.
pub(super) async fn list(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let tokens = app.store.tokens(&who.outlet).await?;
    Ok(reply(&List::all(tokens.iter().map(view).collect())))
}

/// `POST /api/tokens`: `{role, name?, ttl?}` → `{id, token, role, name, expires}`. The token is shown this
/// once.
pub(super) async fn make(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let role = role(&body)?;
    let named = text(&body, "name", "name")?.map(str::to_owned);
    let ttl = lifetime(&body, DEFAULT_TTL, LONGEST_TTL, "1 s to 400 days")?;
    let claims = claims(&who.outlet, role, named, ttl);
    let token = app
        .auth
        .sign(&claims)
        .map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    let issued = issued(claims);
    let shown = json!({"id": issued.id, "token": token, "role": issued.role, "name": issued.name,
        "expires": issued.expires});
    app.store.list_token(&who.outlet, issued, &who.actor()).await?;
    Ok(with_status(StatusCode::CREATED, &shown))
}

/// `POST /api/tokens/{id}/revoke`: refused from now on, and its sockets end. `id` is the token's `jti`, also of
/// one that was made with `printrail-relay token create` and is not listed.
pub(super) async fn revoke(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    if id.len() > LONGEST_ID || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::not_found("token", "of that id"));
    }
    app.store.revoke_token(&who.outlet, &id, &who.actor()).await?;
    app.auth.forget();
    app.hub
        .dismiss(&who.outlet, |guise| guise.token.as_deref() == Some(&*id));
    tracing::info!(outlet = %who.outlet, token = id, by = who.subject, "token {id} was revoked");
    Ok(reply(&json!({"id": id, "revoked": true})))
}

pub(super) fn role(body: &Value) -> Result<Role, Problem> {
    let name = text(body, "role", "role")?.unwrap_or_default();
    match serde_json::from_value(json!(name)) {
        Ok(Role::Guest) => Err(Problem::invalid(
            "role",
            "`role` is guest; a guest's token is its visit's: POST /api/sessions",
        )),
        Ok(Role::Agent) => Err(Problem::invalid(
            "role",
            "`role` is agent; computers are paired with a code: POST /api/enrolments",
        )),
        Ok(role) => Ok(role),
        Err(_) => Err(Problem::invalid(
            "role",
            format!("`role` is `{name}`, expected pos, waiter, kitchen, bar, cashier or manager"),
        )),
    }
}

pub(super) fn claims(outlet: &str, role: Role, name: Option<String>, ttl: Duration) -> Claims {
    let now = Timestamp::now().as_second();
    let jti = Uuid::now_v7().to_string();
    Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        // Two tills with a token each are two callers, also where nobody named them.
        sub: name.unwrap_or_else(|| format!("{}-{}", word(role), jti.get(24..30).unwrap_or("1"))),
        outlet: outlet.to_owned(),
        role,
        table: None,
        iat: now,
        exp: now.saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX)),
        jti,
        operator: false,
    }
}

/// A signed token as it is listed.
pub(super) fn issued(claims: Claims) -> Issued {
    Issued {
        id: claims.jti,
        name: Some(claims.sub),
        role: Some(word(claims.role)),
        made_by: String::new(),
        created_at: Timestamp::now(),
        expires: Timestamp::from_second(claims.exp).ok(),
        revoked: false,
    }
}

fn word(role: Role) -> String {
    format!("{role:?}").to_lowercase()
}

fn view(token: &Issued) -> Value {
    json!({"id": token.id, "name": token.name, "role": token.role, "madeBy": token.made_by,
           "createdAt": token.created_at, "expires": token.expires, "revoked": token.revoked})
}
