"""Makes docs/limits.md out of the constants themselves: `python3 tests/limits.py`; with `--check` it fails where the page
says something else than the code. What a limit is for is the comment above its constant."""

import difflib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "limits.md"

# Section, then file and names.
LISTED = [
    ("Requests and connections", [
        ("relay/src/limits.rs", "ENROLMENTS_PER_MINUTE"),
        ("relay/src/accept/pace.rs", "HEAD_WITHIN IDLE_FOR TAKEN_WITHIN"),
        ("relay/src/accept/tls.rs", "HANDSHAKE_WITHIN"),
        ("relay/src/accept.rs", "HEAD_BYTES"),
        ("relay/src/http/input.rs", "BODY_WITHIN DISCARD_AT_MOST LONGEST_KEY LARGEST_PAGE"),
        ("relay/src/http/events.rs", "LONGEST_WAIT_S"),
        ("relay/src/lib.rs", "DRAIN_WITHIN"),
    ]),
    ("Sockets and rooms", [
        ("relay/src/rooms.rs", "MAX_CONNECTIONS MAX_ROOMS"),
        ("relay/src/rooms/outbox.rs", "MAX_OUTBOX_MESSAGES MAX_OUTBOX_BYTES"),
        ("relay/src/sockets/websocket.rs", "PING_EVERY DEAD_AFTER WRITE_WITHIN"),
        ("relay/src/sockets/socketio/mod.rs", "MAX_INBOX PONG_WITHIN"),
        ("relay/src/sockets/socketio/session.rs", "CONNECT_WITHIN"),
        ("relay/src/dialects/station/verbs.rs", "MAX_ROOM"),
    ]),
    ("Orders", [
        ("relay/src/order/input/items.rs", "MAX_ITEMS MAX_NOTE MAX_EXTRAS MAX_COURSE"),
        ("relay/src/order/decide/items.rs", "MAX_ORDER_ITEMS"),
        ("relay/src/order/input/fields.rs", "MAX_ID MAX_TEXT MAX_AMOUNT MAX_DECIMALS"),
        ("relay/src/order/command.rs", "MAX_QUANTITY"),
        ("relay/src/routing/check.rs", "MAX_ENTRIES MAX_COPIES"),
        ("relay/src/http/templates.rs", "LONGEST_SOURCE"),
    ]),
    ("Tokens and pairing", [
        ("relay/src/auth/jwt.rs", "LONGEST LEEWAY_SECONDS"),
        ("relay/src/auth/issuer.rs", "SHORTEST_SECRET"),
        ("relay/src/auth/fetch.rs", "LARGEST WITHIN"),
        ("relay/src/auth/remote.rs", "MOST_KEYS AT_MOST_EVERY"),
        ("relay/src/auth/mod.rs", "LONGEST_OUTLET"),
        ("relay/src/http/tokens.rs", "DEFAULT_TTL LONGEST_TTL"),
        ("relay/src/http/pairing.rs", "DEFAULT_TTL LONGEST_TTL MOST_TRIES MOST_STATIONS"),
    ]),
    ("The relay's store", [
        ("relay/src/store/handle/mod.rs", "QUEUE AUDIT_DAYS"),
        ("relay/src/store/books.rs", "MOST_KEPT"),
        ("relay/src/service.rs", "KNOWN_OUTLETS"),
    ]),
    ("The link between relay and agent", [
        ("protocol/src/frames.rs", "MAX_FRAME_BYTES"),
        ("protocol/src/link.rs", "WINDOW PING_EVERY DEAD_AFTER MAX_STATIONS"),
        ("protocol/src/link/agent.rs", "CONNECT_WITHIN REGISTER_WITHIN MAX_UNSETTLED MAX_PRINTERS"),
        ("protocol/src/link/agent/reports.rs", "BURST BURST_EVERY IN_FLIGHT RESEND_AFTER"),
        ("protocol/src/link/relay.rs", "MAX_STORING"),
        ("protocol/src/link/relay/lane.rs", "OFFER_AGAIN_AFTER"),
        ("protocol/src/backoff.rs", "BASE CAP ASKED_MAX"),
        ("agent/src/link/connection.rs", "MESSAGE_MAX OUTBOX"),
    ]),
    ("Spool and presses", [
        ("agent/src/spool/owner.rs", "WAITING BATCH"),
        ("agent/src/spool/jobs.rs", "REMEMBER_HOURS"),
        ("agent/src/spool/disk.rs", "ALARM_AT"),
        ("agent/src/press/status.rs", "MAX_BLOCK MAX_ASKED"),
        ("agent/src/press/render.rs", "MAX_COPIES"),
        ("agent/src/port/mod.rs", "CONNECT"),
        ("agent/src/port/document.rs", "DOCUMENT_MAX"),
        ("agent/src/port/cups/http.rs", "ANSWER_MAX LINE_MAX LINES_MAX"),
        ("agent/src/watch/mod.rs", "ALARM_AFTER ASK_AFTER LISTED"),
    ]),
    ("The agent's own door, and discovery", [
        ("agent/src/daemon/control.rs", "AT_ONCE WITHIN"),
        ("agent/src/daemon/ask.rs", "REQUEST_MAX ANSWER_MAX"),
        ("agent/src/net/http.rs", "BODY_MAX"),
        ("agent/src/discovery/mod.rs", "FOUND_MAX FIELD_MAX"),
        ("agent/src/discovery/mdns.rs", "EVENTS_MAX LISTEN"),
        ("agent/src/discovery/subnet.rs", "PREFIX_MIN AT_ONCE"),
        ("agent/src/discovery/snmp.rs", "AT_ONCE WITHIN"),
        ("agent/src/cli/logfile.rs", "SIZE_MAX"),
    ]),
    ("Templates and tickets", [
        ("escpos-templates/src/template/mod.rs", "FUEL MOST_MARKUP"),
        ("escpos-templates/src/logo.rs", "MOST_PIXELS MOST_BYTES"),
        ("escpos-templates/src/paint/png.rs", "MOST_ROWS"),
        ("escpos-templates/src/shape/glyph.rs", "CACHE_LIMIT"),
        ("escpos-templates/src/report.rs", "PROBLEMS"),
        ("agent/src/tickets.rs", "TEMPLATE_MAX FONT_MAX"),
        ("agent/src/cli/render.rs", "FILE_MAX"),
    ]),
]

