#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the C sources of the project, one a line, from its top directory.
cd "$(dirname "$0")/.." || exit 1
for directory in src libsel4 guests tests; do
    [ ! -d "$directory" ] || find "$directory" -name '*.[ch]' -type f
done | LC_ALL=C sort
