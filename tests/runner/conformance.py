# SPDX-License-Identifier: BSD-2-Clause
"""Runs guests/conformance, which prints a line for each test ("ok NAME", "FAIL NAME: WHY") and
"conformance: end" when it is through. The real kernel passes all of them."""

import os

from . import command

TIMEOUT = 120


def run(out, stage, build_dir, guests_build):
    image = command.find_image(guests_build, "conformance")
    if not os.path.exists(os.path.join(build_dir, "sel4emu")):
        out.fail(stage, "no command: src/cli has not been built")
        return
    if image is None:
        out.skip(stage, "no guest named conformance has been built")
        return
    done = command.run([os.path.join(build_dir, "sel4emu"), "--until", "conformance: end",
                        "--timeout", str(TIMEOUT), image], timeout=TIMEOUT + 30)
    lines = done.stdout.splitlines()
    for line in lines:
        verdict, _, test = line.partition(" ")
        if verdict in ("ok", "FAIL"):
            name, _, why = test.partition(": ")
            out.note(f"{stage} {name}", verdict == "ok", why)
    out.note(f"{stage} reaches its end", "conformance: end" in lines,
             "\n".join([done.describe()] + lines[-20:]))
