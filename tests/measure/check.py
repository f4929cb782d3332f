#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tests/witness without upstream's sources: on build directories made here, with programs that print
what sel4test prints, and with a guest of ours on the true emulator.

    tests/measure/check.py BUILD"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from measure import runs  # noqa: E402
from runner import command  # noqa: E402

WITNESS = os.path.join(TESTS, "witness")

# In place of an emulator. Works 0.2 s itself and 0.2 s in an orphan, sleeps 0.4 s; TEST BBB fails in
# place of QEMU.
PROGRAM = """#!{python}
import os, sys, time
def work(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass
if "--version" in sys.argv:
    print("stand-in 1.0")
    sys.exit(0)
open({log!r}, "a").write(" ".join(sys.argv[1:]) + "\\n")
if os.fork() == 0:
    if os.fork() == 0:
        work(0.2)
    os._exit(0)
os.wait()
work(0.2)
print("booting", "Starting test 0: Test that there are tests", "Starting test 1: AAA", sep="\\r\\n")
sys.stdout.flush()
time.sleep(0.4)
print("Starting test 2: BBB")
{end}
sys.stdout.flush()
time.sleep(60)
"""
PASSES = 'print("Test suite passed. 3 tests passed. 59 tests disabled.\\nAll is well in the universe")'
FAILS = ('print("\\tError: x == y at line 3\\nStarting test 3: CCC\\n'
         'Test suite failed. 2/3 tests passed.\\n*** FAILURES DETECTED ***")')
SILENT = 'sys.stdout.flush()'

SIMULATE = """import sys
binary = sys.argv[sys.argv.index("-b") + 1]
memory = sys.argv[sys.argv.index("-m") + 1] if "-m" in sys.argv else "3G"
sys.stderr.write("simulate: QEMU command: %s  -cpu Nehalem -nographic -m size=%s -kernel k\\n"
                 % (binary, memory))
"""


class World:
    """A directory with a build and stand-ins for both emulators."""

    def __init__(self, directory):
        self.directory = directory
        self.build = os.path.join(directory, "build-x")
        os.makedirs(os.path.join(self.build, "images"))
        self.write("build-x/images/sel4test-driver-image-x86_64-pc99", "no ELF file")
        self.write("build-x/simulate", SIMULATE)
        self.write("build-x/CMakeCache.txt", f"seL4_SOURCE_DIR:STATIC={directory}/kernel\n")
        os.mkdir(os.path.join(directory, "kernel"))
        self.write("kernel/VERSION", "99.0.0\n")
        self.page = os.path.join(directory, "page.md")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def read(self, name):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def stand_in(self, name, end):
        log = os.path.join(self.directory, name + ".log")
        return self.write(name, PROGRAM.format(python=sys.executable, log=log, end=end))

    def witness(self, *options):
        return subprocess.run([WITNESS, "--output", self.page, *options], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)


def figure(page, name, column):
    """A median in the table."""
    row = re.search(rf"^\| {name} \|(.*)\|$", page, re.MULTILINE)
    return float(row.group(1).split("|")[column].split()[0]) if row else -1.0


def counts_and_times(world, _):
    ours, theirs = world.stand_in("emu", PASSES), world.stand_in("qemu", FAILS)
    done = world.witness("--runs", "2", "--memory", "512M,1G", "--sel4emu", ours, "--qemu", theirs,
                         world.build)
    page = world.read("page.md")
    yield done.returncode == 1, f"status {done.returncode}: {done.stderr}"
    yield page.count("3 of 3, 2 times") == 2, "our passes are not counted"
    yield page.count("2 of 3 (failed: BBB), 2 times") == 2, "the failure is not named"
    yield "seL4 99.0.0" in page and "59 tests are disabled" in page, "the build is not described"
    yield 0.35 < figure(page, "sel4emu", 3) < 2, "the orphan's time is not counted"
    yield figure(page, "sel4emu", 2) < figure(page, "sel4emu", 4) - 0.3, "the parts are wrong"
    yield world.directory not in page, "the page names a path of this machine"
    yield "stand-in 1.0" in page, "the emulators are not named"
    yield "--memory 512M" in world.read("emu.log"), "sel4emu did not get the size of memory"
    yield "-m size=1G" in world.read("qemu.log"), "QEMU did not get what simulate says"


