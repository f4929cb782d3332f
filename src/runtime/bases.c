/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/bases.h>

#include <base/bits.h>
#include <runtime/process.h>

#define FUNCTION(name, code)                                                                       \
    __asm__(".pushsection .text.bases, \"ax\"\n"                                                   \
            ".globl " #name "\n"                                                                   \
            ".hidden " #name "\n"                                                                  \
            ".type " #name ", @function\n" #name ":\n" code "    ret\n"                            \
            ".size " #name ", . - " #name "\n"                                                     \
            ".popsection\n")

FUNCTION(bases_read_fs, "    rdfsbase %rax\n");
FUNCTION(bases_read_gs, "    rdgsbase %rax\n");
FUNCTION(bases_write_fs, "    wrfsbase %rdi\n");
FUNCTION(bases_write_gs, "    wrgsbase %rdi\n");
FUNCTION(bases_read_flags, "    pushfq\n    pop %rax\n");
FUNCTION(bases_write_flags, "    push %rdi\n    popfq\n");
FUNCTION(bases_xsave, "    mov $0xfff9ffff, %eax\n"
                      "    mov $0x7fffffff, %edx\n"
                      "    xsave64 (%rdi)\n");
FUNCTION(bases_states_in_use, "    mov $1, %ecx\n"
                              "    xgetbv\n"
                              "    shl $32, %rdx\n"
                              "    or %rdx, %rax\n");

#define MOVE_16(each)                                                                              \
    each(0) each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10)       \
        each(11) each(12) each(13) each(14) each(15)
#define SAVE_XMM(n) "    movaps %xmm" #n ", 160 + 16 * " #n "(%rdi)\n"
#define LOAD_XMM(n) "    movaps 160 + 16 * " #n "(%rdi), %xmm" #n "\n"
FUNCTION(bases_save_sse, "    stmxcsr 24(%rdi)\n" MOVE_16(SAVE_XMM));
FUNCTION(bases_load_sse, "    ldmxcsr 24(%rdi)\n" MOVE_16(LOAD_XMM));

FUNCTION(bases_xrstor, "    mov $0xfff9ffff, %eax\n"
                       "    mov $0x7fffffff, %edx\n"
                       "    xrstor64 (%rdi)\n");

/* One that is no address at all becomes 0. */
static word_t canonical(word_t base)
{
    enum { SIGN = 47 };
    int64_t extended = (int64_t)(base << (WORD_BITS - 1 - SIGN)) >> (WORD_BITS - 1 - SIGN);
    return (word_t)extended == base ? base : 0;
}

void bases_get(word_t ret_reg[USER_REGISTER_COUNT])
{
    const struct linked_process *linked = &runtime_process()->linked;

    ret_reg[UREG_FS_BASE] = process_is_linked() ? linked->fs_base : bases_read_fs();
    ret_reg[UREG_GS_BASE] = process_is_linked() ? linked->gs_base : bases_read_gs();
}

void bases_set(const word_t reg[USER_REGISTER_COUNT])
{
    struct linked_process *linked = &runtime_process()->linked;

    if (process_is_linked()) {
        linked->fs_base = reg[UREG_FS_BASE];
        linked->gs_base = reg[UREG_GS_BASE];
        return;
    }
    if (bases_read_fs() != reg[UREG_FS_BASE])
        bases_write_fs(canonical(reg[UREG_FS_BASE]));
    if (bases_read_gs() != reg[UREG_GS_BASE])
        bases_write_gs(canonical(reg[UREG_GS_BASE]));
}
