#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Starts and ends the command again and again; whatever way it ends, nothing may be left behind.

    tests/soak/starts.py [--count 1000] BUILD

A third of the runs goes to its natural end, a third gets SIGINT or SIGTERM and a third SIGKILL at a
random time. Afterwards no process of it may live, no memfd or shared memory of it exist, and no file
stand in its working or temporary directory. The seed is printed: --seed repeats a run."""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

GUEST = "hello"
OPTIONS = ["--until", "Goodbye."]
TIMEOUT = 20
MEASURED = 5  # runs that tell how long one takes: signals come within that time
FATES = [(None,), (signal.SIGINT, signal.SIGTERM), (signal.SIGKILL,)]


def start(build, directory):
    image = command.find_image(build, GUEST)
    return subprocess.Popen(
        [os.path.join(build, "sel4emu"), *OPTIONS, image], cwd=directory,
        env={**os.environ, "TMPDIR": directory}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def usual_time(build, directory):
    """Seconds that a run takes, the median of some; None if it fails."""
    times = []
    for _ in range(MEASURED):
        begin = time.monotonic()
        with start(build, directory) as process:
            process.communicate()
        if process.returncode != 0:
            return None
        times.append(time.monotonic() - begin)
    return sorted(times)[len(times) // 2]


def one(build, directory, number, delay):
    """Runs it once and sends it signal `number` (None: lets it end) after `delay` seconds; returns
    what is wrong, or None."""
    ours = set(command.children())
    process = start(build, directory)
    if number is not None:
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(number)
    try:
        _, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        command.reap(ours)
        return f"did not end after {number}"
    left = command.reap(ours)
    if left:
        return f"left after {number}: {left}"
    expected = {0} if number is None else {0, 128 + number, -number}
    if process.returncode not in expected:
        return f"status {process.returncode} after {number}: {errors.decode()[-300:]}"
    return None


def shared_memory():
    """Names in /dev/shm, and memfds of ours that any process holds."""
    names = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    return {name for name in names if "sel4" in name}


def held_memfds(build):
    """Processes that still run the command of this build: each would hold the guest's memory."""
    held = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{entry}/exe").startswith(os.path.realpath(build) + "/sel4emu"):
                held.append(entry)
        except OSError:
            continue
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("build")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    if command.find_image(args.build, GUEST) is None:
        print(f"guest {GUEST} is not built")
        return 1
    seed = args.seed if args.seed is not None else random.randrange(1 << 32)
    rng = random.Random(seed)
    command.become_reaper()
    before = shared_memory()
    wrong = []
    running = set(held_memfds(args.build))
    with tempfile.TemporaryDirectory() as directory:
        longest = usual_time(args.build, directory)
        if longest is None:
            print("an undisturbed run fails")
            return 1
        for i in range(args.count):
            problem = one(args.build, directory, rng.choice(FATES[i % len(FATES)]),
                          rng.random() * longest)
            if problem:
                wrong.append(f"run {i}: {problem}")
        files = os.listdir(directory)
    print(f"{args.count} starts, seed {seed}")
    for problem in wrong[:20]:
        print(problem)
    verdicts = [("starts end and leave no process", not wrong),
                ("no file is left", not files),
                ("no shared memory is left", shared_memory() <= before),
                ("nothing still runs", not set(held_memfds(args.build)) - running)]
    for name, holds in verdicts:
        print(f"{'ok' if holds else 'FAIL'} {name}")
    return 0 if all(holds for _, holds in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
