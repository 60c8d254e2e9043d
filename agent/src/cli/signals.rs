//! What the system asks of the running agent: to end, or to read its configuration again.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{Exit, env};
use crate::config::{Config, Flags, load};
use crate::daemon::RunError;

/// The first SIGTERM or SIGINT ends the agent cleanly, the second at once; SIGHUP reloads.
#[cfg(unix)]
pub(super) async fn watch_signals(
    flags: Flags,
    stop: CancellationToken,
    reloads: mpsc::Sender<Config>,
) -> Result<(), RunError> {
    use tokio::signal::unix::{SignalKind, signal};
    let open = |kind| signal(kind).map_err(RunError::Folder);
    let (mut term, mut int, mut hup) = (
        open(SignalKind::terminate())?,
        open(SignalKind::interrupt())?,
        open(SignalKind::hangup())?,
    );
    loop {
        tokio::select! {
            _ = term.recv() => end(&stop),
            _ = int.recv() => end(&stop),
            _ = hup.recv() => reload(&flags, &reloads).await,
        }
    }
}

/// The first Ctrl-C ends the agent cleanly, the second at once; a service hears from Windows.
#[cfg(not(unix))]
pub(super) async fn watch_signals(
    flags: Flags,
    stop: CancellationToken,
    reloads: mpsc::Sender<Config>,
) -> Result<(), RunError> {
    #[cfg(windows)]
    if let Some(orders) = crate::service::orders() {
        return follow(orders, &flags, &stop, &reloads).await;
    }
    let _ = (flags, reloads);
    loop {
        tokio::signal::ctrl_c().await.map_err(RunError::Folder)?;
        end(&stop);
    }
}

/// What Windows asks of a service. While tickets are finished it hears that again and again, and goes on waiting.
#[cfg(windows)]
async fn follow(
    mut orders: crate::service::Orders,
    flags: &Flags,
    stop: &CancellationToken,
    reloads: &mpsc::Sender<Config>,
) -> Result<(), RunError> {
    const WORD: std::time::Duration = std::time::Duration::from_secs(5);
    let ended = orders.stop.clone();
    loop {
        tokio::select! {
            () = ended.cancelled() => break,
            Some(()) = orders.reload.recv() => reload(flags, reloads).await,
        }
    }
    end(stop);
    for step in 2.. {
        tokio::time::sleep(WORD).await;
        crate::service::draining(step);
    }
    Ok(())
}

fn end(stop: &CancellationToken) {
    if stop.is_cancelled() {
        info!("ending at once; what was printing is looked at after the next start");
        std::process::exit(i32::from(Exit::Failed as u8));
    }
    info!("ending: tickets in progress are finished first");
    stop.cancel();
}

/// A bad configuration changes nothing (DELIVERY.md, A6).
#[cfg(any(unix, windows))]
async fn reload(flags: &Flags, reloads: &mpsc::Sender<Config>) {
    match load(flags, &env) {
        Ok(loaded) => {
            let _ = reloads.send(loaded.config).await;
        }
        Err(bad) => tracing::error!("the last good configuration stays in use: {}", crate::chain(&bad)),
    }
}