def ends_what_hangs(world, _):
    ours = world.stand_in("emu", SILENT)
    done = world.witness("--runs", "1", "--timeout", "6", "--no-qemu", "--sel4emu", ours,
                         world.build)
    yield done.returncode == 1, f"status {done.returncode}: {done.stderr}"
    yield ("no result: timeout in test 3, BBB" in world.read("page.md"),
           "it is not said where the run stood")
    yield "--memory 3G" in world.read("emu.log"), "simulate's size of memory was not asked for"


def says_what_is_missing(world, _):
    ours = world.stand_in("emu", PASSES)
    done = world.witness("--runs", "1", "--sel4emu", ours, "--qemu", "no-such-qemu", world.build)
    yield done.returncode == 0, f"status {done.returncode}: {done.stderr}"
    yield "QEMU was not run: no-such-qemu is not installed" in world.read("page.md"), "no reason"


def refuses_bad_input(world, _):
    ours = ["--sel4emu", world.stand_in("emu", PASSES)]
    empty = os.path.join(world.directory, "kernel")
    for words in (["/no/such/directory"], [empty], [], ["--runs", "0", world.build],
                  ["--memory", "3X", world.build], ["--timeout", "-1", world.build],
                  ["--until", "(", world.build], ["--sel4emu", "no-such-program", world.build]):
        done = world.witness(*ours, *words)
        yield (done.returncode == 2 and "Traceback" not in done.stderr and done.stderr,
               f"{words}: status {done.returncode}: {done.stderr}")
    world.write("build-x/simulate", "raise SystemExit(3)")
    done = world.witness(*ours, "--qemu", ours[1], world.build)
    yield (done.returncode == 2 and "does not say how it starts QEMU" in done.stderr,
           f"a broken simulate: status {done.returncode}: {done.stderr}")


def runs_another_system(world, build):
    os.remove(os.path.join(world.build, "images", "sel4test-driver-image-x86_64-pc99"))
    os.symlink(command.find_image(build, "hello"),
               os.path.join(world.build, "images", "hello-image-x86_64-pc99"))
    emulator = ["--no-qemu", "--runs", "1", "--sel4emu", os.path.join(build, "sel4emu")]
    done = world.witness(*emulator, "--until", "Goodbye", "--memory", "256M", world.build)
    yield done.returncode == 0, f"status {done.returncode}: {done.stdout}{done.stderr}"
    yield figure(world.read("page.md"), "sel4emu", 3) > 0, "no processor time"
    done = world.witness(*emulator, "--until", "never printed", "--memory", "256M", world.build)
    yield done.returncode == 1, f"the end text did not come, but status {done.returncode}"


def counts_guest_threads(_, build):
    """The time of a busy guest is that of processes that the emulator traces."""
    words = [os.path.join(build, "sel4emu"), "--timeout", "3", command.find_image(build, "echo")]
    with tempfile.TemporaryFile() as errors:
        done = runs.run(["sh", "-c", "printf b | " + shlex.join(words)], "/",
                        runs.Marks(first="busy", end="never printed"), 20, errors)
    yield done.how == "ended with status 124", done.how + " " + done.error
    yield done.processor > 0.12, f"{done.processor:.2f} s in three seconds"


CHECKS = [counts_and_times, ends_what_hangs, says_what_is_missing, refuses_bad_input,
          runs_another_system, counts_guest_threads]


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    failed = False
    for check in CHECKS:
        with tempfile.TemporaryDirectory() as directory:
            wrong = [text for holds, text in check(World(directory), os.path.abspath(sys.argv[1]))
                     if not holds]
        failed = failed or bool(wrong)
        print("\n".join(wrong + [f"{'FAIL' if wrong else 'ok'} {check.__name__}"]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
