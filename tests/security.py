"""Says which tests that SECURITY.md names are not there any more."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOMES = ["protocol", "escpos-templates", "relay", "agent", "fuzz", "tests"]


def tests():
    for home in HOMES:
        for path in (ROOT / home).rglob("*"):
            if path.suffix in (".rs", ".mjs") and not {"target", "node_modules"} & set(path.parts):
                text = path.read_text(encoding="utf-8")
                yield from re.findall(r"\bfn (\w+)\(", text)
                yield from re.findall(r"\btest\(['`\"](.+?)['`\"], ", text)


def main():
    rows = [line for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {name for row in rows if row.count(" | ") == 3 for name in re.findall(r"`([^`]+)`", row.split(" | ")[3])}
    # A test may get the id of a fault in front of its name.
    there = list(tests())
    missing = sorted(name for name in named if not any(test.endswith(name) for test in there))
    if missing or len(named) < 50:
        sys.exit(f"SECURITY.md names tests that are not there: {missing or 'too few rows were read'}")
    print(f"SECURITY.md names {len(named)} tests, all of them there")


main()
