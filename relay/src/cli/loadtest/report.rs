//! What is told at the end.

use std::fmt;

use super::attack::Attack;
use super::audit::Findings;
use super::faults::Planted;
use super::figures::Held;

/// 99 of 100 orders are answered so soon while the relay is attacked.
const ATTACKED_WITHIN_MS: f64 = 250.0;

/// The report, in text and as JSON.
#[derive(Debug, serde::Serialize)]
pub(super) struct Report {
    /// Orders that were answered with success.
    pub(super) orders: u32,
    /// Seconds from the first order to the last paper.
    pub(super) seconds: f64,
    /// Faults by kind.
    pub(super) faults: Planted,
    /// Half of the answers came within so many milliseconds, retries included.
    pub(super) answer_p50_ms: f64,
    /// 99 of 100 answers.
    pub(super) answer_p99_ms: f64,
    /// How the attack went, where there was one.
    pub(super) attack: Option<Attack>,
    /// The relay at the beginning and at the end, where it is ours.
    pub(super) relay: Option<(Held, Held)>,
    /// Paper against promises.
    #[serde(flatten)]
    pub(super) findings: Findings,
}

impl Report {
    /// Whether every promise was kept.
    pub(super) fn is_kept(&self) -> bool {
        let attack = self.attack.as_ref();
        self.findings.is_kept()
            && attack.is_none_or(|attack| {
                attack.stayed == 0 && attack.late == 0 && self.answer_p99_ms < ATTACKED_WITHIN_MS
            })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.findings;
        writeln!(f, "orders               {}", self.orders)?;
        writeln!(f, "tickets              {}", found.tickets)?;
        writeln!(f, "seconds              {:.0}", self.seconds)?;
        writeln!(
            f,
            "answers              p50 {:.1} ms, p99 {:.1} ms",
            self.answer_p50_ms, self.answer_p99_ms
        )?;
        writeln!(f, "faults               {}", self.faults.values().sum::<u32>())?;
        for (kind, count) in &self.faults {
            writeln!(f, "  {count:>6}  {kind}")?;
        }
        writeln!(f, "lost                 {}", found.lost)?;
        writeln!(f, "unmarked duplicates  {}", found.unmarked_duplicates)?;
        writeln!(f, "marked duplicates    {}", found.marked_duplicates)?;
        writeln!(f, "people were asked of {}", found.unconfirmed)?;
        writeln!(f, "out of order         {}", found.out_of_order)?;
        writeln!(f, "astray               {}", found.astray)?;
        writeln!(f, "without evidence     {}", found.unproven)?;
        writeln!(f, "slowest alarm        {:.1} s", found.slowest_alarm_s)?;
        if let Some(attack) = &self.attack {
            writeln!(
                f,
                "attackers            {} slow, {} in a flood, {} refused",
                attack.slow, attack.flood, attack.refused
            )?;
            writeln!(
                f,
                "slowest to be gone   {:.1} s, {} after 10 s, {} never",
                attack.slowest_s, attack.late, attack.stayed
            )?;
        }
        if let Some((before, after)) = self.relay {
            let memory = (before.memory_kib / 1024, after.memory_kib / 1024);
            writeln!(
                f,
                "relay's memory       {} MiB, at the end {} MiB",
                memory.0, memory.1
            )?;
            writeln!(
                f,
                "relay's handles      {}, at the end {}",
                before.handles, after.handles
            )?;
        }
        for broken in &found.broken {
            writeln!(f, "BROKEN: {broken}")?;
        }
        let kept = if self.is_kept() {
            "every promise was kept"
        } else {
            "A PROMISE WAS BROKEN"
        };
        write!(f, "{kept}")
    }
}
