# SPDX-License-Identifier: BSD-2-Clause
"""Files that are no image, made from one that is: `image: bad:NAME` of a scenario."""

import struct

PHOFF, SHOFF, ENTRY, MACHINE, TYPE, CLASS = 32, 40, 24, 18, 16, 4
PHENTSIZE, PHNUM = 54, 56
PT_LOAD = 1
AARCH64, RISCV, I386 = 183, 243, 3
KERNEL_BASE = 0xffffffff80100000
ADRP_X1 = 0xb0000041
LOADER_MAGIC = 0x5e14dead14de5ead
MULTIBOOT_MAGIC = 0x1badb002
MULTIBOOT_PLACE = 0x800  # between the program headers and the first segment


class Elf:
    """An ELF64 file as bytes that can be changed in place."""

    def __init__(self, data):
        self.data = bytearray(data)

    def put(self, offset, form, value):
        struct.pack_into("<" + form, self.data, offset, value)
        return self

    def get(self, offset, form):
        return struct.unpack_from("<" + form, self.data, offset)[0]

    def loads(self):
        """Offsets of the program headers to load."""
        start, size = self.get(PHOFF, "Q"), self.get(PHENTSIZE, "H")
        headers = [start + i * size for i in range(self.get(PHNUM, "H"))]
        return [offset for offset in headers if self.get(offset, "I") == PT_LOAD]


def truncated(elf):
    """Without the last byte of what is to load."""
    end = max(elf.get(offset + 8, "Q") + elf.get(offset + 32, "Q") for offset in elf.loads())
    return elf.data[:end - 1]


def overlapping(elf):
    first, second = elf.loads()[:2]
    return elf.put(second + 16, "Q", elf.get(first + 16, "Q"))


def outside(elf):
    return elf.put(elf.loads()[-1] + 16, "Q", 0x0000800000000000)


def wrapping(elf):
    return elf.put(elf.loads()[-1] + 40, "Q", 2**64 - 4096)


def too_large(elf):
    """More zeroed memory than the machine has by default."""
    return elf.put(elf.loads()[-1] + 40, "Q", 1 << 30)


def microkit_aarch64():
    """Microkit's loader as a raw binary: code, then what the tool tells it."""
    return struct.pack("<II", ADRP_X1, 0x91400421) + bytes(4088) + struct.pack("<Q", LOADER_MAGIC)


def kernel(elf):
    """As the real kernel is: linked to the top half, with a multiboot header."""
    for i, offset in enumerate(elf.loads()):
        elf.put(offset + 16, "Q", KERNEL_BASE + (i << 20))
    return elf.put(MULTIBOOT_PLACE, "I", MULTIBOOT_MAGIC).put(ENTRY, "Q", KERNEL_BASE)


MADE = {
    "empty": lambda elf: b"",
    "script": lambda elf: b"#!/bin/sh\necho no image\n",
    "text": lambda elf: b"Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n" * 20,
    "header-cut": lambda elf: elf.data[:40],
    "truncated": truncated,
    "aarch64": lambda elf: elf.put(MACHINE, "H", AARCH64).data,
    "microkit-aarch64": lambda elf: microkit_aarch64(),
    "riscv": lambda elf: elf.put(MACHINE, "H", RISCV).data,
    "x86-32": lambda elf: elf.put(MACHINE, "H", I386).put(CLASS, "B", 1).data,
    "shared-object": lambda elf: elf.put(TYPE, "H", 3).data,
    "overlapping": lambda elf: overlapping(elf).data,
    "outside": lambda elf: outside(elf).data,
    "wrapping": lambda elf: wrapping(elf).data,
    "entry-outside": lambda elf: elf.put(ENTRY, "Q", 0x10000).data,
    "too-large": lambda elf: too_large(elf).data,
    "kernel": lambda elf: kernel(elf).data,
}


def make(name, good_image, path):
    """Writes the file called `name` to `path`, made from the image at `good_image`."""
    with open(good_image, "rb") as file:
        data = MADE[name](Elf(file.read()))
    with open(path, "wb") as file:
        file.write(data)
