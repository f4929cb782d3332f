# SPDX-License-Identifier: BSD-2-Clause
"""The results as a page."""

import os
import re
import statistics
import subprocess

EXPLANATION = """\
*To the first test*: seconds from the start of the emulator to the line that begins the first test (of
other systems: to the first line of their own). *Without sleeps*: processor time, user and system, of
the emulator and of every process that it started; a guest that sleeps uses none. *Whole*: seconds from
the start to the end text, sleeps included. Each figure is the median of the runs, with the smallest
and the largest behind it. The emulators ran in turn, one at a time."""


def machine():
    """One line about this machine, with nothing in it that names it."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        models = re.findall(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    with open("/proc/meminfo", encoding="utf-8") as file:
        kilobytes = int(re.search(r"MemTotal:\s*(\d+)", file.read()).group(1))
    system = os.uname()
    return (f"{len(models)} x {models[0] if models else 'unknown processor'}, "
            f"{kilobytes / (1 << 20):.1f} GiB, {system.sysname} {system.release}; load "
            + " ".join(f"{load:.1f}" for load in os.getloadavg()) + " at the start")


def version(program):
    """The first line of `program --version`."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False,
                              timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown version"
    return (done.stdout.splitlines() or ["unknown version"])[0].strip()


def figures(values):
    """"12.3 (12.1 to 14.0)"."""
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    shown = [_number(value) for value in (statistics.median(values), min(values), max(values))]
    if len(values) == 1:
        return f"{shown[0]} s"
    return f"{shown[0]} s ({shown[1]} to {shown[2]})"


def _number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def verdicts(results):
    """"10 times 123 of 123; once no result: ..."."""
    texts = [result.verdict.text for result in results]
    if len(set(texts)) == 1:
        return texts[0] if len(texts) == 1 else f"{texts[0]}, {len(texts)} times"
    return "; ".join(f"{texts.count(text)} x {text}" for text in sorted(set(texts)))


def ratio(ours, theirs):
    """How the medians of two lists of runs compare, or "" if one has none that passed."""
    parts = []
    for name, value in (("to the first test", lambda run: run.first),
                        ("without sleeps", lambda run: run.processor),
                        ("whole", lambda run: run.whole)):
        mine = [value(r.run) for r in ours if r.verdict.good and value(r.run)]
        other = [value(r.run) for r in theirs if r.verdict.good and value(r.run)]
        if mine and other:
            share = statistics.median(mine) / statistics.median(other)
            parts.append(f"{name} {100 * share:.0f} %")
    return ", ".join(parts)


def table(groups):
    """One row for each emulator: [(name, [Result])]."""
    lines = ["| | runs | tests passed | to the first test | without sleeps | whole |",
             "|---|---|---|---|---|---|"]
    for name, results in groups:
        rows = [result.run for result in results]
        lines.append(f"| {name} | {len(rows)} | {verdicts(results)} | "
                     f"{figures([run.first for run in rows])} | "
                     f"{figures([run.processor for run in rows])} | "
                     f"{figures([run.whole for run in rows])} |")
    return lines


def section(title, about, groups, disabled, notes):
    lines = [f"## {title}", "", about + ".", ""] + table(groups) + [""]
    share = ratio(groups[0][1], groups[1][1]) if len(groups) == 2 else ""
    if share:
        lines += [f"{groups[0][0]} of {groups[1][0]}: {share}.", ""]
    if disabled is not None:
        lines += [f"{disabled} tests are disabled by the build itself.", ""]
    return lines + [line for note in notes for line in (note, "")]


def page(date, command, emulators, sections):
    lines = [f"# Witness of {date}", "", f"Written by `{command}`.", ""]
    lines += [f"- machine: {machine()}"] + [f"- {text}" for text in emulators] + ["", EXPLANATION]
    for part in sections:
        lines += [""] + part
    while lines[-1] == "":
        lines.pop()
    return "\n".join(lines) + "\n"
