# SPDX-License-Identifier: BSD-2-Clause
"""Which check of guests/conformance reaches what: runs the guest in the coverage build once for each
check, alone, and reads what gcov counted and what the trace says. The words that name the check to
run are written into a copy of the image."""

import glob
import json
import os
import re
import subprocess
import tempfile

from runner import command, conformance, seats

ONLY = b"the only check: "  # and room for a check's name behind it: guests/conformance/check.c
RESULT = re.compile(r"(?:Send|Call)\((\w+) on cap [^\n]*?\) = (\(?\w+)")
FAULT = re.compile(r"\b(VMFault|CapFault|UnknownSyscall|UserException|DebugException|Timeout)\(")
LAYERS = ("cap", "mem", "ipc", "object", "kernel", "sched")


class Seen:
    """What one run did."""

    def __init__(self):
        self.lines = {}      # {file: {line: how often}}
        self.branches = {}   # {file: {line: [how often, of each way]}}
        self.functions = {}  # {(file, function): how often}
        self.results = set()  # (libsel4's name of a method, error or "ok")
        self.faults = set()

    def add_gcov(self, data):
        for file in data["files"]:
            at = file["file"].rfind("src/")
            if at < 0:
                continue
            name = file["file"][at:]
            for function in file["functions"]:
                key = (name, function["name"])
                self.functions[key] = self.functions.get(key, 0) + function["execution_count"]
            for line in file["lines"]:
                number = line["line_number"]
                seen = self.lines.setdefault(name, {})
                seen[number] = seen.get(number, 0) + line["count"]
                ways = [branch["count"] for branch in line["branches"]]
                if ways:
                    self.branches.setdefault(name, {})[number] = ways

    def add_trace(self, text):
        for method, result in RESULT.findall(text):
            self.results.add((method, "ok" if result.startswith("(") else result))
        self.faults.update(FAULT.findall(text))


def _only(image, check, directory):
    """A copy of the image that makes one check."""
    with open(image, "rb") as file:
        data = bytearray(file.read())
    at = data.index(ONLY) + len(ONLY)
    data[at:at + len(check)] = check.encode()
    path = os.path.join(directory, "conformance")
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o755)
    return path


def _counts(directory, build):
    """gcov's findings on what a run left in `directory`."""
    top = directory + build
    data = []
    for layer in LAYERS:
        data += glob.glob(os.path.join(top, "CMakeFiles", f"sel4emu_{layer}.dir", "**", "*.gcda"),
                          recursive=True)
    for path in data:
        notes = path[len(directory):-len("gcda")] + "gcno"
        os.symlink(notes, path[:-len("gcda")] + "gcno")
    done = subprocess.run(["gcov", "--branch-probabilities", "--json-format", "--stdout", *data],
                          cwd=directory, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield json.loads(line)


def run(build, kernel, check=None):
    """(Seen, what the guest printed) of one check, or of all, on a kernel of conformance.kernels()."""
    seen = Seen()
    image = command.find_image(build, kernel.scenario)
    with tempfile.TemporaryDirectory() as directory:
        if check:
            image = _only(image, check, directory)
        # In place the kernel is in an image of its own, which counts nothing.
        done = command.run([os.path.join(build, "sel4emu"), "--trace", *seats.SEATS[""],
                            *kernel.options(),
                            "--until", conformance.END, "--timeout", str(conformance.TIMEOUT),
                            image], timeout=conformance.TIMEOUT + 30,
                           environment={"GCOV_PREFIX": directory})
        seen.add_trace(done.stderr)
        for data in _counts(directory, os.path.abspath(build)):
            seen.add_gcov(data)
    return seen, done.stdout
