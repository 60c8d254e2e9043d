//! Paper against promises.

use std::collections::HashMap;

use jiff::Timestamp;
use protocol::JobId;
use serde_json::Value;

use super::papers::Paper;
use super::scene::printer_of;
use super::tills::Promise;

/// I8: how soon a person must be told.
pub(super) const ALARM_WITHIN_S: f64 = 60.0;

/// Broken promises that are told one by one.
const MOST_TOLD: usize = 20;

/// What was found.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Findings {
    /// Tickets promised.
    pub(super) tickets: usize,
    /// On no paper and in no doubt, or never shown by the relay (I1).
    pub(super) lost: usize,
    /// Copies that do not say that they are one (I2).
    pub(super) unmarked_duplicates: usize,
    /// Copies that say so.
    pub(super) marked_duplicates: usize,
    /// Tickets of which people were asked.
    pub(super) unconfirmed: usize,
    /// Shown as more than there is evidence for (I4).
    pub(super) unproven: usize,
    /// Unmarked papers before an earlier one of their station (I5).
    pub(super) out_of_order: usize,
    /// Out of the wrong printer.
    pub(super) astray: usize,
    /// Longest time from the first byte, or from the acceptance, until it was on paper or a person was told.
    pub(super) slowest_alarm_s: f64,
    /// Times longer than 60 s among these (I8).
    pub(super) late_alarms: usize,
    /// The first broken promises, in words.
    pub(super) broken: Vec<String>,
}

/// Holds every promise against the paper and against what the relay shows.
pub(super) fn audit(promises: &[Promise], shown: &[Value], papers: impl Fn(&str) -> Vec<Paper>) -> Findings {
    let shown: HashMap<&str, &Value> = shown.iter().map(|job| (text(job, "id"), job)).collect();
    let mut findings = Findings {
        tickets: promises.len(),
        ..Findings::default()
    };
    let alarms = alarms(&shown);
    let mut order: HashMap<&str, Vec<(usize, u64)>> = HashMap::new();
    for promise in promises {
        let papers = papers(&promise.item);
        let Some(job) = shown.get(promise.job.as_str()) else {
            findings.lost += 1;
            findings.tell(promise, "the relay does not know it");
            continue;
        };
        findings.on_paper(promise, job, &papers);
        findings.told_in_time(promise, job, &alarms);
        let first = papers.iter().find(|paper| !paper.is_marked);
        if let (Some(paper), Some(number)) = (first, job.get("number").and_then(Value::as_u64)) {
            order
                .entry(&promise.station)
                .or_default()
                .push((paper.place, number));
        }
    }
    for places in order.values_mut() {
        places.sort_unstable();
        findings.out_of_order += places
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if a.1 > b.1))
            .count();
    }
    findings
}

impl Findings {
    /// Whether every promise was kept.
    pub(super) fn is_kept(&self) -> bool {
        self.lost
            + self.unmarked_duplicates
            + self.unproven
            + self.out_of_order
            + self.astray
            + self.late_alarms
            == 0
    }

    fn on_paper(&mut self, promise: &Promise, job: &Value, papers: &[Paper]) {
        let state = text(job, "state");
        let unmarked = papers.iter().filter(|paper| !paper.is_marked).count();
        let marked = papers.len() - unmarked;
        self.marked_duplicates += marked.saturating_sub(usize::from(unmarked == 0));
        if papers.is_empty() && state != "unconfirmed" {
            self.lost += 1;
            self.tell(promise, &format!("{state}, and on no paper"));
        }
        if unmarked > 1 {
            self.unmarked_duplicates += unmarked - 1;
            self.tell(promise, &format!("{unmarked} papers say nothing of being copies"));
        }
        let short = JobId::new(&promise.job);
        let is_astray =
            |paper: &&Paper| paper.printer != printer_of(&promise.station) || paper.job != short.short();
        if papers.iter().filter(is_astray).count() > 0 {
            self.astray += 1;
            self.tell(promise, "came out of the wrong printer or under another job");
        }
        if state == "printed" && job.get("evidence").is_none_or(Value::is_null) {
            self.unproven += 1;
            self.tell(promise, "printed without evidence");
        }
    }

