//! Socket.IO for dialects D2 to D4: `engineioxide` carries the transports, the packet layer is ours.
//!
//! Ours because every event carries its place in the log as its last argument, so that an unmodified
//! client that comes back with `pid` and `offset` gets its rooms and what it missed from the log,
//! also of a relay that was started anew meanwhile.

mod arrival;
mod farewell;
mod line;
pub mod packet;
mod session;
mod talk;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engineioxide::config::EngineIoConfig;
use engineioxide::handler::EngineIoHandler;
use engineioxide::service::EngineIoService;
use engineioxide::{DisconnectReason, Socket, Str};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::error::{Code, Problem};
use crate::http::door;
use crate::service::SharedApp;

/// Where D2 and D4 connect by default.
const FLOOR: &str = "/socket.io";
/// Where D3 connects; every verb works on both.
const SESSIONS: &str = "/api/socket";
/// Load balancers cut an idle connection at 60 s.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a ping may go unanswered.
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// Bytes read at once, and kept by every socket that rests. What clients send is mostly smaller.
const READ_BUFFER: usize = 1024;
/// Packets that may wait for one socket; one that lets them overflow is closed and resumes.
const MAX_WAITING: usize = crate::rooms::MAX_OUTBOX_MESSAGES;
/// Places in the queue that events leave free: for the last word to a client that was too slow, and a ping.
const SPARE: usize = 3;
/// A frame of up to so many times the limit is read, so that its sender can be told that it was too large.
const TAKEN: usize = 2;
/// Packets of one client that may wait to be looked at. A page that joins all its rooms at once fits.
const MAX_INBOX: usize = 1_024;
/// Longest answer: a poll waits for the next ping, and a slow body must not hold its connection for good.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The routes of both paths.
pub fn routes(app: &SharedApp) -> Router<SharedApp> {
    let mut router = Router::new();
    for path in [FLOOR, SESSIONS] {
        let engine = Engine {
            app: Arc::clone(app),
            may_wait: path == SESSIONS,
        };
        let service = EngineIoService::with_config(Arc::new(engine), config(app, path));
        router = router
            .route_service(path, service.clone())
            .route_service(&format!("{path}/"), service);
    }
    router.layer(from_fn_with_state(Arc::clone(app), guard))
}

fn config(app: &SharedApp, path: &'static str) -> EngineIoConfig {
    let most = match app.config.limits.frame_bytes {
        0 => 64 << 20,
        bytes => bytes,
    };
    let taken = most.saturating_mul(TAKEN);
    EngineIoConfig::builder()
        .req_path(path)
        .ping_interval(PING_EVERY)
        .ping_timeout(PONG_WITHIN)
        .max_buffer_size(MAX_WAITING + SPARE)
        .max_payload(u64::try_from(taken).unwrap_or(u64::MAX))
        .ws_max_message_size(taken)
        .ws_max_frame_size(taken)
        .ws_read_buffer_size(READ_BUFFER)
        .build()
}

/// What every request of a transport passes: allowed origins, a limit on new connections, a limit on time.
async fn guard(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let is_new = door::query(&head.uri, "sid").is_none();
    own(&mut head);
    if let Err(problem) = door::admit_transport(&app, &mut head, is_new) {
        return problem.into_response();
    }
    let answer = next.run(Request::from_parts(head, body));
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Timeout, "the request came too slowly").into_response(),
    }
}

/// A socket keeps its request's head for as long as it lives, and names and values that came over the wire
/// keep the whole buffer into which they were read: 8 KiB a socket. Copies keep themselves alone.
fn own(head: &mut Parts) {
    head.extensions.remove::<OriginalUri>();
    if let Ok(uri) = head.uri.to_string().parse() {
        head.uri = uri;
    }
    for value in head.headers.values_mut() {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
}

/// What `engineioxide` hands its events to.
#[derive(Debug)]
struct Engine {
    app: SharedApp,
    /// A socket may wait for a guest's token.
    may_wait: bool,
}

/// What a connection carries.
#[derive(Debug, Default)]
struct Data {
    /// Boxed: a channel keeps room for 32 of its messages, used or not, and most sockets rest.
    inbox: OnceLock<mpsc::Sender<Box<Incoming>>>,
    /// Its client sends more than can be looked at.
    flooded: CancellationToken,
}

/// What a client sent.
#[derive(Debug)]
enum Incoming {
    Text(Str),
    Binary,
}

type EngineSocket = Arc<Socket<Data>>;

impl Engine {
    fn hand_over(socket: &EngineSocket, incoming: Incoming) {
        let taken = socket
            .data
            .inbox
            .get()
            .map(|inbox| inbox.try_send(Box::new(incoming)));
        if let Some(Err(mpsc::error::TrySendError::Full(_))) = taken {
            socket.data.flooded.cancel();
        }
    }
}

impl EngineIoHandler for Engine {
    type Data = Data;

    fn on_connect(self: Arc<Self>, socket: EngineSocket) {
        let (inbox, incoming) = mpsc::channel(MAX_INBOX);
        if socket.data.inbox.set(inbox).is_ok() {
            let session = session::Session::new(Arc::clone(&self.app), socket, self.may_wait);
            let talk = self.app.talks.track_future(session.run(incoming));
            self.app.tasks.spawn(talk);
        }
    }

    fn on_disconnect(&self, socket: EngineSocket, reason: DisconnectReason) {
        debug!(sid = %socket.id, ?reason, "a Socket.IO connection ended");
    }

    fn on_message(self: &Arc<Self>, text: Str, socket: EngineSocket) {
        Self::hand_over(&socket, Incoming::Text(text));
    }

    fn on_binary(self: &Arc<Self>, _: Bytes, socket: EngineSocket) {
        Self::hand_over(&socket, Incoming::Binary);
    }
}
