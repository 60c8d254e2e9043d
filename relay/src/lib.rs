//! The relay: takes orders, keeps rooms, delivers tickets.
//!
//! The path of an order is told in ARCHITECTURE.md at the project's root.

pub mod accept;
pub mod alarms;
pub mod auth;
pub mod cli;
pub mod config;
pub mod dialects;
pub mod error;
pub mod http;
pub mod limits;
pub mod link;
pub mod metrics;
pub mod news;
pub mod order;
pub mod pace;
mod planted;
pub mod publisher;
pub mod rooms;
pub mod routing;
pub mod screens;
pub mod service;
pub mod sockets;
pub mod store;
mod trail;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use accept::Acceptor;
use accept::gate::Gate;
use accept::tls::{Tls, TlsError};
use alarms::Alarms;
use auth::{Auth, AuthError};
use config::{Config, ConfigError};
use limits::Meter;
use link::Links;
use metrics::Metrics;
use news::News;
use pace::Pace;
use rooms::Hub;
use screens::Screens;
use service::{App, KnownOutlets, SharedApp};
use store::{Committed, Store, StoreError, StoreOptions};

/// How long requests and sockets may take to end after a stop (DELIVERY.md, R5).
pub const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// How long clients that poll may take to come once more, for the last word. They mostly wait for it.
const FAREWELL_WITHIN: Duration = Duration::from_secs(2);

/// A relay that listens, ready to serve.
#[derive(Debug)]
pub struct Relay {
    app: SharedApp,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    /// Where TLS is spoken outside, the command line on this machine still comes in plainly.
    inner: Option<(TcpListener, SocketAddr)>,
    committed: mpsc::Receiver<Committed>,
}

/// Why a relay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings; nothing was touched.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys or vendors.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The data folder.
    #[error("{path} cannot be made; check that this user may write there, or choose another with --data")]
    Data {
        /// The folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address.
    #[error("{address} cannot be listened on; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Relay {
    /// Opens store and keys, making what is missing, and listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let wanted = config.listen;
        let listen = |source| StartError::Listen {
            address: wanted,
            source,
        };
        let tls = Tls::open(&config.tls, &config.data)?;
        let (app, committed) = open(config)?;
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let inner = match &tls {
            None => None,
            Some(_) => {
                let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                    .await
                    .map_err(listen)?;
                let address = inner.local_addr().map_err(listen)?;
                Some((inner, address))
            }
        };
        Ok(Self {
            app,
            listener,
            address,
            tls,
            inner,
            committed,
        })
    }

    /// Where it listens, with its scheme.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where programs on this machine reach it without TLS.
    #[must_use]
    pub fn plain_addr(&self) -> SocketAddr {
        self.inner.as_ref().map_or(self.address, |(_, address)| *address)
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Its state: what a test looks at.
    #[must_use]
    pub fn app(&self) -> &SharedApp {
        &self.app
    }

    /// Serves until `stop`, then lets requests and sockets end for at most [`DRAIN_WITHIN`].
    pub async fn serve(self, stop: CancellationToken) {
        let Self {
            app,
            listener,
            tls,
            inner,
            committed,
            ..
        } = self;
        let (closed, kill) = (CancellationToken::new(), CancellationToken::new());
        let _stop_on_drop = app.stop.clone().drop_guard();
        let _closed_on_drop = closed.clone().drop_guard();
        let _kill_on_drop = kill.clone().drop_guard();
        let publishing = TaskTracker::new();
        let tls = tls.map(|tls| {
            let (acceptor, upkeep) = tls.split();
            publishing.spawn(app.stop.clone().run_until_cancelled_owned(upkeep));
            acceptor
        });
        let acceptor = Acceptor {
            gate: Arc::new(gate(&app.config)),
            tls,
            tasks: app.tasks.clone(),
            stop: closed.clone(),
            kill: kill.clone(),
        };
        let router = http::router(app.clone());
        if let Some((inner, _)) = inner {
            let plain = Acceptor {
                tls: None,
                ..acceptor.clone()
            };
            let router = router.clone();
            publishing.spawn(async move { plain.run(inner, router).await });
        }
        publishing.spawn(publisher::run(app.clone(), committed));
        publishing.spawn(publisher::housekeeping(app.clone()));
        publishing.spawn(alarms::run(app.clone()));
        publishing.spawn(async move { acceptor.run(listener, router).await });
        stop.cancelled().await;
        info!("stopping: what was begun has {} s to end", DRAIN_WITHIN.as_secs());
        app.stop.cancel();
        app.talks.close();
        let _not_in_time = tokio::time::timeout(FAREWELL_WITHIN, app.talks.wait()).await;
        closed.cancel();
        drain(&app.tasks, &kill).await;
        app.store.clone().close().await;
        publishing.close();
        publishing.wait().await;
    }
}

/// Opens store and keys of a data folder, making what is missing.
///
/// # Errors
/// [`StartError`].
pub fn open(config: Config) -> Result<(SharedApp, mpsc::Receiver<Committed>), StartError> {
    config.refuse_insecure_elsewhere()?;
    make_folder(&config.data).map_err(|source| StartError::Data {
        path: config.data.clone(),
        source,
    })?;
    let auth = Auth::open(&config.data, &config.issuers, config.insecure_no_auth)?;
    let (store, committed) = Store::open(&config.store_path(), StoreOptions::default())?;
    let app = App {
        meter: Meter::new(&config.limits, config.insecure_no_auth),
        metrics: Metrics::install(),
        hub: Arc::new(Hub::new(
            config.limits.rooms_per_socket,
            config.limits.connections_per_outlet,
        )),
        links: Links::default(),
        alarms: Alarms::default(),
        news: News::default(),
        pace: Pace::default(),
        screens: Screens::default(),
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
        talks: TaskTracker::new(),
        known: KnownOutlets::default(),
        config,
        store,
        auth,
    };
    Ok((Arc::new(app), committed))
}

/// The folder holds names and telephone numbers: its owner alone may look.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn gate(config: &Config) -> Gate {
    let most = match config.insecure_no_auth {
        true => 0,
        false => config.limits.strangers_per_address,
    };
    Gate::new(most, config.trusted_proxies.clone())
}

async fn drain(tasks: &TaskTracker, kill: &CancellationToken) {
    tasks.close();
    if tokio::time::timeout(DRAIN_WITHIN, tasks.wait()).await.is_ok() {
        return;
    }
    warn!("{} connections did not end in time and are cut off", tasks.len());
    kill.cancel();
    // Sockets hear of `stop` alone; whoever still holds on after a second is left behind.
    let _ = tokio::time::timeout(Duration::from_secs(1), tasks.wait()).await;
}
