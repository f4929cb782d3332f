#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Changes one check of the pure kernel at a time and asks the tests whether they notice.

    tests/mutation/mutate.py [--list] [--only TEXT]... [--no-guest | --guest KERNEL...]
                             [--jobs N] [--log FILE]

It needs the default build, up to date. What the unit tests do not notice runs the conformance
guests. What survives both has to be listed, with the proof that no guest can tell, in
docs/mutants.md, by its name (M0123abc); the others are printed, and the exit status is 1.

--list       only prints the mutants
--only TEXT  only those whose description contains it
--no-guest   the unit tests alone
--guest KERNEL...  of the conformance guests only those for these kernels"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
PROOFS = os.path.join(ROOT, "docs", "mutants.md")
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(ROOT, "tests")]

import mutants  # noqa: E402
from runner import conformance, results, seats  # noqa: E402

PURE = ("base", "abi", "model", "cap", "mem", "sched", "ipc", "object", "kernel")
# Where guests' arguments and times are looked at. Boot is no guest's doing.
MUTATED = ("src/object/*.c", "src/cap/*.c", "src/kernel/invocation.c", "src/kernel/syscall.c",
           "src/kernel/debug.c", "src/kernel/fastpath.c", "src/kernel/fast_ipc.c", "src/ipc/*.c",
           "src/sched/*.c", "src/mem/asid.c", "src/mem/map.c", "src/mem/io_space.c",
           "src/mem/open_pages.c")
CPU_SECONDS = 4  # of one test program; what takes more hangs
SECONDS = 600    # or waits for ever
MEMORY_MIB = 4096
RANDOM_ENTRIES = "20000"
VERDICTS = ("unit", "guest", "survives")
SELECTOR = f"""#include <stdlib.h>
int {mutants.SELECTED};
__attribute__((constructor)) static void select_mutant(void)
{{
    const char *number = getenv("MUTANT");
    {mutants.SELECTED} = number ? atoi(number) : 0;
}}
"""


