#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/coverage-table.md: which checks of guests/conformance reach which refusal, by which method.

    tests/coverage-table.py            says what no check reaches, and what is out of date
    tests/coverage-table.py --update   runs each check alone in the coverage build, writes the table
    tests/coverage-table.py --add KERNEL   the same with the checks that this kernel answers unlike the
                                       default one, for rows that no check of others reaches
        --only TEXT                    of them those whose names begin so
    tests/coverage-table.py --branches [FILE...]   conditions that all checks together decide one way

What has to be reached is read from src/ (tests/table/sites.py), not listed: each method of
src/abi/invocations.def with success and with each refusal that can come back from it, each system
call, each fault with its message, its replies and its report. A row is empty unless a check does
both, get that answer from that method and run that line; or tests/table/impossible.txt says why no
guest can."""

import argparse
import os
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import build, conformance, results  # noqa: E402
from table import observe, rows  # noqa: E402

ROOT = os.path.dirname(TESTS)
BUILD = os.path.join(ROOT, "build", "coverage")


def observe_all(kernels, answered, only=""):
    """{check: [Seen]} of each check alone, on the first kernel of each answer to it. They stay apart:
    a method refused on one kernel and a line run on another are no refusal by that line."""
    found = {}
    for kernel in kernels:
        for check, line in kernel.expected().items():
            if answered.get(check) == line or not check.startswith(only):
                continue
            answered.setdefault(check, line)
            seen, output = observe.run(BUILD, kernel, check)
            alone = conformance.checks(output).get(check)
            if alone != line:
                print(f"{check} alone: {alone}\nwith others: {line}", flush=True)
            found.setdefault(check, []).append(seen)
    return found


def branches(files):
    """Lines whose conditions went one way only in a run of all checks."""
    seen, _ = observe.run(BUILD, conformance.Kernel(conformance.DEFAULT))
    for name in sorted(seen.branches):
        if files and name not in files:
            continue
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            text = file.read().split("\n")
        for number, ways in sorted(seen.branches[name].items()):
            if 0 in ways and seen.lines[name].get(number) and "ASSERT" not in text[number - 1]:
                print(f"{name}:{number}: {text[number - 1].strip()}  {ways}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write the table")
    parser.add_argument("--add", metavar="KERNEL", help="fill rows that none but its checks reach")
    parser.add_argument("--only", default="", metavar="TEXT", help="with --add: names begin so")
    parser.add_argument("--branches", nargs="*", metavar="FILE",
                        help="list conditions that the checks decide one way")
    args = parser.parse_args()
    if args.update or args.add or args.branches is not None:
        if not build.make(results.Results(), ROOT, "coverage"):
            return 1
    if args.branches is not None:
        branches(args.branches)
        return 0
    if args.update:
        rows.write(ROOT, observe_all(conformance.kernels_here(), {}))
    if args.add:
        default = conformance.Kernel(conformance.DEFAULT).expected()
        rows.write(ROOT, observe_all([conformance.Kernel(args.add)], default, args.only),
                   rows.written(ROOT))
    problems = rows.problems(ROOT)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
