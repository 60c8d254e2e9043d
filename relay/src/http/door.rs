//! What every request passes before its handler: address, origin, token, limits, role.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::warn;

use crate::accept::Connection;
use crate::auth::roles::{self, Access, Act};
use crate::auth::{DEFAULT_OUTLET, Identity, is_outlet_id, origin, peer};
use crate::error::{Code, Problem};
use crate::limits::Caller;
use crate::metrics;
use crate::planted;
use crate::service::{App, SharedApp, role_name};

/// The client's address, as the door sees it.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Lets a request in, or answers it right here.
pub async fn door(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let Some(pattern) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let (mut head, body) = request.into_parts();
    let method = head.method.clone();
    let response = match admit(&app, &mut head, pattern.as_str()).await {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(problem) => problem.into_response(),
    };
    let response = name_methods(response, pattern.as_str());
    let status = response.status().as_u16();
    metrics::answered(pattern.as_str(), method.as_str(), status, began.elapsed());
    response
}

/// 405, for a path that takes other methods.
pub fn wrong_method(method: &Method, path: &str) -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        format!("{path} does not take {method}; see the `Allow` header"),
    )
}

async fn admit(app: &App, head: &mut Parts, pattern: &str) -> Result<(), Problem> {
    let connection = head.extensions.get::<Connection>().cloned();
    let address = client_address(app, connection.as_ref(), &head.headers);
    head.extensions.insert(ClientAddress(address));
    same_site(app, &head.headers)?;
    let access = roles::access(head.method.as_str(), pattern)
        .ok_or_else(|| wrong_method(&head.method, head.uri.path()))?;
    if access == Access::Open {
        return app.meter.request(&Caller::at(address));
    }
    let who = match identify(app, head).await {
        Ok(who) => who,
        Err(problem) => {
            // Without this, guessing tokens would be free.
            app.meter.request(&Caller::at(address))?;
            return Err(problem);
        }
    };
    if let Some(connection) = &connection {
        connection.entry.is_known();
    }
    app.meter.request(&Caller::Token(who.label()))?;
    permit(&who, access, pattern)?;
    if access != Access::May(Act::Outlets) {
        app.outlet(&who).await?;
    }
    head.extensions.insert(who);
    Ok(())
}

fn client_address(app: &App, connection: Option<&Connection>, headers: &HeaderMap) -> IpAddr {
    let peer = connection.map_or(IpAddr::from([0, 0, 0, 0]), |connection| connection.peer.ip());
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok());
    peer::client(peer, forwarded, &app.config.trusted_proxies)
}

fn same_site(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let host = text(headers, &header::HOST);
    // A header that is no text is no origin that was ever allowed.
    let origin = headers
        .get(header::ORIGIN)
        .map(|value| value.to_str().unwrap_or("null"));
    let open = planted::is("every origin is allowed");
    if open || origin::allowed(origin, host, &app.config.allowed_origins, app.auth.is_insecure()) {
        return Ok(());
    }
    warn!(origin, host, "refused: a page of {origin:?} asked for {host:?}");
    Err(Problem::forbidden(
        "pages of this origin may not use this relay; name it in allowed_origins of relay.toml",
    ))
}

async fn identify(app: &App, head: &Parts) -> Result<Identity, Problem> {
    let token = bearer(&head.headers)
        .or_else(|| token_of_query(head))
        .or_else(|| token_of_path(head));
    if !app.auth.is_insecure() {
        let token = token.ok_or_else(|| {
            Problem::unauthorized(
                "a token is needed: Authorization: Bearer TOKEN (printrail-relay token create)",
            )
        })?;
        return match app.auth.identify(&token, &app.store).await {
            Ok(who) => Ok(who),
            Err(problem) => Ok(of_link(app, head, &token).await?.ok_or(problem)?),
        };
    }
    if let Some(token) = &token
        && let Some(who) = of_link(app, head, token).await?
    {
        return Ok(who);
    }
    if let Some(token) = token
        && let Ok(who) = app.auth.identify(&token, &app.store).await
    {
        return Ok(who);
    }
    let outlet = named_outlet(head).unwrap_or_else(|| DEFAULT_OUTLET.to_owned());
    if !is_outlet_id(&outlet) {
        return Err(Problem::invalid(
            "outlet",
            "`outlet` is no outlet id: letters, digits, - _ and .",
        ));
    }
    Ok(Identity::anyone(&outlet))
}

