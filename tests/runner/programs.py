# SPDX-License-Identifier: BSD-2-Clause
"""Runs test programs that report "ok NAME", "FAIL NAME" or "skip NAME: WHY", one line a test."""

import glob
import os
import subprocess

TIMEOUT = 120  # seconds for one program


def run(out, stage, build_dir):
    """All unit-test programs of a build, and its fuzz targets with their seeds."""
    tests = sorted(glob.glob(os.path.join(build_dir, "tests", "*", "test_*")))
    if not tests:
        out.fail(stage, f"no test programs in {build_dir}")
    for program in tests:
        name = f"{stage} {_short(program)}"
        listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=False,
                                stdin=subprocess.DEVNULL, timeout=TIMEOUT)
        _report(out, name, [program], listed.stdout.split())
    for program in sorted(glob.glob(os.path.join(build_dir, "fuzz", "*", "fuzz_*"))):
        short = _short(program)
        seeds = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                             "fuzz", short)
        _report(out, f"{stage} {short}", [program, seeds], None)


def run_script(out, name, command):
    """A script that reports in the same way."""
    _report(out, name, command, None, timeout=1200)


def _short(program):
    return os.path.join(os.path.basename(os.path.dirname(program)), os.path.basename(program))


def _report(out, name, command, expected, timeout=TIMEOUT):
    """`expected`: the names that must report; None if only the program knows them."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, errors="replace",
                              check=False)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        status = f"none after {timeout} s"
        output = (expired.stdout or b"").decode(errors="replace")
    except OSError as error:
        out.fail(name, str(error))
        return

    pending = []  # lines before the verdict belong to that test
    seen, failed = set(), False
    for line in output.splitlines():
        verdict, _, test = line.partition(" ")
        if verdict not in ("ok", "FAIL", "skip"):
            pending.append(line)
            continue
        test, _, why = test.partition(": ")
        seen.add(test)
        if verdict == "ok":
            out.ok(f"{name}: {test}")
        elif verdict == "skip":
            out.skip(f"{name}: {test}", why)
        else:
            failed = True
            out.fail(f"{name}: {test}", "\n".join(pending + [why]))
        pending = []

    missing = [test for test in expected or [] if test not in seen]
    for test in missing:
        out.fail(f"{name}: {test}", "\n".join(["did not report"] + pending[-30:]))
        pending = []
    if not missing and not failed and (status != 0 or not seen):
        out.fail(name, "\n".join([f"exit status {status}"] + pending[-30:]))