def is_test(path):
    return os.path.basename(path).startswith(("test_", "testkit_", "fuzz_", "timing_"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def load():
    files = []
    for pattern in MUTATED:
        files += [mutants.File(os.path.relpath(path, ROOT), read(path))
                  for path in sorted(glob.glob(os.path.join(ROOT, pattern))) if not is_test(path)]
    return files, mutants.number_all(files)


class Workshop:
    """Compiles what holds all mutants: the test programs and the command."""

    def __init__(self, directory, jobs):
        self.directory, self.jobs = directory, jobs
        self.tests = []  # (source, program)
        with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
            self.commands = {c["file"]: shlex.split(c["command"]) for c in json.load(file)
                             if "-flto" not in c["command"]}  # as the runtime image has it all

    def path(self, name):
        return os.path.join(self.directory, name)

    def compile(self, source, text):
        """As the default build does, but without looking at warnings."""
        output = self.path(os.path.relpath(source, ROOT).replace("/", "_") + ".o")
        command = self.commands[source]
        command = command[:command.index("-o")]  # what follows are the files
        command = [word for word in command if word not in ("-g", "-Werror", "-O2")]
        command += ["-O1", "-w", "-I", os.path.dirname(source), "-o", output, "-x", "c", "-c", "-"]
        done = subprocess.run(command, input=text, text=True, cwd=BUILD, check=False,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"mutate: {source} does not compile:\n{done.stderr}")
        return output

    def prepare(self, files):
        texts = {os.path.join(ROOT, file.path): file.program() for file in files}
        sources = [os.path.join(ROOT, "tests", "harness", "test_main.c")]
        for layer in PURE:
            sources += [path for path in glob.glob(os.path.join(ROOT, "src", layer, "*.c"))
                        if not os.path.basename(path).startswith("fuzz_")]
        selector = self.path("selector.o")
        subprocess.run(["gcc", "-c", "-x", "c", "-", "-o", selector], input=SELECTOR, text=True,
                       check=True)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            objects = dict(zip(sources, pool.map(
                lambda source: self.compile(source, texts.get(source) or read(source)), sources)))
            programs = [s for s in sources if os.path.basename(s).startswith("test_")][1:]
            common = [selector] + [o for s, o in objects.items() if s not in programs]
            archive = self.path("common.o")
            subprocess.run(["ld", "-r", "-o", archive] + common, check=True)
            self.tests = list(zip(programs, pool.map(
                lambda source: self.link(common, archive, source, objects[source]), programs)))
        self.link_command([selector] + [objects[source] for source in texts])

    @staticmethod
    def link(common, archive, source, test):
        """What the linker wraps it does not find within one object: then all of them are linked."""
        program = test[:-2]
        name = os.path.basename(os.path.dirname(source)) + "." + os.path.basename(source)[:-2]
        said = glob.glob(os.path.join(BUILD, "**", name + ".dir", "link.txt"), recursive=True)
        wraps = [word for word in shlex.split(read(said[0])) if "--wrap" in word] if said else []
        subprocess.run(["gcc", "-o", program, *wraps, *(common if wraps else [archive]), test],
                       check=True)
        return program

    def link_command(self, changed):
        """The changed objects go first: then nobody asks an archive for them."""
        command = shlex.split(read(os.path.join(BUILD, "CMakeFiles", "sel4emu.dir", "link.txt")))
        command[command.index("-o") + 1] = self.path("sel4emu")
        subprocess.run(command[:1] + changed + command[1:], cwd=BUILD, check=True)


class Silent(results.Results):
    """Counts without a word."""

    def __init__(self):
        super().__init__(False)
        self.failures = 0

    def note(self, name, passed, text=""):
        self.failures += not passed

    def fail(self, name, text=""):
        self.failures += 1


class Jury:
    def __init__(self, workshop, guests):
        self.workshop, self.guests = workshop, guests  # names of kernels

    @staticmethod
    def environment(number):
        return {**os.environ, "MUTANT": str(number), "SEL4EMU_RANDOM_ENTRIES": RANDOM_ENTRIES}

    def programs(self, source):
        """Those beside the source first, random guests last."""
        near = os.path.join(os.path.dirname(source), "test_" + os.path.basename(source))

        def distance(test):
            path = test[0]
            return ("random" in path, path != near,
                    os.path.dirname(path) != os.path.dirname(source))

        return [program for _, program in sorted(self.workshop.tests, key=distance)]

    def unit_tests_notice(self, source, number):
        limit = ["timeout", "-k", "1", str(SECONDS), "prlimit", f"--as={MEMORY_MIB << 20}",
                 f"--cpu={CPU_SECONDS}", "--core=0"]
        return any(subprocess.run(limit + [program, "--first"], env=self.environment(number),
                                  check=False, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode != 0
                   for program in self.programs(source))

    def guests_notice(self, number):
        """The command takes the number from its environment, as its guests' kernel is in it."""
        code = ("import sys; sys.dont_write_bytecode = True; sys.path[:0] = sys.argv[1:3]; "
                "import mutate; sys.exit(mutate.run_guests(*sys.argv[3:]))")
        return subprocess.run([sys.executable, "-c", code, HERE, os.path.dirname(HERE),
                               self.workshop.directory, *self.guests], env=self.environment(number),
                              check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode != 0

    def judge(self, mutant):
        if self.unit_tests_notice(os.path.join(ROOT, mutant.path), mutant.number):
            return "unit"
        if self.guests and self.guests_notice(mutant.number):
            return "guest"
        return "survives"


def run_guests(directory, *kernels):
    """The conformance guests on the command of `directory`; stops at the first that differs. Their
    kernel is in that process: the in-place seat has another, in the guest's."""
    for name in kernels:
        out = Silent()
        conformance.run_kernel(out, "conformance", conformance.Kernel(name), directory, BUILD,
                               seats.SEATS[""])
        if out.failures:
            return 1
    return 0


def proven():
    return set(re.findall(r"\bM[0-9a-f]{7}\b", read(PROOFS))) if os.path.exists(PROOFS) else set()


def run(files, chosen, arguments):
    verdicts = {}
    start = time.monotonic()
    with tempfile.TemporaryDirectory(
            dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        workshop = Workshop(directory, arguments.jobs)
        workshop.prepare(files)
        jury = Jury(workshop, arguments.guest)
        nothing = mutants.Mutant(chosen[0].path, "-", "no mutant", 0, "", "")
        if jury.judge(nothing) != "survives":
            sys.exit("mutate: the tests fail without any mutant")
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool, \
                open(arguments.log or os.devnull, "w", encoding="utf-8") as log:
            for mutant, verdict in zip(chosen, pool.map(jury.judge, chosen)):
                verdicts[mutant] = verdict
                print(f"{verdict:9} {mutant.describe()}", file=log, flush=True)
    count = {v: list(verdicts.values()).count(v) for v in VERDICTS}
    print(f"{len(chosen)} mutants in {time.monotonic() - start:.0f} s: {count['unit']} noticed by "
          f"unit tests, {count['guest']} by conformance guests, {count['survives']} survive")
    return [mutant for mutant, verdict in verdicts.items() if verdict == "survives"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", action="append")
    guests = parser.add_mutually_exclusive_group()
    guests.add_argument("--no-guest", action="store_const", const=[], dest="guest")
    guests.add_argument("--guest", nargs="+", metavar="KERNEL",
                        default=[kernel.name for kernel in conformance.kernels_here()])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--log")
    arguments = parser.parse_args()
    files, found = load()
    chosen = [mutant for mutant in found if not arguments.only or
              any(text in mutant.describe() for text in arguments.only)]
    if arguments.list or not chosen:
        print("\n".join(mutant.describe() for mutant in chosen) or "no such mutant")
        return not chosen
    known = proven()
    survivors = run(files, chosen, arguments)
    for mutant in survivors:
        print(("proven   " if mutant.name in known else "UNPROVEN ") + mutant.describe())
    if not arguments.only:
        for name in sorted(known - {mutant.name for mutant in survivors}):
            print(f"docs/mutants.md: {name} does not survive or is no more")
    return any(mutant.name not in known for mutant in survivors)


if __name__ == "__main__":
    sys.exit(main())
