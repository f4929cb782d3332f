#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Changes one check of the pure kernel at a time and asks the tests whether they notice.

    tests/mutation/mutate.py [--list] [--only TEXT]... [--no-guest] [--jobs N] [--log FILE]

It needs the default build. A mutant that compiles to the same machine code is no mutant. What the
unit tests do not notice runs the conformance guests. What survives both has to be listed, with the
proof that no guest can tell, in docs/mutants.md, by its name (M0123abc); the others are printed,
and the exit status is 1.

--list       only prints the mutants
--only TEXT  only those whose description contains it
--no-guest   the unit tests alone"""

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
from runner import conformance, results  # noqa: E402

PURE = ("base", "abi", "model", "cap", "mem", "sched", "ipc", "object", "kernel")
# Where guests' arguments are looked at. Boot is no guest's doing.
MUTATED = ("src/cap/*.c", "src/ipc/*.c", "src/object/*.c", "src/kernel/invocation.c",
           "src/kernel/syscall.c", "src/kernel/debug.c", "src/mem/asid.c", "src/mem/map.c")
SECONDS = 60   # for all unit tests of a mutant; what takes longer hangs
MEMORY_MIB = 4096


def is_test(path):
    return os.path.basename(path).startswith(("test_", "testkit_", "fuzz_"))


def sources():
    found = []
    for pattern in MUTATED:
        found += [path for path in sorted(glob.glob(os.path.join(ROOT, pattern)))
                  if not is_test(path)]
    return found


class Compiler:
    """Compiles single files as the default build does, but without looking at warnings."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
            self.commands = {c["file"]: shlex.split(c["command"]) for c in json.load(file)}

    def compile(self, source, text, output, optimise):
        command = [word for word in self.commands[source] if word not in ("-g", "-Werror")]
        command[command.index("-o") + 1] = output
        command[command.index("-c") + 1] = "-"
        command[-1:] = ["-"]
        command = [w for w in command if not w.startswith("-O")]
        command += [optimise, "-w", "-x", "c", "-I", os.path.dirname(source)]
        command.remove("-c")
        command = [w for w in command if w != "-"] + ["-c", "-x", "c", "-"]
        done = subprocess.run(command, input=text, text=True, cwd=BUILD, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return done.returncode == 0


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def machine_code(path):
    """What the processor and the linker get of an object file."""
    done = subprocess.run(["objdump", "-rs", path], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.replace(path, "")


class Workshop:
    """Objects of the pure part and of its tests, and what links them."""

    def __init__(self, directory, jobs):
        self.directory, self.jobs = directory, jobs
        self.compiler = Compiler(directory)
        self.objects = {}

    def path(self, name):
        return os.path.join(self.directory, name)

    def prepare(self):
        files = [os.path.join(ROOT, "tests", "harness", "test_main.c")]
        for layer in PURE:
            files += [path for path in glob.glob(os.path.join(ROOT, "src", layer, "*.c"))
                      if not os.path.basename(path).startswith("fuzz_")]

        def compile_one(source):
            name = os.path.relpath(source, ROOT).replace("/", "_") + ".o"
            if not self.compiler.compile(source, read(source), self.path(name), "-O0"):
                sys.exit(f"mutate: {source} does not compile")
            return source, self.path(name)

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            self.objects = dict(pool.map(compile_one, files))

    def link_tests(self, source, changed, output):
        """The tests run in the order of their objects: those beside the source first."""
        near = os.path.join(os.path.dirname(source), "test_" + os.path.basename(source))

        def distance(path):
            return path != near, os.path.dirname(path) != os.path.dirname(source)

        objects = [changed if path == source else self.objects[path]
                   for path in sorted(self.objects, key=distance)]
        subprocess.run(["gcc", "-fuse-ld=gold", "-o", output] + objects, check=True)

    def link_command(self, changed, output):
        """The changed object goes first: then nobody asks an archive for it."""
        with open(os.path.join(BUILD, "CMakeFiles", "sel4emu.dir", "link.txt"),
                  encoding="utf-8") as file:
            command = shlex.split(file.read())
        command[command.index("-o") + 1] = output
        command.insert(1, changed)
        subprocess.run(command, cwd=BUILD, check=True)


def limited(seconds):
    return ["timeout", "-k", "1", str(seconds), "prlimit", f"--as={MEMORY_MIB << 20}", "--core=0"]


def unit_tests_notice(program, environment):
    done = subprocess.run(limited(SECONDS) + [program, "--first"], env=environment, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode != 0


class Silent(results.Results):
    """Counts without a word."""

    def __init__(self):
        super().__init__(False)
        self.failed_names = []

    def note(self, name, passed, text=""):
        if not passed:
            self.failed_names.append(name)

    def fail(self, name, text=""):
        self.failed_names.append(name)


def guests_notice(directory):
    out = Silent()
    conformance.run(out, "conformance", directory, BUILD)
    return bool(out.failed_names)


class Jury:
    def __init__(self, workshop, with_guests):
        self.workshop, self.with_guests = workshop, with_guests
        self.environment = {**os.environ, "SEL4EMU_RANDOM_ENTRIES": "20000"}

    def judge(self, mutant):
        """"same", "broken" (does not compile), "unit", "guest" or "survives"."""
        shop = self.workshop
        source = os.path.join(ROOT, mutant.path)
        with tempfile.TemporaryDirectory(dir=shop.directory) as own:
            optimised, plain, program = (os.path.join(own, n) for n in ("o2.o", "o0.o", "tests"))
            if not shop.compiler.compile(source, mutant.text, plain, "-O0"):
                return "broken"
            shop.link_tests(source, plain, program)
            if unit_tests_notice(program, self.environment):
                return "unit"
            original = os.path.join(own, "original.o")
            shop.compiler.compile(source, read(source), original, "-O2")
            shop.compiler.compile(source, mutant.text, optimised, "-O2")
            if machine_code(optimised) == machine_code(original):
                return "same"
            if self.with_guests:
                shop.link_command(optimised, os.path.join(own, "sel4emu"))
                if guests_notice(own):
                    return "guest"
        return "survives"


def proven():
    return set(re.findall(r"\bM[0-9a-f]{7}\b", read(PROOFS))) if os.path.exists(PROOFS) else set()


def all_mutants(only):
    found = []
    for path in sources():
        found += mutants.make(os.path.relpath(path, ROOT), read(path))
    mutants.name_all(found)
    return [m for m in found if not only or any(text in m.describe() for text in only)]


def run(chosen, arguments):
    verdicts = {}
    start = time.monotonic()
    with tempfile.TemporaryDirectory(
            dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        workshop = Workshop(directory, arguments.jobs)
        workshop.prepare()
        jury = Jury(workshop, not arguments.no_guest)
        program = workshop.path("tests")
        workshop.link_tests("", "", program)
        if unit_tests_notice(program, jury.environment):
            sys.exit("mutate: the unit tests fail without any mutation")
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool, \
                open(arguments.log or os.devnull, "w", encoding="utf-8") as log:
            for mutant, verdict in zip(chosen, pool.map(jury.judge, chosen)):
                verdicts[mutant] = verdict
                print(f"{verdict:9} {mutant.describe()}", file=log, flush=True)
    count = {v: list(verdicts.values()).count(v) for v in
             ("same", "broken", "unit", "guest", "survives")}
    print(f"{len(chosen)} mutants in {time.monotonic() - start:.0f} s: {count['unit']} noticed by "
          f"unit tests, {count['guest']} by conformance guests; {count['same']} the same machine "
          f"code, {count['broken']} do not compile, {count['survives']} survive")
    return [mutant for mutant, verdict in verdicts.items() if verdict == "survives"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", action="append")
    parser.add_argument("--no-guest", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--log")
    arguments = parser.parse_args()
    chosen = all_mutants(arguments.only)
    if arguments.list:
        print("\n".join(mutant.describe() for mutant in chosen))
        return 0
    known = proven()
    survivors = run(chosen, arguments)
    for mutant in survivors:
        print(("proven   " if mutant.name in known else "UNPROVEN ") + mutant.describe())
    if not arguments.only:
        for name in sorted(known - {mutant.name for mutant in survivors}):
            print(f"docs/mutants.md: {name} does not survive or is no more")
    return any(mutant.name not in known for mutant in survivors)


if __name__ == "__main__":
    sys.exit(main())
