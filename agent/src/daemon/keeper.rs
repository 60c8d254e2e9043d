//! Does what the watch over all printers says: hands jobs to backups and prints slips.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::frames::PrinterStatus;
use protocol::{JobId, Tick};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::local;
use super::presses::Presses;
use crate::clock::Clock;
use crate::config::Config;
use crate::link::News;
use crate::spool::{HandOver, Spool, SpoolError, SpoolJob, disk};
use crate::watch::{Act, Hung, Move, Slip, View, Watch};

/// Between two looks: a backup or an alarm that comes a second later is as good.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Between two looks at the disk: an alarm is to come within a minute.
const DISK_EVERY: Duration = Duration::from_secs(10);

/// Looks at a full disk from one line in the log to the next.
const DISK_LOGGED: u32 = 6;

/// The task that keeps watch.
pub(super) struct Keeper {
    pub(super) spool: Spool,
    pub(super) clock: Clock,
    pub(super) config: watch::Receiver<Config>,
    pub(super) printers: watch::Receiver<BTreeMap<String, PrinterStatus>>,
    pub(super) news: mpsc::Sender<News>,
    pub(super) nudge: Arc<dyn Fn() + Send + Sync>,
    pub(super) presses: Presses,
}

impl Keeper {
    /// Until `stop`.
    ///
    /// # Errors
    /// [`SpoolError`] where the spool can no longer be read.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Result<(), SpoolError> {
        let (mut watch, mut hung, began) = (Watch::default(), Hung::default(), Instant::now());
        let mut every = tokio::time::interval(LOOK_EVERY);
        let (mut disk, mut looks) = (tokio::time::interval(DISK_EVERY), 0);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Ok(()) = self.printers.changed() => {}
                _ = every.tick() => {}
                _ = disk.tick() => {
                    self.look_at_disk(looks).await;
                    looks = looks.wrapping_add(1);
                }
            }
            self.look_at_presses(&mut hung).await;
            let now = Tick(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
            for status in self.printers.borrow_and_update().values() {
                watch.heard(status, now);
            }
            let acts = self.look(&mut watch, now).await?;
            self.perform(acts, &mut watch).await?;
        }
    }

    async fn look_at_presses(&self, hung: &mut Hung) {
        let news = hung.look(&self.presses.silences(), &self.printers.borrow());
        for status in news {
            if let Some(error) = &status.error {
                error!("{}: {error}", status.printer);
            }
            // Whoever is gone is ending.
            drop(self.news.send(News::Printer(status)).await);
        }
    }

    /// The relay hears of it at once, and the log each minute, for as long as it lasts: a full disk stops everything.
    async fn look_at_disk(&self, looks: u32) {
        let data = self.config.borrow().data.clone();
        let used = disk::used(&data).filter(|used| *used >= disk::ALARM_AT);
        if let Some(used) = used
            && looks.is_multiple_of(DISK_LOGGED)
        {
            warn!(
                "the disk of {} is {used} % full: make room, since a full one takes no more tickets",
                data.display()
            );
        }
        // Whoever is gone is ending.
        drop(self.news.send(News::Disk(used)).await);
    }

    async fn look(&self, watch: &mut Watch, now: Tick) -> Result<Vec<Act>, SpoolError> {
        let spool = self.spool.clone();
        let read = tokio::task::spawn_blocking(move || read(&spool)).await;
        let (jobs, originals) = read.unwrap_or(Err(SpoolError::Closed))?;
        let config = self.config.borrow();
        let printers: Vec<String> = config
            .printers
            .iter()
            .map(|printer| printer.name.clone())
            .collect();
        let view = View {
            stations: &config.stations,
            printers: &printers,
            jobs: &jobs,
            originals: &originals,
            wall: self.clock.now(),
        };
        Ok(watch.look(view, now))
    }

    async fn perform(&self, acts: Vec<Act>, watch: &mut Watch) -> Result<(), SpoolError> {
        if acts.is_empty() {
            return Ok(());
        }
        for act in acts {
            match act {
                Act::Move(over) => self.hand_over(over).await?,
                Act::Print(slip) => self.print(slip, watch).await?,
            }
        }
        (self.nudge)();
        Ok(())
    }

    async fn hand_over(
        &self,
        Move {
            job,
            from,
            to,
            banners,
            detail,
        }: Move,
    ) -> Result<(), SpoolError> {
        info!(job.id = %job, "{job} {detail}");
        let over = HandOver {
            job_id: job,
            from,
            to,
            banners,
            detail,
            at: self.clock.now(),
        };
        let update = self.spooled(move |spool| spool.hand_over(over)).await?;
        if let Some(update) = update.flatten() {
            // Whoever is gone is ending: what matters is in the spool.
            drop(self.news.send(News::Job(update)).await);
        }
        Ok(())
    }

    async fn print(&self, slip: Slip, watch: &mut Watch) -> Result<(), SpoolError> {
        let now = self.clock.now();
        let offer = match local::slip(&slip, now) {
            Ok(offer) => offer,
            Err(cause) => {
                error!("a slip cannot be made: {cause}");
                watch.printed(slip.id);
                return Ok(());
            }
        };
        let (id, printer) = (slip.id, slip.printer);
        warn!("{}: {} (told at {printer})", slip.about, slip.message);
        let kept = self
            .spooled(move |spool| spool.accept(&offer, &printer, now))
            .await?;
        if kept.is_some() {
            watch.printed(id);
        }
        Ok(())
    }

    /// None where the disk is full: the next look tries again.
    async fn spooled<T, F>(&self, work: F) -> Result<Option<T>, SpoolError>
    where
        T: Send + 'static,
        F: FnOnce(&Spool) -> Result<T, SpoolError> + Send + 'static,
    {
        let spool = self.spool.clone();
        let done = tokio::task::spawn_blocking(move || work(&spool)).await;
        match done.unwrap_or(Err(SpoolError::Closed)) {
            Ok(done) => Ok(Some(done)),
            Err(SpoolError::DiskFull) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

type Read = (Vec<SpoolJob>, BTreeMap<JobId, String>);

fn read(spool: &Spool) -> Result<Read, SpoolError> {
    let jobs = spool.open_jobs()?;
    let mut originals = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.is_waiting() && job.is_correction()) {
        if let Some(printer) = spool.printer_before(job)? {
            originals.insert(job.job.id.clone(), printer);
        }
    }
    Ok((jobs, originals))
}
