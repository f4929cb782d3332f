/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/step.h>

#include <abi/object.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/request.h>

#define INSTRUCTION_MAX 15

enum { VECTOR_NO_FPU = 7 };

uint8_t *step_guest_byte(paddr_t root, vaddr_t address)
{
    struct kernel *k = runtime_kernel();
    struct translation t = {.present = false};

    if (address < USER_TOP)
        t = kernel_translate(k, root, address);
    return t.present && kernel_is_backed(k, t.paddr) ? kernel_memory(k, t.paddr) : NULL;
}

static enum runtime_step_kind ask_kind(paddr_t root, vaddr_t rip)
{
    struct runtime_request *request = request_begin(REQUEST_STEP_KIND);
    uint8_t code[2 * sizeof(uint64_t)] = {0};
    const uint8_t *byte;
    unsigned length = 0;

    while (length < INSTRUCTION_MAX && (byte = step_guest_byte(root, rip + length)))
        code[length++] = *byte;
    mem_copy(request->argument, code, sizeof(code));
    request->argument[2] = length;
    request_make(request);
    return (enum runtime_step_kind)request->result[0];
}

static void begin(struct carrier_step *step, word_t changed, word_t reg[USER_REGISTER_COUNT])
{
    step->is_under_way = true;
    step->is_told = step->is_wanted;
    step->changed = changed;
    step->guest_flags = reg[UREG_RFLAGS] & changed;
    reg[UREG_RFLAGS] = (reg[UREG_RFLAGS] & ~changed) | RFLAGS_TRAP;
}

bool step_begin(struct carrier_page *page, paddr_t root, bool has_fpu,
                word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    page->step.kind = ask_kind(root, reg[UREG_RIP]);
    if (page->step.kind == RUNTIME_STEP_USES_FPU && !has_fpu) {
        *ret_trap = (struct trap){.kind = TRAP_EXCEPTION, .vector = VECTOR_NO_FPU};
        return false;
    }
    begin(&page->step, RFLAGS_TRAP, reg);
    return true;
}

void step_begin_unaligned(struct carrier_page *page, paddr_t root, word_t reg[USER_REGISTER_COUNT])
{
    page->step.kind = ask_kind(root, reg[UREG_RIP]);
    begin(&page->step, RFLAGS_TRAP | RFLAGS_ALIGNMENT, reg);
}

static word_t with_guest_flags(const struct carrier_step *step, word_t rflags)
{
    return (rflags & ~step->changed) | step->guest_flags;
}

/* `pushf` has stored flags that are not the guest's: in bytes 1 and 2. */
static void mend_stored_flags(const struct carrier_step *step, paddr_t root, vaddr_t rsp)
{
    for (unsigned i = 1; i <= 2; i++) {
        uint8_t *byte = step_guest_byte(root, rsp + i);
        if (byte && step->changed >> (8 * i) & UINT8_MAX)
            *byte = (uint8_t)(with_guest_flags(step, (word_t)*byte << (8 * i)) >> (8 * i));
    }
}

void step_end(struct carrier_page *page, paddr_t root, word_t reg[USER_REGISTER_COUNT],
              struct trap *trap)
{
    const struct carrier_step step = page->step;
    bool has_ended = trap->kind == TRAP_EXCEPTION && trap->debug.stepped;

    if (!step.is_under_way)
        return;
    page->step.is_under_way = false;
    if (has_ended && step.kind == RUNTIME_STEP_STORES_FLAGS)
        mend_stored_flags(&step, root, reg[UREG_RSP]);
    if (!has_ended || step.kind != RUNTIME_STEP_LOADS_FLAGS)
        reg[UREG_RFLAGS] = with_guest_flags(&step, reg[UREG_RFLAGS]);
    if (trap->kind == TRAP_SYSCALL)
        reg[UREG_R11] = with_guest_flags(&step, reg[UREG_R11]);
    if (!has_ended || step.guest_flags & RFLAGS_TRAP)
        return;
    trap->debug.stepped = false;
    if (!trap->debug.breakpoints)
        trap->kind = step.is_told ? TRAP_STEPPED : TRAP_INTERRUPTED;
}
