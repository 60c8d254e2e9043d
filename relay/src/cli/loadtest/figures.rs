//! Memory and handles of a process (Linux: /proc), and figures over many measurements.

use std::fs;
use std::time::Duration;

/// What a process holds at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Held {
    /// Resident memory in KiB.
    pub(super) memory_kib: u64,
    /// Open file handles.
    pub(super) handles: usize,
}

/// What a process holds; none where it cannot be told.
pub(super) fn held(process: u32) -> Option<Held> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(Held {
        memory_kib: line.trim().trim_end_matches(" kB").trim().parse().ok()?,
        handles: fs::read_dir(format!("/proc/{process}/fd")).ok()?.count(),
    })
}

/// The time within which so many percent were done; zero for none.
pub(super) fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut times: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut times, 99), Duration::from_millis(99));
        assert_eq!(percentile(&mut times, 50), Duration::from_millis(50));
        assert_eq!(percentile(&mut [], 99), Duration::ZERO);
    }
}
