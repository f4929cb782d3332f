#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What programs are built with, as it is installed: sel4emu cc, sel4emu new, find_package(sel4emu), and
the package in the kernel's place (find_package(seL4)) for a project that knows nothing of sel4emu.

package.py BUILD_DIR"""

import json
import os
import subprocess
import sys
import tempfile

TIMEOUT = 300
HELLO = """#include <guest.h>
int main(void)
{
    print("hello, %s\\n", error_name(seL4_TCB_Resume(seL4_CapInitThreadTCB)));
    return 0;
}
"""
# A project for the real kernel, in small: options of its own, its own program without a C library.
PROJECT = """cmake_minimum_required(VERSION 3.16)
set(KernelVerificationBuild OFF CACHE BOOL "")
find_package(seL4 REQUIRED)
sel4_configure_platform_settings()
project(small C ASM)
sel4_import_kernel()
include(${KERNEL_FLAGS_PATH})
sel4_import_libsel4()
set(configure_string "")
config_option(SmallLoud SMALL_LOUD "" DEFAULT ON DEPENDS "KernelPrinting;NOT KernelIsMCS"
              DEFAULT_DISABLED OFF)
config_string(SmallName SMALL_NAME "" DEFAULT "quoted name")
config_choice(SmallSize SMALL_SIZE "" "large;SmallLarge;SMALL_LARGE;KernelIsMCS"
              "tiny;SmallTiny;SMALL_TINY")
add_config_library(small "${configure_string}")
add_executable(small small.c small-start.S)
target_compile_options(small PRIVATE -ffreestanding -fno-pic -fno-stack-protector -O2)
target_link_libraries(small sel4 small_Config)
set_target_properties(small PROPERTIES LINK_FLAGS "-nostdlib -static -no-pie")
add_custom_target(image ALL DEPENDS small kernel.elf)
"""
PROGRAM = """#include <sel4/sel4.h>
#include <small/gen_config.h>
#if defined(CONFIG_SMALL_LOUD) == defined(CONFIG_KERNEL_MCS) || CONFIG_MAX_NUM_NODES != 1
#error "the configuration is not as chosen"
#endif
#if defined(CONFIG_SMALL_TINY) == defined(CONFIG_KERNEL_MCS)
#error "the configuration is not as chosen"
#endif
void __assert_fail(const char *str, const char *file, int line, const char *function);
void __assert_fail(const char *str, const char *file, int line, const char *function)
{
    (void)str, (void)file, (void)line, (void)function;
}
void start(void);
void start(void)
{
    for (const char *c = "small: " CONFIG_SMALL_NAME "\\n"; *c != '\\0'; c++)
        seL4_DebugPutChar(*c);
    seL4_DebugHalt();
}
"""
START = """.global _start
_start:
    lea stack(%rip), %rsp
    call start
    .bss
    .space 4096
stack:
    .section .note.GNU-stack, "", @progbits
