//! `serve`: the relay in the foreground.

use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;
use tracing_subscriber::EnvFilter;

use super::{Exit, Failure, notify};
use crate::Relay;
use crate::auth::keys::write_private;
use crate::config::{Config, Flags};

/// Serves until SIGTERM or Ctrl-C; a second one ends at once.
pub(super) async fn run(flags: &Flags) -> Result<(), Failure> {
    start_logging();
    let config = Config::load(flags)?;
    let data = config.data.clone();
    let relay = Relay::bind(config).await?;
    let address = relay.addr();
    let _note = AddressNote::write(&data, relay.plain_addr())?;
    let stop = CancellationToken::new();
    let signals = TaskTracker::new();
    signals.spawn(until_signalled(stop.clone()));
    info!(%address, data = %data.display(), "serving on {address} with the data in {}", data.display());
    announce(&relay.url())?;
    let manager = notify::accompany(relay.app().clone(), address);
    tokio::select! {
        () = relay.serve(stop) => {}
        never = manager => match never {},
    }
    info!("stopped");
    Ok(())
}

/// Where a relay on this data folder listens, for the command line beside it.
pub(super) fn address_file(data: &Path) -> PathBuf {
    data.join("relay.addr")
}

/// `relay.addr`, for as long as the relay runs.
struct AddressNote(PathBuf);

impl AddressNote {
    fn write(data: &Path, address: SocketAddr) -> Result<Self, Failure> {
        let path = address_file(data);
        write_private(&path, reachable(address).to_string().as_bytes()).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
        Ok(Self(path))
    }
}

impl Drop for AddressNote {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The address by which this machine reaches a relay that listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The first line on stdout: scripts wait for it.
fn announce(url: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "listening on {url}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new(Exit::Failed, format!("stdout cannot be written: {error}")))
}

fn start_logging() {
    let filter = EnvFilter::try_from_env("PRINTRAIL_RELAY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr)
        .try_init();
}

async fn until_signalled(stop: CancellationToken) {
    signal().await;
    stop.cancel();
    signal().await;
    tracing::warn!("told to stop twice: ending at once");
    std::process::exit(1);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        () = interrupted() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
