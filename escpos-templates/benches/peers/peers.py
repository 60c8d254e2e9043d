"""python-escpos with the bench's ticket of eight items: `peers.py EVENT SECONDS` prints a line of JSON, {name, tickets,
bytes}: tickets a second on one core, bytes of one."""
import json
import sys
import time

from escpos.printer import Dummy

with open(sys.argv[1], encoding="utf-8") as file:
    EVENT = json.load(file)
COLUMNS = 42


def once():
    p = Dummy()
    p.set(invert=True, double_height=True)
    p.textln(EVENT["station"].upper().ljust(COLUMNS - 4) + "#" + str(EVENT["job"]["number"]))
    p.set(invert=False, double_width=True, double_height=True)
    p.textln("TABLE " + EVENT["table_number"])
    p.textln(EVENT["order_number"])
    p.set(normal_textsize=True)
    p.textln(f"{EVENT['order_type']}, {EVENT['source']}".ljust(COLUMNS - 5) + "19:42")
    p.textln(EVENT["waiter"].ljust(COLUMNS - 10) + "Fri 20 Nov")
    p.textln("-" * COLUMNS)
    for item in EVENT["items"]:
        p.set(bold=True, double_height=True)
        p.textln(f"{item['quantity']}x {item['name']}")
        p.set(bold=False, normal_textsize=True)
        for modifier in item["modifiers"]:
            p.textln(f"   + {modifier['name']}")
        if item.get("notes"):
            p.set(invert=True)
            p.textln("   " + item["notes"])
            p.set(invert=False)
    p.textln("-" * COLUMNS)
    p.textln("13 items | job " + EVENT["job"]["id"][-8:])
    p.cut(mode="PART")
    return p.output


size = len(once())
begun = time.perf_counter()
tickets = 0
while time.perf_counter() - begun < float(sys.argv[2]):
    once()
    tickets += 1
rate = round(tickets / (time.perf_counter() - begun))
print(json.dumps({"name": "PyPI python-escpos 3.1, from calls", "tickets": rate, "bytes": size}))
