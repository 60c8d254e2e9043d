//! Paper against promises: reads what lies on the floor, not what anybody says of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use virtual_printer::Paper;

const MARKS: [&str; 2] = ["POSSIBLE DUPLICATE", "REPRINT"];

/// Checks I1 to I5 and says what was found.
///
/// # Errors
/// The first invariant that does not hold, with the job.
pub(crate) fn audit(
    promised: &[Value],
    shown: &[Value],
    papers: &BTreeMap<&str, Vec<Paper>>,
) -> Result<String> {
    let shown: BTreeMap<&str, &Value> = shown
        .iter()
        .filter_map(|job| Some((job["id"].as_str()?, job)))
        .collect();
    let promised: BTreeSet<&str> = promised.iter().filter_map(|job| job["id"].as_str()).collect();
    let mut marked = 0;
    for id in &promised {
        let job = shown
            .get(id)
            .with_context(|| format!("I1: job {id} is not at the relay"))?;
        marked += one_job(id, job, papers)?;
    }
    ensure!(
        shown.len() == promised.len(),
        "{} jobs promised, {} at the relay",
        promised.len(),
        shown.len()
    );
    for (station, papers) in papers {
        in_order(station, papers, &shown)?;
    }
    Ok(format!("0 lost, 0 unmarked duplicates, {marked} marked copies"))
}

fn one_job(id: &str, job: &Value, papers: &BTreeMap<&str, Vec<Paper>>) -> Result<usize> {
    let short = protocol::JobId::new(id);
    let mine: Vec<(&str, &Paper)> = papers
        .iter()
        .flat_map(|(station, papers)| papers.iter().map(|paper| (*station, paper)))
        .filter(|(_, paper)| paper.text.contains(short.short()))
        .collect();
    let marked = mine.iter().filter(|(_, paper)| is_marked(paper)).count();
    ensure!(!mine.is_empty(), "I1: job {id} has no paper: {job}");
    ensure!(
        mine.len() - marked <= 1,
        "I2: job {id} came out {} times unmarked: {job}",
        mine.len() - marked
    );
    ensure!(
        mine.iter().all(|(station, _)| job["station"] == *station),
        "job {id} is at a wrong station: {job}"
    );
    match job["state"].as_str() {
        Some("printed") => ensure!(!job["evidence"].is_null(), "I4: printed without evidence: {job}"),
        Some("sent") => ensure!(
            job["evidence"] == "C",
            "I4: sent with evidence {}",
            job["evidence"]
        ),
        state => bail!("I1: job {id} ended as {state:?}: {job}"),
    }
    if marked > 0 {
        ensure!(
            job["attempt"].as_u64() > Some(1),
            "I3: a copy that no attempt accounts for: {job}"
        );
    }
    Ok(marked)
}

fn is_marked(paper: &Paper) -> bool {
    MARKS.iter().any(|mark| paper.text.contains(mark))
}

/// I5: the running numbers of unmarked papers rise.
fn in_order(station: &str, papers: &[Paper], shown: &BTreeMap<&str, &Value>) -> Result<()> {
    let numbers: BTreeMap<String, u64> = shown
        .iter()
        .filter(|(_, job)| job["station"] == station)
        .filter_map(|(id, job)| {
            Some((
                protocol::JobId::new(*id).short().to_owned(),
                job["number"].as_u64()?,
            ))
        })
        .collect();
    let mut last = 0;
    for paper in papers.iter().filter(|paper| !is_marked(paper)) {
        let Some(number) = numbers
            .iter()
            .find_map(|(short, number)| paper.text.contains(short).then_some(*number))
        else {
            continue; // a scrap: what an interrupted ticket left before the next one
        };
        ensure!(number > last, "I5: {station} printed {number} after {last}");
        last = number;
    }
    Ok(())
}
