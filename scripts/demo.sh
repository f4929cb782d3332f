#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The end of `make demo`: runs a guest that the build has just made.
set -eu
cd "$(dirname "$0")/.."
set -- build/sel4emu --until Goodbye. --timeout 20 build/guests/hello
echo "\$ $*"
exec "$@"
