# SPDX-License-Identifier: BSD-2-Clause
"""Counts and prints what passed, failed and was skipped."""


class Results:
    def __init__(self, verbose=False):
        self.verbose = verbose
        self.passed = 0
        self.failures = []
        self.skips = []

    def ok(self, name):
        self.passed += 1
        if self.verbose:
            print(f"ok   {name}", flush=True)

    def fail(self, name, why=""):
        """`why` may be long: it is printed now, the name once more at the end."""
        self.failures.append(name)
        print(f"FAIL {name}", flush=True)
        for line in why.rstrip().splitlines():
            print(f"     {line}")

    def skip(self, name, why):
        self.skips.append((name, why))

    def note(self, name, holds, why=""):
        if holds:
            self.ok(name)
        else:
            self.fail(name, why)

    def counts(self):
        return self.passed, len(self.failures)

    def finish(self):
        """Prints the total; returns the exit status."""
        for name, why in self.skips:
            print(f"skipped {name}: {why}")
        for name in self.failures:
            print(f"failed {name}")
        nothing = self.passed == 0 and not self.failures
        if nothing:
            self.fail("tests", "nothing ran")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures else 0
