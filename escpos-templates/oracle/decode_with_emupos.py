#!/usr/bin/env python3
"""ESC/POS on stdin, its text on stdout, by emupos, a virtual printer that others wrote. emupos 0.4, Python 3.13."""
import importlib.resources
import sys

import yaml
from emupos.config import PrinterProfile
from emupos.printer.escpos.model import PrintModel
from emupos.printer.escpos.tokenizer import Tokenizer

facts = importlib.resources.files("emupos").joinpath("profiles/printers/epson-tm-t20iii.yaml").read_text("utf-8")
model = PrintModel("oracle", PrinterProfile(**yaml.safe_load(facts)))
for token in Tokenizer().feed(sys.stdin.buffer.read()):
    for event in model.process(token):
        print(event, file=sys.stderr)
receipt = model.finish("cut")
sys.stdout.buffer.write((receipt.text if receipt else "").encode())
