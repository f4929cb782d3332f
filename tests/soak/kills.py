#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kills, and stops, processes of a guest at random moments.

    tests/soak/kills.py [--count 200] [--seat in-place|isolate] [--seed N] BUILD

Half of the runs lose a process by SIGKILL: the command itself or one of its guest's. Then the run ends,
with one line if the command lives, and no process is left. The other half has processes of it stopped
and continued again and again, the command too: they go on, and what the guest prints is right.

In place a debugger's hands are on single threads as well (step.c): it stops them, goes through whole
system calls an instruction at a time, and lets go at each STRIDEth instruction of one."""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402
from scenario import normalise  # noqa: E402

END = "Goodbye."
SWEEP = "address-sweep"
# Guests and their options.
GUESTS = {"ipc-pair": [], "respawn": [], "pager": [], "notifications": [],
          SWEEP: ["--until", END]}
TIMEOUT = 60
STATUS_HOST = 5
STOP_LONGEST = 0.02  # seconds
SAID = re.compile(r"^sel4emu: .+$", re.MULTILINE)


def start(args, guest, before=(), options=()):
    return subprocess.Popen(
        [*before, os.path.join(args.build, "sel4emu"), f"--{args.seat}", *options, *GUESTS[guest],
         command.find_image(args.build, guest)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True)


def end_of(guest):
    return END if END in GUESTS[guest] else None


def guest_processes(pid):
    """Of the command `pid`, which may be gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def finish(process, timeout=TIMEOUT):
    """(status, output, error output); None: it does not end."""
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")


def kill_one(args, rng, guest, usual):
    """What is wrong, or None."""
    process = start(args, guest)
    time.sleep(rng.random() * usual)
    victims = guest_processes(process.pid)
    machine_dies = not victims or rng.random() < 0.25
    victim = process.pid if machine_dies else rng.choice(victims)
    send(victim, signal.SIGKILL)
    ended = finish(process)
    if ended is None:
        return "does not end"
    status, _, errors = ended
    if status == 0:
        return None  # it had come to its end before
    if machine_dies:
        return None if status == -signal.SIGKILL else f"status {status}"
    if status != STATUS_HOST or len(SAID.findall(errors)) != 1:
        return f"status {status}: {errors[-200:]}"
    return None


def stop_many(args, rng, guest, expected):
    """What is wrong, or None."""
    process = start(args, guest)
    pids = []
    while process.poll() is None and rng.random() < 0.98:
        pids = guest_processes(process.pid) + [process.pid]
        victim = rng.choice(pids)
        if send(victim, signal.SIGSTOP):
            time.sleep(rng.random() * STOP_LONGEST)
            send(victim, signal.SIGCONT)
        time.sleep(rng.random() * STOP_LONGEST / 4)
    ended = finish(process)
    if ended is None:
        return "does not end"
    status, output, errors = ended
    if status != 0:
        return f"status {status}: {errors[-200:]}"
    return None if normalise.lines(output, end_of(guest)) == expected else f"printed {output[-300:]}"


def undisturbed(args, guest):
    """(seconds, the lines it has to print); None: it fails."""
    path = os.path.join(TESTS, "scenario", "transcripts", guest + ".txt")
    with open(path, encoding="utf-8") as file:
        expected = normalise.lines(normalise.transcript_body(file.read()), end_of(guest))
    begin = time.monotonic()
    ended = finish(start(args, guest))
    taken = time.monotonic() - begin
    is_right = (ended is not None and ended[0] == 0 and
                normalise.lines(ended[1], end_of(guest)) == expected)
    return (taken, expected) if is_right else None


def step(args, mode, count, options, expected):
    """What is wrong with a run under step.c, or None."""
    stepper = os.path.join(args.build, "tests", "soak", "step")
    ended = finish(start(args, SWEEP, [stepper, mode, str(count)], options), 2 * TIMEOUT)
    if ended is None:
        return "does not end"
    status, output, errors = ended
    if status != 0 or normalise.lines(output, END) != expected:
        return f"status {status}: {errors[-200:]} {output[-200:]}"
    return None


def run_all(args, rng, known):
    """{what: [what is wrong]}."""
    wrong = {"killed": [], "stopped": [], "left": []}
    for i in range(args.count):
        guest = list(GUESTS)[i // 2 % len(GUESTS)]
        usual, expected = known[guest]
        ours = set(command.children())
        if i % 2 == 0:
            what, problem = "killed", kill_one(args, rng, guest, usual)
        else:
            what, problem = "stopped", stop_many(args, rng, guest, expected)
        if problem:
            wrong[what].append(f"run {i}, {guest} {what}: {problem}")
        left = command.reap(ours)
        if left:
            wrong["left"].append(f"run {i}, {guest} {what}: {left}")
    if args.seat == "in-place":
        wrong["stepped"] = []
        for options in ([], ["--no-patch"]):
            for mode, count in (("stop", args.count), ("whole", 10), ("detach", args.stride)):
                problem = step(args, mode, count, options, known[SWEEP][1])
                if problem:
                    wrong["stepped"].append(f"step {mode} {options}: {problem}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seat", choices=("in-place", "isolate"), default="in-place")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("build")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    seed = args.seed if args.seed is not None else random.randrange(1 << 32)
    command.become_reaper()
    known = {guest: undisturbed(args, guest) for guest in GUESTS}
    for guest, times in known.items():
        if times is None:
            print(f"FAIL {guest} runs right when nobody disturbs it")
            return 1
    wrong = run_all(args, random.Random(seed), known)
    for name, what in (("killed", "a guest that loses a process ends with one line"),
                       ("stopped", "a guest whose processes are stopped goes on and is right"),
                       ("stepped", "threads that a debugger stops and steps go on and are right"),
                       ("left", "no process is left")):
        for problem in wrong.get(name, [])[:20]:
            print(f"seed {seed}, {problem}")
        if name in wrong:
            print(f"{'FAIL' if wrong[name] else 'ok'} {args.seat}: {what}")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
