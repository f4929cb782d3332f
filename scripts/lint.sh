#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lint.sh BUILD: clang-tidy (.clang-tidy) over all files of src/ that BUILD compiles.
set -eu
build=$1
jobs=${JOBS:-2}
sed -n 's/^ *"file": "\(.*\/src\/.*\.c\)".*/\1/p' "$build/compile_commands.json" | LC_ALL=C sort -u |
    xargs -n 4 -P "$jobs" clang-tidy -p "$build" --quiet --warnings-as-errors='*' \
        --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-command-line-argument
