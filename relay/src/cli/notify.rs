//! Tells systemd that the relay is ready and that it lives (`sd_notify(3)`).

use crate::service::SharedApp;

/// Says READY, and WATCHDOG for as long as the store answers; waits for ever where nobody listens.
#[cfg(target_os = "linux")]
pub(super) async fn accompany(app: SharedApp, address: std::net::SocketAddr) -> std::convert::Infallible {
    use sd_notify::NotifyState;
    use std::time::Duration;
    use tokio::time::{MissedTickBehavior, interval, timeout};
    use tracing::warn;

    /// A commit on a tired disk takes a second or two.
    const STORE_WITHIN: Duration = Duration::from_secs(8);
    const WITHOUT_WATCHDOG: Duration = Duration::from_secs(10);

    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    let tell = |states: &[NotifyState<'_>]| {
        if let Err(error) = sd_notify::notify(states) {
            warn!("the service manager cannot be told: {error}");
        }
    };
    tell(&[
        NotifyState::Ready,
        NotifyState::Status(&format!("serving on http://{address}")),
    ]);
    let mut beat = interval(sd_notify::watchdog_enabled().map_or(WITHOUT_WATCHDOG, |wait| wait / 2));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        match timeout(STORE_WITHIN, app.store.readiness()).await {
            // A store that refuses answers; only silence is a hang.
            Ok(_) => tell(&[NotifyState::Watchdog]),
            Err(_) => warn!("the store has not answered for {STORE_WITHIN:?}"),
        }
    }
}

/// Nobody listens here: waits for ever.
#[cfg(not(target_os = "linux"))]
pub(super) async fn accompany(_: SharedApp, _: std::net::SocketAddr) -> std::convert::Infallible {
    std::future::pending().await
}
