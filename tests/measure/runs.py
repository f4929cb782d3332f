# SPDX-License-Identifier: BSD-2-Clause
"""One timed run of an emulator: until a text, until silence, until its end or until time is up.

Processor time is user plus system time of the command and of all that it started. Linux adds up a
process's time where the process is waited for; this process is the reaper of orphans, so at the end
all of it has arrived in its RUSAGE_CHILDREN, be it that of QEMU's threads or of processes that were
ptraced. One run at a time."""

import dataclasses
import os
import re
import resource
import select
import subprocess
import time

from runner import command

GRACE = 5.0  # seconds between being asked to end and being killed
KEPT = 1 << 22  # bytes of output looked at


@dataclasses.dataclass
class Marks:
    """What to look for in the output. `end` None: silence of `quiet` seconds ends the run."""
    first: str
    end: str = None
    quiet: float = 3.0


@dataclasses.dataclass
class Run:
    first: float  # seconds to the first mark; None: it did not come
    whole: float  # seconds to the end text, or to the last output before silence
    processor: float  # seconds
    how: str  # "end text", "silent", "ended with status N" or "timeout"
    output: str
    error: str  # the last line of its error output
    leftovers: list


def _children_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class _Watch:
    """The output so far and when what was seen."""

    def __init__(self, marks):
        self.marks = marks
        self.start = time.monotonic()
        self.output = b""
        self.first = None
        self.last = 0.0
        self.first_mark = re.compile(marks.first.encode())
        self.end_mark = re.compile(marks.end.encode()) if marks.end else None

    def now(self):
        return time.monotonic() - self.start

    def take(self, data):
        self.last = self.now()
        looked_at = max(0, len(self.output) - 256)
        self.output = (self.output + data)[-KEPT:]
        if self.first is None and self.first_mark.search(self.output, looked_at):
            self.first = self.last
        return bool(self.end_mark and self.end_mark.search(self.output, looked_at))

    def is_silent(self):
        return (self.end_mark is None and self.first is not None
                and self.now() - self.last > self.marks.quiet)


def _follow(process, watch, timeout):
    """Reads until the run is over; returns how it is."""
    pipe = process.stdout.fileno()
    while watch.now() < timeout:
        ready, _, _ = select.select([pipe], [], [], 0.05)
        if ready:
            data = os.read(pipe, 65536)
            if not data:
                return f"ended with status {process.wait()}"
            if watch.take(data):
                return "end text"
        elif watch.is_silent():
            return "silent"
    return "timeout"


def _stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(arguments, directory, marks, timeout, errors):
    """errors: a file, open for reading and writing, that gets the error output."""
    command.become_reaper()
    ours = set(command.children())
    before = _children_time()
    errors.seek(0)
    errors.truncate()
    watch = _Watch(marks)
    with subprocess.Popen(arguments, cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=errors,
                          start_new_session=True) as process:
        try:
            how = _follow(process, watch, timeout)
        finally:
            _stop(process)
    leftovers = command.reap(ours)
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return Run(first=watch.first, whole=watch.last, processor=_children_time() - before, how=how,
               output=watch.output.decode(errors="replace"), error=lines[-1] if lines else "",
               leftovers=leftovers)
