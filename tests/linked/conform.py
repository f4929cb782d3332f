# SPDX-License-Identifier: BSD-2-Clause
"""The checks of guests/conformance in a linked program: each line has to be the real kernel's, but
for those that only a trap, or an image of the kernel's, can have."""

import glob
import os
import re
import subprocess

from runner import conformance

GUESTS = os.path.join(os.path.dirname(conformance.TESTS), "guests")
TIMEOUT = 300  # seconds: what takes longer hangs

NOT_LINKED = {
    "a program of Linux's is no image": "BOOT",
    "a fault that nobody handles ends the program": "FAULT0017|FAULT0024|SCHEDPAR0011",
    "an instruction for system calls is Linux's": "FAULT0019|FAULT002[0-3]|EXC0004|REGS00(?!18|19)",
    "constants are no code": "INSN000[1-5]|INSN0011",
    "a program of Linux's cannot be copied": "FPU0005|DEL0003",
    "the FPU stays on": "FPU0006",
}
EXCEPTED = re.compile("|".join(NOT_LINKED.values()))


def parts(names):
    """What to select, by the beginning: all of a file's at once, or one by one if some are not."""
    groups = {}
    for name in names:
        groups.setdefault(name.rstrip("0123456789") + "0", []).append(name)
    for start, group in groups.items():
        wanted = [name for name in group if not EXCEPTED.match(name)]
        yield from [start] if wanted == group else wanted


def select(program, start, ret_program):
    """A copy of the program that makes only the checks that begin so."""
    mark = b"the only check: \0"
    with open(program, "rb") as file:
        data = bytearray(file.read())
    place = data.index(mark) + len(mark) - 1
    data[place:place + len(start) + 1] = start.encode() + b"\0"
    with open(ret_program, "wb") as file:
        file.write(data)
    os.chmod(ret_program, 0o755)


def conform_part(suite, name, program, expected, start):
    selected = suite.path(f"{name}-selected")
    select(program, start, selected)
    try:
        done = subprocess.run([selected], capture_output=True, text=True, errors="replace",
                              check=False, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, SEL4EMU_OPTIONS=""))
        output, status = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as expired:
        output, status = (expired.stdout or b"").decode(errors="replace"), "none: it hangs"
    found = conformance.checks(output)
    wrong = [f"{check}: {why}" for check, why in conformance.differences(
        {check: line for check, line in expected.items() if check.startswith(start)}, found) if why]
    suite.check(f"{name} {start}", not wrong and status == 0,
                f"status {status}\n" + "\n".join(wrong))


def conform(suite):
    """For the default kernel and one with MCS."""
    common = [os.path.join(GUESTS, "common", f"{name}.c") for name in ("probe", "hpet", "pit",
                                                                       "memory")]
    checks = os.path.join(GUESTS, "conformance")
    sources = [*glob.glob(f"{checks}/*.c"), *glob.glob(f"{checks}/*.S"), *common]
    for kernel, words in (("default", []),
                          ("mcs", ["--set", "KernelIsMCS=ON", *glob.glob(f"{checks}/mcs/*.c")])):
        name = f"conformance-{kernel}"
        if not suite.compile(f"compile {name}", "conformance.c", name, "-DNDEBUG", "-O1", "-g0",
                             f"-I{checks}", *sources, *words):
            continue
        expected = conformance.Kernel(kernel).expected()
        for start in parts(expected):
            conform_part(suite, name, suite.path(name), expected, start)
