#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which lines of src/ the tests run: builds the coverage preset, runs unit tests, scenarios and the
conformance guest in it, and prints a line per file, the least covered first.

    tests/coverage.py [--lines FILE]      FILE: the lines of src/FILE that nothing runs"""

import argparse
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import build, conformance, programs, results, scenarios  # noqa: E402

ROOT = os.path.dirname(TESTS)
BUILD = os.path.join(ROOT, "build", "coverage")


def run_tests():
    out = results.Results()
    if not build.make(out, ROOT, "coverage"):
        return False
    for data in glob.glob(os.path.join(BUILD, "**", "*.gcda"), recursive=True):
        os.remove(data)
    programs.run(out, "unit", BUILD)
    scenarios.run(out, "scenario", ROOT, BUILD, BUILD)
    conformance.run(out, "conformance", BUILD, BUILD)
    out.finish()
    return True


def count():
    """{file: {line: how often}} of the project's sources without the tests."""
    data = glob.glob(os.path.join(BUILD, "CMakeFiles", "**", "*.gcda"), recursive=True)
    lines = {}
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["gcov", "--json-format", *map(os.path.abspath, data)], cwd=directory,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        for path in glob.glob(os.path.join(directory, "*.gz")):
            with gzip.open(path, "rt") as file:
                for source in json.load(file)["files"]:
                    name = os.path.normpath(source["file"])
                    at = name.rfind("src/")
                    base = os.path.basename(name)
                    if at < 0 or base.startswith(("test_", "testkit_", "fuzz_", "timing_")):
                        continue
                    seen = lines.setdefault(name[at:], {})
                    for line in source["lines"]:
                        number = line["line_number"]
                        seen[number] = seen.get(number, 0) + line["count"]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", metavar="FILE", help="show what nothing runs, as src/cap/lookup.c")
    parser.add_argument("--no-run", action="store_true", help="use the counts of the last run")
    args = parser.parse_args()
    if not args.no_run and not run_tests():
        return 1
    lines = count()
    if args.lines:
        with open(os.path.join(ROOT, args.lines), encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if lines.get(args.lines, {}).get(number) == 0:
                    print(f"{number:5} {text}", end="")
        return 0
    table = sorted((sum(map(bool, seen.values())) / len(seen), name, len(seen))
                   for name, seen in lines.items() if seen)
    for share, name, length in table:
        print(f"{share:6.1%} of {length:4} lines  {name}")
    total = sum(length for _, _, length in table)
    if total:
        print(f"{sum(share * length for share, _, length in table) / total:6.1%} of {total} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
