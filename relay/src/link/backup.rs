//! A station that stands in for another: whose lanes a link looks after beside its own, and how both are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use protocol::link::RelayInput;
use tracing::error;

use super::driver::Answer;
use super::store::{Attached, offer, trouble};
use crate::routing::Settings;
use crate::screens::DEAD_AFTER;
use crate::service::App;
use crate::store::{Agent, Standing, StoreError};

/// The stations that this one stands in for, by the outlet's settings.
pub(super) fn backed_by(settings: &Settings, station: &str) -> Vec<String> {
    let stations = settings.stations.iter();
    let backed = stations.filter(|(_, own)| own.backup.as_deref() == Some(station));
    backed.map(|(name, _)| name.clone()).collect()
}

/// The jobs of `station` that `via` prints for it.
pub(super) async fn fetch(
    app: Arc<App>,
    to: Attached,
    (station, via): (String, String),
    after: u64,
    limit: usize,
) -> Answer {
    settle(&app, &to, &station).await;
    let (device, spool) = (to.device.as_str(), to.spool.as_deref());
    let found = app
        .store
        .lent_offers(&to.outlet, (&station, &via), device, spool, after, limit)
        .await;
    Answer::Input(match found {
        Ok(jobs) => {
            let more = jobs.len() >= limit;
            let offers = jobs.into_iter().filter_map(offer).collect();
            RelayInput::Jobs {
                station,
                offers,
                more,
            }
        }
        Err(error) => trouble(&error),
    })
}

/// Lends, asks back and returns what is due at a station that has a backup; trouble is logged, since the next
/// look tries again.
pub(super) async fn settle(app: &App, by: &Attached, station: &str) {
    let settled = match standing(app, by, station).await {
        Ok(Some(standing)) => app.store.settle_backup(&by.outlet, station, standing).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = settled {
        error!(outlet = %by.outlet, station, "the backup of {station} cannot be looked after: {error}");
    }
}

async fn standing(app: &App, by: &Attached, station: &str) -> Result<Option<Standing>, StoreError> {
    let settings = app.store.settings(&by.outlet).await?;
    let Some(own) = settings.stations.get(station) else {
        return Ok(None);
    };
    let Some(via) = own.backup.clone() else {
        return Ok(None);
    };
    let home = app.store.holder(&by.outlet, station).await?;
    let backup = app.store.holder(&by.outlet, &via).await?;
    let agent = |device: Option<String>| Agent {
        away: app.links.away(&by.outlet, device.as_deref(), Instant::now()),
        device,
    };
    let up = app.links.up(Instant::now());
    let began = Timestamp::now().checked_sub(up).unwrap_or(Timestamp::MIN);
    Ok(Some(Standing {
        after: Duration::from_secs(own.backup_after_s),
        home: match home {
            Some(holder) => agent(Some(holder.device)),
            None => by_screen(app, by, station),
        },
        backup: agent(backup.map(|holder| holder.device)),
        via,
        began,
    }))
}

/// A station that no computer prints for is as well as its screen; one without a screen is down since this relay began.
fn by_screen(app: &App, by: &Attached, station: &str) -> Agent {
    let now = Instant::now();
    let away = match app.screens.silence(&by.outlet, station, now) {
        Some(silence) => Some(silence).filter(|silence| *silence >= DEAD_AFTER),
        None => app.links.away(&by.outlet, None, now),
    };
    Agent { device: None, away }
}
