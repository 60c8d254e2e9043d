#!/usr/bin/env python3
"""Which test shows that which fault is survived: writes the tables of docs/reliability.md, or checks them.

A test belongs to an id of the delivery contract by its name: a Rust, Python or shell function whose name begins with
the id (`n3_…`, `fault_n3_…`, `test_n3_…`), or a JavaScript test whose title begins with it ("N3: …"). Where one test
shows several, the ids stand in a row (`i1_i2_…`, "I1, I2: …").

    tests/reliability/table.py            writes
    tests/reliability/table.py --check    fails where an id has no test, or where the page is not what it would write
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"

FAULTS = {
    "N1": "relay and agent apart for ten minutes", "N2": "half-open link", "N3": "loss, latency, duplicates",
    "N4": "name lookup gone", "N5": "inspecting proxy", "N6": "port 9100 taken", "N7": "printer's address moved",
    "N8": "reset after the last byte, before the proof", "N9": "relay restart with 1,000 agents",
    "R1": "relay killed at each step", "R2": "database fails in the middle of a commit",
    "R3": "two sockets for one device", "R4": "slow consumer", "R5": "relay stopped in order",
    "R6": "migration cut off", "R7": "a job that always fails",
    "A1": "agent killed at each step", "A2": "a second agent on one spool", "A3": "panic in one printer's task",
    "A4": "hang", "A6": "bad configuration on reload", "A7": "token revoked",
    "D1": "power cut at every write of the spool", "D2": "disk full", "D3": "error on fsync", "D4": "bit flip",
    "C1": "wrong clock", "C2": "suspended for hours",
    "F1": "huge order or note", "F2": "printer commands in a note", "F3": "real-time commands in image data",
    "F4": "right-to-left, emoji, combining marks, NUL", "F5": "template that fails", "F6": "oversized logo",
    "P1": "power cut at every byte", "P2": "paper end in a ticket", "P3": "cover open", "P4": "cutter error",
    "P5": "overheated head", "P6": "paper near its end", "P7": "printer without any status",
    "P8": "garbage in a proof", "P9": "proof of an earlier job", "P10": "proof ten minutes late",
    "P11": "one byte a second", "P12": "another printer at the address",
    "U1": "unplugged while writing", "U2": "a twin with the same ids", "U3": "claimed by another program",
    "U4": "short writes and stalls", "U5": "Windows printer on its own driver", "U6": "suspend",
    "U7": "wrong baud rate", "U8": "held off for ever",
    "X1": "slow headers, bodies, frames", "X2": "connection flood", "X3": "huge messages, fragments, pings",
    "X4": "foreign origins", "X5": "another outlet's room or ids", "X6": "forged tokens",
    "X7": "stolen device token", "X8": "spoofed forwarding headers", "X9": "malicious relay",
    "X10": "hostile discovery replies", "X11": "script in names, forged requests, internal webhooks",
    "I1": "nothing accepted is lost", "I2": "no unmarked duplicate", "I3": "no silent retry after the first byte",
    "I4": "the shown state is no more than the evidence", "I5": "order per printer",
    "I6": "not one byte across outlets", "I7": "memory, disk and handles bounded", "I8": "an alarm within 60 s",
}

# Nobody has shown these yet; whoever does takes them off this list.
OPEN = {"N4"}

IDS = r"(?:[nradcfpuxi]\d{1,2}_)+"
FUNCTION = re.compile(rf"^\s*(?:pub(?:\(crate\))? )?(?:async )?(?:fn|def) (?:fault_|test_)?({IDS})(\w+)", re.M)
SHELL = re.compile(rf"^({IDS})(\w+) ?\(\)", re.M)
TITLE = re.compile(r"""\b(?:test|it)\(\s*(["'`])((?:[NRADCFPUXI]\d{1,2}(?:, )?)+): (.+?)\1""")
CAUGHT = re.compile(r"^\| *([\w.-]+) *\| *(.+?) *\| *(.+?) *\|", re.M)


def files(*patterns):
    """Tracked files, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )
    return sorted(path for path in set(listed.stdout.splitlines()) if (ROOT / path).is_file())


def tests():
    """(id, title, path) of every test that names an id."""
    found = []
    for path in files("*.rs", "*.py", "*.sh"):
        if path.startswith("tests/reliability/"):
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        pattern = SHELL if path.endswith(".sh") else FUNCTION
        for match in pattern.finditer(text):
            for name in match[1].strip("_").upper().split("_"):
                found.append((name, match[2].replace("_", " "), path))
    for path in files("*.js", "*.mjs", "*.ts"):
        for match in TITLE.finditer((ROOT / path).read_text(encoding="utf-8")):
            for name in match[2].split(", "):
                found.append((name, match[3], path))
    return found


def fault_table(found):
    """The table from id to tests, and the ids that have none."""
    lines, missing = ["| id | what | shown by |", "| --- | --- | --- |"], []
    for name, what in FAULTS.items():
        shown = sorted({(path, title) for of, title, path in found if of == name})
        if bool(shown) == (name in OPEN):
            missing.append(name)
        cell = "<br>".join(f"{title.replace('|', '/')} (`{path}`)" for path, title in shown) or "**no test yet**"
        lines.append(f"| {name} | {what} | {cell} |")
    return "\n".join(lines), missing


def mutation_table():
    """Every list of planted faults, one after another."""
    lines = ["| list | id | planted fault | caught by |", "| --- | --- | --- | --- |"]
    for path in files("*MUTATIONS.md"):
        for name, what, test in CAUGHT.findall((ROOT / path).read_text(encoding="utf-8")):
            if name.lower() not in ("id", "---", "n") and set(name) != {"-"}:
                lines.append(f"| `{Path(path).parent}` | {name} | {what} | {test} |")
    return "\n".join(lines), len(lines) - 2


def put(page, name, text):
    """The page with what stands between two markers replaced."""
    begin, end = f"<!-- {name}: made by tests/reliability/table.py -->", f"<!-- end of {name} -->"
    before, rest = page.split(begin)
    return before + begin + "\n" + text + "\n" + end + rest.split(end)[1]


def main():
    """Writes or checks."""
    table, missing = fault_table(tests())
    planted, count = mutation_table()
    page = PAGE.read_text(encoding="utf-8")
    new = put(put(page, "faults", table), "planted faults", planted)
    if "--check" not in sys.argv:
        PAGE.write_text(new, encoding="utf-8")
        print(f"{len(FAULTS)} ids, {len(OPEN)} still open ({' '.join(sorted(OPEN))}); {count} planted faults listed")
        print("wrong:", " ".join(missing) or "none")
        return 0
    if missing:
        print("no test is named after these, or one is and they are still in OPEN:", " ".join(missing))
    if new != page:
        print("docs/reliability.md is stale: run tests/reliability/table.py and commit")
    print(f"{len(FAULTS)} ids, {count} planted faults: {'wrong' if missing or new != page else 'the page is right'}")
    return int(bool(missing) or new != page)


if __name__ == "__main__":
    sys.exit(main())
