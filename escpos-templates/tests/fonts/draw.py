"""Draws han-jp.ttf and han-sc.ttf: one Chinese character each, in two forms that cannot be mistaken, under the names by
which the shaping library looks for a region's font. Ours from the first line on. Needs fontTools: `python3 draw.py`."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM = 1000


def box(left, bottom, right, top):
    pen = TTGlyphPen(None)
    pen.moveTo((left, bottom))
    for corner in [(left, top), (right, top), (right, bottom)]:
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def font(name, path, form):
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "han"])
    builder.setupCharacterMap({ord("直"): "han"})
    builder.setupGlyf({".notdef": box(0, 0, 1, 1), "han": form})
    builder.setupHorizontalMetrics({".notdef": (EM, 0), "han": (EM, 0)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": name, "styleName": "Regular", "fullName": name, "psName": name.replace(" ", "")})
    builder.setupOS2(sTypoAscender=880, usWinAscent=880, usWinDescent=120)
    builder.setupPost()
    builder.setupHead(unitsPerEm=EM, created=0, modified=0)
    builder.save(path)


folder = Path(__file__).parent
font("Noto Sans CJK JP", folder / "han-jp.ttf", box(100, 0, 900, 100))
font("Noto Sans CJK SC", folder / "han-sc.ttf", box(100, 0, 200, 800))
