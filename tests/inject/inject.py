#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes each host call of the command fail, at several occasions, and looks at how it ends.

    tests/inject/inject.py [--all] [CALL...] BUILD

Required each time: it ends; with a documented status; if that is not 0, with exactly one line that
names the failure; if it is 0, having printed all that it prints undisturbed; and it leaves no process.
`sel4emu --verbose` says how often each call was made: in the first workload that makes it, the first,
second, middle and last occasion fails, one at a time (--all: every one); so in either seat."""

import argparse
import os
import re
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

# Guest, options, what is typed: what one does not reach another does. Of each seat, for each makes its
# calls in its own way.
ISOLATED = [
    ("hello", ["--until", "Goodbye."], ""),
    ("echo", [], "acq"),
    ("pager", [], ""),
    ("notifications", [], ""),
    ("priorities", [], ""),
    ("conformance", ["--until", "conformance: end"], "never read"),
    ("hour", ["--time", "virtual"], ""),
    ("hello", ["--serial", "stdio", "--serial", "unix:$DIR/com2", "--until", "Goodbye."], ""),
    ("hello", ["--serial", "stdio", "--serial", "tcp:0", "--until", "Goodbye."], ""),
    ("hello", ["--state-file", "$DIR/state", "--until", "Goodbye."], ""),
]
IN_PLACE = [(guest, ["--in-place", *options], typed) for guest, options, typed in [
    ("hello", ["--until", "Goodbye."], ""),
    ("echo", [], "acq"),
    ("ipc-pair", [], ""),
    ("priorities", [], ""),
    ("hour", ["--time", "virtual"], ""),
]]
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


def start(build, workload, *options):
    guest, own, typed = workload
    with tempfile.TemporaryDirectory() as directory:
        own = [word.replace("$DIR", directory) for word in own]
        return command.run([os.path.join(build, "sel4emu"), *options, *own, "--timeout", "20",
                            command.find_image(build, guest)], stdin=typed, timeout=TIMEOUT)


def counts(done):
    """{call: how often it was made} of a run with --verbose."""
    return {name: int(count)
            for line in COUNTS.findall(done.stderr)
            for name, count in re.findall(r"(\w+)=(\d+)", line)}


def occasions(count, every):
    if every:
        return range(1, count + 1)
    return sorted({1, min(2, count), (count + 1) // 2, count} - {0})


def printed(done):
    """What a run printed, without the kernel's own lines: they name slots of the conformance guest,
    whose numbers depend on how fast the host is."""
    return [line for line in done.stdout.splitlines() if "seL4(CPU " not in line]


def is_reached_by_child(build, name, workload, undisturbed):
    """Whether a call that the command itself never makes fails elsewhere: the processes that it
    starts inherit an injection, but their calls are not counted."""
    done = start(build, workload, "--inject", f"{name}:1:{ERRORS.get(name, DEFAULT_ERROR)}")
    return done.status != 0 or printed(done) != printed(undisturbed)


def judge(done, undisturbed):
    """What is wrong with the end of a disturbed run; None if nothing is."""
    lines = [line for line in done.stderr.splitlines() if line]
    if done.timed_out:
        return "it did not end"
    if done.leftovers:
        return f"left behind {done.leftovers}"
    if done.status == 0:
        if printed(done) != printed(undisturbed):
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
    args.build = os.path.abspath(args.build)
    seats = [survey(args.build, workloads) for workloads in (ISOLATED, IN_PLACE)]
    if None in seats:
        return 1
    names = seats[0][0][2]
    if not names:
        print("sel4emu --verbose says nothing of its host calls")
        return 1
    failed = False
    for name in sorted(names):
        if not args.call or name in args.call:
            failed = not disturb(args, name, seats) or failed
    return 1 if failed else 0


def survey(build, workloads):
    """[(workload, its run, how often it makes which call)]; None if one fails by itself."""
    surveyed = []
    for workload in workloads:
        undisturbed = start(build, workload)
        if undisturbed.status != 0:
            print(f"FAIL {workload[0]} undisturbed: {undisturbed.describe()}")
            return None
        surveyed.append((workload, undisturbed, counts(start(build, workload, "--verbose"))))
    return surveyed


def choose(build, name, surveyed):
    """The first workload that makes the call; None if none does."""
    return next((each for each in surveyed if each[2].get(name)), None) or next(
        (each for each in surveyed if is_reached_by_child(build, name, *each[:2])), None)


def disturb(args, name, seats):
    """Makes one call fail wherever it should; reports; returns whether all was well."""
    chosen = [each for each in (choose(args.build, name, surveyed) for surveyed in seats) if each]
    if not chosen:
        return disturb_doctor(args.build, name)
    wrong = [problem for each in chosen for problem in disturb_workload(args, name, *each)]
    print("\n".join(wrong + [f"{'FAIL' if wrong else 'ok'} {name} fails cleanly"]), flush=True)
    return not wrong


def disturb_workload(args, name, workload, undisturbed, made):
    error = ERRORS.get(name, DEFAULT_ERROR)
    wrong = []
    for occasion in occasions(max(made.get(name, 0), 1), args.all):
        injection = f"{name}:{occasion}:{error}"
        done = start(args.build, workload, "--inject", injection)
        problem = judge(done, undisturbed)
        if problem:
            options = " ".join(workload[1])
            wrong.append(f"{workload[0]} {options} --inject {injection}: {problem}; {done.describe()}")
        elif args.verbose:
            print(f"{workload[0]} {injection}: {done.status} {done.stderr.strip()}")
    return wrong


def doctor(build, *options):
    done = command.run([os.path.join(build, "sel4emu"), "doctor", *options], timeout=TIMEOUT)
    return done, re.findall(r"^(ok|limited|missing) ", done.stdout, re.MULTILINE)


def disturb_doctor(build, name):
    """The same for a call that only `sel4emu doctor` makes: it says what is missing."""
    error = ERRORS.get(name, DEFAULT_ERROR)
    _, healthy = doctor(build)
    done, found = doctor(build, "--inject", f"{name}:1:{error}")
    if found == healthy:
        print(f"skip {name}: no workload makes it")
        return True
    well = done.status in (0, 4) and not done.stderr and not done.leftovers
    print(f"{'ok' if well else 'FAIL'} {name} fails cleanly: in doctor, {done.describe()}")
    return well


if __name__ == "__main__":
    sys.exit(main())
