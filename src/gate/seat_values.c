/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and registers as a debugger reads and writes them. */
#include <gate/seat_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <model/context.h>
#include <string.h>

/* --- memory -------------------------------------------------------------------------------- */

/* What the VSpace has at `vaddr`, up to the end of its page; NULL: no memory. */
static uint8_t *memory_at(struct seat *seat, paddr_t root, vaddr_t vaddr, size_t *ret_size)
{
    const struct seat_client *client = &seat->client;
    if (!root || vaddr >= USER_TOP)
        return NULL;
    struct translation t = kernel_translate(seat->k, root, vaddr);
    if (!t.present || client->memory_kind(client->context, t.paddr) != MEMORY_BACKED)
        return NULL;
    *ret_size = PAGE_BYTES - (vaddr & mask(PAGE_BITS));
    return kernel_memory(seat->k, t.paddr);
}

size_t seat_debug_read_memory(struct seat *seat, paddr_t root, vaddr_t vaddr, void *ret_bytes,
                              size_t size)
{
    size_t done = 0, part;
    while (done < size) {
        const uint8_t *memory = memory_at(seat, root, vaddr + done, &part);
        if (!memory)
            break;
        part = min_u64(part, size - done);
        memcpy((uint8_t *)ret_bytes + done, memory, part);
        done += part;
    }
    return done;
}

/* Pages of breakpoints notice when they are to run next (seat_plants_refresh()). */
size_t seat_debug_write_memory(struct seat *seat, paddr_t root, vaddr_t vaddr, const void *bytes,
                               size_t size)
{
    size_t done = 0, part;
    while (done < size) {
        uint8_t *memory = memory_at(seat, root, vaddr + done, &part);
        if (!memory)
            break;
        part = min_u64(part, size - done);
        memcpy(memory, (const uint8_t *)bytes + done, part);
        done += part;
    }
    return done;
}

/* --- registers ----------------------------------------------------------------------------- */

/* Whether the thread makes the instruction at its fault IP when it runs again. */
static bool goes_back(const struct tcb *tcb)
{
    return tcb->state == THREAD_RESTART || tcb->state == THREAD_INACTIVE ||
           (tcb->state != THREAD_RUNNING && tcb->fault.type != FAULT_NONE);
}

/* `syscall` has destroyed rsp, and the guest has not put it back yet. */
static bool has_lost_rsp(const struct user_context *context, const word_t reg[USER_REGISTER_COUNT])
{
    vaddr_t next = context->last_syscall.next_ip;
    bool is_there = reg[UREG_RIP] == next || reg[UREG_RIP] + SYSCALL_INSTRUCTION_BYTES == next;
    return context->by_sysret || (is_there && reg[UREG_RSP] == 0);
}

/* As the thread has them; see seat_debug_read_registers() for what it is shown with. */
static void read_own(const struct tcb *tcb, word_t ret_reg[USER_REGISTER_COUNT])
{
    kernel_load_registers(tcb, ret_reg);
    if (goes_back(tcb))
        ret_reg[UREG_RIP] = tcb->context.reg[UREG_RIP];
}

void seat_debug_read_registers(const struct tcb *tcb, word_t ret_reg[USER_REGISTER_COUNT])
{
    read_own(tcb, ret_reg);
    if (has_lost_rsp(&tcb->context, ret_reg))
        ret_reg[UREG_RSP] = tcb->context.last_syscall.rsp;
}

/* What the instruction popf may change, but for the trap flag. */
#define USER_FLAGS UINT64_C(0x240cd5)

static word_t possible_value(unsigned index, word_t value, word_t old)
{
    if (index == UREG_RFLAGS)
        return (old & ~USER_FLAGS) | (value & USER_FLAGS);
    return register_sanitise(index, value);
}

/*
 * A register that is changed makes the thread come back with all that it has: the fast way back
 * from a system call has values of its own for some.
 */
void seat_debug_write_registers(struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT])
{
    struct user_context *context = &tcb->context;
    word_t own[USER_REGISTER_COUNT], shown[USER_REGISTER_COUNT];
    vaddr_t fault_ip = context->reg[UREG_RIP];
    bool is_changed = false;
    read_own(tcb, own);
    seat_debug_read_registers(tcb, shown);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++) {
        if (reg[i] == shown[i])
            continue;
        own[i] = possible_value(i, reg[i], own[i]);
        is_changed = true;
    }
    if (!is_changed)
        return;
    memcpy(context->reg, own, sizeof(own));
    context->by_sysret = false;
    if (reg[UREG_RIP] == shown[UREG_RIP])
        context->reg[UREG_RIP] = fault_ip;
    else
        context->next_ip = own[UREG_RIP];
}

/* --- vector state -------------------------------------------------------------------------- */

/* A thread that has not run yet gets its carrier now; when the guest has ended it needs none. */
static struct seat_carrier *carrier_of(struct seat *seat, struct tcb *tcb)
{
    if (seat->ended)
        return seat_carrier_find(seat, tcb);
    paddr_t root = kernel_tcb_vspace(seat->k, tcb);
    struct seat_vspace *vspace = root ? seat_vspace_get(seat, root) : NULL;
    return vspace ? seat_carrier_get(seat, tcb, vspace) : NULL;
}

int seat_debug_read_vector_state(struct seat *seat, struct tcb *tcb, void *ret_xsave, size_t size,
                                 size_t *ret_size)
{
    struct seat_carrier *carrier = carrier_of(seat, tcb);
    if (!carrier)
        return -ESRCH;
    return seat->ops->carrier_read_vector_state(carrier->carrier, ret_xsave, size, ret_size);
}

int seat_debug_write_vector_state(struct seat *seat, struct tcb *tcb, const void *xsave,
                                  size_t size)
{
    struct seat_carrier *carrier = carrier_of(seat, tcb);
    if (!carrier)
        return -ESRCH;
    return seat->ops->carrier_write_vector_state(carrier->carrier, xsave, size);
}
