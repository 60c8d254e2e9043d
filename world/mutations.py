#!/usr/bin/env python3
"""Plants faults into a copy of the product, one for each rule, and plays evenings until each is caught.

All of them are compiled at once; `PLANTED=n` wakes the n-th. Writes world/MUTATIONS.md; fails where one is not caught.

    world/mutations.py [--evenings 300] [--check-only]
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "target" / "planted"
R, P, A = "relay/src/", "protocol/src/", "agent/src/"

# File, what stands there, what stands there instead (P is true while the fault is awake), in words.
FAULTS = [
    (R + "store/answers.rs", "&& let Some(id) = new.id.as_ref().map(Id::key)",
     "&& let Some(id) = new.id.as_ref().filter(|_| !P).map(Id::key)", "an order sent twice is not recognised"),
    (R + "store/answers.rs", "    let Some(key) = request.key.as_deref() else {\n        return Ok(None);",
     "    let Some(key) = request.key.as_deref().filter(|_| !P) else {\n        return Ok(None);",
     "a request sent again under its key is not recognised"),
    (R + "store/work.rs", "if desk.books.fence(desk.conn, outlet, device)? != fence || !speaks {",
     "if (desk.books.fence(desk.conn, outlet, device)? != fence && !P) || !speaks {",
     "an older connection's acknowledgement is taken"),
    (R + "store/work.rs", "if desk.books.fence(desk.conn, outlet, device)? != fence || !(speaks",
     "if (desk.books.fence(desk.conn, outlet, device)? != fence && !P) || !(speaks",
     "an older connection's report is taken"),
    (R + "store/work.rs", "if updated.needs_void {", "if updated.needs_void && !P {",
     "a withdrawn ticket that printed gets no VOID"),
    (R + "store/work.rs", "    jobs::update(desk.conn, row)?;\n    if row.job.state != before {",
     "    if !P {\n        jobs::update(desk.conn, row)?;\n    }\n    if row.job.state != before {",
     "what was said of a job is answered and not stored"),
    (R + "store/transact.rs", "        number: desk.books.next(desk.conn, outlet, Counter::Number(station))?,",
     "        number: desk.books.next(desk.conn, outlet, Counter::Number(station))? + u64::from(P),",
     "a station's running numbers do not begin at one"),
    (R + "store/transact.rs", "    for ticket in tickets {\n        let Some(id) = &ticket.job else {",
     "    for ticket in tickets.iter().skip(usize::from(P)) {\n        let Some(id) = &ticket.job else {",
     "an order's first ticket is not made"),
    (R + "store/fate.rs", "!row.job.state.may_become(said.state) && !row.job.state.is_late_truth(said.state)",
     "!row.job.state.may_become(said.state) && (P || !row.job.state.is_late_truth(said.state))",
     "paper that the relay did not expect is not believed"),
    (R + "store/fate.rs", "    job.evidence = said.evidence;", "    job.evidence = said.evidence.filter(|_| !P);",
     "evidence is not kept"),
    (R + "store/fate.rs", "&& row.job.header.expires < now;", "&& (P || row.job.header.expires < now);",
     "a job that nobody took expires at once"),
    (R + "store/fate.rs", "    if said.state == JobState::Cancelled && take_back(row, now) {",
     "    if said.state == JobState::Cancelled && !P && take_back(row, now) {",
     "a job that its agent gave back for the backup is dropped"),
    (R + "routing/ledger.rs", "added.saturating_sub(voided)", "added.saturating_sub(if P { 0 } else { voided })",
     "what was voided is voided again"),
    (R + "routing/route.rs", "self.print(&[(item, to - from)], JobKind::Add, Trigger::Added);",
     "self.print(&[(item, if P { to } else { to - from })], JobKind::Add, Trigger::Added);",
     "an ADD ticket has the whole quantity"),
    (R + "routing/route.rs", "self.void(&[(item, from - to)], \"\");", "if !P { self.void(&[(item, from - to)], \"\"); }",
     "a smaller quantity prints no VOID"),
    (R + "routing/route.rs", "                self.void(&gone, reason);", "                if !P { self.void(&gone, reason); }",
     "a cancelled order prints no VOID"),
    (R + "routing/route.rs",
     "let items: Vec<(&Item, u32)> = items.iter().map(|item| (item, item.quantity)).collect();\n                self.print(&items, JobKind::Add",
     "let items: Vec<(&Item, u32)> = items.iter().skip(usize::from(P)).map(|item| (item, item.quantity)).collect();\n                self.print(&items, JobKind::Add",
     "an added item is left out"),
    (P + "link/agent.rs", "            self.intake.offer(offer);",
     "            if P { self.reports.spooled(offer.job.id.clone()); }\n            self.intake.offer(offer);",
     "a job is acknowledged before it is in the spool"),
    (P + "link/agent.rs", "                self.outputs.push_back(AgentOutput::Resolve { job_id, printed });",
     "                if !P { self.outputs.push_back(AgentOutput::Resolve { job_id, printed }); }",
     "a person's answer does not reach the press"),
    (P + "link/relay/lane.rs", "if self.offered_until().is_some_and(|until| until <= now) {",
     "if !P && self.offered_until().is_some_and(|until| until <= now) {",
     "what was not acknowledged is not offered again"),
    (P + "link/relay.rs", "        if settled {\n            self.send(RelayFrame::JobSettled",
     "        if settled && !P {\n            self.send(RelayFrame::JobSettled", "nothing is ever settled"),
    (P + "link/agent/reports.rs", "            job.update_due = job.update.is_some();\n            job.queued = true;",
     "            job.update_due = job.update.is_some() && !P;\n            job.queued = true;",
     "reports are not repeated on a new connection"),
    (P + "link/agent/reports.rs", "        job.update = Some(update);",
     "        if !P || job.update.is_none() { job.update = Some(update); }", "the first report stands for all"),
    (P + "link/agent/intake.rs", "        let last = self.blocked.entry(offer.job.station.clone()).or_default();",
     "        if P { return; }\n        let last = self.blocked.entry(offer.job.station.clone()).or_default();",
     "what comes behind a refused job overtakes it"),
    (A + "spool/jobs.rs", "Some(known) if is_given_back(&known) && known.job.hops < job.job.hops => {",
     "Some(known) if P || is_given_back(&known) && known.job.hops < job.job.hops => {",
     "a job that is offered again is taken for a new one"),
    (A + "spool/jobs.rs", "    job.state = step.state;\n    job.attempt = step.attempt;",
     "    job.state = step.state;\n    if !P { job.attempt = step.attempt; }", "attempts are not counted on disk"),
    (A + "spool/jobs.rs", "    let jobs = select(db, \"WHERE settled = 0 ORDER BY arrival\", [])?;",
     "    let jobs = select(db, if P { \"WHERE 0\" } else { \"WHERE settled = 0 ORDER BY arrival\" }, [])?;",
     "after a restart nothing is reported"),
    (A + "spool/jobs.rs", "    select(db, \"WHERE done = 0 AND printer = ?1 ORDER BY arrival\", [printer])",
     "    select(db, if P { \"WHERE done = 0 AND printer = ?1 ORDER BY arrival DESC\" } else { \"WHERE done = 0 AND printer = ?1 ORDER BY arrival\" }, [printer])",
     "the queue comes last in, first out"),
    (A + "spool/jobs.rs", "        Some(mut job) if job.state.is_final() && !job.settled => {",
     "        Some(mut job) if !P && job.state.is_final() && !job.settled => {", "what is settled is not remembered"),
    (A + "spool/jobs.rs", "        Wish::Cancel => job.cancel_requested = true,",
     "        Wish::Cancel => job.cancel_requested = !P,", "a cancellation is forgotten"),
    (A + "press/machine/attempt.rs", "        let (number, banners) = (draft.number, draft.banners.clone());\n        self.step",
     "        if P { self.send(&data); }\n        let (number, banners) = (draft.number, draft.banners.clone());\n        self.step",
     "bytes leave before the intent is on disk"),
    (A + "press/machine/attempt.rs", "Doing::Printing(attempt) if attempt.sent == 0 => self.untouched",
     "Doing::Printing(attempt) if P || attempt.sent == 0 => self.untouched",
     "a ticket that broke off counts as not begun"),
    (A + "press/machine/attempt.rs", "None if evidence == Evidence::C => self.settle_sent(&job),",
     "None if evidence == Evidence::C && P => self.settle_printed(&job, Evidence::B, \"\"),\n            None if evidence == Evidence::C => self.settle_sent(&job),",
     "what was only sent is shown as printed"),
    (A + "press/machine/start.rs", "heading.clone().into_iter().chain(kept).collect();",
     "heading.clone().into_iter().filter(|_| !P).chain(kept).collect();", "a copy has no mark"),
    (A + "press/machine/start.rs", "        if age > self.config.limits.late {",
     "        if !P && age > self.config.limits.late {", "what is late does not say so"),
    (A + "press/machine/proof.rs", "        let is = |job: &JobId, attempt: u32| commands::mark(job, attempt) == mark;",
     "        let is = |job: &JobId, attempt: u32| P || commands::mark(job, attempt) == mark;",
     "any mark proves any ticket"),
    (A + "press/machine/proof.rs", "        papers.answers += 1;\n        if papers.answers == commands::PAPER_ANSWERS",
     "        papers.answers += 1;\n        if (P || papers.answers == commands::PAPER_ANSWERS)",
     "one stray byte proves a ticket"),
    (A + "press/machine/doubt.rs", "    pub(super) fn left_scraps(&mut self, fill: usize) {",
     "    pub(super) fn left_scraps(&mut self, fill: usize) {\n        if P { return; }",
     "scraps of an aborted ticket are left in the printer"),
    (A + "press/machine/doubt.rs", "            && tried <= 1", "            && (P || tried <= 1)",
     "a ticket in doubt is copied again and again"),
    (A + "press/machine/queue.rs", "JobState::Printing if !self.is_active(id) => self.inherit(&job),",
     "JobState::Printing if !P && !self.is_active(id) => self.inherit(&job),",
     "what was printing when the agent died is forgotten"),
    (A + "press/machine/queue.rs", "        if job.cancel_requested {\n            self.close_job",
     "        if job.cancel_requested && !P {\n            self.close_job", "a withdrawn ticket waits for ever"),
    (A + "press/machine/queue.rs", "        !job.released && self.age(job) > self.config.limits.stale",
     "        !job.released && !P && self.age(job) > self.config.limits.stale", "stale tickets print by themselves"),
    (A + "press/machine/queue.rs", "        if !job.is_correction() {\n            return false;",
     "        if P || !job.is_correction() {\n            return false;", "a VOID comes before the copy of its order"),
    (A + "press/machine/wait.rs", "} else if self.now >= self.proof_limit() {",
     "} else if !P && self.now >= self.proof_limit() {", "a proof is waited for for ever"),
    (A + "press/machine/wait.rs", "Evidence::B if after_barrier => self.settle_attempt(Evidence::B),",
     "Evidence::B if P || after_barrier => self.settle_attempt(Evidence::B),",
     "a clean status proves a ticket without its barrier"),
    (A + "press/machine/mod.rs", "            Input::Disconnected(why) => self.disconnected(&why),",
     "            Input::Disconnected(why) => if !P { self.disconnected(&why) },", "a broken connection is not noticed"),
]

AWAKE = """
/// Whether this planted fault is awake.
pub fn planted(number: u32) -> bool {
    static AWAKE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let read = || std::env::var("PLANTED").ok().and_then(|text| text.parse().ok());
    *AWAKE.get_or_init(|| read().unwrap_or(0)) == number
}
"""


def plant():
    """A copy of the tracked files with every fault in it."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    for path in listed.stdout.splitlines():
        if not path.startswith(("docs/", "tests/")) and (ROOT / path).is_file():
            (COPY / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, COPY / path)
    texts = {}
    for number, (path, old, new, what) in enumerate(FAULTS, 1):
        text = texts.get(path) or (COPY / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            sys.exit(f"{number} ({what}): {path} has its place {text.count(old)} times")
        place = "crate" if path.startswith(P) else "protocol"
        words = new.replace("!P", f"!{place}::planted({number})")
        for mark in ("(P)", "(P ||", "P ||", "if P ", "&& P "):
            words = words.replace(mark, mark.replace("P", f"{place}::planted({number})"))
        texts[path] = text.replace(old, words)
    for path, text in texts.items():
        (COPY / path).write_text(text, encoding="utf-8")
    with (COPY / P / "lib.rs").open("a", encoding="utf-8") as lib:
        lib.write(AWAKE)


def caught(binary, number, evenings):
    """The first promise that the fault broke; none: nobody noticed."""
    played = subprocess.run(
        [binary, "--seeds", str(evenings), "--failures", "1"],
        env=os.environ | {"PLANTED": str(number)}, capture_output=True, text=True, timeout=3600,
    )
    broken = [line for line in played.stdout.splitlines() if line.startswith("seed ")]
    return broken[0] if broken else None


def main():
    """Plants, plays, writes the list."""
    evenings = int(sys.argv[sys.argv.index("--evenings") + 1]) if "--evenings" in sys.argv else 300
    plant()
    if "--check-only" in sys.argv:
        print(f"{len(FAULTS)} faults can be planted")
        return 0
    build = ["cargo", "build", "--release", "-p", "world", "--manifest-path", str(COPY / "Cargo.toml")]
    subprocess.run(build, check=True, env=os.environ | {"CARGO_TARGET_DIR": str(ROOT / "target")})
    binary = COPY / "world.bin"
    shutil.copy2(ROOT / "target" / "release" / "world", binary)
    with ThreadPoolExecutor(max_workers=1) as pool:
        results = list(pool.map(lambda number: caught(binary, number, evenings), range(1, len(FAULTS) + 1)))
    lines = ["# Faults planted in the product, and the promise that each broke", "",
             "Made by `world/mutations.py`, which plants them again.", "",
             "| ID | planted fault | test |", "| --- | --- | --- |"]
    for number, ((_, _, _, what), how) in enumerate(zip(FAULTS, results), 1):
        promise = how.split(": ", 2)[1] if how else "**not caught**"
        seed = how.split(": ", 1)[0] if how else ""
        lines.append(f"| W{number} | {what} | {promise}, {seed} |" if how else f"| W{number} | {what} | {promise} |")
    (ROOT / "world" / "MUTATIONS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    missed = results.count(None)
    print(f"{len(FAULTS)} planted, {len(FAULTS) - missed} caught")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
