//! The spool's rules, the invariants of DELIVERY.md, and what a ticket looks like in these tests.

use protocol::{Banner, Evidence, JobState};

use super::printer::Printer;
use super::rig::{Plant, Rig};
use crate::press::machine::Input;
use crate::spool::{SpoolJob, Step};

impl Rig {
    pub(super) fn record(&mut self, step: Step) {
        if self.disk_full {
            let step = Box::new(step);
            self.inputs.push_back(Input::NotRecorded { step, again: true });
            return self.inputs.push_back(self.queue());
        }
        let dies = match &mut self.die_at_record {
            Some((0, after)) => Some(*after),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        let id = step.job_id.clone();
        if !self.jobs.iter().any(|job| job.job.id == id) {
            // Another printer has it now.
            let step = Box::new(step);
            self.inputs.push_back(Input::NotRecorded { step, again: false });
            return self.inputs.push_back(self.queue());
        }
        if step.state == JobState::Printing
            && let Some(happens) = self.at_intent.take()
        {
            happens(self);
        }
        if dies != Some(false) {
            self.keep(step);
        }
        if dies.is_some() {
            self.die_at_record = None;
            self.dead = true;
            return;
        }
        self.inputs.push_back(Input::Recorded(id));
    }

    /// Whatever proof comes, it looks like the proof of the ticket that is printing.
    pub(super) fn forge(&self, says: &mut [u8]) {
        let Some(job) = self.jobs.iter().find(|job| job.state == JobState::Printing) else {
            return;
        };
        let mark = crate::press::commands::mark(&job.job.id, job.attempt);
        let start = says.windows(2).position(|window| window == [0x37, 0x22]);
        if let Some(slot) = start.and_then(|start| says.get_mut(start + 2..start + 6)) {
            slot.copy_from_slice(&mark);
        }
    }

    /// The rules of the spool, and I4: no more is shown than is true.
    pub(super) fn keep(&mut self, step: Step) {
        if self.plant == Plant::IntentAfterTheByte && step.state == JobState::Printing {
            return;
        }
        let job = self
            .jobs
            .iter_mut()
            .find(|job| job.job.id == step.job_id)
            .unwrap();
        let untouched = step.attempt < job.attempt;
        let legal = if untouched {
            job.state.may_become_untouched(step.state)
        } else {
            job.state.may_become(step.state)
        };
        assert!(legal, "{} -> {}: {step:?}", job.state, step.state);
        if step.state == JobState::Printing {
            job.first_try = job.first_try.or(Some(step.at));
            job.answer = None;
        }
        job.state = step.state;
        job.attempt = step.attempt;
        job.evidence = step.evidence;
        job.detail = step.detail.clone();
        job.banners = step.banners.clone();
        job.at = step.at;
        self.history
            .push((step.job_id.to_string(), step.state, step.detail.clone()));
        if matches!(step.evidence, Some(Evidence::A | Evidence::B)) {
            let papers = papers_of(&self.printer, step.job_id.as_str());
            assert!(
                !papers.is_empty(),
                "I4: {} is {:?} without paper: {:?} {:?}",
                step.job_id,
                step.evidence,
                self.history,
                self.printer.papers
            );
        }
    }

    /// I3: the intent comes first, and unmarked bytes leave in one attempt alone.
    pub(super) fn check_bytes(&mut self, bytes: &[u8]) {
        let printing = self.jobs.iter().find(|job| job.state == JobState::Printing);
        if bytes.contains(&b'<') {
            assert!(
                printing.is_some(),
                "I3: a byte left before its intent was on disk"
            );
        }
        let Some(job) = printing.filter(|_| !bytes.is_empty()) else {
            return;
        };
        let marked = job
            .banners
            .iter()
            .any(|banner| matches!(banner, Banner::PossibleDuplicate { .. } | Banner::Reprint));
        if !marked && bytes.contains(&b'<') {
            let attempts = self.unmarked.entry(job.job.id.clone()).or_default();
            attempts.insert(job.attempt);
            assert_eq!(attempts.len(), 1, "I3: {} was sent again unmarked", job.job.id);
        }
    }

    /// I2 and I5, and with `all` I1: every job is on paper, but for what is only said to be sent.
    pub(super) fn check_papers(&self, all: bool) {
        let mut last = 0;
        for paper in &self.printer.papers {
            assert!(
                paper.matches('<').count() <= 2,
                "two tickets on one paper: {paper:?}: {:?}",
                self.history
            );
        }
        for job in &self.jobs {
            let papers = papers_of(&self.printer, job.job.id.as_str());
            let first: Vec<usize> = papers
                .iter()
                .filter(|(_, marked)| !marked)
                .map(|(index, _)| *index)
                .collect();
            assert!(
                first.len() <= 1,
                "I2: {} came out {} times unmarked",
                job.job.id,
                first.len()
            );
            if let [index] = first[..] {
                assert!(index >= last, "I5: {} overtook", job.job.id);
                last = index;
            }
            if all
                && !matches!(
                    job.state,
                    JobState::Cancelled | JobState::Expired | JobState::Sent
                )
            {
                assert!(
                    !papers.is_empty(),
                    "I1: {} ({}) is lost: {:?}",
                    job.job.id,
                    job.state,
                    self.history
                );
            }
        }
    }
}

/// `ESC @`, the heading, some raster, the end, the cut.
pub(super) fn ticket(job: &SpoolJob, banners: &[Banner]) -> Vec<u8> {
    let heading: Vec<&str> = banners
        .iter()
        .map(|banner| match banner {
            Banner::Late { .. } => "LATE",
            Banner::PossibleDuplicate { .. } => "POSSIBLE DUPLICATE",
            Banner::Reprint => "REPRINT",
            Banner::Backup { .. } => "BACKUP",
            Banner::Unrouted => "UNROUTED",
        })
        .collect();
    let mut bytes = b"\x1B@".to_vec();
    bytes.extend(format!("<{}|{}\n", job.job.id, heading.join(",")).bytes());
    bytes.extend([0x1D, b'v', b'0', 0, 4, 0, 16, 0]);
    bytes.extend([0x20; 64]);
    bytes.extend(format!("end of <{}>\n", job.job.id).bytes());
    bytes.extend([0x1D, b'V', 66, 0]);
    bytes
}

/// The whole papers of a job: where they came in the row, and whether they are marked.
pub(super) fn papers_of(printer: &Printer, id: &str) -> Vec<(usize, bool)> {
    let head = format!("<{id}|");
    let tail = format!("end of <{id}>");
    let whole = |paper: &&(usize, &String)| paper.1.contains(&head) && paper.1.contains(&tail);
    let marked = |paper: &String| paper.contains("POSSIBLE DUPLICATE") || paper.contains("REPRINT");
    let papers: Vec<(usize, &String)> = printer.papers.iter().enumerate().collect();
    papers
        .iter()
        .filter(whole)
        .map(|(index, paper)| (*index, marked(paper)))
        .collect()
}
