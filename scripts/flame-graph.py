#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws what `perf script -F comm,ip,sym` prints as a flame graph: an SVG file on standard output.

    perf script -F comm,ip,sym | scripts/flame-graph.py --title TEXT >profile.svg
    perf script -F comm,ip,sym | scripts/flame-graph.py --folded     one line per stack, and its samples

A box is a function; its width is its share of the samples, what it stands on called it. Boxes of
less than --least percent are left out, with all above them."""

import argparse
import collections
import html
import re
import sys

WIDTH, LINE, FONT = 1100, 17, 11
FRAME = re.compile(r"^\s+[0-9a-f]+ (.+)$")


def stacks(lines):
    """{(outermost, ..., innermost): samples} of perf's text: a line that names the thread, its frames from
    the innermost on, an empty line."""
    found, frames, thread = collections.Counter(), [], None
    for line in list(lines) + [""]:
        frame = FRAME.match(line)
        if frame:
            frames.append(re.sub(r"\+0x[0-9a-f]+$", "", frame.group(1)))
        elif line.strip():
            thread = line.split(":")[0].strip()
        elif thread is not None:
            found[(thread, *reversed(frames))] += 1
            frames, thread = [], None
    return found


def tree(found):
    """Nested {name: [samples, children]}."""
    root = {}
    for stack, samples in found.items():
        level = root
        for name in stack:
            box = level.setdefault(name, [0, {}])
            box[0] += samples
            level = box[1]
    return root


def boxes(level, total, least, x=0, depth=0):
    """(x, depth, samples, name) of those that are wide enough."""
    for name, (samples, children) in sorted(level.items()):
        if 100 * samples >= least * total:
            yield x, depth, samples, name
            yield from boxes(children, total, least, x, depth + 1)
        x += samples


def colour(name, depth):
    """The same for the same name; threads, at the bottom, are paler."""
    seed = sum(ord(letter) * (index + 1) for index, letter in enumerate(name))
    return f"rgb({215 + seed % 40},{120 + seed % 90 if depth else 190},{60 + seed % 50})"


def svg(found, title, least):
    total = sum(found.values())
    drawn = list(boxes(tree(found), total, least))
    height = (max(depth for _, depth, _, _ in drawn) + 3) * LINE
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
           f' height="{height}" font-family="monospace" font-size="{FONT}">',
           f'<text x="4" y="{LINE - 4}">{html.escape(title)} ({total} samples)</text>']
    for x, depth, samples, name in drawn:
        left, width = WIDTH * x / total, WIDTH * samples / total
        top = height - (depth + 1) * LINE - 2
        letters = int(width / (FONT * 0.62)) - 1
        shown = name if len(name) <= letters else name[:max(letters - 2, 0)] + ".."
        out.append(f'<g><title>{html.escape(name)}: {samples}, {100 * samples / total:.1f} %</title>'
                   f'<rect x="{left:.1f}" y="{top}" width="{max(width - 0.5, 0.3):.1f}"'
                   f' height="{LINE - 1}" fill="{colour(name, depth)}"/>'
                   + (f'<text x="{left + 2:.1f}" y="{top + LINE - 5}">{html.escape(shown)}</text>'
                      if letters >= 3 else "") + "</g>")
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--title", default="flame graph")
    parser.add_argument("--least", type=float, default=0.2, help="percent (default 0.2)")
    parser.add_argument("--folded", action="store_true", help="text instead of a picture")
    args = parser.parse_args()
    found = stacks(line.rstrip("\n") for line in sys.stdin)
    if not found:
        sys.exit("flame-graph: no samples: it reads what `perf script -F comm,ip,sym` prints")
    if args.folded:
        for stack, samples in sorted(found.items()):
            print(";".join(stack), samples)
    else:
        sys.stdout.write(svg(found, args.title, args.least))


if __name__ == "__main__":
    main()
