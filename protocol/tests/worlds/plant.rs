//! Faults planted into the shells around the machines, to prove that the worlds notice them.

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// The agent acknowledges before the job is on disk.
    AckBeforeSpooled,
    /// The agent reports once and never again.
    NoResend,
    /// The relay forgets to look for more when the window empties.
    NoRefill,
    /// The relay settles before it has stored.
    SettleBeforeStored,
    /// The agent takes a silent link for a live one.
    DeafToSilence,
    /// The agent registers on its first connection alone.
    RegisterOnce,
    /// A nudge is lost and the relay does not look by itself.
    NeverLook,
    /// The press says "printed" before there is paper.
    ReportBeforePaper,
    /// After a crash the press prints again without asking for proof.
    ForgetIntent,
    /// The agent forgets that a job was settled.
    ForgetSettled,
    /// The agent gives up connecting.
    GiveUp,
    /// The relay keeps a "sent" position across connections.
    KeepCursor,
    /// What a person wishes is told once and never again.
    WishOnce,
    /// The agent does not report to a new connection what it holds.
    ForgetUnsettled,
}

impl Plant {
    pub(crate) const ALL: [Self; 14] = [
        Self::AckBeforeSpooled,
        Self::NoResend,
        Self::NoRefill,
        Self::SettleBeforeStored,
        Self::DeafToSilence,
        Self::RegisterOnce,
        Self::NeverLook,
        Self::ReportBeforePaper,
        Self::ForgetIntent,
        Self::ForgetSettled,
        Self::GiveUp,
        Self::KeepCursor,
        Self::WishOnce,
        Self::ForgetUnsettled,
    ];
}
