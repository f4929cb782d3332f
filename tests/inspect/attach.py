#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Linux's own tools on a guest that runs in place: gdb, by sel4emu attach and by itself, strace, perf.

    tests/inspect/attach.py BUILD [CASE...]"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from control import NO_GUEST, TIMEOUT, Guest, Wrong, command, must_match, run  # noqa: E402
from runner import conformance  # noqa: E402

UNSUPPORTED = 4
BATCH = ["-nx", "-batch", "-ex", "set width 0"]


class Missing(Exception):
    """The host lacks a program, or does not let it work."""


def need(program):
    if shutil.which(program) is None:
        raise Missing(f"{program} is not installed")


def tool(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT, check=False,
                          stdin=subprocess.DEVNULL)


class InPlace(Guest):
    def __init__(self, build, guest, *options):
        super().__init__(build, guest, "--in-place", *options)

    def processes(self):
        """{name of the first thread's VSpace: (pid, path of the program or "-")}"""
        lines = self.ask("processes").splitlines()[1:]
        words = (line.split(None, 3) for line in lines)
        return {vspace: (int(pid), program) for pid, _, vspace, program in words}

    def attach(self, *commands, name=()):
        """What gdb prints."""
        words = [word for text in commands for word in ("-ex", text)]
        done = run(self.build, "attach", *name, "--guest", self.name, "--", *BATCH, *words)
        if done.returncode != 0:
            raise Wrong(f"attach: status {done.returncode}: {done.stderr}")
        return done.stdout + done.stderr

    def end(self, key=b"q"):
        """It has gone on as if nothing had happened."""
        self.type(key)
        if self.process.wait(TIMEOUT) != 0:
            raise Wrong(f"the guest did not go on well: status {self.process.returncode}")


def of_thread(name, text):
    """The part of `thread apply all` for the thread of that name."""
    for part in re.split(r"^(?=Thread )", text, flags=re.MULTILINE):
        if re.match(rf'Thread [\d.]+ \(LWP \d+ "{re.escape(name)}"\)', part):
            return part
    raise Wrong(f"gdb shows no thread {name}: {text}")


def gdb_shows_where_blocked_threads_are(build):
    need("gdb")
    with InPlace(build, "deadlock", "--on-idle", "wait") as guest:
        guest.wait_for(b"forget the one before")
        time.sleep(0.2)
        shown = guest.attach("info threads", "thread apply all backtrace")
        must_match(r'^[* ] [\d.]+ +LWP \d+ "vs:rootserver" ', shown)
        for thread, function in (("client", "client_main"), ("files", "files_main"),
                                 ("cache", "cache_main"), ("rootserver", "guest_main")):
            part = of_thread(thread, shown)
            must_match(r"^#0 .* linux_futex_wait", part)
            must_match(r"^#\d+ +<signal handler called>$", part)
            must_match(rf"^#\d+ .*\b{function} \(.*\) at .*deadlock\.c:\d+$", part)


