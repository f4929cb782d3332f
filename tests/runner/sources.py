# SPDX-License-Identifier: BSD-2-Clause
"""The project's own files, for the checks of tests/style."""

import os

IGNORED = {".git", "build", "__pycache__", ".cache"}


def files(*suffixes, under=("",)):
    """Relative paths of all files, or of those that end in one of `suffixes`, sorted. The working
    directory is the top of the project."""
    found = []
    for top in under:
        for directory, subdirectories, names in os.walk(top or "."):
            subdirectories[:] = [name for name in subdirectories if name not in IGNORED]
            for name in sorted(set(names) - IGNORED):  # .git is a file in a worktree
                path = os.path.relpath(os.path.join(directory, name))
                if not os.path.islink(path) and (not suffixes or path.endswith(suffixes)):
                    found.append(path)
    return sorted(found)


def lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def report(problems):
    """Prints them; returns the exit status of a check."""
    problems = list(problems)
    for problem in problems:
        print(problem)
    return 1 if problems else 0
