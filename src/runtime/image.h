/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime image: the pure part and src/runtime/, linked by image.ld into one freestanding
 * program without an interpreter, writable data or anything undefined. It is embedded in the
 * command as it lies in memory; gate/runtime_image.h makes a memfd of it for one base.
 */
#ifndef RUNTIME_IMAGE_H
#define RUNTIME_IMAGE_H

#include <base/types.h>

#define RUNTIME_MAGIC UINT64_C(0x31656d69746e7572) /* "runtime1" */

/* At the image's start; image.ld writes it. Offsets are from there, in bytes. */
struct runtime_header {
    uint64_t magic;
    uint64_t code_bytes; /* of the part that is executable, this header included: whole pages */
    uint64_t bytes;      /* of all */
    uint64_t relocations, relocations_end; /* struct runtime_relocation */
    uint64_t enter;                        /* runtime_enter() */
    uint64_t land;                         /* runtime_land() */
    uint64_t calls;  /* for each line of runtime/calls.def: the address behind its instruction */
    uint64_t linked; /* struct linked_calls (runtime/linked.h) */
};

#define RUNTIME_CALL(name, number) RUNTIME_CALL_##name,
enum runtime_call {
#include <runtime/calls.def>
    RUNTIME_CALL_COUNT
};
#undef RUNTIME_CALL

/* ELF's Elf64_Rela; each of type R_X86_64_RELATIVE. */
struct runtime_relocation {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};

/* The embedded image, for the layers above; it does not run where it lies. */
extern const uint8_t runtime_image[], runtime_image_end[];

/* An ELF file with the image's symbols, addresses as in the image, and unwind tables; no code. */
extern const uint8_t runtime_symbols[], runtime_symbols_end[];

#endif
