//! `/api/screen-codes` and `/api/sign-in`: how a screen gets its token without anybody typing one.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;

use super::door::ClientAddress;
use super::input::{Payload, Who, lifetime, text};
use super::reply::{json as reply, with_status};
use super::tokens;
use crate::auth::codes::{self, Waiting};
use crate::error::{Code, Problem};
use crate::service::{App, SharedApp};

/// How long a code may be typed: from the manager's desk to the stove.
const CODE_HOLDS: Duration = Duration::from_secs(15 * 60);

/// How long a screen's token holds where nobody says: it hangs on a wall.
const DEFAULT_TTL: Duration = Duration::from_secs(90 * 24 * 3600);

/// The cookie of whoever signed in, for pages of other makers on `/api/socket` (DIALECTS.md, D3). Our own
/// pages send the token themselves.
const COOKIE: &str = "printrail_token";

/// `POST /api/screen-codes`: `{role, name?, ttl?}` → `{code, role, expires}`; `ttl` is the token's.
pub(super) async fn open(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let role = tokens::role(&body)?;
    let name = text(&body, "name", "name")?.map(str::to_owned);
    let ttl = lifetime(&body, DEFAULT_TTL, tokens::LONGEST_TTL, "1 s to 400 days")?;
    let now = Timestamp::now();
    let until = now.checked_add(CODE_HOLDS).unwrap_or(now);
    let waiting = Waiting {
        claims: tokens::claims(&who.outlet, role, name, ttl),
        by_role: who.role,
        by: who.subject.clone(),
    };
    let what = serde_json::to_string(&waiting).map_err(internal)?;
    let code = codes::code(rand::random());
    app.store
        .open_code(&who.outlet, codes::hash(&code), what, until)
        .await?;
    tracing::info!(outlet = %who.outlet, by = who.subject, "a sign-in code for a screen was made");
    Ok(with_status(
        StatusCode::CREATED,
        &json!({"code": code, "role": role, "expires": until}),
    ))
}

/// `POST /api/sign-in`: `{code}` or `{token}` → `{token, outlet, role, expires}`, and the cookie. Needs no
/// token: the code is one, for once.
pub(super) async fn sign_in(
    State(app): State<SharedApp>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    app.meter.enrolment(address)?;
    let shown = body.get("token").and_then(serde_json::Value::as_str);
    let token = match shown {
        Some(token) => token.to_owned(),
        None => redeemed(&app, text(&body, "code", "code")?).await?,
    };
    let who = app.auth.identify(&token, &app.store).await?;
    let mut response = reply(&json!({"token": token, "outlet": &*who.outlet, "role": who.role,
        "expires": who.expires}));
    let is_https = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/api/socket; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn redeemed(app: &App, code: Option<&str>) -> Result<String, Problem> {
    let code = code.ok_or_else(|| Problem::invalid("code", "`code` is missing"))?;
    let wrong = || Problem::unauthorized("this code is wrong, used or too old; ask a manager for a new one");
    let what = app.store.take_code(codes::hash(code)).await?.ok_or_else(wrong)?;
    let waiting: Waiting = serde_json::from_str(&what).map_err(internal)?;
    let by = waiting.actor();
    let claims = waiting.claims;
    let token = app.auth.sign(&claims).map_err(internal)?;
    let outlet = claims.outlet.clone();
    app.store.list_token(&outlet, tokens::issued(claims), &by).await?;
    Ok(token)
}

fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, error.to_string())
}
