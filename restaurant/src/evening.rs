//! Service: orders go in, and every ticket of theirs is followed until it is on paper.

#![expect(clippy::indexing_slicing, reason = "JSON answers null for what is not there")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use protocol::{JobId, JobState};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use virtual_printer::Paper;

use crate::house::House;

/// Longest wait for one ticket: past it something is wrong, and the demo says so.
pub const ON_PAPER_WITHIN: Duration = Duration::from_secs(60);

/// How often the relay is asked where a job stands.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A job that is over, as the relay tells it.
#[derive(Debug, Clone)]
pub struct Done {
    /// The job.
    pub id: JobId,
    /// Its station.
    pub station: String,
    /// The station's running number.
    pub number: u64,
    /// Where it ended.
    pub state: JobState,
    /// `printed, evidence A` and the like.
    pub verdict: String,
}

/// Sends an order and gives its jobs' ids.
///
/// # Errors
/// Where the relay refuses the order.
pub async fn send(house: &House, order: &Value) -> Result<Vec<JobId>> {
    let answer = house.client().order(order).await?;
    let jobs = answer["jobs"]
        .as_array()
        .context("the relay's answer has no `jobs`")?;
    Ok(jobs
        .iter()
        .filter_map(|job| job["id"].as_str())
        .map(JobId::new)
        .collect())
}

/// Follows a job until it is on paper.
///
/// # Errors
/// Where it ends otherwise, or does not end in [`ON_PAPER_WITHIN`].
pub async fn follow(house: &House, id: &JobId) -> Result<Done> {
    let deadline = Instant::now() + ON_PAPER_WITHIN;
    loop {
        let job = house.client().get(&format!("/api/jobs/{id}")).await?.json();
        let state = job["state"]
            .as_str()
            .and_then(JobState::parse)
            .context("a job without a state")?;
        if matches!(state, JobState::Printed | JobState::Sent) {
            return Ok(done(id, &job, state));
        }
        if state.is_final() || state == JobState::Unconfirmed || Instant::now() > deadline {
            bail!("job {id} at {} is {state}: {}", job["station"], job["detail"]);
        }
        sleep(LOOK_EVERY).await;
    }
}

fn done(id: &JobId, job: &Value, state: JobState) -> Done {
    let evidence = job["evidence"].as_str().unwrap_or("none");
    Done {
        id: id.clone(),
        station: job["station"].as_str().unwrap_or_default().to_owned(),
        number: job["number"].as_u64().unwrap_or_default(),
        state,
        verdict: format!("{state}, evidence {evidence}"),
    }
}

/// Pairs every job with the paper that carries its id.
///
/// # Errors
/// Where a job has no paper, or more than one.
pub fn papers(house: &House, jobs: &[Done]) -> Result<BTreeMap<JobId, Paper>> {
    let mut found = BTreeMap::new();
    for job in jobs {
        let printer = house
            .printer(&job.station)
            .with_context(|| format!("no printer at {}", job.station))?;
        let mut papers: Vec<Paper> = printer
            .papers()
            .into_iter()
            .filter(|paper| paper.text.contains(job.id.short()))
            .collect();
        match (papers.pop(), papers.len()) {
            (Some(paper), 0) => found.insert(job.id.clone(), paper),
            (None, _) => bail!("{} no. {} has no paper", job.station, job.number),
            (Some(_), more) => bail!("{} no. {} came out {} times", job.station, job.number, more + 1),
        };
    }
    Ok(found)
}
