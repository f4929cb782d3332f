#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Guests in place that write over the kernel's state while the machine looks at it.

    tests/soak/forged.py [--count 30] BUILD

guests/hostile finds the kernel and writes random words over its state, ten different ways, while nothing,
a trace, or all views at the end look at it. Whatever comes of it for the guest: the command ends by
itself, with a status of its own and a line, and no process is left."""

import argparse
import os
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

GUEST = "hostile"
SEEDS = 10
TIMEOUT = 15  # of the guest, in seconds
VIEWS = "ps,queues,deadlocks,slots,untyped,objects,schedule,mappings,derivation,caps rootserver"
WATCHED = [["run"], ["run", "--at-end", VIEWS, "--state-file", "state"],
           ["trace", "--errors", "--summary", "--output", "trace"]]
# It halted, sel4emu ended it, idle, faulted, or it stands still.
STATUSES = {0, 5, 7, 8, 124}


def one(args, number):
    """What is wrong, or None."""
    ours = set(command.children())
    options = WATCHED[number % len(WATCHED)]
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [os.path.join(args.build, "sel4emu"), options[0], "--in-place", "--timeout",
             str(TIMEOUT), *options[1:], command.find_image(args.build, GUEST)],
            cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            _, errors = process.communicate(str(number // len(WATCHED) % SEEDS).encode(),
                                            timeout=4 * TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            command.reap(ours)
            return "does not end"
    left = command.reap(ours)
    if left:
        return f"left: {left}"
    said = [line for line in errors.decode(errors="replace").splitlines()
            if line.startswith("sel4emu: ")]
    if process.returncode not in STATUSES or (process.returncode and not said):
        return f"status {process.returncode}: {errors.decode(errors='replace')[-300:]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=SEEDS * len(WATCHED))
    parser.add_argument("build")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    command.become_reaper()
    wrong = []
    for number in range(args.count):
        problem = one(args, number)
        if problem:
            wrong.append(f"run {number}: {problem}")
    for problem in wrong:
        print(problem)
    print(f"{'FAIL' if wrong else 'ok'} the machine ends whatever a guest writes over the kernel")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
