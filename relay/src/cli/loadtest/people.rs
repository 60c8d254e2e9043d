//! People: whoever is asked whether a ticket printed looks at the paper.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::call::Caller;
use super::papers::Papers;
use super::scene::printer_of;
use super::tills::Counter;

/// How often somebody looks at the dashboard.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long paper must have been quiet before somebody says that a ticket is not on it.
const SURE_AFTER: Duration = Duration::from_secs(2);

/// Answers every question until dropped; counts them.
pub(super) async fn answer(caller: Caller, papers: Arc<Papers>, counter: Arc<Counter>) {
    let mut asked: HashMap<String, Instant> = HashMap::new();
    let mut items: HashMap<String, String> = HashMap::new();
    loop {
        sleep(LOOK_EVERY).await;
        let Ok(doubts) = caller.jobs(Some("unconfirmed")).await else {
            continue;
        };
        if doubts.is_empty() {
            asked.clear();
            continue;
        }
        if doubts.iter().filter_map(id).any(|id| !items.contains_key(id)) {
            items = counter
                .promises()
                .into_iter()
                .map(|promise| (promise.job, promise.item))
                .collect();
        }
        for doubt in &doubts {
            let Some((id, item)) = id(doubt).and_then(|id| Some((id, items.get(id)?))) else {
                continue;
            };
            let since = *asked.entry(id.to_owned()).or_insert_with(Instant::now);
            if let Some(printed) = look(doubt, item, since, &papers) {
                // Late evidence may have been faster; then there is no question any more.
                let _ = caller
                    .post(&format!("/api/jobs/{id}/resolve"), &json!({"printed": printed}))
                    .await;
            }
        }
    }
}

/// What a person sees: on paper, not on paper, or too early to say.
fn look(doubt: &Value, item: &str, since: Instant, papers: &Papers) -> Option<bool> {
    if !papers.of(item).is_empty() {
        return Some(true);
    }
    let station = doubt.get("station").and_then(Value::as_str).unwrap_or_default();
    let is_sure = since.elapsed() > SURE_AFTER && papers.quiet_for(printer_of(station)) > SURE_AFTER / 2;
    is_sure.then_some(false)
}

fn id(job: &Value) -> Option<&str> {
    job.get("id").and_then(Value::as_str)
}
