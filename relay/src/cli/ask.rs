//! How commands reach the data: through the relay that runs on it, or by opening it themselves.
//!
//! One process writes a store, so beside a running relay everything goes through its HTTP, with a
//! short-lived token signed by the keys in the data folder. Without one, the same requests go to
//! the same router in this process.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::serve::address_file;
use super::{Exit, Failure, token};
use crate::auth::is_outlet_id;
use crate::auth::keys::Keys;
use crate::config::Config;
use crate::service::SharedApp;
use crate::store::StoreError;
use crate::{StartError, http, publisher};

/// How long the running relay may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Whoever answers.
pub(super) struct Backend {
    keys: Keys,
    way: Way,
}

enum Way {
    Running(SocketAddr),
    Alone {
        app: SharedApp,
        router: Router,
        publishing: TaskTracker,
    },
}

impl Backend {
    /// The relay that runs on the data folder, or the data itself.
    pub(super) async fn reach(config: Config) -> Result<Self, Failure> {
        let keys = token::open_keys(&config)?;
        if let Some(address) = running(&config).await {
            return Ok(Self {
                keys,
                way: Way::Running(address),
            });
        }
        let (app, committed) = match crate::open(config) {
            Err(StartError::Store(StoreError::AlreadyRunning)) => {
                return Err(Failure::new(
                    Exit::NotRunning,
                    "another program writes this store and its address is not known; \
                     stop it, or wait until the relay is ready and try again",
                ));
            }
            opened => opened?,
        };
        let publishing = TaskTracker::new();
        publishing.spawn(publisher::run(app.clone(), committed));
        let router = http::router(app.clone());
        Ok(Self {
            keys,
            way: Way::Alone {
                app,
                router,
                publishing,
            },
        })
    }

    /// Whether a relay runs on the data.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.way, Way::Running(_))
    }

    /// Closes the data, where it was opened here.
    pub(super) async fn leave(self) {
        if let Way::Alone {
            app,
            router,
            publishing,
        } = self.way
        {
            drop(router);
            app.store.clone().close().await;
            publishing.close();
            publishing.wait().await;
        }
    }

    /// `GET`.
    pub(super) async fn get(&self, outlet: &str, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, outlet, path, None).await
    }

    /// `POST`.
    pub(super) async fn post(&self, outlet: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::POST, outlet, path, Some(body)).await
    }

    async fn ask(
        &self,
        method: Method,
        outlet: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        if !is_outlet_id(outlet) {
            let message = format!("`{outlet}` is no outlet id: 1 to 64 letters, digits, `-`, `_` or `.`");
            return Err(Failure::new(Exit::Usage, message));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", token::operator(&self.keys, outlet)?),
            )
            .body(Body::from(body))
            .map_err(|error| Failure::new(Exit::Usage, format!("{path} is no path: {error}")))?;
        let response = match &self.way {
            Way::Running(address) => send(*address, request).await?,
            Way::Alone { router, .. } => match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
        };
        read(response).await
    }
}

/// Where the relay of this data folder listens, if it runs.
pub(super) async fn running(config: &Config) -> Option<SocketAddr> {
    let note = std::fs::read_to_string(address_file(&config.data)).ok()?;
    let address = note.trim().parse().ok()?;
    // A note outlives a relay that was killed.
    TcpStream::connect(address).await.ok().map(|_| address)
}

async fn send(address: SocketAddr, request: Request<Body>) -> Result<axum::response::Response, Failure> {
    let unreachable = |error: &dyn std::error::Error| {
        Failure::new(
            Exit::Unreachable,
            format!("the relay on {address} does not answer: {error}; look at its log"),
        )
    };
    let exchange = async {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(&error))?;
        let answer = async {
            let response = sender
                .send_request(request)
                .await
                .map_err(|error| unreachable(&error))?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| unreachable(&error))?;
            Ok(axum::response::Response::from_parts(
                parts,
                Body::from(body.to_bytes()),
            ))
        };
        tokio::select! {
            answer = answer => answer,
            Err(error) = connection => Err(unreachable(&error)),
        }
    };
    tokio::time::timeout(ANSWER_WITHIN, exchange)
        .await
        .map_err(|elapsed| unreachable(&elapsed))?
}

async fn read(response: axum::response::Response) -> Result<Value, Failure> {
    let status = response.status();
    let body = response.into_body().collect().await;
    let body = body.map_err(|error| Failure::new(Exit::Failed, format!("the answer broke off: {error}")))?;
    let value: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    if status.is_success() {
        return Ok(value);
    }
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let detail = match text("detail") {
        "" => format!("the relay answered {status}"),
        detail => detail.to_owned(),
    };
    Err(Failure::refused(text("code"), &detail))
}
