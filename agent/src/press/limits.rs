//! Every wait and limit of a press, named. Tests shorten them; nothing else does.

use std::time::Duration;

/// The waits of one press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For one answer to a question (PRINTERS.md, "Probe": 500 ms).
    pub answer: Duration,
    /// Between looks at a printer that is not ready or has not confirmed yet.
    pub look: Duration,
    /// A readiness this young is good for the next ticket.
    pub fresh: Duration,
    /// An obstacle this old is written to the waiting jobs; a shorter one would only flicker.
    pub hold_after: Duration,
    /// Before the next try to connect; doubles up to [`Limits::retry_most`].
    pub retry: Duration,
    /// The longest wait between tries: a printer that comes back prints within this.
    pub retry_most: Duration,
    /// An unused connection is closed: the printer serves one client, and drops idle ones itself.
    pub idle: Duration,
    /// Between visits to a printer that nobody prints to.
    pub visit: Duration,
    /// Printing takes about this, and [`Limits::per_byte`] more for each byte.
    pub print_base: Duration,
    /// Printing time per byte: 2 ms is 17 mm/s for raster of 576 dots, slower than any printer.
    pub per_byte: Duration,
    /// A proof later than four times the printing time and this is a doubt.
    pub proof: Duration,
    /// A printer that is alive may take this long per byte (1 byte/s and some) before a copy is printed.
    pub slowest_byte: Duration,
    /// Between a doubt and the copy that nobody's answer made needless (DELIVERY.md: 60 s).
    pub question: Duration,
    /// Later than this the ticket says `LATE` (DELIVERY.md: 5 min).
    pub late: Duration,
    /// Later than this it is held for a person (DELIVERY.md: 30 min).
    pub stale: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self {
            answer: Duration::from_millis(500),
            look: Duration::from_secs(2),
            fresh: Duration::from_secs(1),
            hold_after: Duration::from_secs(3),
            retry: Duration::from_secs(1),
            retry_most: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            visit: minutes(1),
            print_base: Duration::from_secs(1),
            per_byte: Duration::from_millis(2),
            proof: Duration::from_secs(10),
            slowest_byte: Duration::from_millis(1500),
            question: minutes(1),
            late: minutes(5),
            stale: minutes(30),
        }
    }
}

impl Limits {
    /// The time that a ticket of so many bytes takes to print, rather too long than too short.
    #[must_use]
    pub fn printing(&self, bytes: usize) -> Duration {
        self.print_base + times(self.per_byte, bytes)
    }

    /// How long to wait for a proof before it is a doubt.
    #[must_use]
    pub fn proof(&self, bytes: usize) -> Duration {
        self.proof + self.printing(bytes) * 4
    }

    /// How long a printer that is alive may take for a ticket.
    #[must_use]
    pub fn slowest(&self, bytes: usize) -> Duration {
        self.proof + times(self.slowest_byte, bytes)
    }
}

fn times(each: Duration, bytes: usize) -> Duration {
    each.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_grow_with_the_bytes() {
        let limits = Limits::default();
        assert!(limits.proof(10_000) > limits.proof(100));
        assert!(
            limits.slowest(600) > Duration::from_secs(600),
            "one byte a second is no reason to give up"
        );
    }
}
