#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots our guests on the real kernel under QEMU and compares, or with --update stores, transcripts.

    tests/oracle/run-on-qemu.py KERNEL_BUILD [--update] [SCENARIO...]

KERNEL_BUILD is the build directory of an upstream seL4 for x86_64 pc99 (a kernel alone, or a project
with one), or a kernel ELF. The guests are those of build/guests; which one runs until what, each
tests/scenario/NAME.scn that has `image:` and `expect:` says. The scenarios "conformance" and
"conformance-KERNEL" stand for guests/conformance, built for the kernels of
guests/conformance/kernels; the kernel build must have the settings of that file. Needs
qemu-system-x86 and binutils."""

import argparse
import os
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

ORACLE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(ORACLE)
ROOT = os.path.dirname(TESTS)
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command, conformance, scenarios, upstream  # noqa: E402
from scenario import normalise  # noqa: E402

# What upstream's own `simulate` gives a kernel built with its defaults.
DEFAULT_CPU = ("Nehalem,-vme,+pdpe1gb,-xsave,-xsaveopt,-xsavec,-fsgsbase,-invpcid,+syscall,+lm,"
               "enforce")
# For what that processor lacks. Without SMEP, as it: with it faults say whether they were fetches.
FULL_CPU = "max,-smep"
SETTLE = 0.3  # seconds that output may still come after the text that ends a run


class Problem(Exception):
    pass


def find_kernel(build):
    if os.path.isfile(build):
        return build
    kernel = upstream.find_one(build, "images/kernel-x86_64-pc99", "kernel-x86_64-pc99",
                               "kernel.elf", "kernel/kernel.elf")
    if kernel is None:
        raise Problem(f"{build}: there is no kernel-x86_64-pc99 and no kernel.elf")
    return kernel


def bootable(kernel, directory):
    """QEMU's multiboot loader takes 32-bit ELF files only: upstream converts its kernel, too."""
    with open(kernel, "rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        raise Problem(f"{kernel}: not an ELF file")
    if head[4] == 1:
        return kernel
    if struct.unpack_from("<H", head, 18)[0] != 62:
        raise Problem(f"{kernel}: not for x86_64")
    converted = os.path.join(directory, "kernel32")
    subprocess.run(["objcopy", "-O", "elf32-i386", kernel, converted], check=True)
    return converted


def directory_of(build):
    return build if os.path.isdir(build) else os.path.dirname(build)


def header(build, config, args):
    version = args.kernel_version or upstream.kernel_version(directory_of(build))
    if version is None:
        raise Problem("the kernel's version is not to be found: give --kernel-version")
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True,
                          check=True).stdout
    found = re.search(r"version ([\d.]+)", qemu)
    mcs = "MCS" if config.get("KERNEL_MCS") else "non-MCS"
    return (f"{normalise.HEADER}{version}, x86_64 pc99, {mcs}, QEMU {found.group(1)} TCG, "
            f"-m {args.memory}\n")


