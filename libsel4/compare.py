#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
compare.py GENERATOR UPSTREAM...: what upstream's libsel4 declares against what ours does.

GENERATOR is the program libsel4-generate of a build of ours. UPSTREAM are directories of one built
seL4: the libsel4 that a stand-alone kernel's build installs (install/libsel4/include), or a build
directory of a project together with the kernel's sources. Our headers are generated for the
configuration that its gen_config.json says, of the release in --release (default: 16.0).

Compared are all headers that a program may include: names of macros, types, structs and their
fields, enumerations, constants, functions and variables; the values of constants, the sizes and
offsets of types, and the prototypes of functions. Exit status 1 if anything is missing or differs.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# What is upstream's own way to write its library down, and no part of what it offers: name, why.
INTERNAL = [
    (r"x64_sys_\w+", "the ways into the kernel: here <sel4/trap.h>"),
    (r"MCS_(PARAM|COND|REPLY\w*)", "parts of those"),
    (r"_seL4_int\d+_(type|fmt)|_seL4_word_fmt|_macro_str_concat\w*", "parts of simple_types.h"),
    (r"assert_size_correct|__type_\w+_size_incorrect", "checks of the generated calls"),
    (r"__assert_failed_\w+", "typedefs of failed assertions"),
    (r"_?_?(LIBSEL4|SEL4)_?\w*_H_*|__LIBSEL4_\w+_H_?", "include guards"),
    (r"CONFIG_\w+", "the configuration, which is the build system's"),
    (r"LIBSEL4_MCS_REPLY", "one of the ways into the kernel"),
    (r"strcpy", "the C library's"),
    (r"bootinfo", "a variable of the library that no header declares"),
]

# Headers that programs reach through others: their contents are in <sel4/syscalls.h>.
INTERNAL_HEADERS = ["sel4/syscalls_master.h", "sel4/syscalls_mcs.h",
                    "sel4/sel4_arch/syscalls_syscall.h", "sel4/sel4_arch/syscalls_sysenter.h"]

# Directories below a libsel4's sources, or below its build, that are on the include path.
PARTS = ["include", "arch_include/x86", "sel4_arch_include/x86_64", "sel4_plat_include/pc99",
         "mode_include/64", "autoconf", "gen_config"]

# Headers that are read, in this order.
HEADERS = ["sel4/sel4.h", "sel4/arch/bootinfo_types.h", "sel4/arch/mapping.h",
           "sel4/arch/vmenter.h", "sel4/benchmark_track_types.h",
           "sel4/benchmark_tracepoints_types.h", "sel4/benchmark_utilisation_types.h",
           "sel4/debug_assert.h", "sel4/assert.h"]


def fail(text):
    print("compare.py: " + text, file=sys.stderr)
    sys.exit(2)


def include_path(directories):
    """The include directories in what the user named."""
    found = []
    for directory in directories:
        for base in [directory, directory + "/libsel4"]:
            if os.path.exists(base + "/sel4/sel4.h"):
                found.append(base)
            found += [f"{base}/{part}" for part in PARTS if os.path.isdir(f"{base}/{part}")]
        found += [d for d in [directory + "/kernel/gen_config"] if os.path.isdir(d)]
    if not found:
        fail("no libsel4 in " + ", ".join(directories))
    return list(dict.fromkeys(found))


def kernel_settings(path):
    for directory in path:
        file = directory + "/kernel/gen_config.json"
        if os.path.exists(file):
            return file
    fail("no kernel/gen_config.json: it is below gen_config/ of the kernel's build")


class Side:
    """One of the two libraries, and the compiler on it."""

    def __init__(self, name, path, compiler):
        self.name, self.path, self.compiler = name, path, compiler
        self.headers = [h for h in HEADERS if any(os.path.exists(f"{d}/{h}") for d in path)]

    def source(self, body=""):
        return "#include <stdint.h>\n" + "".join(f"#include <{h}>\n" for h in self.headers) + body

    def run(self, flags, body=""):
        command = [self.compiler, "-std=gnu11", "-ffreestanding", "-w", *flags, "-x", "c", "-"]
        command[1:1] = [f"-I{d}" for d in self.path]
        return subprocess.run(command, input=self.source(body), capture_output=True, text=True)

    def text(self, flags):
        done = self.run(flags)
        if done.returncode != 0:
            fail(f"{self.name}: {done.stderr[:2000]}")
        return done.stdout

    def own_text(self):
        """The preprocessed text that stands in this library's files."""
        keep, lines = False, []
        for line in self.text(["-E"]).splitlines():
            marker = re.match(r'# \d+ "(.*?)"', line)
            if marker:
                keep = any(marker.group(1).startswith(d + "/") for d in self.path)
            elif keep:
                lines.append(line)
        return "\n".join(lines)

    def macros(self):
        base = subprocess.run([self.compiler, "-dM", "-E", "-ffreestanding", "-x", "c",
                               "/dev/null"], capture_output=True, text=True).stdout
        builtin = set(re.findall(r"#define (\w+)", base))
        found = {}
        for name, parameters, text in re.findall(r"#define (\w+)(\([^)]*\))? ?(.*)",
                                                 self.text(["-dM", "-E"])):
            if name not in builtin:
                found[name] = (parameters != "", text)
        standard = set(re.findall(r"#define (\w+)", subprocess.run(
            [self.compiler, "-dM", "-E", "-ffreestanding", "-include", "stdint.h", "-x", "c",
             "/dev/null"], capture_output=True, text=True).stdout))
        return {name: value for name, value in found.items() if name not in standard}


