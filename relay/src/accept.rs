//! Takes connections: an accept loop with a limit on every wait (X1) and on strangers (X2).

pub mod gate;
pub mod pace;
pub mod stream;
pub mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use gate::{Entry, Gate};
use pace::{Pace, Paced};
use stream::Stream;

/// Bytes of a request's head and of hyper's buffers. A browser's cookies and a token fit; memory a
/// connection can claim is bounded by it.
const HEAD_BYTES: usize = 64 * 1024;

/// How long to wait where the system has no more file handles. Connections that end meanwhile make
/// room.
const NO_HANDLES_PAUSE: Duration = Duration::from_millis(100);

/// What a request knows of its connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The other end of the TCP connection.
    pub peer: SocketAddr,
    /// Its place among strangers, until it shows a token.
    pub entry: Arc<Entry>,
}

/// What serving needs besides the router.
#[derive(Clone)]
pub struct Acceptor {
    /// Counts strangers.
    pub gate: Arc<Gate>,
    /// Takes handshakes; none speaks plainly.
    pub tls: Option<TlsAcceptor>,
    /// Every connection and socket is one of its tasks.
    pub tasks: TaskTracker,
    /// Take no more, finish what was begun.
    pub stop: CancellationToken,
    /// Finish nothing.
    pub kill: CancellationToken,
}

impl Acceptor {
    /// Takes connections until `stop`.
    pub async fn run(&self, listener: TcpListener, router: Router) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = self.clone().serve(stream, peer, router.clone());
                    self.tasks.spawn(connection);
                }
                Err(error) => {
                    warn!(%error, "no connection can be taken; if file handles ran out, raise `ulimit -n`");
                    tokio::time::sleep(NO_HANDLES_PAUSE).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr, router: Router) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%peer, %error, "{peer} was gone before it was served");
            return;
        }
        let entry = Arc::new(self.gate.enter(peer.ip()));
        let stream = match self.open(stream, &entry).await {
            Ok(stream) => stream,
            Err(error) => {
                debug!(%peer, %error, "{peer} did not come to terms over TLS");
                return;
            }
        };
        let pace = Arc::new(Pace::start());
        let connection = Connection {
            peer,
            entry: entry.clone(),
        };
        let service = {
            let pace = pace.clone();
            service_fn(move |request| answer(request, router.clone(), connection.clone(), pace.clone()))
        };
        let io = TokioIo::new(Paced::new(stream, pace.clone()));
        let mut served = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                // `pace` limits the head, and tells it from the idle time between two requests.
                .header_read_timeout(None)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(io, service)
                .with_upgrades()
        );
        let mut stopping = false;
        loop {
            tokio::select! {
                result = served.as_mut() => {
                    if let Err(error) = result {
                        debug!(%peer, %error, "the connection of {peer} broke");
                    }
                    return;
                }
                () = self.stop.cancelled(), if !stopping => {
                    stopping = true;
                    served.as_mut().graceful_shutdown();
                }
                () = self.kill.cancelled() => return,
                () = pace.expired() => {
                    debug!(%peer, "{peer} was too slow and is cut off");
                    return;
                }
                () = entry.evicted() => {
                    debug!(%peer, "{peer} made way for newer connections of its address");
                    return;
                }
            }
        }
    }
}

impl Acceptor {
    async fn open(&self, stream: TcpStream, entry: &Entry) -> std::io::Result<Stream> {
        let Some(tls) = &self.tls else {
            return Ok(Stream::Plain(stream));
        };
        tokio::select! {
            shaken = tls::handshake(tls, stream) => Ok(Stream::Tls(Box::new(shaken?))),
            () = entry.evicted() => Err(std::io::ErrorKind::ConnectionAborted.into()),
            () = self.stop.cancelled() => Err(std::io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

async fn answer(
    mut request: Request<Incoming>,
    router: Router,
    connection: Connection,
    pace: Arc<Pace>,
) -> Result<Response, Infallible> {
    pace.busy();
    request.extensions_mut().insert(connection);
    let response = router.oneshot(request.map(Body::new)).await;
    pace.answered();
    response
}
