#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs linked with libsel4-emu: what they do, how they end, and that nothing of them stays.

linked.py BUILD_DIR"""

import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import conform  # pylint: disable=wrong-import-position

TIMEOUT = 120  # seconds: what takes longer hangs
COMPILE_TIMEOUT = 900  # of some dozens of files, on a machine that does much else


def descendants(directory):
    """Processes that belong to programs of this run: their command lines name its directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(directory.encode() + b"/") for word in words):
            found.append(int(pid))
    return found


class Suite:
    def __init__(self, emulator, directory):
        self.emulator, self.directory, self.failed = emulator, directory, False

    def check(self, name, holds, why=""):
        print(f"{'ok' if holds else 'FAIL'} {name}", flush=True)
        if not holds:
            self.failed = True
            print("     " + why.strip().replace("\n", "\n     "))

    def is_clean(self):
        """Whether no process stays; it waits, for what is killed is not gone at once."""
        limit = time.monotonic() + TIMEOUT
        while descendants(self.directory) and time.monotonic() < limit:
            time.sleep(0.02)
        return not descendants(self.directory)

    def path(self, program):
        return os.path.join(self.directory, program)

    def compile(self, name, source, program, *words, compiler="cc"):
        done = subprocess.run([self.emulator, "cc", "--linked", *words,
                               os.path.join(HERE, source), "-o", self.path(program)],
                              env=dict(os.environ, CC=compiler), capture_output=True, text=True,
                              check=False, timeout=COMPILE_TIMEOUT, stdin=subprocess.DEVNULL)
        self.check(name, done.returncode == 0, done.stdout + done.stderr)
        return done.returncode == 0

    def run(self, name, words, status, *expected, options="", environment=None, refused="\0",
            under=()):
        """Runs a program to its end; each of `expected` is in its output, `refused` is not."""
        variables = dict(os.environ, SEL4EMU_OPTIONS=options, **(environment or {}))
        try:
            done = subprocess.run([*under, self.path(words[0]), *words[1:]], env=variables,
                                  capture_output=True, text=True, check=False, errors="replace",
                                  timeout=TIMEOUT, stdin=subprocess.DEVNULL)
            text, got = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as expired:
            text, got = (expired.stdout or b"").decode(errors="replace"), "none: it hangs"
        missing = [part for part in expected if part not in text]
        self.check(name, got == status and not missing and
                   refused not in text and self.is_clean(),
                   f"status {got}, not {status}; missing {missing}; "
                   f"processes {descendants(self.directory)}\n{text[-3000:]}")


CALL = ("served 41\nthe server says 42, errno EPERM\nserved 42\nthe server says 43, errno EPERM\n"
        "served 43\nthe server says 44, errno EPERM\n")
NO_ERRORS = "ERROR SUMMARY: 0 errors"
VALGRIND = ("valgrind", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--error-exitcode=9",
            "--vex-iropt-register-updates=allregs-at-mem-access")


def make_again(suite):
    """Calls that are made again, and a kernel whose calls are, when a time slice ends."""
    expected = ("received 5 6\n", "from the sender 7 8\n", "sent\n")
    for mcs in ("OFF", "ON"):
        name, setting = f"again, MCS {mcs}", ("--set", f"KernelIsMCS={mcs}")
        if suite.compile(f"compile {name}", "again.c", "again", *setting):
            suite.run(name, ["again"], 0, *expected)
            suite.run(f"valgrind: {name}", ["again"], 0, *expected, NO_ERRORS, under=VALGRIND)
        if suite.compile(f"compile call, MCS {mcs}, for valgrind", "call.c", "call", *setting):
            suite.run(f"valgrind: call, MCS {mcs}", ["call"], 0, CALL, NO_ERRORS, under=VALGRIND)


def talk(suite):
    for mcs in ("OFF", "ON"):
        name = f"call, MCS {mcs}"
        if suite.compile(f"compile {name}", "call.c", "call", "--set", f"KernelIsMCS={mcs}"):
            suite.run(name, ["call"], 0, CALL)
            suite.run(f"{name}: the same setting again", ["call"], 0, CALL,
                      options=f"--set KernelIsMCS={mcs}")
            other = "OFF" if mcs == "ON" else "ON"
            for words in (f"--set KernelIsMCS={other}", f"--set=KernelIsMCS={other}"):
                suite.run(f"{name}: met by another kernel, {words}", ["call"], 2,
                          f"KernelIsMCS={other}: the program was built for a kernel with "
                          f"KernelIsMCS={mcs}", options=words)