    /// From the first byte to the doubt, and from the acceptance to paper or an alarm.
    fn told_in_time(&mut self, promise: &Promise, job: &Value, alarms: &Alarms) {
        let steps = job.get("history").and_then(Value::as_array);
        let steps: Vec<_> = steps.into_iter().flatten().filter_map(step).collect();
        if steps.iter().any(|(state, _)| *state == "unconfirmed") {
            self.unconfirmed += 1;
        }
        let Some((_, accepted)) = steps.first() else {
            return;
        };
        let told = |(state, _): &&(&str, Timestamp)| !matches!(*state, "accepted" | "spooled" | "printing");
        // Whoever waits behind a ticket in doubt is known to wait by that ticket's alarm.
        let ahead = alarms
            .get(printer_of(&promise.station))
            .map_or(&[][..], Vec::as_slice);
        let ahead = ahead.get(ahead.partition_point(|at| at < accepted)).copied();
        let own = steps.iter().find(told).map(|(_, at)| *at);
        let first = own
            .into_iter()
            .chain(ahead)
            .min()
            .map(|at| seconds(*accepted, at));
        let doubts = steps.windows(2).filter_map(|pair| match pair {
            [("printing", begun), ("unconfirmed", at)] => Some(seconds(*begun, *at)),
            _ => None,
        });
        let slowest = first.into_iter().chain(doubts).fold(0.0, f64::max);
        self.slowest_alarm_s = self.slowest_alarm_s.max(slowest);
        if slowest > ALARM_WITHIN_S {
            self.late_alarms += 1;
            self.tell(promise, &format!("nobody was told for {slowest:.1} s"));
        }
    }

    fn tell(&mut self, promise: &Promise, what: &str) {
        if self.broken.len() < MOST_TOLD {
            self.broken.push(format!(
                "{} (job {}, {}): {what}",
                promise.item, promise.job, promise.station
            ));
        }
    }
}

/// When people were told of trouble at each printer, in order.
type Alarms = HashMap<&'static str, Vec<Timestamp>>;

fn alarms(shown: &HashMap<&str, &Value>) -> Alarms {
    let mut alarms = Alarms::new();
    for job in shown.values() {
        let steps = job.get("history").and_then(Value::as_array);
        let told = steps.into_iter().flatten().filter_map(step);
        let told = told.filter(|(state, _)| matches!(*state, "unconfirmed" | "held"));
        let at = alarms.entry(printer_of(text(job, "station"))).or_default();
        at.extend(told.map(|(_, at)| at));
    }
    alarms.values_mut().for_each(|times| times.sort_unstable());
    alarms
}

fn step(step: &Value) -> Option<(&str, Timestamp)> {
    Some((
        step.get("state")?.as_str()?,
        step.get("at")?.as_str()?.parse().ok()?,
    ))
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn text<'a>(job: &'a Value, field: &str) -> &'a str {
    job.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn promise() -> Promise {
        Promise {
            job: "00000000-0123abcd".to_owned(),
            station: "kitchen".to_owned(),
            item: "LT1K".to_owned(),
        }
    }

    fn paper(place: usize, is_marked: bool) -> Paper {
        Paper {
            printer: "kitchen",
            place,
            is_marked,
            job: "0123abcd".to_owned(),
        }
    }

    fn job(printed_at: &str) -> Value {
        json!({"id": "00000000-0123abcd", "state": "printed", "evidence": "A", "number": 1, "history": [
            {"state": "accepted", "at": "2026-11-20T12:00:00Z"}, {"state": "printing", "at": "2026-11-20T12:00:01Z"},
            {"state": "printed", "at": printed_at}]})
    }

    fn found(papers: &[Paper], job: Value) -> Findings {
        audit(&[promise()], &[job], |_| papers.to_vec())
    }

    const SOON: &str = "2026-11-20T12:00:02Z";

    #[test]
    fn a_ticket_on_paper_once_is_a_promise_kept_and_a_marked_copy_beside_it_is_counted() {
        assert!(found(&[paper(1, false)], job(SOON)).is_kept());
        let copied = found(&[paper(1, false), paper(2, true)], job(SOON));
        assert!(copied.is_kept());
        assert_eq!(copied.marked_duplicates, 1);
    }

    #[test]
    fn whatever_breaks_a_promise_is_found() {
        assert_eq!(found(&[], job(SOON)).lost, 1);
        assert_eq!(audit(&[promise()], &[], |_| vec![paper(1, false)]).lost, 1);
        assert_eq!(
            found(&[paper(1, false), paper(2, false)], job(SOON)).unmarked_duplicates,
            1
        );
        let elsewhere = Paper {
            printer: "bar",
            ..paper(1, false)
        };
        assert_eq!(found(&[elsewhere], job(SOON)).astray, 1);
        let mut unproven = job(SOON);
        unproven["evidence"] = Value::Null;
        assert_eq!(found(&[paper(1, false)], unproven).unproven, 1);
        let late = found(&[paper(1, false)], job("2026-11-20T12:01:02Z"));
        assert_eq!(
            (late.late_alarms, late.is_kept(), late.broken.len()),
            (1, false, 1)
        );
    }

    #[test]
    fn papers_in_another_order_than_their_numbers_are_found() {
        let second = Promise {
            job: "00000000-99999999".to_owned(),
            item: "LT2K".to_owned(),
            ..promise()
        };
        let mut later = job(SOON);
        later["id"] = json!(second.job);
        later["number"] = json!(2);
        let papers = |item: &str| match item {
            "LT1K" => vec![paper(2, false)],
            _ => vec![Paper {
                job: "99999999".to_owned(),
                ..paper(1, false)
            }],
        };
        assert_eq!(
            audit(&[promise(), second], &[job(SOON), later], papers).out_of_order,
            1
        );
    }
}
