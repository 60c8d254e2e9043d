#!/usr/bin/env python3
"""Which code page has which number on which printer, as escpos-printer-db (in PyPI's python-escpos) says, and what is in
it, as Python's codecs say: neither is ours. Writes FOLDER/PROFILE.json, {number: [codec, the characters of 80h to FFh]}."""
import codecs
import json
import os
import sys

import escpos

# Our profile and the printer of the database that it is most like. Where the database has no such model, another of the
# same maker or its `default`, which is Epson's numbering.
PRINTERS = {
    "bixolon-srp": "default", "citizen-ct-s": "CT-S651", "epson-tm-m30": "TM-T20II", "epson-tm-t20": "TM-T20II",
    "epson-tm-t82": "TM-T20II", "epson-tm-t82-chinese": "TM-T20II", "epson-tm-t88": "TM-T88V",
    "epson-tm-t88-japanese": "TM-T88V", "epson-tm-t88iii": "TM-T88II", "epson-tm-u220": "TM-U220B",
    "generic-58": "default", "generic-80": "default", "pos-58": "POS-5890", "star-escpos": "default",
    "star-prnt": "TSP600", "xprinter-80": "POS-5890",
}

# The database knows of the TM-U220 its first page alone; the numbers of the others are Epson's.
EPSON = {"0": "CP437", "2": "CP850", "3": "CP860", "4": "CP863", "5": "CP865", "16": "CP1252", "17": "CP866",
         "18": "CP852", "19": "CP858"}


def upper_half(codec):
    return "".join(bytes([byte]).decode(codec, "replace") for byte in range(0x80, 0x100))


def main(folder):
    path = os.path.join(os.path.dirname(escpos.__file__), "capabilities.json")
    with open(path, encoding="utf-8") as file:
        database = json.load(file)
    os.makedirs(folder, exist_ok=True)
    for ours, theirs in PRINTERS.items():
        pages = {}
        numbers = database["profiles"][theirs]["codePages"]
        if ours == "epson-tm-u220":
            numbers = EPSON | numbers
        for number, name in numbers.items():
            codec = database["encodings"].get(name, {}).get("python_encode")
            try:
                if codec and len(upper_half(codec)) == 128:
                    pages[int(number)] = [codecs.lookup(codec).name, upper_half(codec)]
            except (LookupError, UnicodeError):
                pass
        with open(os.path.join(folder, f"{ours}.json"), "w", encoding="utf-8") as file:
            json.dump(pages, file, ensure_ascii=False)


main(sys.argv[1])