def end(suite):
    if not suite.compile("compile ends", "ends.c", "ends"):
        return
    suite.run("main's value is the status", ["ends"], 3)
    suite.run("a wild write ends it and names the thread", ["ends", "wild"], -signal.SIGSEGV,
              'thread "wild" writes to 0x10 at', "in the program's text")
    suite.run("so does an exception", ["ends", "exception"], -signal.SIGILL,
              'thread "trapper" raises exception 6')
    suite.run("a thread calls exit", ["ends", "exit"], 7, "the thread leaves")
    suite.run("the guest halts", ["ends", "halt"], 0)
    suite.run("a thread of Linux's calls the kernel", ["ends", "host-thread"], 5,
              "a thread that is no TCB")
    suite.run("a child of fork calls the kernel", ["ends", "child"], 3, "a thread that is no TCB",
              "the child's status is 5")
    suite.run("nothing can run", ["ends", "idle"], 7, "every thread waits")
    suite.run("it is killed", ["ends", "signal"], -signal.SIGKILL)
    suite.run("time is up", ["ends", "never"], 124, "timeout", options="--timeout 0.5")
    suite.run("an option that it cannot have", ["ends"], 2, "--isolate: a linked program",
              options="--isolate")
    suite.run("carriers that it cannot have", ["ends"], 2, "--carriers=shared: a linked program",
              options="--carriers=shared")
    suite.run("an option that nobody has", ["ends"], 2, "unknown option", options="--nonsense")
    killed(suite)


def fork(suite):
    if suite.compile("compile forks", "forks.c", "forks"):
        suite.run("a thread and its forked child go on, each on its own stack", ["forks"], 0,
                  "counted to 100, the child's status is 41\n", options="--timeout 60")


def use_memory(suite):
    if suite.compile("compile memory", "memory.c", "memory"):
        suite.run("frames are mapped and unmapped, faults are mended", ["memory"], 3,
                  "fault 5 at 0x30000000, fsr 0x6\nthe thread has written 1\n"
                  "and goes on: 1, 2\nfault 5 at 0x10, fsr 0x6\nthe page has 1\n"
                  "fault 5 at 0x30000000, fsr 0x6\nit still has 1\n"
                  "fault 5 at 0x30000000, fsr 0x7\n",
                  "where memory of Linux's or the kernel lies")


def preempt(suite):
    if suite.compile("compile preempt", "preempt.c", "preempt"):
        suite.run("threads of one priority take turns amid libc's locks", ["preempt"], 0,
                  "both had their turns")


