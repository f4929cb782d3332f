# SPDX-License-Identifier: BSD-2-Clause
"""What a run's output says: how many tests passed, which failed."""

import dataclasses
import re

from . import runs

SEL4TEST = runs.Marks(first="Starting test ",
                      end="All is well in the universe|FAILURES DETECTED")
PASSED = re.compile(r"Test suite passed\. (\d+) tests passed\.")
FAILED = re.compile(r"Test suite failed\. (\d+)/(\d+) tests passed\.")
DISABLED = re.compile(r"(\d+) tests disabled\.")
FAILURE = re.compile(r"^\s*(Error|Failure): |^Test (?!suite)\w+ failed", re.MULTILINE)
STARTED = re.compile(r"^Starting test \d+: (.*?)\r*$", re.MULTILINE)


@dataclasses.dataclass
class Verdict:
    good: bool
    text: str  # "123 of 123", or what went wrong


def failures(output):
    """The names of the tests that complained. Upstream's driver says the name in some builds only:
    the line that started the test has it always."""
    parts = STARTED.split(output)
    return [name for name, text in zip(parts[1::2], parts[2::2]) if FAILURE.search(text)]


def of_sel4test(run):
    passed, failed = PASSED.search(run.output), FAILED.search(run.output)
    if passed:
        return Verdict(not run.leftovers, f"{passed.group(1)} of {passed.group(1)}")
    if failed:
        names = ", ".join(failures(run.output))
        return Verdict(False, f"{failed.group(1)} of {failed.group(2)}"
                              + (f" (failed: {names})" if names else ""))
    started = STARTED.findall(run.output)
    where = f"in test {len(started)}, {started[-1]}" if started else "before the first test"
    return Verdict(False, f"no result: {run.how} {where}")


def of_other(run, wants_end):
    """Of a system that counts nothing: it printed the end text, or anything at all."""
    good = run.how == "end text" if wants_end else run.first is not None
    return Verdict(good and not run.leftovers, run.how)


def disabled(run):
    """How many tests the build itself leaves out, or None."""
    found = DISABLED.search(run.output)
    return int(found.group(1)) if found else None