"""


class Suite:
    def __init__(self):
        self.failed = False

    def check(self, name, holds, why=""):
        print(f"{'ok' if holds else 'FAIL'} {name}")
        if not holds:
            self.failed = True
            print("     " + why.strip().replace("\n", "\n     "))

    def run(self, name, words, expected, status=0, directory=None):
        done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False,
                              errors="replace", timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        text = done.stdout + done.stderr
        self.check(name, done.returncode == status and expected in text,
                   f"{' '.join(words)}: status {done.returncode}\n{text[-2000:]}")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def compile_one_file(suite, emulator, directory):
    write(directory + "/hello.c", HELLO)
    suite.run("cc compiles a file", [emulator, "cc", "hello.c", "-o", "hello"], "", 0, directory)
    suite.run("what cc made runs by itself", ["./hello"], "hello, NoError", 0, directory)
    suite.run("and takes options of sel4emu's", ["./hello", "--isolate"], "hello, NoError", 0,
              directory)
    suite.run("cc for another kernel", [emulator, "cc", "--set", "KernelIsMCS=ON", "--set",
                                        "release=15.0", "hello.c", "-o", "mcs"], "", 0, directory)
    suite.run("which is the one it runs on", ["./mcs"], "hello, NoError", 0, directory)
    suite.run("cc without a file", [emulator, "cc"], "usage: sel4emu cc", 2, directory)
    suite.run("cc with half a setting", [emulator, "cc", "--set", "mcs", "hello.c"],
              "--set needs NAME=VALUE", 2, directory)
    suite.run("cc with a setting that is none", [emulator, "cc", "--set=x=1", "hello.c"],
              "unknown setting", 1, directory)


def new_project(suite, emulator, prefix, directory):
    suite.run("new makes a project", [emulator, "new", "world"], "cmake --build world/build", 0,
              directory)
    suite.run("new does not touch what is there", [emulator, "new", "world"], "another name", 5,
              directory)
    suite.run("new wants a name", [emulator, "new", "../world"], "a name has letters", 2, directory)
    suite.run("the project configures", ["cmake", "-S", "world", "-B", "world/build",
                                         "-DCMAKE_PREFIX_PATH=" + prefix], "", 0, directory)
    suite.run("the project builds", ["cmake", "--build", "world/build"], "", 0, directory)
    suite.run("the project runs", ["world/build/world"], "untyped capabilities", 0, directory)


def stand_for_the_kernel(suite, emulator, prefix, directory):
    write(directory + "/small/CMakeLists.txt", PROJECT)
    write(directory + "/small/small.c", PROGRAM)
    write(directory + "/small/small-start.S", START)
    build = directory + "/small/build"
    suite.run("a project for the kernel configures",
              ["cmake", "-S", "small", "-B", build, "-DKernelRootCNodeSizeBits=13",
               f"-DCMAKE_MODULE_PATH={prefix}/lib/cmake/sel4emu/modules"], "", 0, directory)
    suite.run("and builds", ["cmake", "--build", build], "", 0, directory)
    suite.run("and runs", [emulator, "run", build + "/small"], "small: quoted name", 0, directory)
    file = build + "/kernel/gen_config/kernel/gen_config.json"
    settings = {}
    if os.path.exists(file):
        with open(file, encoding="utf-8") as text:
            settings = json.load(text)
    suite.check("its options are in gen_config.json",
                settings.get("ROOT_CNODE_SIZE_BITS") == "13" and settings.get("DEBUG_BUILD") is True
                and settings.get("KERNEL_MCS") is False, str(settings))


def in_the_linked_form(suite, emulator, prefix, directory):
    build = directory + "/small/linked"
    configure = ["cmake", "-S", "small", f"-DCMAKE_MODULE_PATH={prefix}/lib/cmake/sel4emu/modules"]
    suite.run("the linked form configures", [*configure, "-B", build, "-DSEL4EMU_FORM=linked"], "", 0,
              directory)
    suite.run("and builds", ["cmake", "--build", build], "", 0, directory)
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", build + "/small"],
                          capture_output=True, text=True, check=False, timeout=TIMEOUT).stdout
    suite.check("no instruction traps", "jmp    *%rax" in code and "syscall" not in code, code)
    suite.run("and runs", [emulator, "run", build + "/small"], "small: quoted name", 0, directory)
    suite.run("but not in the other seat", [emulator, "run", "--isolate", build + "/small"],
              "SEL4EMU_FORM=linked", 3, directory)
    for release in ("13.0", "14.0", "15.0", "16.0"):
        build = directory + "/small/linked-" + release
        suite.run(f"release {release}, MCS, linked: configures",
                  [*configure, "-B", build, "-DSEL4EMU_FORM=linked", "-DKernelIsMCS=ON",
                   f"-DSEL4EMU_RELEASE={release}"], "", 0, directory)
        suite.run("and builds", ["cmake", "--build", build], "", 0, directory)
        suite.run("and runs", [emulator, "run", build + "/small"], "small: quoted name", 0,
                  directory)
    suite.run("a form that is none", [*configure, "-B", directory + "/none", "-DSEL4EMU_FORM=both"],
              "SEL4EMU_FORM is trapping or linked", 1, directory)


def main():
    suite = Suite()
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        prefix = directory + "/prefix"
        suite.run("cmake --install", ["cmake", "--install", build, "--prefix", prefix], "")
        emulator = prefix + "/bin/sel4emu"
        compile_one_file(suite, emulator, directory)
        new_project(suite, emulator, prefix, directory)
        stand_for_the_kernel(suite, emulator, prefix, directory)
        in_the_linked_form(suite, emulator, prefix, directory)
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())
