/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/fill.h>

#include <abi/object.h>
#include <base/bits.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>

/* Who writes less may well do so again: it is not worth the fault. */
#define WORTH_BYTES 512

#define PREFIX_BYTES 3 /* of the longest that is known */

struct string_instruction {
    uint8_t code[PREFIX_BYTES];
    uint8_t length;
    uint8_t element_bits; /* log2 of its bytes */
    bool copies;          /* from rsi; else it stores rax */
};

static const struct string_instruction instructions[] = {
    {.code = {0xf3, 0x48, 0xa5}, .length = 3, .element_bits = 3, .copies = true},
    {.code = {0xf3, 0xa4}, .length = 2, .element_bits = 0, .copies = true},
    {.code = {0xf3, 0x48, 0xab}, .length = 3, .element_bits = 3},
    {.code = {0xf3, 0xaa}, .length = 2, .element_bits = 0},
};

/* Where user level finds `vaddr`; NULL: it faults there, or that is no RAM. */
static char *guest_byte(struct kernel *k, paddr_t root, vaddr_t vaddr)
{
    if (vaddr >= USER_TOP)
        return NULL;
    struct translation t = kernel_translate(k, root, vaddr);
    bool is_there = t.present && t.rights != VM_KERNEL_ONLY && kernel_is_backed(k, t.paddr);
    return is_there ? kernel_memory(k, t.paddr) : NULL;
}

static const struct string_instruction *find_instruction(struct kernel *k, paddr_t root,
                                                         vaddr_t rip)
{
    const char *code = guest_byte(k, root, rip);

    if (!code || rip % PAGE_BYTES > PAGE_BYTES - PREFIX_BYTES)
        return NULL;
    for (unsigned i = 0; i < ARRAY_LENGTH(instructions); i++) {
        if (mem_equal(code, instructions[i].code, instructions[i].length))
            return &instructions[i];
    }
    return NULL;
}

/* All copies of the element at `to`, of which the first is there. */
static void repeat(char *to, uint64_t element, uint64_t bytes)
{
    for (uint64_t done = element; done < bytes; done += min_u64(done, bytes - done))
        mem_copy(to + done, to, min_u64(done, bytes - done));
}

static uint64_t store(char *to, uint64_t element, uint64_t bytes, word_t value)
{
    mem_copy(to, &value, element);
    repeat(to, element, bytes);
    return bytes;
}

static bool overlap(const char *a, uint64_t a_bytes, const char *b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/*
 * Returns how much was copied, in whole elements: all, up to a page of the source's that faults, or
 * nothing, if the processor is to do it element by element.
 */
static uint64_t copy(struct kernel *k, paddr_t root, char *to, uint64_t element, uint64_t bytes,
                     vaddr_t source)
{
    uint64_t first = min_u64(bytes, PAGE_BYTES - source % PAGE_BYTES);
    const char *from = guest_byte(k, root, source);
    const char *next = first < bytes ? guest_byte(k, root, source + first) : from;

    if (!next)
        bytes = first &= ~(element - 1);
    if (!from || overlap(to, bytes, from, first) ||
        (next && overlap(to, bytes, next, bytes - first)))
        return 0;
    mem_copy(to, from, first);
    if (next)
        mem_copy(to + first, next, bytes - first);
    return bytes;
}

bool seat_fill_page(struct kernel *k, paddr_t root, vaddr_t page, paddr_t paddr,
                    word_t reg[USER_REGISTER_COUNT])
{
    const struct string_instruction *is = find_instruction(k, root, reg[UREG_RIP]);
    uint64_t offset = reg[UREG_RDI] - page;

    if (!is || reg[UREG_RFLAGS] & (RFLAGS_DIRECTION | RFLAGS_ALIGNMENT | RFLAGS_TRAP) ||
        offset > PAGE_BYTES - WORTH_BYTES)
        return false;
    uint64_t element = bit(is->element_bits);
    uint64_t bytes = min_u64(reg[UREG_RCX], (PAGE_BYTES - offset) >> is->element_bits)
                     << is->element_bits;
    char *to = (char *)kernel_memory(k, paddr) + offset;
    if (bytes < WORTH_BYTES)
        return false;
    bytes = is->copies ? copy(k, root, to, element, bytes, reg[UREG_RSI])
                       : store(to, element, bytes, reg[UREG_RAX]);
    reg[UREG_RDI] += bytes;
    reg[UREG_RSI] += is->copies ? bytes : 0;
    reg[UREG_RCX] -= bytes >> is->element_bits;
    return bytes != 0;
}