/// Whoever shows the link of a table to open its visit.
async fn of_link(app: &App, head: &Parts, token: &str) -> Result<Option<Identity>, Problem> {
    if head.method != Method::POST || head.uri.path() != "/api/sessions" {
        return Ok(None);
    }
    let found = app.store.table_of_link(token).await?;
    Ok(found.map(|(outlet, table)| Identity::of_link(&outlet, table, token)))
}

fn permit(who: &Identity, access: Access, pattern: &str) -> Result<(), Problem> {
    let may = match access {
        Access::Open | Access::Any => true,
        Access::May(Act::Outlets) => who.operator || who.open,
        Access::May(Act::OpenSession) if who.link.is_some() => true,
        Access::May(act) => roles::allows(who.role, act),
    };
    if may {
        return Ok(());
    }
    warn!(outlet = %who.outlet, who = who.label(), role = ?who.role, pattern,
        "refused: {} asked for {pattern}", who.label());
    Err(Problem::forbidden(format!(
        "the role {} may not do that; ask somebody who may",
        role_name(who)
    )))
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, &header::AUTHORIZATION)?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// Browsers cannot set headers on a WebSocket or an event stream, so both may bring `?token=`.
/// Elsewhere it would end up in histories and logs.
fn token_of_query(head: &Parts) -> Option<String> {
    let streams = head.headers.contains_key(header::UPGRADE) || head.uri.path() == "/api/events";
    streams.then(|| query(&head.uri, "token")).flatten()
}

/// A visit's token is the last part of its page's address, and enough to look at it.
fn token_of_path(head: &Parts) -> Option<String> {
    let token = head.uri.path().strip_prefix("/api/sessions/")?;
    (head.method == Method::GET).then(|| token.to_owned())
}

/// The outlet that a request names where no token is needed (DIALECTS.md, `--insecure-no-auth`).
fn named_outlet(head: &Parts) -> Option<String> {
    let path = head.uri.path();
    let in_path = path.strip_prefix("/ws/restaurant-pos/").map(str::to_owned);
    in_path
        .or_else(|| head.headers.get("x-outlet")?.to_str().ok().map(str::to_owned))
        .or_else(|| query(&head.uri, "outlet"))
        .filter(|outlet| !outlet.is_empty())
}

/// One parameter of the query.
#[must_use]
pub fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs: axum::extract::Query<Vec<(String, String)>> = axum::extract::Query::try_from_uri(uri).ok()?;
    pairs
        .0
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A request of a Socket.IO transport, which shows its token later: its address, whether its page may
/// ask, and for a new one whether its address asks too much.
///
/// # Errors
/// 403 or 429.
pub fn admit_transport(app: &App, head: &mut Parts, is_new: bool) -> Result<(), Problem> {
    let connection = head.extensions.get::<Connection>().cloned();
    let address = client_address(app, connection.as_ref(), &head.headers);
    head.extensions.insert(ClientAddress(address));
    same_site(app, &head.headers)?;
    match is_new {
        true => app.meter.request(&Caller::at(address)),
        false => Ok(()),
    }
}

/// The token that came with the request.
#[must_use]
pub fn token_of(head: &Parts) -> Option<String> {
    bearer(&head.headers).or_else(|| query(&head.uri, "token"))
}

/// Whose socket it is; none where nobody showed a token and one is needed.
///
/// # Errors
/// 401 where the token is nobody's.
pub async fn identify_socket(
    app: &App,
    token: Option<&str>,
    head: &Parts,
) -> Result<Option<Identity>, Problem> {
    let known = match token {
        Some(token) => app.auth.identify(token, &app.store).await.map(Some),
        None => Ok(None),
    };
    if !app.auth.is_insecure() || matches!(known, Ok(Some(_))) {
        return known;
    }
    let outlet = named_outlet(head).filter(|outlet| is_outlet_id(outlet));
    Ok(Some(Identity::anyone(
        outlet.as_deref().unwrap_or(DEFAULT_OUTLET),
    )))
}

/// `Allow` on a 405 (RFC 9110, 15.5.6).
fn name_methods(mut response: Response, pattern: &str) -> Response {
    if response.status() == axum::http::StatusCode::METHOD_NOT_ALLOWED {
        let methods: Vec<&str> = roles::ROUTES
            .iter()
            .filter(|(_, route, _)| *route == pattern)
            .map(|(method, ..)| *method)
            .collect();
        if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
            response.headers_mut().insert(header::ALLOW, value);
        }
    }
    response
}
