"""Reads what `restaurant --once --out DIR` left and says whether every item of the orders is on the
right station's tickets exactly once. Knows nothing of the product but PRODUCT.md's routing defaults.

    python3 paper_audit.py DIR ORDER.json ...
"""
import json
import pathlib
import re
import sys
from collections import Counter


def first(source, *names, default=None):
    for name in names:
        if source.get(name) is not None:
            return source[name]
    return default


def items_of(order):
    items = first(order, "items", "order_items", "orderItems", "cart")
    return items["items"] if isinstance(items, dict) else items


def station_of(order, item):
    """DIALECTS.md, D1: workstation first, the category only where it decides nothing."""
    station = (first(item, "workstation", default="") or "").lower()
    category = (first(item, "mainCategory", "main_category", default="") or "").lower()
    bar = station == "bar" or re.match(r"bar[ _-]", station)
    if station == "kitchen":
        return "kitchen"
    if bar or "beverage" in category or "minuman" in category:
        area = (first(order, "tableNumber", "table_number", default="") or "")[:1].upper()
        return "bar_belakang" if area.isalpha() and area > "I" else "bar_depan"
    return "kitchen"


def squeeze(text):
    return re.sub(r"\s+", "", text)


def lines_of(text):
    """(quantity, the letters from there on) of every line that begins with an amount, as `2 x Soup`."""
    for match in re.finditer(r"^\s*(\d+)\s*x\s", text, re.MULTILINE):
        yield int(match[1]), squeeze(text[match.end():])


def main():
    folder, files = pathlib.Path(sys.argv[1]), sys.argv[2:]
    wanted = Counter()
    for name in files:
        order = json.loads(pathlib.Path(name).read_text())
        for item in items_of(order):
            wanted[station_of(order, item), item["name"]] += first(item, "quantity", "qty")
    papers = {}
    for path in sorted(folder.glob("*.txt")):
        station, number = re.fullmatch(r"(.+)-(\d+)", path.stem).groups()
        papers.setdefault(station, []).append((int(number), path.read_text()))
        for suffix in (".bin", ".png"):
            if not path.with_suffix(suffix).stat().st_size:
                sys.exit(f"{path.with_suffix(suffix)} is empty")
    wrong = []
    for (station, name), quantity in wanted.items():
        for other, tickets in papers.items():
            # A long name is wrapped: letters are compared without blanks.
            found = sum(n for _, text in tickets for n, rest in lines_of(text) if rest.startswith(squeeze(name)))
            expected = quantity if other == station else wanted.get((other, name), 0)
            if found != expected:
                wrong.append(f"{name}: {found} on the tickets of {other}, expected {expected}")
    for station, tickets in papers.items():
        numbers = [number for number, _ in tickets]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            wrong.append(f"{station}: running numbers {numbers} have a gap or a repeat")
    if wrong or not papers:
        sys.exit("\n".join(wrong) or "no tickets at all")
    print(f"{len(wanted)} passed, 0 failed")


main()
