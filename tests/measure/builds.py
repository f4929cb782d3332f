# SPDX-License-Identifier: BSD-2-Clause
"""A user's build directory: which image, how its own `simulate` starts QEMU, what it was made of."""

import os
import re
import shlex
import subprocess
import sys

from runner import upstream

IMAGES = "images/*-image-x86_64-pc99"
COMMAND = re.compile(r"QEMU command: (.*)$", re.MULTILINE)
SIMULATE_TIMEOUT = 30  # seconds for a dry run


class Problem(Exception):
    """Bad input: one sentence."""


class Build:
    def __init__(self, directory, qemu):
        if not os.path.isdir(directory):
            raise Problem(f"{directory}: not a directory")
        self.directory = os.path.abspath(directory)
        self.name = os.path.basename(self.directory)
        self.image = upstream.find_one(self.directory, IMAGES)
        if self.image is None:
            raise Problem(f"{directory}: there is no {IMAGES}; build it for x86_64 pc99 first")
        self.qemu = qemu
        self.simulate = os.path.join(self.directory, "simulate")

    def is_sel4test(self):
        return os.path.basename(self.image).startswith("sel4test-driver")

    def has_simulate(self):
        return os.path.isfile(self.simulate)

    def simulate_command(self, memory):
        """The words with which the build's own script would start QEMU."""
        options = ["-n", "-b", self.qemu] + (["-m", memory] if memory else [])
        try:
            done = subprocess.run([sys.executable, self.simulate] + options, cwd=self.directory,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=SIMULATE_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise Problem(f"{self.simulate} -n does not end") from None
        found = COMMAND.search(done.stdout)
        if found is None:
            raise Problem(f"{self.simulate} -n does not say how it starts QEMU: "
                          f"{done.stdout.strip()[-200:] or 'it prints nothing'}")
        return shlex.split(found.group(1))

    def memory(self, wanted):
        """What the machine gets: `wanted`, or what the script says, or sel4emu's default."""
        if wanted or not self.has_simulate():
            return wanted or "512M"
        words = self.simulate_command(None)
        for option, value in zip(words, words[1:]):
            if option == "-m":
                return value.partition("size=")[2].partition(",")[0] or value
        return "512M"

    def describe(self):
        """Version and variant, for the report."""
        config = upstream.configuration(self.directory)
        parts = ["seL4 " + (upstream.kernel_version(self.directory) or "of unknown version")]
        if self.is_sel4test():
            head = upstream.project_commit(self.directory, "sel4test")
            parts.append("sel4test " + (head or "of unknown commit"))
        if config:
            parts.append("MCS" if config.get("KERNEL_MCS") else "non-MCS")
            parts.append("debug" if config.get("DEBUG_BUILD") else "release")
            nodes, domains = config.get("MAX_NUM_NODES", "1"), config.get("NUM_DOMAINS", "1")
            parts.append(f"{nodes} core{'' if nodes == '1' else 's'}")
            parts += [f"{domains} domains"] if domains != "1" else []
        return ", ".join(parts)
