/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/word.h>

#include <abi/object.h>
#include <base/bits.h>
#include <kernel/kernel_api.h>

/* movabs WORD_PLACE, %rax: opcode, then the place, the lowest byte first */
static const uint8_t code[] = {0x48, 0xa1, 0, 0, 0, 0xc0, 0xff, 0x7f, 0, 0};

_Static_assert(WORD_PLACE == UINT64_C(0x7fffc0000000), "as the instruction has it");

/* By the page walk: what Linux has mapped there may be a copy with breakpoints. */
static bool has_byte(struct kernel *k, paddr_t root, vaddr_t vaddr, uint8_t byte)
{
    if (vaddr >= USER_TOP)
        return false;
    struct translation t = kernel_translate(k, root, vaddr);
    return t.present && kernel_is_backed(k, t.paddr) &&
           *(const uint8_t *)kernel_memory(k, t.paddr) == byte;
}

bool seat_reads_word(struct kernel *k, paddr_t root, const struct trap *trap,
                     const word_t reg[USER_REGISTER_COUNT])
{
    if (trap->address != WORD_PLACE || trap->write || trap->fetch ||
        kernel_translate(k, root, WORD_PLACE).present)
        return false;
    for (unsigned i = 0; i < sizeof(code); i++) {
        if (!has_byte(k, root, reg[UREG_RIP] + i, code[i]))
            return false;
    }
    return true;
}