HEAD = """# Limits

Every queue, frame, attempt and wait is bounded. Made from the constants by `python3 tests/limits.py`; a check in CI says when
this page is out of date.

## What relay.toml may change

`[limits]` in relay.toml; 0 is off.

| setting | default | |
| --- | --- | --- |
"""

DOC = re.compile(r"\s*///\s?(.*)")


def source(path):
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def comment_above(lines, at):
    words = []
    while at > 0:
        at -= 1
        found = DOC.match(lines[at])
        if found:
            words.insert(0, found[1])
        elif not lines[at].lstrip().startswith("#["):
            break
    text = re.sub(r"\[(`[^`\]]*`)\]", r"\1", " ".join(words))
    return text.replace("|", "&#124;")


def shown(value):
    """A constant's expression as people write it."""
    value = value.strip()
    numbers = re.fullmatch(r"Duration::from_(secs|millis|mins|hours)\((.*)\)", value)
    unit = {"secs": " s", "millis": " ms", "mins": " min", "hours": " h"}[numbers[1]] if numbers else ""
    value = numbers[2] if numbers else value
    if not re.fullmatch(r"[\d_\s+*/()<-]+", value):
        return f"`{value}`"
    return f"{eval(value.replace('_', '')):,}{unit}"  # Digits and signs alone.


def constant(path, name):
    lines = source(path)
    pattern = re.compile(rf"\s*(?:pub(?:\([a-z]+\))? )?const {name}: [^=]+= (.*)")
    for at, line in enumerate(lines):
        found = pattern.match(line)
        if found:
            value = found[1]
            while not value.rstrip().endswith(";"):
                at_end = lines.index(line) + 1
                value += " " + lines[at_end].strip()
                line = lines[at_end]
            return shown(value.rstrip().rstrip(";")), comment_above(lines, at)
    sys.exit(f"{path} has no constant {name}: mend the list in {Path(__file__).name}")


def settings():
    lines = source("relay/src/limits.rs")
    text = "\n".join(lines)
    default = text[text.index("impl Default for LimitSettings"):]
    default = default[: default.index("\n}\n")]
    defaults = dict(re.findall(r"^ {12}(\w+): ([^,]+),$", default, re.M))
    for at, line in enumerate(lines):
        field = re.match(r"    pub (\w+): ", line)
        if field and field[1] in defaults:
            yield f"| `{field[1]}` | {shown(defaults[field[1]])} | {comment_above(lines, at)} |"


def page():
    out = [HEAD + "\n".join(settings()) + "\n"]
    for section, files in LISTED:
        out.append(f"\n## {section}\n\n| limit | constant | why |\n| --- | --- | --- |\n")
        for path, names in files:
            for name in names.split():
                value, why = constant(path, name)
                if not why:
                    sys.exit(f"{path}: {name} does not say what it is for")
                out.append(f"| {value} | [`{name}`](../{path}) | {why} |\n")
    return "".join(out)


def main():
    made = page()
    if "--check" not in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
        return
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if there != made:
        sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), made.splitlines(True), "docs/limits.md", "the code"))
        sys.exit("docs/limits.md is out of date: python3 tests/limits.py")
    print("docs/limits.md says what the code says")


main()
