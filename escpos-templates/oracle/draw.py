#!/usr/bin/env python3
"""Lines of text on stdin, a PNG of them on stdout, drawn by Pillow: `draw FONT SIZE`, SIZE in pixels to the em. What an
OCR program makes of it is the measure for what it makes of our paper."""
import sys

from PIL import Image, ImageDraw, ImageFont

font = ImageFont.truetype(sys.argv[1], int(sys.argv[2]))
lines = sys.stdin.buffer.read().decode().splitlines()
pitch = int(sys.argv[2])
image = Image.new("L", (576, pitch * (len(lines) + 2)), 255)
pen = ImageDraw.Draw(image)
for number, line in enumerate(lines, 1):
    pen.text((0, pitch * number), line, fill=0, font=font)
image.save(sys.stdout.buffer, "PNG")
