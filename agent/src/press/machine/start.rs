//! What begins when nothing is going on: connect, look, clear scraps, probe, and then the next ticket.

use protocol::{Banner, Tick};

use super::attempt::{Doing, Draft};
use super::line::Phase;
use super::{Machine, Output, Resync, Voice};
use crate::press::{commands, star};

impl Machine {
    pub(super) fn start_next(&mut self) {
        if !self.is_idle() || !self.unrecorded.is_empty() || self.now < self.record_at || !self.wants_line() {
            return;
        }
        match self.line.phase {
            Phase::Opening => {}
            Phase::Closed if self.now >= self.line.retry_at => {
                self.line.phase = Phase::Opening;
                self.outputs.push_back(Output::Open);
            }
            Phase::Closed => {}
            Phase::Open if self.line.drained() => self.start_on_line(),
            Phase::Open => {}
        }
    }

    fn start_on_line(&mut self) {
        if self.asks() && !self.is_ready() {
            if self.health.trouble().is_none() || self.now >= self.line.look_at {
                self.begin_check();
            }
            return;
        }
        let has_ticket = self.candidate().is_some();
        match self.resync {
            // Probing into an interrupted command would be printed, or answered by nobody.
            Some(_) if !has_ticket => return self.visited(),
            Some(Resync { fill, sent: false }) => return self.resynchronise(fill),
            Some(_) if !self.asks() => self.resync = None,
            Some(_) | None => {}
        }
        if self.asks() && !self.line.verified {
            return self.begin_probe();
        }
        match self.draft() {
            Some(draft) => self.render(draft),
            None => self.visited(),
        }
    }

    /// Done once the printer is ready after it.
    fn resynchronise(&mut self, fill: usize) {
        self.resync = Some(Resync { fill, sent: true });
        self.line.looked = None;
        let bytes = if self.config.speaks_star {
            star::resync(vec![0; fill.min(commands::LARGEST_COMMAND)])
        } else {
            commands::resync(fill)
        };
        self.send(&bytes);
    }

    /// Whether questions to this printer make sense.
    fn asks(&self) -> bool {
        self.line.readable && self.voice != Voice::Silent
    }

    /// It said so itself, just now.
    fn is_ready(&self) -> bool {
        // The answers of a slow printer are as old as its line is long.
        let slower = self.answer_within().saturating_sub(self.config.limits.answer);
        let fresh = self.config.limits.fresh + slower;
        let looked = self.line.looked.is_some_and(|at| self.now.since(at) < fresh);
        looked && self.health.trouble().is_none()
    }

    fn wants_line(&self) -> bool {
        !self.stopping && (self.candidate().is_some() || self.wants_visit() || self.recovery.is_some())
    }

    /// Nobody prints, but somebody may want to know how the printer is.
    fn wants_visit(&self) -> bool {
        (self.is_visited() && self.now >= self.visit_at)
            || (self.voice != Voice::Silent && self.is_unprobed())
    }

    /// Of a silent printer a visit learns nothing, unless it could not even be reached.
    fn is_visited(&self) -> bool {
        self.voice != Voice::Silent || self.obstacle.is_some()
    }

    /// It is ready and has not been asked yet what it can prove: better before the first ticket than with it.
    fn is_unprobed(&self) -> bool {
        self.line.is_open() && self.asks() && !self.line.verified && self.resync.is_none() && self.is_ready()
    }

    fn visited(&mut self) {
        self.visit_at = self.now + self.config.limits.visit;
    }

    fn draft(&self) -> Option<Draft> {
        let (job, heading) = self.candidate()?;
        let kept = job.banners.iter().filter(|banner| !is_renewed(banner)).cloned();
        let mut banners: Vec<Banner> = heading.clone().into_iter().chain(kept).collect();
        let age = self.age(job);
        if age > self.config.limits.late {
            let minutes = u32::try_from(age.as_secs() / 60).unwrap_or(u32::MAX);
            banners.push(Banner::Late { minutes });
        }
        Some(Draft {
            job: job.job.id.clone(),
            number: job.attempt.max(job.job.attempt) + 1,
            is_copy: job.state == protocol::JobState::Unconfirmed,
            before: job.banners.clone(),
            banners,
            proven: None,
        })
    }

    fn render(&mut self, draft: Draft) {
        let Some(job) = self.job(&draft.job) else { return };
        let render = Output::Render {
            job: Box::new(job.clone()),
            banners: draft.banners.clone(),
        };
        self.outputs.push_back(render);
        self.doing = Doing::Rendering(draft);
    }

    pub(super) fn start_deadline(&self) -> Option<Tick> {
        if !self.is_idle() || self.stopping {
            return None;
        }
        let visit = self.is_visited().then_some(self.visit_at);
        let wanted = if self.candidate().is_some() {
            Some(self.now)
        } else {
            visit
        };
        let wanted = wanted?.max(self.record_at);
        match self.line.phase {
            Phase::Opening => None,
            Phase::Closed => Some(wanted.max(self.line.retry_at)),
            Phase::Open if !self.line.drained() => None,
            Phase::Open if self.health.trouble().is_some() => Some(wanted.max(self.line.look_at)),
            Phase::Open => Some(wanted),
        }
    }
}

/// Banners that each attempt gets anew.
fn is_renewed(banner: &Banner) -> bool {
    match banner {
        Banner::Late { .. } | Banner::PossibleDuplicate { .. } | Banner::Reprint => true,
        Banner::Backup { .. } | Banner::Unrouted => false,
    }
}
