//! `/ws` and `/ws/restaurant-pos/{tenant}`: from a request to a WebSocket (RFC 6455, 4.2).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tracing::debug;

use super::door::{ClientAddress, query};
use super::input::{Named, Who};
use crate::accept::pace::Paced;
use crate::accept::stream::Stream;
use crate::auth::Identity;
use crate::error::{Code, Problem};
use crate::limits::LimitSettings;
use crate::service::SharedApp;
use crate::sockets::websocket::{self, SocketQuery};

/// Bytes read at once, and kept by every socket that rests. What clients send is mostly smaller.
const READ_BUFFER: usize = 1024;
/// Bytes that are written before a flush.
const WRITE_BUFFER: usize = 4 * 1024;

/// `/ws`: dialect D1 and the agents.
pub(super) async fn station(
    State(app): State<SharedApp>,
    Who(who): Who,
    request: Request,
) -> Result<Response, Problem> {
    upgrade(app, who, None, request)
}

/// `/ws/restaurant-pos/{tenant}`: dialect D5.
pub(super) async fn register(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(tenant): Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    if tenant != *who.outlet {
        tracing::warn!(outlet = %who.outlet, tenant, "refused: {} named another outlet", who.label());
        return Err(Problem::forbidden(
            "the path names another outlet than the token's",
        ));
    }
    upgrade(app, who, Some(tenant), request)
}

fn upgrade(
    app: SharedApp,
    mut who: Identity,
    tenant: Option<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let accept = check(request.headers())?;
    let on_upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or_else(no_websocket)?;
    // What the path names is fixed; what a header names, the first frame may still change.
    who.open &= tenant.is_none();
    let what = SocketQuery {
        tenant,
        after: query(request.uri(), "after"),
        address: request
            .extensions()
            .get::<ClientAddress>()
            .map(|ClientAddress(address)| *address),
    };
    app.tasks.clone().spawn(async move {
        match on_upgrade
            .await
            .map_err(|error| error.to_string())
            .and_then(plain)
        {
            Ok((stream, read)) => {
                let config = config(&app.config.limits);
                let socket =
                    WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await;
                websocket::serve(socket, app, who, what).await;
            }
            Err(error) => debug!(error, "a client left while its connection became a WebSocket"),
        }
    });
    let headers = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response())
}

/// The value of `Sec-WebSocket-Accept`.
fn check(headers: &HeaderMap) -> Result<String, Problem> {
    let has = |name: HeaderName, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err(no_websocket());
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Problem::new(
            Code::UpgradeRequired,
            "only version 13 of WebSocket is spoken here",
        ));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| key.as_bytes());
    key.filter(|key| key.len() == 24)
        .map(derive_accept_key)
        .ok_or_else(|| {
            Problem::invalid(
                "Sec-WebSocket-Key",
                "`Sec-WebSocket-Key` is missing or has a wrong length",
            )
        })
}

fn no_websocket() -> Problem {
    Problem::new(
        Code::UpgradeRequired,
        "this is for WebSockets; connect with ws:// or wss://",
    )
}

/// The stream without hyper's buffers around it, and what they had read already.
fn plain(upgraded: Upgraded) -> Result<(Stream, Vec<u8>), String> {
    let parts = upgraded
        .downcast::<TokioIo<Paced>>()
        .map_err(|_| "it came over something else than our own accept loop".to_owned())?;
    Ok((parts.io.into_inner().into_inner(), parts.read_buf.to_vec()))
}

fn config(limits: &LimitSettings) -> WebSocketConfig {
    let most = Some(limits.frame_bytes).filter(|bytes| *bytes > 0);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // What is written is flushed by its task, once for all that waited.
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(most)
        .max_frame_size(most)
}
