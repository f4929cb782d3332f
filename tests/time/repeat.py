#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""In virtual time a run is a function of the guest and the seed: the same guest is run several times
in each seat, and transcript, kernel trace and what is said at the end have to be the same, byte for
byte, in all of them. Then one guest that depends on where its threads are preempted runs with many
seeds, on a kernel without MCS and with it: its invariants hold with each, and both seats do the same.

    tests/time/repeat.py [--runs N] [--seeds N] BUILD     5 runs, 10 seeds if not given
    tests/time/repeat.py --spinning [--runs N] BUILD      counts how often guests that spin differ"""

import argparse
import collections
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command, conformance, seats  # noqa: E402

TIMEOUT = 120
RACE = "with a lock: 600 of 600, 1 at a time"

Guest = collections.namedtuple("Guest", "name options kernel", defaults=("", ""))

# They wait for messages, timers and devices, look at clocks, and compute for less than 20 ms.
BLOCKING = [
    Guest("hello"), Guest("ipc-pair"), Guest("pager"), Guest("respawn"), Guest("notifications"),
    Guest("hour"), Guest("hour-mcs", kernel="mcs"),
    Guest("long-revoke"), Guest("dma", "--device edu"),
    Guest("pc", "--serial stdio --serial null --hpet-messages"),
    Guest("race"), Guest("race", "--seed 1"), Guest("race-mcs", "--seed 7", "mcs"),
    Guest("notifications", "--seed 3"), Guest("long-revoke", "--seed 4"),
]
# Preempted at other places with each seed.
RACING = [Guest("race"), Guest("race-mcs", kernel="mcs")]
# Busy loops under preemption, and one that looks at memory until another thread has written there.
SPINNING = [Guest("priorities"), Guest("priorities", "--seed 1")]


def run(build, guest, seat, *more):
    """(status, standard output, standard error)"""
    words = [os.path.join(build, "sel4emu"), *seat, "--time=virtual", "--timeout", str(TIMEOUT),
             *guest.options.split(), *more]
    if guest.kernel:
        words += conformance.Kernel(guest.kernel).options()
    words.append(command.find_image(build, guest.name))
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=TIMEOUT + 10)
    return done.returncode, done.stdout, done.stderr


def first_difference(one, other):
    for number, (left, right) in enumerate(zip(one.splitlines(), other.splitlines()), 1):
        if left != right:
            return f"line {number}: {left!r}, then {right!r}"
    return f"{len(one)} bytes, then {len(other)}"


def differences(build, guest, runs):
    """What differs from the first run, one text for each run and seat that does."""
    first, found = None, []
    for seat, options in seats.SEATS.items():
        for number in range(runs):
            outcome = run(build, guest, options, "--trace")
            first = first or outcome
            for what, one, other in zip(("status", "output", "trace"), first, outcome):
                if one != other:
                    detail = (f"{one}, then {other}" if what == "status"
                              else first_difference(one, other))
                    found.append(f"run {number + 1}{seat}: {what}: {detail}")
                    break
    if first[0] != 0:
        found.append(f"exit status {first[0]}: " + first[2].decode(errors="replace")[-300:])
    return found


def label(guest):
    return f"{guest.name} {guest.options}".rstrip()


def check_repeats(build, runs):
    for guest in BLOCKING:
        found = differences(build, guest, runs)
        for text in found[:5]:
            print("  " + text)
        print("FAIL" if found else "ok", f"{label(guest)} repeats")


def check_seeds(build, guest, seeds):
    orders, wrong = set(), []
    for seed in range(1, seeds + 1):
        outcomes = [run(build, guest, options, "--seed", str(seed))
                    for options in seats.SEATS.values()]
        status, output, _ = outcomes[0]
        lines = output.decode(errors="replace").splitlines()
        if status != 0 or RACE not in lines:
            wrong.append(f"seed {seed}: status {status}, {lines[:3]}")
        if any(outcome != outcomes[0] for outcome in outcomes):
            wrong.append(f"seed {seed}: the seats differ")
        orders.update(line for line in lines if line.startswith("order: "))
    if len(orders) * 2 < seeds:
        wrong.append(f"{len(orders)} orders of {seeds} seeds")
    for text in wrong[:5]:
        print("  " + text)
    print("FAIL" if wrong else "ok", f"invariants of {guest.name} hold with each seed")


def count_spinning(build, runs):
    for guest in SPINNING:
        found = differences(build, guest, runs)
        print(f"{label(guest)}: {len(found)} of {runs * len(seats.SEATS)} runs differ from the first")
        for text in found[:3]:
            print("  " + text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="of each guest, in each seat")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--spinning", action="store_true", help="the guests that spin, instead")
    parser.add_argument("build", help="build directory")
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    if args.spinning:
        count_spinning(build, args.runs)
        return
    check_repeats(build, args.runs)
    for guest in RACING:
        check_seeds(build, guest, args.seeds)


if __name__ == "__main__":
    main()
