# SPDX-License-Identifier: BSD-2-Clause
"""What two transcripts of the same guest may differ in: this table and nothing else. Addresses that
the kernel or the machine chose, and times. Never registers, badges, errors or the order of lines."""

import re

# (why, pattern, replacement), applied in this order to each line.
RULES = [
    ("serial lines end in CR LF, a terminal's in LF", re.compile(r"\r+$"), ""),
    ("a span of time", re.compile(r"\b\d+(\.\d+)? (ns|us|ms|s)\b"), "TIME"),
    ("the line of the kernel's source in its messages: it differs by version",
     re.compile(r"(\[\w+)/\d+(?= T0x)"), r"\1"),
    ("an address in the kernel's window: where a TCB or another object lies",
     re.compile(r"\b(T?0x)?ffff[0-9a-f]{12}\b", re.IGNORECASE), "KERNEL-ADDRESS"),
    ("when a line of the trace was written", re.compile(r"^ +\d+\.\d{6} "), "TIME "),
    ("an address in our guests' images: code and stack move with the compiler",
     re.compile(r"\b0x40[0-9a-f]{4}\b|(?<=@)40[0-9a-f]{4}(?=\])"), "GUEST-ADDRESS"),
]

# What stands before the first line of user level: firmware and boot log, different machines.
BOOTED = re.compile(r"^Booting all finished, dropped to user space\r*\n", re.MULTILINE)

# The one line before a stored transcript: it names the kernel and the machine.
HEADER = "# seL4 "


def transcript_body(text):
    """A stored transcript without its header."""
    return text.partition("\n")[2] if text.startswith(HEADER) else text


def user_part(text):
    """What user level printed, and the kernel after it had started it."""
    booted = list(BOOTED.finditer(text))
    return text[booted[-1].end():] if booted else text


def until(text, end):
    """`text` up to its first `end`: what a guest prints after the text that ends the run depends on
    how fast it is stopped."""
    if not end or end not in text:
        return text
    return text[:text.index(end) + len(end)]


def lines(text, end=None):
    """The lines to compare."""
    result = []
    for line in until(user_part(text), end).rstrip("\r\n").split("\n"):
        for _, pattern, replacement in RULES:
            line = pattern.sub(replacement, line)
        result.append(line)
    return result
