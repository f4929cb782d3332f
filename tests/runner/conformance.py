# SPDX-License-Identifier: BSD-2-Clause
"""Runs guests/conformance, which prints a line for each check: "CNODE0003 what is tried: what came
of it". What is right is what the real kernel says, in transcripts/. A line is a test.

The guest is built for each kernel of guests/conformance/kernels: NAME.conf holds the settings in
which that kernel differs from default.conf, under the names of gen_config.json. Its image is
build/guests/conformance-NAME, its transcript conformance-NAME.txt; "conformance" alone is the
default kernel. A line "# qemu: WORDS" gives QEMU options that the kernel needs, "# sel4emu: WORDS" those
for the same machine here. "# not here: REASON" says why sel4emu cannot be that kernel yet: only the
real one runs the checks."""

import os
import re
import shlex

from . import command, seats

TIMEOUT = 120
IMAGE = "conformance"
END = "conformance: end"
DEFAULT = "default"
# Kernels whose checks run in virtual time as well: with time slices, and with budgets.
IN_VIRTUAL_TIME = {DEFAULT, "mcs"}
# Kernels whose checks run with shared carriers as well.
SHARED = {DEFAULT, "mcs"}
# Kernels for which the guest is built in the linked form, too: build/guests/NAME-linked.
LINKED = {DEFAULT, "mcs", "release-13", "release-15"}
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNELS = os.path.join(os.path.dirname(TESTS), "guests", "conformance", "kernels")
TRANSCRIPTS = os.path.join(TESTS, "scenario", "transcripts")
CHECK = re.compile(r"^([A-Z]+[0-9]{4}) (.*?)\r*$", re.MULTILINE)
QEMU = "# qemu:"
SEL4EMU = "# sel4emu:"
NOT_HERE = "# not here:"


class Malformed(Exception):
    pass


class Kernel:
    """One kernel configuration that the guest is built for."""

    def __init__(self, name):
        self.name = name
        self.scenario = IMAGE if name == DEFAULT else f"{IMAGE}-{name}"
        self.file = os.path.join(KERNELS, name + ".conf")
        self.transcript = os.path.join(TRANSCRIPTS, self.scenario + ".txt")
        self.own, self.qemu, self.sel4emu, self.not_here = {}, [], [], ""
        with open(self.file, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith(QEMU):
                    self.qemu += shlex.split(line[len(QEMU):])
                if line.startswith(SEL4EMU):
                    self.sel4emu += shlex.split(line[len(SEL4EMU):])
                if line.startswith(NOT_HERE):
                    self.not_here = line[len(NOT_HERE):].strip()
                setting = line.partition("#")[0].strip()
                if setting:
                    key, _, value = setting.partition("=")
                    self.own[key] = value

    def options(self):
        """What sel4emu needs to be this kernel on its machine."""
        return ["--config", self.file] + self.sel4emu

    def settings(self):
        """All settings, those of default.conf included."""
        default = self.own if self.name == DEFAULT else Kernel(DEFAULT).own
        unknown = set(self.own) - set(default)
        if unknown:
            raise Malformed(f"{self.file}: default.conf must say these, too: {sorted(unknown)}")
        return {**default, **self.own}

    def expected(self):
        with open(self.transcript, encoding="utf-8") as file:
            return checks(file.read())


def kernels():
    """The default first."""
    names = [os.path.splitext(file)[0] for file in os.listdir(KERNELS) if file.endswith(".conf")]
    return [Kernel(name) for name in sorted(names, key=lambda name: (name != DEFAULT, name))]


def kernels_here():
    """Those that sel4emu can be."""
    return [kernel for kernel in kernels() if not kernel.not_here]


def checks(text):
    """{id: rest of the line} in the order of the lines. Others are the kernel's own messages."""
    return dict(CHECK.findall(text))


def differences(right, found):
    """(id, "" or what differs) of each check of either."""
    for name, line in right.items():
        if name not in found:
            yield name, "the check did not come to its end"
        else:
            yield name, "" if found[name] == line else f"real: {line}\nhere: {found[name]}"
    for name in found:
        if name not in right:
            yield name, "the real kernel's transcript lacks it: update it"


def run(out, stage, build_dir, guests_build):
    if not os.path.exists(os.path.join(build_dir, "sel4emu")):
        out.fail(stage, "no command: src/cli has not been built")
        return
    for kernel in kernels():
        if kernel.not_here:
            out.skip(f"{stage} {kernel.name}", kernel.not_here)
            continue
        for seat, words in seats.SEATS.items():
            name = f"{stage} {kernel.name}{seat}"
            run_kernel(out, name, kernel, build_dir, guests_build, words)
            if kernel.name in IN_VIRTUAL_TIME:
                run_kernel(out, name + " in virtual time", kernel, build_dir, guests_build,
                           words + ["--time=virtual"])
        if kernel.name in SHARED:
            run_kernel(out, f"{stage} {kernel.name} shared", kernel, build_dir, guests_build,
                       ["--in-place", "--carriers=shared"])


def run_linked(out, stage, build_dir, guests_build):
    """The same checks where the guest calls the kernel by a jump: there is one seat for that."""
    for kernel in kernels():
        ways = {"": []} if kernel.name in LINKED else {}
        if kernel.name in LINKED & IN_VIRTUAL_TIME:
            ways[" in virtual time"] = ["--time=virtual"]
        if kernel.name in LINKED & SHARED:
            ways[" shared"] = ["--carriers=shared"]
            ways[" without patches"] = ["--no-patch"]
        for way, words in ways.items():
            run_kernel(out, f"{stage} {kernel.name}{way}", kernel, build_dir, guests_build,
                       ["--in-place"] + words, "-linked")


def run_kernel(out, stage, kernel, build_dir, guests_build, seat=(), form=""):
    image = command.find_image(guests_build, kernel.scenario + form)
    if image is None:
        out.fail(stage, f"no guest named {kernel.scenario}{form} has been built")
        return
    try:
        kernel.settings()
        expected = kernel.expected()
    except (Malformed, OSError) as error:
        out.fail(stage, str(error))
        return
    done = command.run([os.path.join(build_dir, "sel4emu"), *seat] + kernel.options() +
                       ["--until", END, "--timeout", str(TIMEOUT), image], timeout=TIMEOUT + 30)
    for name, wrong in differences(expected, checks(done.stdout)):
        out.note(f"{stage} {name}", not wrong, wrong)
    out.note(f"{stage} reaches its end", END in done.stdout,
             "\n".join([done.describe()] + done.stdout.splitlines()[-20:]))
