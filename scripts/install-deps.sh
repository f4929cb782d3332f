#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install-deps.sh [--check] [build|all]
#
# Says which Debian packages are missing to build sel4emu, or (all) to test it as well, and installs
# them: asks first on a terminal, takes silence for yes elsewhere. Never installs with --check or
# with NO_INSTALL=1 in the environment: exit status 1 then if anything is missing.
set -eu

# The one list. Everything comes from Debian 12 itself.
build="gcc libc6-dev make cmake libzydis-dev libcjson-dev"
test="python3 gdb binutils clang clang-tidy clang-format valgrind g++ llvm libclang-rt-14-dev"

check_only=${NO_INSTALL:-0}
wanted=all
for argument; do
    case $argument in
    --check) check_only=1 ;;
    build | all) wanted=$argument ;;
    *)
        echo "usage: $0 [--check] [build|all]" >&2
        exit 2
        ;;
    esac
done
packages=$build
if [ "$wanted" = all ]; then
    packages="$build $test"
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is no Debian: please see to these yourself: $packages" >&2
    exit 0
fi

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Missing packages:$missing"
if [ "$check_only" = 1 ]; then
    echo "Install them with: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Neither root nor sudo here. As root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
if [ -t 0 ] && [ -t 1 ]; then
    printf 'Install them with apt-get now? [Y/n] '
    read -r answer || answer=n
    case $answer in
    '' | [yY]*) ;;
    *) exit 1 ;;
    esac
fi

install() {
    # shellcheck disable=SC2086 # a list of words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}
# The package lists may be absent or old: fetch them only if need be.
install || { $as_root apt-get update && install; }
