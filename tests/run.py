#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds the project and runs its tests. The last line is the total: "123 passed, 0 failed".

    tests/run.py [--list] [STAGE...]      all stages, or those named

Stages, in order: see STAGES. One test is one line of a test program ("ok name"), one check of
tests/style, one scenario, one line of the conformance guest. What cannot run here (no program for
it, no permission) is skipped: it counts neither way and is listed before the total.
"""

import argparse
import os
import sys
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import build, conformance, programs, results, scenarios, style  # noqa: E402

ROOT = os.path.dirname(TESTS)
BUILD = os.path.join(ROOT, "build")
SANITIZED = os.path.join(ROOT, "build", "asan")


def stage_build(out):
    return build.make(out, ROOT, "default")


def stage_style(out):
    style.run(out, ROOT, BUILD)


def stage_unit(out):
    programs.run(out, "unit", BUILD)


def stage_scenario(out):
    scenarios.run(out, "scenario", ROOT, BUILD, BUILD)


def stage_conformance(out):
    conformance.run(out, "conformance", BUILD, BUILD)


def stage_terminal(out):
    programs.run_script(out, "terminal", [sys.executable,
                                          os.path.join(TESTS, "terminal", "terminal.py"), BUILD])


def stage_serial(out):
    programs.run_script(out, "serial", [sys.executable,
                                        os.path.join(TESTS, "terminal", "serial.py"), BUILD])


def stage_inspect(out):
    programs.run_script(out, "inspect", [sys.executable,
                                         os.path.join(TESTS, "inspect", "control.py"), BUILD])
    programs.run_script(out, "attach", [sys.executable,
                                        os.path.join(TESTS, "inspect", "attach.py"), BUILD])
    programs.run_script(out, "post-mortem", [
        sys.executable, os.path.join(TESTS, "inspect", "post_mortem.py"), BUILD])


def stage_time(out):
    programs.run_script(out, "time", [sys.executable, os.path.join(TESTS, "time", "repeat.py"),
                                      BUILD])


def stage_package(out):
    programs.run_script(out, "package", [
        sys.executable, os.path.join(TESTS, "package", "package.py"), BUILD])


def stage_linked(out):
    conformance.run_linked(out, "linked", BUILD, BUILD)
    programs.run_script(out, "linked", [
        sys.executable, os.path.join(TESTS, "linked", "linked.py"), BUILD])


def stage_soak(out):
    programs.run_script(out, "soak", [sys.executable, os.path.join(TESTS, "soak", "starts.py"),
                                      "--count", "200", BUILD])
    programs.run_script(out, "forged", [sys.executable,
                                        os.path.join(TESTS, "soak", "forged.py"), "--count", "6",
                                        BUILD])
    for seat in ("in-place", "isolate"):
        programs.run_script(out, "kills", [
            sys.executable, os.path.join(TESTS, "soak", "kills.py"), "--count", "40", "--stride",
            "60", "--seat", seat, BUILD])


def stage_inject(out):
    programs.run_script(out, "inject", [sys.executable, os.path.join(TESTS, "inject", "inject.py"),
                                        BUILD])


def stage_witness(out):
    programs.run_script(out, "witness", [sys.executable, os.path.join(TESTS, "measure", "check.py"),
                                         BUILD])


def stage_sanitizer(out):
    if build.make(out, ROOT, "asan"):
        programs.run(out, "asan", SANITIZED)
        scenarios.run(out, "asan-scenario", ROOT, SANITIZED, BUILD, only_tagged="sanitizer")


# Name, what it is for, function. A function that returns False ends the run: nothing to test.
STAGES = [
    ("build", "the command, the guests and the test programs", stage_build),
    ("style", "tests/style: rules of the house, the link check", stage_style),
    ("unit", "src/*/test_*.c and the seeds of src/*/fuzz_*.c", stage_unit),
    ("scenario", "tests/scenario/*.scn: run the command, compare what it does", stage_scenario),
    ("conformance", "guests/conformance: what the real kernel answers", stage_conformance),
    ("inject", "each host call fails once: one clear line, a clean end", stage_inject),
    ("terminal", "Ctrl-C, Ctrl-A x and signals on a terminal", stage_terminal),
    ("serial", "--serial with clients that come and go", stage_serial),
    ("inspect", "guests that run, or ended badly, are looked into",
     stage_inspect),
    ("time", "virtual time: runs repeat byte for byte, in both seats", stage_time),
    ("package", "what programs are built with, installed: cc, new, find_package", stage_package),
    ("linked", "programs that call the kernel without a trap", stage_linked),
    ("soak", "starts and kills: nothing is left behind", stage_soak),
    ("witness", "tests/witness on builds and emulators made up for it", stage_witness),
    ("sanitizer", "unit tests and tagged scenarios with address and UB sanitizers",
     stage_sanitizer),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list the stages")
    parser.add_argument("--verbose", action="store_true", help="name the tests that pass, too")
    parser.add_argument("stage", nargs="*", help="stages to run, all if none")
    args = parser.parse_args()
    if args.list:
        for name, purpose, _ in STAGES:
            print(f"{name:12} {purpose}")
        return 0
    unknown = set(args.stage) - {name for name, _, _ in STAGES}
    if unknown:
        parser.error("no such stage: " + ", ".join(sorted(unknown)))

    out = results.Results(args.verbose)
    for name, _, function in STAGES:
        if args.stage and name not in args.stage:
            continue
        start = time.monotonic()
        before = out.counts()
        goes_on = function(out)
        passed, failed = (now - then for now, then in zip(out.counts(), before))
        print(f"-- {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.1f} s",
              flush=True)
        if goes_on is False:
            break
    return out.finish()


if __name__ == "__main__":
    sys.exit(main())