def statements(text):
    """Top-level declarations of C text without comments; function bodies are left out."""
    depth, start, found, i = 0, 0, [], 0
    text = re.sub(r"(?m)^\s*#.*$|_Pragma\s*\([^)]*\)", "", text)
    while i < len(text):
        if text[i] == "{":
            depth += 1
        elif text[i] == "}":
            depth -= 1
            head = text[start:i + 1]
            if depth == 0 and is_function(head):
                found.append(head[:head.index("{")].strip() + ";")
                start = i + 1
        elif text[i] == ";" and depth == 0:
            found.append(text[start:i + 1].strip())
            start = i + 1
        i += 1
    return [" ".join(s.split()) for s in found if s.strip("; ")]


def is_function(head):
    before = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", head.split("{")[0])
    return "(" in before and not re.match(r"\s*(typedef|struct|union|enum)\b[^(]*$", before)


def strip_attributes(text):
    return " ".join(re.sub(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)", " ",
                           text).split())


class Names:
    """What the text of one side declares."""

    def __init__(self, text):
        self.types, self.constants, self.fields = set(), set(), {}
        self.functions, self.variables, self.tags = {}, set(), set()
        for statement in statements(text):
            self.add(strip_attributes(statement))

    def add(self, statement):
        if statement.startswith("_Static_assert"):
            return
        for tag in re.findall(r"\b((?:struct|union|enum) \w+)(?= \{)", statement):
            self.tags.add(tag)
        for body in re.findall(r"\benum(?: \w+)? \{([^{}]*)\}", statement):
            self.constants.update(re.findall(r"(?:^|,)\s*(\w+)", body))
        if statement.startswith("typedef"):
            self.typedef(statement)
        elif re.match(r"(struct|union|enum)\b[^(]*\{.*\} ?;$", statement):
            name = re.match(r"((?:struct|union) \w+) \{(.*)\}", statement)
            if name:
                self.fields[name.group(1)] = field_names(name.group(2))
        elif "(" in statement and "=" not in statement:
            name = re.search(r"(\w+) ?\(", statement)
            self.functions[name.group(1)] = statement
        else:
            name = re.search(r"(\w+)(\[[^]]*\])?( ?=.*)?;$", statement)
            if name and not re.match(r"(struct|union|enum) \w+ ?;", statement):
                self.variables.add(name.group(1))

    def typedef(self, statement):
        name = re.search(r"(\w+)(\[[^]]*\])*;$", statement)
        if name is None:
            return
        self.types.add(name.group(1))
        body = re.match(r"typedef (struct|union)[^{]*\{(.*)\}", statement)
        if body:
            self.fields[name.group(1)] = field_names(body.group(2))

    def all(self):
        return {
            "type": self.types, "tag": self.tags, "constant": self.constants,
            "function": set(self.functions), "variable": self.variables,
            "field": {f"{s}.{f}" for s, names in self.fields.items() for f in names},
        }


def field_names(body):
    """Fields of a struct, those of anonymous structs in it among them."""
    names, depth, start = [], 0, 0
    for i, c in enumerate(body):
        if c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
        elif c == ";" and depth == 0:
            field, start = body[start:i].strip(), i + 1
            inner = re.match(r"(?:struct|union)[^{]*\{(.*)\}\s*(\w*)$", field)
            if inner and inner.group(2):
                names += [inner.group(2)] + [f"{inner.group(2)}.{f}"
                                             for f in field_names(inner.group(1))]
            elif inner:
                names += field_names(inner.group(1))
            else:
                for declarator in field.split(","):
                    names.append(re.search(r"(\w+)\s*(\[.*\])?(\s*:.*)?$", declarator).group(1))
    return names


def is_internal(name):
    return any(re.fullmatch(pattern, name) for pattern, _ in INTERNAL)


def evaluate(side, expressions):
    """The values of integer constant expressions; those that are none are not in the answer."""
    def attempt(names):
        body = "".join(f'const unsigned long long value_{i} __attribute__((section(".v"))) = '
                       f"(unsigned long long)({e});\n" for i, e in names)
        with tempfile.TemporaryDirectory() as directory:
            done = side.run(["-c", "-o", directory + "/v.o"], body)
            if done.returncode != 0:
                return None
            subprocess.run(["objcopy", "-O", "binary", "-j", ".v", directory + "/v.o",
                            directory + "/v.bin"], check=True)
            data = open(directory + "/v.bin", "rb").read()
        return {e: int.from_bytes(data[8 * k:8 * k + 8], "little")
                for k, (_, e) in enumerate(names)}

    def search(names):
        if not names:
            return {}
        found = attempt(names)
        if found is not None:
            return found
        if len(names) == 1:
            return {}
        half = len(names) // 2
        return {**search(names[:half]), **search(names[half:])}

    return search(list(enumerate(expressions)))


