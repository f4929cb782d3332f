#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes each host call of the command fail, at several occasions, and looks at how it ends.

    tests/inject/inject.py [--all] [CALL...] BUILD

Required each time: it ends; with a documented status; if that is not 0, with exactly one line that
names the failure; if it is 0, having printed all that it prints undisturbed; and it leaves no process.
`sel4emu --verbose` says how often each call was made: the first, second, middle and last occasion
fails, one at a time (--all: every one)."""

import argparse
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

GUEST = "hello"
OPTIONS = ["--until", "Goodbye.", "--timeout", "20"]
TIMEOUT = 30

# The error that a call fails with; what Linux itself would give under pressure.
DEFAULT_ERROR = "ENOMEM"
ERRORS = {"openat": "EMFILE", "memfd_create": "EMFILE", "pipe2": "EMFILE", "eventfd2": "EMFILE",
          "epoll_create1": "EMFILE", "dup3": "EBADF", "fork": "EAGAIN", "clone": "EAGAIN",
          "thread_create": "EAGAIN", "read": "EIO", "write": "EIO", "pread64": "EIO",
          "ptrace": "ESRCH", "wait4": "ECHILD", "kill": "EPERM", "tgkill": "EPERM",
          "ioctl": "EIO", "fcntl": "EBADF", "close": "EIO", "prctl": "EPERM",
          "process_vm_readv": "EPERM", "sched_setaffinity": "EPERM"}

# Of src/cli/status.h: the image cannot be run (its file could not be read), the host lacks or
# refuses something.
FAILED = {3, 4, 5}

COUNTS = re.compile(r"^sel4emu: host calls:(.*)$", re.MULTILINE)


def start(build, *options):
    return command.run([os.path.join(build, "sel4emu"), *options, *OPTIONS,
                        command.find_image(build, GUEST)], timeout=TIMEOUT)


def counts(done):
    """{call: how often it was made} of a run with --verbose."""
    return {name: int(count)
            for line in COUNTS.findall(done.stderr)
            for name, count in re.findall(r"(\w+)=(\d+)", line)}


def occasions(count, every):
    if every:
        return range(1, count + 1)
    return sorted({1, min(2, count), (count + 1) // 2, count})


def judge(done, undisturbed):
    """What is wrong with the end of a disturbed run; None if nothing is."""
    lines = [line for line in done.stderr.splitlines() if line]
    if done.timed_out:
        return "it did not end"
    if done.leftovers:
        return f"left behind {done.leftovers}"
    if done.status == 0:
        if done.stdout != undisturbed.stdout:
            return "status 0, but the output differs"
        return None
    if done.status not in FAILED:
        return f"status {done.status}"
    if len(lines) != 1 or not lines[0].startswith("sel4emu: "):
        return f"{len(lines)} lines instead of one"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every occasion of every call")
    parser.add_argument("--verbose", action="store_true", help="show how each run ended")
    parser.add_argument("call", nargs="*", help="calls to make fail; all if none")
    parser.add_argument("build")
    args = parser.parse_args()
    undisturbed = start(args.build)
    if undisturbed.status != 0:
        print(f"an undisturbed run fails: {undisturbed.describe()}")
        return 1
    reached = counts(start(args.build, "--verbose"))
    if not reached:
        print("sel4emu --verbose says nothing of its host calls")
        return 1
    failed = False
    for name, count in sorted(reached.items()):
        if args.call and name not in args.call:
            continue
        if count == 0:
            print(f"skip {name}: not made by this run")
            continue
        error = ERRORS.get(name, DEFAULT_ERROR)
        wrong = []
        for occasion in occasions(count, args.all):
            injection = f"{name}:{occasion}:{error}"
            done = start(args.build, "--inject", injection)
            problem = judge(done, undisturbed)
            if problem:
                wrong.append(f"--inject {injection}: {problem}; {done.describe()}")
            elif args.verbose:
                print(f"{injection}: {done.status} {done.stderr.strip()}")
        print("\n".join(wrong + [f"{'FAIL' if wrong else 'ok'} {name} fails cleanly"]), flush=True)
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
