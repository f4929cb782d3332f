# SPDX-License-Identifier: BSD-2-Clause
"""The rows of docs/coverage-table.md: what has to be reached, and what the table says of it."""

import os
import re

from runner import conformance
from table import sites

TABLE = os.path.join("docs", "coverage-table.md")
IMPOSSIBLE = os.path.join("tests", "table", "impossible.txt")
SHOWN = 4  # checks that a row names; of more it says how many
CHECK = re.compile(r"\b[A-Z]{2,}\d{4}\b")
HEAD = """# Coverage of the conformance checks

Written by `tests/coverage-table.py --update` from what `src/` can answer and what the checks of
`guests/conformance` reach in the coverage build, each check run alone. Do not edit: `make check` says
when it is out of date. A check counts for a row if it gets that answer from that method *and* runs
the line that makes it (function/number of the refusal in it). What no guest can reach has the reason
instead of a check, from `tests/table/impossible.txt`.
"""


class Row:
    def __init__(self, section, subject, outcome, place, reached, note=""):
        self.section, self.reached, self.note = section, reached, note
        self.key = (subject, outcome, place)


def _ran(site):
    def ran(seen):
        counts = seen.lines.get(site.function.file, {})
        return any(counts.get(line) for line in site.lines)

    return ran


def _answered(name, site):
    ran = _ran(site)
    return lambda seen: (name, site.error) in seen.results and ran(seen)


def _faulted(fault, reached):
    return lambda seen: fault in seen.faults and reached(seen)


def _called(function):
    return lambda seen: seen.functions.get((function.file, function.name), 0) > 0


def _method_rows(source):
    methods, others = source.rows()
    for method, refusals in sorted(methods.items(), key=lambda m: list(source.methods).index(m[0])):
        name = source.methods[method]
        yield Row("Methods", name, "ok", "-", lambda seen, name=name: (name, "ok") in seen.results)
        for site in refusals:
            yield Row("Methods", name, site.error, site.name(), _answered(name, site), site.reason)
    for function, refusals in others.items():
        for site in refusals:
            yield Row("Labels of other objects", function, site.error, site.name(), _ran(site),
                      site.reason)


def _table_entries(source, path, table, prefix):
    """(NAME, field or "", Function) of a table of functions by [PREFIX_NAME]."""
    text = source.tables[(path, table)]
    for name, entry in re.findall(rf"(?<!\w)\[{prefix}_(\w+)\] = (\{{[^}}]*\}}|\w+)", text):
        fields = re.findall(r"\.(\w+) = (\w+)", entry) or [("", entry)]
        for field, function in fields:
            for found in source.named(path, function):
                yield name, field, found


def _fault_name(name):
    words = {"VM": "VMFault", "CAP": "CapFault", "DEBUG": "DebugException"}
    return words.get(name) or name.title().replace("_", "")


def _entry_rows(source):
    for name, _, function in _table_entries(source, "src/kernel/syscall.c", "handlers", "SYSCALL"):
        yield Row("System calls", name.title().replace("_", ""), "ok", function.name,
                  _called(function))
    words = {"write": "message", "reply": "reply", "": "report, without handler"}
    for path, table in (("src/ipc/fault.c", "fault_ops"), ("src/ipc/fault_report.c", "reports")):
        for name, field, function in _table_entries(source, path, table, "FAULT"):
            fault = _fault_name(name)
            yield Row("Faults", fault, words[field], function.name,
                      _faulted(fault, _called(function)))


def _other_rows(source, known):
    """Refusals that come back through no method: those of lookups for faults and transfers."""
    for function in source.by_name["lookup_slot"]:
        for reached in source.reachable([function]):
            for site in reached.sites:
                yield Row("Faults", "CapFault", site.error, site.name(),
                          _faulted("CapFault", _ran(site)))
    for site in source.sites():
        if site.name() not in known:
            yield Row("Elsewhere", site.function.file, site.error, site.name(), _ran(site),
                      site.reason)


def required(source):
    found = list(_method_rows(source)) + list(_entry_rows(source))
    return found + list(_other_rows(source, {row.key[2] for row in found}))


def impossible(root):
    """{key: sentence}."""
    found = {}
    with open(os.path.join(root, IMPOSSIBLE), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                subject, outcome, place, why = (part.strip() for part in line.split("|"))
                found[(subject, outcome, place)] = why
    return found


def _why(reasons, key):
    """The sentence for a row; a * stands for any subject."""
    return reasons.get(key) or reasons.get(("*",) + key[1:])


def _cells(row, checks, reasons):
    if checks:
        reached = " ".join(checks[:SHOWN])
        if len(checks) > SHOWN:
            reached += f" and {len(checks) - SHOWN} more"
    else:
        reached = _why(reasons, row.key) or ""
    return "| " + " | ".join((*row.key, reached)) + " |"


def write(root, seen, kept=None):
    """seen: {check: [Seen]}, one for each kernel it ran on; kept: rows of which what names checks
    stays as it is."""
    source = sites.Source(root)
    reasons = impossible(root)
    lines, section = [HEAD], None
    for row in sorted(required(source), key=lambda row: ORDER.index(row.section)):
        if row.section != section:
            section = row.section
            lines += ["", f"## {section}", "", *COLUMNS]
        checks = [check for check, runs in seen.items() if any(map(row.reached, runs))]
        cell = (kept or {}).get(row.key, "")
        lines.append(f"| {' | '.join(row.key)} | {cell} |" if CHECK.search(cell)
                     else _cells(row, checks, reasons))
    absent = [f"{name} ({source.conditions[method]})" for method, name in source.methods.items()
              if method not in source.rows()[0]]
    lines += ["", "## Methods of configurations that this kernel refuses", "",
              ", ".join(absent) + "."]
    with open(os.path.join(root, TABLE), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


ORDER = ["Methods", "Labels of other objects", "System calls", "Faults", "Elsewhere"]
COLUMNS = ["| of | answer | made in | checks |", "|---|---|---|---|"]


def written(root):
    """{key: last cell} of the table as it is."""
    found = {}
    with open(os.path.join(root, TABLE), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("| ") and len(cells) == 4 and cells[0] != "of":
                found[tuple(cells[:3])] = cells[3]
    return found


def problems(root):
    """What is wrong with the table, without running anything."""
    source = sites.Source(root)
    wanted = {row.key: row for row in required(source)}
    have, reasons = written(root), impossible(root)
    checks = set().union(*(kernel.expected() for kernel in conformance.kernels()))
    found = list(source.problems)
    for key in wanted:
        if key not in have:
            found.append(f"{TABLE}: no row for {' | '.join(key)}: run tests/coverage-table.py --update")
        elif not have[key]:
            found.append(f"{TABLE}: nothing reaches {' | '.join(key)}")
    found += [f"{TABLE}: {' | '.join(key)} is no more" for key in have if key not in wanted]
    for key, cell in have.items():
        named = CHECK.findall(cell)
        found += [f"{TABLE}: there is no check {name}" for name in named if name not in checks]
        if named and key in reasons:
            found.append(f"{IMPOSSIBLE}: {named[0]} reaches {' | '.join(key)}")
    for key in reasons:
        if not any(key == row or key == ("*",) + row[1:] for row in wanted):
            found.append(f"{IMPOSSIBLE}: {' | '.join(key)} is no more")
    return found