def compare_values(upstream, ours, expressions):
    theirs = evaluate(upstream, expressions)
    own = evaluate(ours, [e for e in expressions if e in theirs])
    found = [f"value of {e}: {value:#x}, not {own[e]:#x}" if e in own
             else f"value of {e}: {value:#x}, here none"
             for e, value in theirs.items() if own.get(e) != value]
    return found, len(theirs)


def prototype(statement):
    text = re.sub(r"\b(static|inline|extern|__inline__)\b ?", "", statement)
    return " ".join(text.split())


def compare_prototypes(ours, functions):
    """Declares each function as upstream does after our headers: the compiler compares."""
    found = []
    lines = list(functions.values())

    def check(some):
        return ours.run(["-fsyntax-only"], "\n".join(prototype(s) for s in some)).returncode == 0

    def search(some):
        if not some or check(some):
            return
        if len(some) == 1:
            found.append("prototype: " + prototype(some[0]))
            return
        search(some[:len(some) // 2])
        search(some[len(some) // 2:])

    search(lines)
    return found


def compare(upstream, ours):
    differences, counts = [], {}
    names = Names(upstream.own_text()), Names(ours.own_text())
    theirs, own = names[0].all(), names[1].all()
    macros = upstream.macros(), ours.macros()
    theirs["macro"], own["macro"] = set(macros[0]), set(macros[1])

    # a constant may be a macro here and an enumerator there, a function a macro
    anything = own["macro"] | own["constant"] | own["function"] | own["variable"]
    for kind, found in theirs.items():
        public = {n for n in found if not is_internal(n.split(".")[0])}
        counts[kind] = len(public)
        have = own[kind] | (anything if kind in ("macro", "constant", "function") else set())
        differences += [f"{kind} {name}" for name in sorted(public - have)]

    present = lambda kind: sorted(n for n in theirs[kind] & own[kind] if not is_internal(n))
    values = present("constant") + [m for m in present("macro")
                                    if not macros[0][m][0] and macros[0][m][1]]
    values += [f"sizeof({t})" for t in present("type")]
    values += [f"__builtin_offsetof({f.replace('.', ', ', 1)})" for f in present("field")]
    values += [f"sizeof((({f.split('.')[0]} *)0)->{f.split('.', 1)[1]})" for f in present("field")]
    wrong, counts["value compared"] = compare_values(upstream, ours, values)
    common = {n: s for n, s in names[0].functions.items()
              if n in names[1].functions and not is_internal(n)}
    counts["prototype compared"] = len(common)
    return differences + wrong + compare_prototypes(ours, common), counts


def missing_headers(upstream, ours):
    def headers(path):
        found = set()
        for directory in path:
            for base, _, files in os.walk(directory):
                found |= {os.path.relpath(f"{base}/{f}", directory) for f in files
                          if f.endswith(".h")}
        return found
    return sorted(h for h in headers(upstream.path) - headers(ours.path)
                  if h not in INTERNAL_HEADERS and not h.startswith("kernel/"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generator")
    parser.add_argument("upstream", nargs="+")
    parser.add_argument("--release", default="16.0")
    parser.add_argument("--compiler", default="cc")
    arguments = parser.parse_args()

    path = include_path(arguments.upstream)
    with tempfile.TemporaryDirectory() as directory:
        settings = kernel_settings(path)
        subprocess.run([arguments.generator, directory, "release=" + arguments.release, settings],
                       check=True)
        mcs = json.load(open(settings))["KERNEL_MCS"]
        configuration = [d for d in path if os.path.exists(d + "/autoconf.h") or
                         d.endswith("/gen_config")]
        ours = Side("ours", [HERE + "/include", HERE + "/trapping", directory], arguments.compiler)
        for part in ["autoconf.h", "kernel/gen_config.h", "sel4/gen_config.h"]:
            source = next((f"{d}/{part}" for d in configuration if os.path.exists(f"{d}/{part}")),
                          None)
            if source is None:
                fail("no " + part)
            os.makedirs(os.path.dirname(f"{directory}/{part}"), exist_ok=True)
            os.symlink(os.path.abspath(source), f"{directory}/{part}")
        upstream = Side("upstream", [os.path.abspath(d) for d in path], arguments.compiler)
        differences, counts = compare(upstream, ours)
        differences += ["header " + h for h in missing_headers(upstream, ours)]
    for difference in differences:
        print(difference)
    print(f"release {arguments.release}, {'MCS' if mcs else 'non-MCS'}: "
          + ", ".join(f"{n} {kind}s" for kind, n in counts.items())
          + f"; {len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