def line_of(mark, source="bugs.c"):
    with open(os.path.join(HERE, source), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if f"BUG {mark} " in line:
                return f"{source}:{number}"
    raise ValueError(mark)


def sanitize(suite):
    """Each finds its bug at its line, and nothing in a run without."""
    for sanitizer, compiler, bugs, status in (
            ("address", "gcc", {"heap": "heap-buffer-overflow", "freed": "heap-use-after-free"}, 1),
            ("undefined", "gcc", {"number": "signed integer overflow"}, 0),
            ("thread", "gcc", {"race": "data race"}, 66),
            ("address", "clang", {"heap": "heap-buffer-overflow", "freed": "heap-use-after-free"},
             1),
            ("undefined", "clang", {"number": "signed integer overflow"}, 0),
            ("thread", "clang", {"race": "data race"}, 66)):
        program = f"bugs-{sanitizer}-{compiler}"
        if not suite.compile(f"compile {program}", "bugs.c", program, f"-fsanitize={sanitizer}",
                             "-O1", compiler=compiler):
            continue
        suite.run(f"{program}: nothing", [program], 0, "request 5 is served",
                  refused="Sanitizer")
        for bug, what in bugs.items():
            suite.run(f"{program}: {bug}", [program, bug], status, what, line_of(bug),
                      environment={"TSAN_OPTIONS": "halt_on_error=1"})


def fuzz(suite):
    """libFuzzer calls a server until that runs into its bug, three conditions deep."""
    if suite.compile("compile fuzz", "fuzz.c", "fuzz", "-O1", "-fsanitize=fuzzer,bounds",
                     "-fno-sanitize-recover=bounds", compiler="clang"):
        suite.run("libFuzzer finds a server's bug", ["fuzz", "-seed=1", "-runs=20000000",
                                                     f"-artifact_prefix={suite.directory}/"], 1,
                  line_of("length", "fuzz.c"), "index 16 out of bounds", "Test unit written to")


def check_memory(suite):
    """Memcheck finds each bug at its line, and nothing where none is."""
    if not suite.compile("compile bugs-valgrind", "bugs.c", "bugs-valgrind", "-O1"):
        return
    suite.run("valgrind: nothing", ["bugs-valgrind"], 0, "request 5 is served",
              NO_ERRORS, under=VALGRIND)
    for bug, what in {"heap": "Invalid write of size 1", "freed": "Invalid read of size 4",
                      "unset": "depends on uninitialised value", "lost": "definitely lost"}.items():
        suite.run(f"valgrind: {bug}", ["bugs-valgrind", bug], 9, what,
                  f"({line_of(bug)})", "ERROR SUMMARY: 1 errors", under=VALGRIND)
    suite.run("valgrind: main's value is the status", ["ends"], 3, NO_ERRORS,
              under=VALGRIND)
    suite.run("valgrind: a guest that mends faults", ["memory"], 9, "fault 5 at 0x10, fsr 0x6\n",
              "fault 5 at 0x30000000, fsr 0x7\n", "Invalid write of size 4", "memory.c:20",
              under=VALGRIND)


NONE = "--host-calls=none"


def forbid_host_calls(suite):
    """What TCBs ask Linux for is named and ends the program, but for what a C library needs itself."""
    compiled = [suite.compile(f"compile {program}", "host.c", program, *words)
                for program, *words in (("host",), ("host-asan", "-fsanitize=address"),
                                        ("host-tsan", "-fsanitize=thread"))]
    if not all(compiled):
        return
    suite.run("host calls are allowed", ["host", "open"], 0, "descriptor ")
    for place, words in (("rootserver", []), ("worker", ["in-a-thread"])):
        for program in ("host", "host-asan", "host-tsan"):
            for act, status, text in (("nothing", 0, "*\n*\n"), ("open", 10, "openat"),
                                      ("report", 0, "to standard error\n")):
                expected = (f'thread "{place}" calls Linux\'s openat at 0x',
                            f"which {NONE} forbids") if status else (text,)
                suite.run(f"{NONE}: {program} {act}, {place}", [program, act, *words], status,
                          *expected, options=NONE)
    suite.run(f"{NONE}: printf", ["host", "print"], 10, "in the program's text + 0x", options=NONE)
    suite.run(f"{NONE}: abort", ["host", "abort"], -signal.SIGABRT, options=NONE)
    suite.run(f"{NONE}: a report of AddressSanitizer", ["bugs-address-gcc", "heap"], 1,
              "heap-buffer-overflow", line_of("heap"), options=NONE)
    suite.run(f"{NONE}: a report of ThreadSanitizer", ["bugs-thread-gcc", "race"], 66, "data race",
              line_of("race"), options=NONE, environment={"TSAN_OPTIONS": "halt_on_error=1"})
    suite.run(f"{NONE}: valgrind", ["host", "nothing"], 5, f"{NONE}: not under valgrind",
              options=NONE, under=("valgrind", "-q"))
    suite.run("--host-calls=some", ["host", "nothing"], 2, "must be all or none",
              options="--host-calls=some")
    if suite.compile("compile host-clang", "host.c", "host-clang", "-fsanitize=address",
                     compiler="clang"):
        suite.run(f"{NONE}: Clang's runtimes", ["host-clang", "nothing"], 5,
                  f"{NONE}: not with Clang's runtimes", options=NONE)
    if suite.compile("compile host-gcov", "host.c", "host-gcov", "--coverage"):
        suite.run(f"{NONE}: coverage", ["host-gcov", "nothing"], 0, options=NONE)
        suite.check("gcov's counters are written at the end",
                    os.path.exists(suite.path("host-gcov-host.gcda")))


def refuse_as_image(suite):
    """It is no image."""
    for words in ([], ["--isolate"]):
        done = subprocess.run([suite.emulator, *words, suite.path("host")], capture_output=True,
                              text=True, check=False, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        suite.check(f"as an image, {words}", done.returncode == 3 and
                    "linked with libsel4-emu" in done.stderr and done.stderr.count("\n") == 1,
                    f"status {done.returncode}: {done.stderr}")


def count_lines(suite):
    """gcov's counters are written at the end, for each line how often it ran."""
    if not suite.compile("compile covered", "call.c", "covered", "--coverage", compiler="gcc"):
        return
    suite.run("covered runs", ["covered"], 0, CALL)
    done = subprocess.run(["gcov", "-t", suite.path("covered-call.gcda")], cwd=suite.directory,
                          capture_output=True, text=True, check=False, timeout=TIMEOUT)
    counted = [line.split(":")[0].strip() for line in done.stdout.splitlines()
               if "text = malloc(" in line]
    suite.check("gcov counts what a thread has run", counted == ["3"], done.stdout + done.stderr)


def count_regions(suite):
    """The same by llvm-cov."""
    if not suite.compile("compile covered-clang", "call.c", "covered-clang",
                         "-fprofile-instr-generate", "-fcoverage-mapping", compiler="clang"):
        return
    suite.run("covered-clang runs", ["covered-clang"], 0, CALL,
              environment={"LLVM_PROFILE_FILE": suite.path("call.profraw")})
    subprocess.run(["llvm-profdata", "merge", suite.path("call.profraw"), "-o",
                    suite.path("call.profdata")], check=False, timeout=TIMEOUT)
    done = subprocess.run(["llvm-cov", "show", suite.path("covered-clang"),
                           f"-instr-profile={suite.path('call.profdata')}",
                           os.path.join(HERE, "call.c")], capture_output=True, text=True,
                          check=False, timeout=TIMEOUT)
    counted = [line.split("|")[1].strip() for line in done.stdout.splitlines()
               if "text = malloc(" in line]
    suite.check("llvm-cov counts what a thread has run", counted == ["3"],
                done.stdout + done.stderr)


def include_from_cpp(suite, build):
    """libsel4's headers are C++, too, in each form."""
    source = suite.path("headers.cc")
    with open(source, "w", encoding="utf-8") as file:
        file.write("#include <sel4/sel4.h>\n"
                   "seL4_MessageInfo_t call(seL4_CPtr cap) {\n"
                   "  return seL4_Call(cap, seL4_MessageInfo_new(0, 0, 0, 0)); }\n")
    libsel4 = os.path.join(HERE, "..", "..", "libsel4")
    for compiler in ("g++", "clang++"):
        for form in ("trapping", "linked", "word"):
            done = subprocess.run([compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror",
                                   f"-I{libsel4}/include", f"-I{libsel4}/{form}",
                                   f"-I{build}/libsel4/default", "-c", source, "-o",
                                   suite.path("headers.o")], capture_output=True, text=True,
                                  check=False, timeout=TIMEOUT)
            suite.check(f"{compiler}: {form}", done.returncode == 0, done.stderr)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def start_never(suite):
    program = subprocess.Popen([suite.path("ends"), "never"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert program.stdout.readline() == "it runs\n"
    return program


def killed(suite):
    for name in ("SIGTERM", "SIGKILL", "SIGINT"):
        program = start_never(suite)
        program.send_signal(getattr(signal, name))
        program.communicate(timeout=TIMEOUT)
        suite.check(f"{name} from outside", program.returncode == -getattr(signal, name) and
                    suite.is_clean(), f"status {program.returncode}")
    program = start_never(suite)
    os.kill(children_of(program.pid)[0], signal.SIGKILL)
    _, errors = program.communicate(timeout=TIMEOUT)
    suite.check("its machine is killed", program.returncode == 5 and suite.is_clean() and
                "its machine has ended" in errors, f"status {program.returncode}: {errors}")


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background jobs
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        suite = Suite(os.path.join(build, "sel4emu"), directory)
        talk(suite)
        make_again(suite)
        end(suite)
        fork(suite)
        use_memory(suite)
        preempt(suite)
        sanitize(suite)
        forbid_host_calls(suite)
        refuse_as_image(suite)
        check_memory(suite)
        fuzz(suite)
        conform.conform(suite)
        count_lines(suite)
        count_regions(suite)
        include_from_cpp(suite, build)
    return suite.failed


if __name__ == "__main__":
    sys.exit(main())
