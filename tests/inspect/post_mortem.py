#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is kept of guests that end badly: state files that the inspector opens, core files that gdb
does.

    tests/inspect/post_mortem.py BUILD"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

TIMEOUT = 30


class Wrong(Exception):
    """What is wrong, in a sentence."""


def run(*words, status=0, typed=""):
    """Standard output and error output together."""
    done = subprocess.run(words, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=TIMEOUT, errors="replace", check=False)
    if done.returncode != status:
        raise Wrong(f"{words}: status {done.returncode}, not {status}: {done.stdout[-2000:]}")
    return done.stdout


def must_match(regex, text):
    if not re.search(regex, text, re.MULTILINE):
        raise Wrong(f"no line matches {regex}: {text[-3000:]}")


class Build:
    def __init__(self, directory):
        self.directory = directory
        self.sel4emu = os.path.join(directory, "sel4emu")

    def guest(self, name):
        return command.find_image(self.directory, name)

    def run(self, guest, *options, status, typed=""):
        return run(self.sel4emu, *options, "--timeout", "20", self.guest(guest), status=status,
                   typed=typed)

    def gdb(self, guest, core, *commands):
        words = ["gdb", "-batch", "-nx", self.guest(guest), core + ".core", "-x", core + ".gdb"]
        return run(*words, *(word for each in commands for word in ("-ex", each)))


def a_deadlock_is_named_from_its_state_file(build, directory):
    place = os.path.join(directory, "new")
    said = build.run("deadlock", "--post-mortem", place, status=7)
    must_match(rf"^sel4emu: wrote {place}/state$", said)
    state = os.path.join(place, "state")
    must_match("^1 +files .* they wait for each other$",
               run(build.sel4emu, "deadlocks", "--state", state))
    must_match("^files's CSpace root ", run(build.sel4emu, "caps", "files", "--state", state))
    must_match("^sel4emu: there is no thread nix",
               run(build.sel4emu, "caps", "nix", "--state", state, status=2))


def gdb_shows_where_threads_wait(build, directory):
    build.run("deadlock", "--post-mortem", directory, status=7)
    for thread, function in (("files", "files_main"), ("cache", "cache_main"),
                             ("client", "client_main")):
        shown = build.gdb("deadlock", os.path.join(directory, thread), "bt", "info threads",
                          "print $xmm0", "print $fs_base")
        must_match(r"^#\d+ +(0x\w+ in )?seL4_Call \(", shown)
        must_match(rf"^#\d+ +(0x\w+ in )?{function} \(.* at .*deadlock\.c:\d+$", shown)
        must_match(rf'^\* 1 +LWP \d+ "{thread}"', shown)
        must_match(r"^\$1 = \{.*v4_float", shown)
        must_match(r"^\$2 = [1-9]", shown)
        if "may not match" in shown:
            raise Wrong("gdb thinks that it is the core file of another program")


def gdb_shows_where_a_thread_died(build, directory):
    build.run("echo", "--post-mortem", directory, status=8, typed="w")
    shown = build.gdb("echo", os.path.join(directory, "rootserver"), "bt")
    must_match("^Program terminated with signal SIGSEGV", shown)
    must_match(r"^#0 .* write_to_nowhere \(\) at .*echo\.c:\d+$", shown)
    must_match(r"is stopped by a VMFault at 0x7000000000 that nobody handles$",
               run(build.sel4emu, "ps", "--state", os.path.join(directory, "state")))
    build.run("echo", "--post-mortem", directory, status=8, typed="d")
    must_match("^Program terminated with signal SIGFPE",
               build.gdb("echo", os.path.join(directory, "rootserver")))


def memory_is_that_of_the_vspace(build, directory):
    build.run("deadlock", "--post-mortem", directory, status=7)
    core = os.path.join(directory, "files")
    bytes_of_text = build.gdb("deadlock", core, "x/4xb files_main")
    from_file = run("gdb", "-batch", "-nx", build.guest("deadlock"), "-ex", "x/4xb files_main")
    wanted = re.findall(r"0x[0-9a-f]{2}\b", from_file)
    if not wanted or re.findall(r"0x[0-9a-f]{2}\b", bytes_of_text)[-4:] != wanted[-4:]:
        raise Wrong(f"{bytes_of_text} {from_file}")


def a_good_end_leaves_nothing_but_what_was_asked_for(build, directory):
    place, state = os.path.join(directory, "none"), os.path.join(directory, "state")
    build.run("hello", "--post-mortem", place, "--state-file", state, status=0)
    if os.path.exists(place):
        raise Wrong("a post mortem of a guest that ended well")
    must_match("^rootserver ", run(build.sel4emu, "ps", "--state", state))


def what_is_no_state_file_is_refused(build, directory):
    state = os.path.join(directory, "state")
    build.run("hello", "--state-file", state, status=0)
    with open(state, "r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    must_match("state: the state file is damaged$",
               run(build.sel4emu, "ps", "--state", state, status=3))
    must_match("it is no state file of sel4emu$",
               run(build.sel4emu, "ps", "--state", build.guest("hello"), status=3))
    must_match("No such file", run(build.sel4emu, "ps", "--state", state + "x", status=3))
    said = build.run("hello", "--state-file", os.path.join(directory, "no", "state"), status=0)
    must_match("sel4emu: .*/no/state: No such file", said)


def functions_have_names_while_the_image_is_there(build, directory):
    image, state = os.path.join(directory, "image"), os.path.join(directory, "state")
    shutil.copy(build.guest("null-pointer"), image)
    run(build.sel4emu, "--state-file", state, "--timeout", "20", image, status=8)
    shown = run(build.sel4emu, "ps", "--state", state)
    must_match(r"^rootserver .* guest_main +waits for ", shown)
    must_match(r"^screen .* value_of +is stopped by a VMFault at 0x8 ", shown)
    shutil.copy(build.guest("hello"), image)
    shown = run(build.sel4emu, "ps", "--state", state)
    must_match(r"^rootserver .* - +waits for ", shown)
    must_match(r"^screen .* - +is stopped by ", shown)
    os.remove(image)
    must_match(r"^screen .* - +is stopped by ", run(build.sel4emu, "ps", "--state", state))


CASES = [a_deadlock_is_named_from_its_state_file, gdb_shows_where_threads_wait,
         gdb_shows_where_a_thread_died, memory_is_that_of_the_vspace,
         a_good_end_leaves_nothing_but_what_was_asked_for,
         functions_have_names_while_the_image_is_there, what_is_no_state_file_is_refused]


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    build = Build(os.path.abspath(sys.argv[1]))
    failed = False
    for case in CASES:
        if case.__name__.startswith(("gdb", "memory")) and not shutil.which("gdb"):
            print(f"skip {case.__name__}: there is no gdb")
            continue
        wrong = None
        with tempfile.TemporaryDirectory() as directory:
            try:
                case(build, directory)
            except (Wrong, subprocess.TimeoutExpired) as error:
                wrong = error
        failed = failed or wrong is not None
        print(f"{wrong}\nFAIL {case.__name__}" if wrong else f"ok {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
