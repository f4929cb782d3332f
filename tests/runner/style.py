# SPDX-License-Identifier: BSD-2-Clause
"""Runs the checks of tests/style: programs that print what breaks the rule and exit with 1; with
77 after one line that says why they cannot run here."""

import os
import subprocess

CANNOT_RUN = 77


def run(out, root, build_dir):
    directory = os.path.join(root, "tests", "style")
    for check in sorted(os.listdir(directory)):
        path = os.path.join(directory, check)
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            continue
        done = subprocess.run([path, build_dir], cwd=root, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        if done.returncode == CANNOT_RUN:
            out.skip(f"style {check}", done.stdout.strip())
        else:
            out.note(f"style {check}", done.returncode == 0, done.stdout)
