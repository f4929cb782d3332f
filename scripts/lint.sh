#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clang-tidy (.clang-tidy) over the files of src/ but the tests, as the clang preset compiles them.
set -eu
cd "$(dirname "$0")/.."
build=build/clang
cmake --preset clang >/dev/null
jobs=${JOBS:-2}
sed -n 's/^ *"file": "\(.*\/src\/.*\.c\)".*/\1/p' "$build/compile_commands.json" |
    grep -vE '/(test|testkit|fuzz)_[^/]*$' | LC_ALL=C sort -u |
    xargs -n 4 -P "$jobs" clang-tidy -p "$build" --quiet --warnings-as-errors='*'
