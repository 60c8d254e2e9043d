#!/usr/bin/env python3
"""ESC/POS on stdin, its text on stdout, by emupos, a virtual printer that others wrote: `emupos PAGES.json`, the file being
one that `code_pages.py` wrote. emupos 0.4, Python 3.13."""
import importlib.resources
import json
import sys

import yaml
from emupos.config import PrinterProfile
from emupos.printer.escpos.model import PrintModel
from emupos.printer.escpos.tokenizer import Tokenizer

facts = importlib.resources.files("emupos").joinpath("profiles/printers/epson-tm-t20iii.yaml").read_text("utf-8")
facts = yaml.safe_load(facts)
with open(sys.argv[1], encoding="utf-8") as file:
    facts["code_pages"] = {int(number): codec for number, (codec, _) in json.load(file).items()}
model = PrintModel("oracle", PrinterProfile(**facts))
cuts = 0
for token in Tokenizer().feed(sys.stdin.buffer.read()):
    cuts += getattr(token, "name", "") == "GS V"
    for event in model.process(token):
        print(event, file=sys.stderr)
receipt = model.finish("cut")
sys.stdout.buffer.write((receipt.text if receipt else "").encode())
print(f"\n[cuts {cuts}]")
