//! What is counted and timed, for Prometheus (`/metrics`). One recorder serves the whole process.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::dialects::Dialect;
use crate::error::Code;

/// Bucket bounds in seconds: from one millisecond, where an order on its way to a screen should be,
/// to the minute after which a person must have been told (DELIVERY.md, I8).
const SECONDS: [f64; 14] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];

/// The states that a printer may be in (`PrinterInfo::state`, or offline by its status).
pub const PRINTER_STATES: [&str; 7] = [
    "ready",
    "offline",
    "paper_out",
    "cover_open",
    "error",
    "busy",
    "unknown",
];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Reads what was recorded.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// The process's recorder, installed on first use.
    #[must_use]
    pub fn install() -> Self {
        Self(RECORDER.get_or_init(install).clone())
    }

    /// Everything as Prometheus text.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds recorded histogram samples together; to be called every few seconds, so that memory
    /// stays bounded where nobody scrapes.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// A request was refused with this code, or a frame was.
pub fn refused(code: Code) {
    counter!("printrail_errors_total", "code" => code.as_str()).increment(1);
}

/// A frame was refused with this code.
pub fn frame_refused(code: &'static str) {
    counter!("printrail_errors_total", "code" => code).increment(1);
}

/// A request was answered.
pub fn answered(route: &str, method: &str, status: u16, took: Duration) {
    histogram!("printrail_http_request_seconds",
        "route" => route.to_owned(), "method" => method.to_owned(), "status" => status.to_string())
    .record(took);
}

/// Counts a socket of `dialect` as open until it is dropped.
#[derive(Debug)]
pub struct OpenConnection(&'static str);

impl OpenConnection {
    /// One more socket is open.
    #[must_use]
    pub fn of(dialect: &'static str) -> Self {
        gauge!("printrail_connections", "dialect" => dialect).increment(1.0);
        Self(dialect)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!("printrail_connections", "dialect" => self.0).decrement(1.0);
    }
}

/// Sockets of Socket.IO by the dialect whose rooms they joined; one may be in several. The connections of
/// the other dialects are counted as they come.
pub fn listeners(counts: &HashMap<Dialect, usize>) {
    let named = [
        (Dialect::Floor, "floor"),
        (Dialect::Session, "session"),
        (Dialect::BackOffice, "backoffice"),
    ];
    for (dialect, name) in named {
        let count = counts.get(&dialect).copied().unwrap_or_default();
        gauge!("printrail_connections", "dialect" => name)
            .set(exact(u64::try_from(count).unwrap_or(u64::MAX)));
    }
}

/// A socket came back with a position to resume from.
pub fn reconnected(dialect: &'static str) {
    counter!("printrail_reconnections_total", "dialect" => dialect).increment(1);
}

/// Frames of an event of that name were handed to so many sockets.
pub fn events_sent(event: &str, sockets: usize) {
    if sockets == 0 {
        return;
    }
    counter!("printrail_events_total", "event" => event.to_owned())
        .increment(u64::try_from(sockets).unwrap_or(u64::MAX));
}

/// From the transaction of a request to its events in the sockets' outboxes.
pub fn order_to_event(took: Duration) {
    histogram!("printrail_order_to_event_seconds").record(took);
}

/// From the job's acceptance to its final, printed state.
pub fn order_to_paper(took: Duration) {
    histogram!("printrail_order_to_paper_seconds").record(took);
}

/// Jobs in `state` right now, over all outlets.
pub fn jobs(state: &'static str, count: u64) {
    gauge!("printrail_jobs", "state" => state).set(exact(count));
}

/// Printers by state right now, over all outlets. A state that no printer is in any more is 0.
pub fn printers(counts: &BTreeMap<&'static str, u64>) {
    for state in PRINTER_STATES {
        let count = counts.get(state).copied().unwrap_or_default();
        gauge!("printrail_printers", "state" => state).set(exact(count));
    }
}

/// A count as Prometheus takes it; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no relay has 2^53 of anything")]
fn exact(count: u64) -> f64 {
    count as f64
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let builder = builder
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another metrics recorder is installed; /metrics stays empty");
    }
    describe();
    handle
}

fn describe() {
    describe_gauge!("printrail_connections", "Open sockets by dialect");
    describe_counter!(
        "printrail_reconnections_total",
        "Sockets that resumed from a position"
    );
    describe_counter!(
        "printrail_events_total",
        "Event frames handed to sockets, by name"
    );
    describe_counter!("printrail_errors_total", "Refusals by code");
    describe_gauge!("printrail_jobs", "Jobs by state");
    describe_gauge!("printrail_printers", "Printers by state");
    describe_histogram!("printrail_http_request_seconds", "Answers by route");
    describe_histogram!("printrail_order_to_event_seconds", "From a request to its events");
    describe_histogram!(
        "printrail_order_to_paper_seconds",
        "From an accepted job to paper"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_can_be_read() {
        let metrics = Metrics::install();
        refused(Code::TooLarge);
        order_to_event(Duration::from_millis(3));
        let _open = OpenConnection::of("test");
        let text = metrics.render();
        assert!(
            text.contains("printrail_errors_total{code=\"TOO_LARGE\"}"),
            "{text}"
        );
        assert!(
            text.contains("printrail_order_to_event_seconds_bucket{le=\"0.005\"}"),
            "{text}"
        );
        assert!(
            text.contains("printrail_connections{dialect=\"test\"} 1"),
            "{text}"
        );
    }
}