class Trickle(threading.Thread):
    """Reads what a guest prints: slowly, so that it goes on but does not get far, then all."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe, self.printed, self.hurry = pipe, b"", threading.Event()
        self.start()

    def run(self):
        while part := os.read(self.pipe.fileno(), 1024):
            self.printed += part
            self.hurry.wait(0.05)

    def rest(self):
        self.hurry.set()
        self.join(TIMEOUT)
        return self.printed.decode(errors="replace")


def tcbs_that_share_a_thread_get_their_own(build):
    """While the checks of guests/conformance run, which are as without."""
    need("gdb")
    kernel = conformance.Kernel(conformance.DEFAULT)
    with InPlace(build, "conformance", "--carriers=shared", "--time=virtual",
                 *kernel.options(), "--until", conformance.END) as guest:
        guest.wait_for(b"TCB0001")
        reader = Trickle(guest.process.stdout)
        pid, _ = guest.processes()["rootserver"]
        if len(os.listdir(f"/proc/{pid}/task")) != 2:
            raise Wrong(f"{pid} has threads of its own for its TCBs")
        shown = guest.attach("info threads", "thread apply all backtrace")
        for thread in ("vs:rootserver", "rootserver", "worker 0"):
            must_match(rf'^[* ] [\d.]+ +LWP \d+ "{thread}" ', shown)
        must_match(r"^#\d+ .*\) at .*\.[chS]:\d+$", of_thread("worker 0", shown))
        found = conformance.checks(reader.rest())
        expected = {name: line for name, line in kernel.expected().items() if name in found}
        if len(expected) < 200:
            raise Wrong(f"it came to {len(expected)} checks only")
        for name, wrong in conformance.differences(expected, found):
            if wrong:
                raise Wrong(f"{name} comes out otherwise: {wrong}")


def gdb_shows_the_source_of_a_child_program(build):
    need("gdb")
    with InPlace(build, "null-pointer", "--on-idle", "wait") as guest:
        guest.wait_for(b"on data at address 0x8")
        time.sleep(0.2)
        if os.path.basename(guest.processes()["screen"][1]) == "-":
            raise Wrong(f"its program is not known: {guest.ask('processes')}")
        shown = guest.attach("thread apply all backtrace", name=["screen"])
        must_match(r"^#\d+ .*\bvalue_of \(.*\) at .*screen\.c:\d+$", of_thread("screen", shown))
        if '"rootserver"' in shown:
            raise Wrong(f"gdb got more than was asked for: {shown}")


def gdb_by_itself_finds_its_way(build):
    """With the image and nothing else; it is told nothing of regions, not even of signals."""
    need("gdb")
    with InPlace(build, "echo") as guest:
        guest.wait_for(b"press keys")
        pid, _ = guest.processes()["rootserver"]
        image = command.find_image(build, "echo")
        done = tool("gdb", *BATCH, "-iex", "set exec-file-mismatch off", image, "-p", str(pid),
                    "-ex", "thread apply all backtrace")
        part = of_thread("rootserver", done.stdout)
        for function in ("linux_futex_wait_call", "gate_handle"):
            must_match(rf"^#\d+ .*\b{function} \(\)", part)
        must_match(r"^#\d+ .*\bguest_main \(.*\) at .*echo\.c:\d+$", part)
        guest.end()


def a_breakpoint_in_guest_code_hits(build):
    need("gdb")
    with InPlace(build, "echo") as guest:
        guest.wait_for(b"press keys")
        words = [word for text in ("break obey", "continue", "backtrace", "print key", "delete",
                                   "detach") for word in ("-ex", text)]
        with subprocess.Popen([os.path.join(build, "sel4emu"), "attach", "--guest", guest.name,
                               "--", *BATCH, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True) as gdb:
            seen = ""
            while "Breakpoint 1 at" not in seen:
                line = gdb.stdout.readline()
                if not line:
                    raise Wrong(f"gdb set no breakpoint: {seen}")
                seen += line
            guest.type(b"x")
            try:
                seen += gdb.communicate(timeout=TIMEOUT)[0]
            except subprocess.TimeoutExpired:
                gdb.kill()
                raise Wrong(f"the breakpoint did not hit: {seen}") from None
        must_match(r'^Thread 2 "rootserver" hit Breakpoint 1, .*obey \(key=(key@entry=)?120 ', seen)
        must_match(r"^#1 .*\bguest_main \(\) at .*echo\.c:\d+$", seen)
        must_match(r"^\$1 = 120 'x'$", seen)
        guest.wait_for(b"key 0x78")
        guest.end()


def a_running_thread_is_where_it_runs(build):
    need("gdb")
    with InPlace(build, "echo") as guest:
        guest.wait_for(b"press keys")
        guest.type(b"b")
        guest.wait_for(b"busy")
        time.sleep(0.2)
        for _ in range(3):
            must_match(r"^#\d+ .*\bbe_busy \(\) at .*echo\.c:\d+$",
                       of_thread("rootserver", guest.attach("thread apply all backtrace")))


def what_cannot_be_attached_to_gets_a_sentence(build):
    need("gdb")
    with Guest(build, "echo", "--isolate") as guest:
        guest.wait_for(b"press keys")
        must_match(r"^sel4emu: control-[\w-]+ does not run in place \(--isolate\): ",
                   guest.ask("attach", status=UNSUPPORTED))
        must_match(r"^ +- +1 +rootserver +/", guest.ask("processes"))
    with InPlace(build, "echo") as guest:
        guest.wait_for(b"press keys")
        must_match(r"^sel4emu: control-[\w-]+ has no process or thread called nobody; ",
                   guest.ask("attach", "nobody", status=NO_GUEST))
        guest.end()


def allowed_calls():
    """Linux's numbers of the calls that a guest's processes make (src/runtime/calls.def)."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "runtime",
                        "calls.def")
    with open(path, encoding="utf-8") as file:
        return {int(number) for number in re.findall(r"^RUNTIME_CALL\(\w+, (\d+)\)", file.read(),
                                                     re.MULTILINE)}


