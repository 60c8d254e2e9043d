//! Tells systemd that the agent is ready, how it is, and that it lives (`sd_notify(3)`).

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::warn;

use crate::link::{LinkState, LinkStatus};

/// How long the agent's own parts may take to answer; a commit on a tired disk takes a second or two.
const PULSE_WITHIN: Duration = Duration::from_secs(8);

/// Says READY, then STATUS whenever the link changes, and WATCHDOG for as long as `pulse` is true.
///
/// Without a service manager that listens this waits for ever. A pulse that is late or false is
/// told to nobody: the watchdog ends the process, and systemd starts it again (DELIVERY.md, A4).
pub async fn accompany(mut link: watch::Receiver<LinkStatus>, pulse: impl AsyncFn() -> bool) -> Infallible {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return pending().await;
    }
    tell(&[NotifyState::Ready]);
    let mut beat = interval(beat());
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        let status = sentence(&link.borrow_and_update());
        if status != told {
            tell(&[NotifyState::Status(&status)]);
            told = status;
        }
        tokio::select! {
            _ = beat.tick() => {
                let begun = Instant::now();
                match timeout(PULSE_WITHIN, pulse()).await {
                    Ok(true) => tell(&[NotifyState::Watchdog]),
                    _ => warn!("a part of the agent has not answered for {:?}", begun.elapsed()),
                }
            }
            changed = link.changed() => if changed.is_err() { return pending().await },
        }
    }
}

/// Half of what systemd waits, as `sd_watchdog_enabled(3)` advises.
fn beat() -> Duration {
    const WITHOUT_WATCHDOG: Duration = Duration::from_secs(10);
    sd_notify::watchdog_enabled().map_or(WITHOUT_WATCHDOG, |wait| wait / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!("the service manager cannot be told: {error}");
    }
}

fn sentence(link: &LinkStatus) -> String {
    let waiting = match link.unsettled {
        0 => String::new(),
        1 => ", 1 job open".to_owned(),
        n => format!(", {n} jobs open"),
    };
    let state = match (&link.state, &link.problem) {
        (LinkState::Live, _) => format!("connected for {}", link.stations.join(", ")),
        (_, Some(problem)) => format!("not connected: {}", problem.lines().next().unwrap_or_default()),
        (_, None) => "connecting".to_owned(),
    };
    state + &waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_one_line_that_a_person_understands() {
        let mut link = LinkStatus::new(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(sentence(&link), "connecting");
        link.problem = Some("the relay refuses the token\nmore".to_owned());
        link.unsettled = 1;
        assert_eq!(
            sentence(&link),
            "not connected: the relay refuses the token, 1 job open"
        );
        link.state = LinkState::Live;
        link.stations = vec!["kitchen".to_owned(), "bar".to_owned()];
        link.unsettled = 2;
        assert_eq!(sentence(&link), "connected for kitchen, bar, 2 jobs open");
    }
}
