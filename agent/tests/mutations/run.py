#!/usr/bin/env python3
"""Plants every fault of faults.toml, one at a time, and says which test sees it.

    python3 agent/tests/mutations/run.py             # builds once, tries every fault, writes agent/tests/MUTATIONS.md
    python3 agent/tests/mutations/run.py P1-heading  # only these
    python3 agent/tests/mutations/run.py --check     # that every fault can still be planted; builds nothing
    python3 agent/tests/mutations/run.py --build     # only builds

The faults go into a copy of the sources under target/mutations, each behind a switch that the environment variable
PLANT turns on, so that one build serves them all. Nothing of it is in the sources that ship. Faults of USB need what
`usb_install` of tests/usb/ci.sh installs.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TREE = ROOT / "target/mutations/tree"
BINS = ROOT / "target/mutations/bins.json"
SEEN = ROOT / "target/mutations/seen.json"
TABLE = ROOT / "agent/tests/MUTATIONS.md"
TESTS = ["press_faults", "press_tickets", "fault_usb", "fault_serial", "virtual_time"]
# A fault may make a test wait for ever; the slowest of them takes a minute.
LIMIT_S = 300

SWITCH = '''
/// Whether this fault is planted: for tests/mutations alone.
#[must_use]
pub fn planted(id: &str) -> bool {
    std::env::var("PLANT").is_ok_and(|plant| plant == id)
}
'''


def edits(fault):
    return [fault, *fault.get("also", [])]


def plant(faults, sources):
    """The sources with every fault in them, each behind its switch."""
    files = {}
    for fault in faults:
        for edit in edits(fault):
            text = files.get(edit["file"]) or (sources / edit["file"]).read_text()
            if text.count(edit["find"]) != 1:
                sys.exit(f"{fault['id']}: {edit['file']} has {text.count(edit['find'])} times:\n{edit['find']}")
            switch = f'crate::planted("{fault["id"]}")'
            files[edit["file"]] = text.replace(edit["find"], edit["put"].replace("PLANTED", switch))
    return files


def copy(faults):
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).split("\n")
    for name in filter(None, listed):
        old, new = ROOT / name, TREE / name
        if not old.is_file() or new.is_file() and new.read_bytes() == old.read_bytes():
            continue
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(old, new)
    for old in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(old.relative_to(TREE)) not in listed:
            old.unlink()
    sources = TREE / "agent/src"
    for name, text in plant(faults, ROOT / "agent/src").items():
        (sources / name).write_text(text)
    lib = (ROOT / "agent/src/lib.rs").read_text()
    (sources / "lib.rs").write_text(lib + SWITCH)


def build(faults):
    copy(faults)
    command = ["cargo", "test", "--locked", "-p", "agent", "--lib", "--no-run", "--message-format=json"]
    for test in TESTS:
        command += ["--test", test]
    env = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/mutations/target")}
    built = subprocess.run(command, cwd=TREE, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    bins = {}
    for line in built.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["profile"]["test"]:
            kind = "lib" if "lib" in message["target"]["kind"] else message["target"]["name"]
            bins[kind] = message["executable"]
    BINS.write_text(json.dumps(bins))


def failing(tests, plant):
    """The tests that fail with this fault, of the first program of `tests` in which one does."""
    bins = json.loads(BINS.read_text())
    for test in tests:
        program, name = test.split()
        command = [bins[program], name, "--test-threads=4"]
        env = {**os.environ, "PLANT": plant, "RUST_BACKTRACE": "0"}
        if program == "fault_usb":
            bus = ROOT / f"target/mutations/bus-{plant or 'none'}-{name}"
            shutil.rmtree(bus, ignore_errors=True)
            bus.mkdir(parents=True)
            env |= {"USBSIM": str(bus / "socket"), "USBSIM_FOLDER": str(bus)}
            simulator = [ROOT / "target/usb/usbsim", bus / "socket", bus]
            command = ["umockdev-wrapper", *simulator, *command, "--include-ignored"]
        try:
            done = subprocess.run(
                command, cwd=TREE / "agent", env=env, capture_output=True, text=True, errors="replace", timeout=LIMIT_S
            )
            out, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            out, code = (late.stdout or b"").decode(errors="replace"), 1
        ran = re.search(r"^running ([1-9]\d*) test", out, re.M)
        if not ran:
            sys.exit(f"{test}: there is no such test")
        found = re.findall(r"^test (\S+) \.\.\. FAILED", out, re.M)
        if code != 0:
            return [name.split("::")[-1] for name in found] or [f"{name} (it never ends)"]
    return []


def table(faults, seen):
    rows = [
        "# Faults that were planted in the press, and the tests that saw them",
        "",
        "Each rule was taken out of the code once, by `python3 agent/tests/mutations/run.py`, and every test named here "
        "failed. Other tests may see it too: the search ends with the first program of tests in which one fails.",
        "",
        "| ID | planted fault | test |",
        "|---|---|---|",
    ]
    for fault in faults:
        tests = ", ".join(f"`{test}`" for test in seen[fault["id"]])
        rows.append(f"| {fault['id']} | {fault['fault']} (`agent/src/{fault['file']}`) | {tests} |")
    TABLE.write_text("\n".join(rows) + "\n")


def main():
    faults = tomllib.loads((HERE / "faults.toml").read_text())["fault"]
    if len({fault["id"] for fault in faults}) != len(faults):
        sys.exit("two faults have one id")
    args = sys.argv[1:]
    if args == ["--check"]:
        plant(faults, ROOT / "agent/src")
        return
    if not [arg for arg in args if arg != "--build"] or not BINS.exists():
        build(faults)
    if args == ["--build"]:
        return
    wanted = [fault for fault in faults if not args or fault["id"] in args]
    seen = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    every = sorted({test for fault in wanted for test in fault["tests"]})
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for test, failed in zip(every, pool.map(lambda test: failing([test], ""), every)):
            if failed:
                sys.exit(f"{test}: fails without any fault: {failed}")
        runs = pool.map(lambda fault: failing(fault["tests"], fault["id"]), wanted)
        for fault, failed in zip(wanted, runs):
            seen[fault["id"]] = failed[:4]
            print(f"{fault['id']:16} {', '.join(failed[:4]) or 'SURVIVED'}", flush=True)
            SEEN.write_text(json.dumps(seen, indent=1))
    survived = [fault["id"] for fault in faults if not seen.get(fault["id"])]
    if survived:
        sys.exit(f"no test sees {', '.join(survived)}")
    table(faults, seen)


main()