def strace_shows_the_calls_that_the_filter_allows(build):
    need("strace")
    with InPlace(build, "echo") as guest:
        guest.wait_for(b"press keys")
        pid, _ = guest.processes()["rootserver"]
        with subprocess.Popen(["strace", "-f", "-n", "-p", str(pid)], stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True) as strace:
            first = strace.stderr.readline()
            if "attached" not in first:
                strace.kill()
                raise Missing(f"strace does not attach: {first.strip()}")
            guest.type(b"xyz")
            guest.wait_for(b"key 0x7a")
            # strace that ends where a thread stands at a signal drops it, and with it the call
            guest.wait_for_state("^rootserver .* waits for notification ")
            strace.send_signal(signal.SIGINT)
            seen = strace.communicate(timeout=TIMEOUT)[1]
        numbers = [int(n) for n in re.findall(r"\[ *(\d+)\] \w+\(", seen)]
        if len(numbers) < 10:
            raise Wrong(f"strace saw {len(numbers)} calls: {seen}")
        others = set(numbers) - allowed_calls()
        if others:
            raise Wrong(f"calls {others} are not in calls.def: {seen}")
        guest.end()


def perf_knows_functions_of_the_guest(build):
    need("perf")
    with InPlace(build, "echo") as guest, tempfile.TemporaryDirectory() as scratch:
        guest.wait_for(b"press keys")
        guest.type(b"b")
        guest.wait_for(b"busy")
        pid, _ = guest.processes()["rootserver"]
        data, symbols = os.path.join(scratch, "data"), os.path.join(scratch, "symbols")
        done = tool("perf", "record", "-q", "-e", "cpu-clock:u", "-g", "-o", data, "-p", str(pid), "--",
                    "sleep", "1")
        if done.returncode != 0:
            raise Missing(f"perf record does not work here: {done.stderr.strip()[:200]}")
        must_match(r"^perf report --symfs ", guest.ask("attach", "--perf", symbols))
        done = tool("perf", "report", "--symfs", symbols, "--kallsyms", "/proc/kallsyms", "-i", data,
                    "--stdio", "--no-children", "-g", "none")
        must_match(r"^ +\d+\.\d+% +rootserver +memfd:sel4emu-guest-memory .* be_busy *$", done.stdout)


CASES = [gdb_shows_where_blocked_threads_are, tcbs_that_share_a_thread_get_their_own,
         gdb_shows_the_source_of_a_child_program,
         gdb_by_itself_finds_its_way, a_breakpoint_in_guest_code_hits,
         a_running_thread_is_where_it_runs, what_cannot_be_attached_to_gets_a_sentence,
         strace_shows_the_calls_that_the_filter_allows, perf_knows_functions_of_the_guest]


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    build = os.path.abspath(sys.argv[1])
    command.become_reaper()
    failed = False
    for case in CASES:
        if sys.argv[2:] and case.__name__ not in sys.argv[2:]:
            continue
        try:
            case(build)
            print(f"ok {case.__name__}", flush=True)
        except Missing as missing:
            print(f"skip {case.__name__}: {missing}", flush=True)
        except Wrong as wrong:
            failed = True
            print(f"{wrong}\nFAIL {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
