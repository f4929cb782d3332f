# SPDX-License-Identifier: BSD-2-Clause
"""Runs guests/conformance, which prints a line for each check: "CNODE0003 what is tried: what came
of it". What is right is what the real kernel says: transcripts/conformance.txt. A line is a test."""

import os
import re

from . import command

TIMEOUT = 120
IMAGE = "conformance"
END = "conformance: end"
TRANSCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenario",
                          "transcripts", "conformance.txt")
CHECK = re.compile(r"^([A-Z]+[0-9]{4}) (.*?)\r*$", re.MULTILINE)


def checks(text):
    """{id: rest of the line} in the order of the lines. Others are the kernel's own messages."""
    return dict(CHECK.findall(text))


def expected():
    with open(TRANSCRIPT, encoding="utf-8") as file:
        return checks(file.read())


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
    image = command.find_image(guests_build, IMAGE)
    if not os.path.exists(os.path.join(build_dir, "sel4emu")):
        out.fail(stage, "no command: src/cli has not been built")
        return
    if image is None:
        out.fail(stage, "no guest named conformance has been built")
        return
    done = command.run([os.path.join(build_dir, "sel4emu"), "--until", END, "--timeout",
                        str(TIMEOUT), image], timeout=TIMEOUT + 30)
    for name, wrong in differences(expected(), checks(done.stdout)):
        out.note(f"{stage} {name}", not wrong, wrong)
    out.note(f"{stage} reaches its end", END in done.stdout,
             "\n".join([done.describe()] + done.stdout.splitlines()[-20:]))
