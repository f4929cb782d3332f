# SPDX-License-Identifier: BSD-2-Clause
"""What a build directory of upstream's says of itself: files, configuration, version, commits."""

import glob
import json
import os
import re
import subprocess


def find_one(build, *patterns):
    for pattern in patterns:
        found = sorted(glob.glob(os.path.join(build, pattern)))
        if found:
            return found[0]
    return None


def configuration(build):
    """The kernel's gen_config.json, {} if there is none."""
    path = find_one(build, "gen_config/kernel/gen_config.json",
                    "kernel/gen_config/kernel/gen_config.json")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def sources(build):
    """The source directories that the build was configured from."""
    cache = find_one(build, "CMakeCache.txt", "../CMakeCache.txt")
    if cache is None:
        return []
    with open(cache, encoding="utf-8", errors="replace") as file:
        return re.findall(r"^(?:KERNEL_PATH|CMAKE_HOME_DIRECTORY|seL4_SOURCE_DIR)[^=]*=(.+)$",
                          file.read(), re.MULTILINE)


def commit(directory):
    """The short commit of a source directory, "" if it is no repository of its own."""
    if not os.path.isdir(directory):
        return ""
    told = subprocess.run(["git", "-C", directory, "rev-parse", "--show-prefix", "HEAD"],
                          capture_output=True, text=True, check=False)
    prefix, _, head = told.stdout.partition("\n")
    return head.strip()[:9] if told.returncode == 0 and not prefix else ""


def has_changes(directory):
    """Whether tracked files differ from the commit."""
    told = subprocess.run(["git", "-C", directory, "status", "--porcelain", "-uno"],
                          capture_output=True, text=True, check=False)
    return bool(told.stdout.strip())


def kernel_version(build):
    """"16.0.0-dev (1326364bc)", or None."""
    for source in sources(build):
        for candidate in (source, os.path.join(source, "kernel")):
            version = os.path.join(candidate, "VERSION")
            if not os.path.exists(version):
                continue
            with open(version, encoding="utf-8") as file:
                text = file.read().strip()
            head = commit(candidate)
            return f"{text} ({head})" if head else text
    return None


def project_commit(build, name):
    """The commit of projects/NAME in the source tree, "" if it cannot be told."""
    for source in sources(build):
        head = commit(os.path.join(source, "projects", name))
        if head:
            return head
    return ""
