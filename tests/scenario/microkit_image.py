# SPDX-License-Identifier: BSD-2-Clause
"""What Microkit's tool leaves for QEMU, made from a guest: `image: microkit:NAME` of a scenario.

The tool writes the initial task anew: headers, then what there is to load without a gap, nothing
else. What its initialiser needs lies in segments behind the others, and each of them has a second
program header that says what it is. Beside the image lies the kernel. Ours is no kernel, but has the
symbols of one."""

import os
import struct

EHDR, PHDR, SHDR, SYM = "<16sHHIQQQIHHHHHH", "<IIQQQQQQ", "<IIQQQQIIQQ", "<IBBHQQ"
PT_LOAD, PT_PHDR, PT_CAPDL_SPEC, PT_CAPDL_FRAMES = 1, 6, 0x64c34003, 0x64c34004
ET_EXEC, EM_X86_64, PF_R = 2, 62, 4
SHT_SYMTAB, SHT_STRTAB = 2, 3
IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
PAGE = 4096
KERNEL_BASE = 0xffffffff80100000

# Of a kernel with MCS, the IOMMU, the debug API, a debug build and printing.
DEBUG_KERNEL = ["ksIdleThreadSC", "x86KSvtdRootTable", "byte8BreakpointsSupported", "_assert_fail",
                "kernel_putDebugChar"]


def header(entry, segments, section_offset=0, sections=0):
    return struct.pack(EHDR, IDENT, ET_EXEC, EM_X86_64, 1, entry, 64, section_offset, 0, 64, 56,
                       segments, 64, sections, sections - 1 if sections else 0)


def loads(data):
    """(flags, address, contents) of what there is to load; zeroes are written out."""
    place, size, count = (struct.unpack_from("<Q", data, 32)[0],
                          *struct.unpack_from("<HH", data, 54))
    for i in range(count):
        kind, flags, offset, vaddr, _, in_file, in_memory, _ = struct.unpack_from(
            PHDR, data, place + i * size)
        if kind == PT_LOAD:
            contents = data[offset:offset + in_file]
            yield flags, vaddr, contents + bytes(in_memory - in_file)


def image(data):
    segments = list(loads(data))
    extra = [(PT_CAPDL_SPEC, b"what there is to be made"), (PT_CAPDL_FRAMES, b"programs")]
    headers = [(PT_LOAD, *segment) for segment in segments]
    end = max(vaddr + len(contents) for _, vaddr, contents in segments)
    count = len(headers) + 2 * (len(extra) + 1)
    for kind, contents in extra + [(PT_PHDR, bytes(56 * count))]:
        end = (end + PAGE - 1) // PAGE * PAGE
        headers += [(PT_LOAD, PF_R, end, contents), (kind, PF_R, end, contents)]
        end += len(contents)
    table, body, offset = b"", b"", 64 + 56 * count
    for kind, flags, vaddr, contents in headers:
        if kind == PT_LOAD:
            place, body = offset + len(body), body + contents
        table += struct.pack(PHDR, kind, flags, place, vaddr, vaddr, len(contents), len(contents),
                             0)
    return header(struct.unpack_from("<Q", data, 24)[0], count) + table + body


def kernel(names):
    strings, symbols = b"\0", struct.pack(SYM, 0, 0, 0, 0, 0, 0)
    for i, name in enumerate(names):
        symbols += struct.pack(SYM, len(strings), 0x11, 0, 1, KERNEL_BASE + 8 * i, 8)
        strings += name.encode() + b"\0"
    sections = bytes(64)
    at = 64
    for kind, contents, link, entry in ((SHT_SYMTAB, symbols, 2, 24), (SHT_STRTAB, strings, 0, 0)):
        sections += struct.pack(SHDR, 0, kind, 0, 0, at, len(contents), link, 0, 8, entry)
        at += len(contents)
    return header(KERNEL_BASE, 0, at, 3) + symbols + strings + sections


def make(guest, directory):
    """Writes what the tool would leave in `directory`; returns the image's path."""
    with open(guest, "rb") as file:
        made = {"loader.img": image(file.read()), "sel4.elf": kernel(DEBUG_KERNEL)}
    for name, data in made.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)
    return os.path.join(directory, "loader.img")