def boot(kernel, image, args, cpu, until, typed, options=()):
    """The serial output: until the text comes, nothing comes for a while, or QEMU ends."""
    with subprocess.Popen(
            ["qemu-system-x86_64", "-cpu", cpu, "-display", "none", "-no-reboot", "-monitor",
             "none", "-serial", "stdio", "-m", f"size={args.memory}", "-kernel", kernel, "-initrd",
             image, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL) as qemu:
        try:
            return _collect(qemu, args, until, typed)
        finally:
            qemu.kill()


def _collect(qemu, args, until, typed):
    output = b""
    deadline = time.monotonic() + args.timeout
    last, end = time.monotonic(), None
    while True:
        now = time.monotonic()
        up = b"dropped to user space" in output
        quiet = up and not until and now - last > args.quiet
        if now > (end or deadline) or quiet:
            break
        if typed and up:
            qemu.stdin.write(typed.encode())
            qemu.stdin.flush()
            typed = ""
        ready, _, _ = select.select([qemu.stdout], [], [], 0.05)
        if ready:
            more = os.read(qemu.stdout.fileno(), 65536)
            if not more:
                break
            output += more
            last = now
        over = b"halting..." in output or until and until.encode() in output
        if over and end is None:
            end = now + SETTLE
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n")
    if until and until not in text:
        raise Problem(f"'{until}' did not come within {args.timeout} s:\n{text[-3000:]}")
    return text


def store(path, head, text, until):
    body = normalise.user_part(text).replace("\r", "")
    if until:
        body = body[:body.index(until) + len(until)] + body[body.index(until) + len(until):] \
            .partition("\n")[0]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(head + body.rstrip("\n") + "\n")


def same_setting(said, built):
    """ON and OFF of a kernel file are true and false of gen_config.json."""
    return built == {"ON": True, "OFF": False}.get(said, said)


def setting_problems(conformance_kernel, build, config):
    """Settings of the kernel file that the kernel build does not have."""
    for key, said in conformance_kernel.settings().items():
        built = upstream.kernel_version(directory_of(build)) if key == "release" else config.get(key)
        if built is None:  # an older release lacks it; then it cannot differ
            if key in conformance_kernel.own:
                yield f"{key} is not to be found"
        elif not (built.startswith(said) if key == "release" else same_setting(said, built)):
            yield f"{key} is {built}, not {said}"


def conformance_kernels(args, config):
    """The kernels that are named, or the one that the kernel build is."""
    fits = {kernel.scenario: list(setting_problems(kernel, args.kernel_build, config))
            for kernel in conformance.kernels()}
    if not args.scenario:
        return [kernel for kernel in conformance.kernels() if not fits[kernel.scenario]]
    found = [kernel for kernel in conformance.kernels() if kernel.scenario in args.scenario]
    for kernel in found:
        if config and fits[kernel.scenario]:
            raise Problem(f"{kernel.scenario} is not for this kernel: " +
                          "; ".join(fits[kernel.scenario]))
    return found


def run_conformance(conformance_kernel, args, kernel, cpu, head):
    """The checks of guests/conformance; 1 if one of them differs from the stored transcript."""
    name = conformance_kernel.scenario
    image = command.find_image(args.guests, name)
    if image is None:
        raise Problem(f"the guest '{name}' is not built: run make")
    found = conformance.checks(boot(kernel, image, args, cpu, conformance.END, "",
                                    conformance_kernel.qemu))
    if args.update:
        with open(conformance_kernel.transcript, "w", encoding="utf-8", newline="") as file:
            file.write(head + "".join(f"{check} {line}\n" for check, line in found.items()))
        print(f"stored {os.path.relpath(conformance_kernel.transcript, ROOT)}")
        return 0
    wrong = [f"{check}: {why}"
             for check, why in conformance.differences(conformance_kernel.expected(), found) if why]
    print("\n".join([f"{'FAIL' if wrong else 'ok'} {name}"] + wrong), flush=True)
    return 1 if wrong else 0


def wanted(names):
    """(name, scenario) of the scenarios that compare a transcript."""
    directory = os.path.join(TESTS, "scenario")
    found = []
    for file in sorted(os.listdir(directory)):
        name, ending = os.path.splitext(file)
        if ending != ".scn" or (names and name not in names):
            continue
        scenario = scenarios.parse(os.path.join(directory, file))
        made = scenario["image"] and ":" in scenario["image"][0]  # not what QEMU takes, too
        if scenario["image"] and scenario["expect"] and not made:
            found.append((name, scenario))
    missing = set(names) - {name for name, _ in found}
    if missing:
        raise Problem("no scenario with a transcript: " + ", ".join(sorted(missing)))
    return found


def memory_of(scenario):
    """QEMU's options for the --memory that a scenario gives."""
    words = shlex.split((scenario["options"] or [""])[0])
    return [word for option, size in zip(words, words[1:]) if option == "--memory"
            for word in ("-m", f"size={size}")]


def run(args, directory):
    kernel = bootable(find_kernel(args.kernel_build), directory)
    config = upstream.configuration(directory_of(args.kernel_build))
    full = config.get("XSAVE") or config.get("FSGSBASE_INST")
    cpu = args.cpu or (FULL_CPU if full else DEFAULT_CPU)
    head = header(args.kernel_build, config, args) if args.update else None
    differing, done = 0, {}
    for conformance_kernel in conformance_kernels(args, config):
        differing += run_conformance(conformance_kernel, args, kernel, cpu, head)
    conformance_names = [each.scenario for each in conformance.kernels()]
    scenario_names = [name for name in args.scenario if name not in conformance_names]
    for name, scenario in wanted(scenario_names) if scenario_names or not args.scenario else []:
        built_for = conformance.Kernel((scenario["kernel"] or [conformance.DEFAULT])[0])
        problems = list(setting_problems(built_for, args.kernel_build, config)) if config else []
        if problems and not scenario_names and built_for.name != conformance.DEFAULT:
            continue
        if problems and built_for.name != conformance.DEFAULT:
            raise Problem(f"{name} is not for this kernel: " + "; ".join(problems))
        options = built_for.qemu + memory_of(scenario) + [
            word for words in scenario["qemu"] for word in shlex.split(words)]
        image = command.find_image(args.guests, scenario["image"][0])
        if image is None:
            raise Problem(f"{name}: guest '{scenario['image'][0]}' is not built: run make")
        until = scenarios.until_text(scenario)
        typed = (scenario["input"] or [""])[0].encode().decode("unicode_escape")
        key = (image, until, typed, tuple(options))
        try:
            if key not in done:
                done[key] = boot(kernel, image, args, cpu, until, typed, options)
        except Problem as problem:
            print(f"FAIL {name}: {problem}", flush=True)
            differing += 1
            continue
        path = os.path.join(TESTS, "scenario", "transcripts", scenario["expect"][0])
        if args.update:
            store(path, head, done[key], until)
            print(f"stored {os.path.relpath(path, ROOT)}")
            continue
        wrong = scenarios.compare(path, done[key], until)
        print("\n".join([f"{'FAIL' if wrong else 'ok'} {name}"] + wrong), flush=True)
        differing += bool(wrong)
    return 1 if differing else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernel_build", help="build directory of the kernel, or a kernel ELF")
    parser.add_argument("scenario", nargs="*", help="names of scenarios; all if none")
    parser.add_argument("--update", action="store_true", help="store what the real kernel prints")
    parser.add_argument("--guests", default=os.path.join(ROOT, "build"),
                        help="build directory that holds guests/")
    parser.add_argument("--memory", default="512M")
    parser.add_argument("--cpu", help="QEMU's -cpu")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one boot")
    parser.add_argument("--quiet", type=float, default=3,
                        help="a guest without --until ends when it prints nothing for so long")
    parser.add_argument("--kernel-version", help="for the header of stored transcripts")
    args = parser.parse_args()
    if shutil.which("qemu-system-x86_64") is None:
        parser.error("qemu-system-x86_64 is not installed (package qemu-system-x86)")
    try:
        with tempfile.TemporaryDirectory() as directory:
            return run(args, directory)
    except Problem as problem:
        print(f"run-on-qemu: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
