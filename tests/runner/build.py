# SPDX-License-Identifier: BSD-2-Clause
"""Builds a preset of CMakePresets.json."""

import os
import re
import subprocess


def make(out, root, preset):
    """One test: the build succeeds without a warning. Returns whether it did."""
    jobs = os.environ.get("JOBS", "2")
    for command in (["cmake", "--preset", preset],
                    ["cmake", "--build", "--preset", preset, "-j", jobs]):
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True, errors="replace", check=False)
        if done.returncode != 0:
            wanted = [line for line in done.stdout.splitlines()
                      if re.search(r"[Ee]rror:|\*\*\*|undefined|multiple definition", line)]
            out.fail(f"build {preset}", "\n".join((wanted or done.stdout.splitlines())[:40]))
            return False
    out.ok(f"build {preset}")
    return True
