#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns a terminal's screen with its attributes (tmux capture-pane -e) into an SVG picture.

    picture.py COLUMNS <capture >picture.svg
"""
import re
import sys
from xml.sax.saxutils import escape

CELL_W, CELL_H, PAD = 8.4, 18, 10
PAPER, INK = '#1d2021', '#ebdbb2'
COLOURS = {31: '#fb4934', 32: '#b8bb26'}


def runs(line):
    """Yields (text, attributes) for each stretch of a line with the same attributes."""
    state = {}
    for part in re.split(r'(\x1b\[[0-9;]*m)', line):
        sgr = re.fullmatch(r'\x1b\[([0-9;]*)m', part)
        if not sgr:
            if part:
                yield part, dict(state)
            continue
        for code in (int(c or 0) for c in sgr.group(1).split(';')):
            if code == 0:
                state = {}
            elif code == 1:
                state['bold'] = True
            elif code == 7:
                state['reverse'] = True
            elif code in COLOURS:
                state['ink'] = COLOURS[code]
            elif code == 39:
                state.pop('ink', None)
            elif code == 22:
                state.pop('bold', None)
            elif code == 27:
                state.pop('reverse', None)


def main():
    columns = int(sys.argv[1])
    lines = sys.stdin.read().rstrip('\n').split('\n')
    width, height = columns * CELL_W + 2 * PAD, len(lines) * CELL_H + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
          f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="DejaVu Sans Mono, Menlo, monospace" '
          f'font-size="14">')
    print(f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>')
    for y, line in enumerate(lines):
        x = 0
        for text, attributes in runs(line):
            ink, left, top = attributes.get('ink', INK), PAD + x * CELL_W, PAD + y * CELL_H
            if attributes.get('reverse'):
                print(f'<rect x="{left:.1f}" y="{top}" width="{len(text) * CELL_W:.1f}" '
                      f'height="{CELL_H}" fill="{ink}"/>')
                ink = PAPER
            weight = ' font-weight="bold"' if attributes.get('bold') else ''
            # browsers differ in what they do with blanks: each stretch without two of them apart
            for part in re.finditer(r'\S+( \S+)*', text):
                print(f'<text x="{left + part.start() * CELL_W:.1f}" y="{top + 13}" '
                      f'textLength="{len(part.group()) * CELL_W:.1f}" '
                      f'fill="{ink}"{weight}>{escape(part.group())}</text>')
            x += len(text)
    print('</svg>')


if __name__ == '__main__':
    main()
