/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/carrier.h>

#include <runtime/gate.h>
#include <runtime/linux.h>
#include <runtime/process.h>
#include <runtime/turn.h>

static char *slot_at_index(uint32_t slot)
{
    return (char *)runtime_at(REGION_CARRIERS) + slot * CARRIER_SLOT_BYTES;
}

static struct carrier_page *slot_page(uint32_t slot)
{
    return (struct carrier_page *)(slot_at_index(slot) + CARRIER_PAGE);
}

/* --- the thread itself --------------------------------------------------------------------- */

static void take_name(uint32_t index)
{
    if (index == 0)
        linux_set_name(LINUX_PR_SET_NAME, "core");
}

/*
 * The first instruction of a new thread, on its gate stack. A guest's goes on to its first run by
 * an exception: the signal's frame is the one that it waits in from then on.
 */
static _Noreturn void carrier_begin(void)
{
    struct carrier_page *page = carrier_page_here();
    char *slot = (char *)page - CARRIER_PAGE;
    const struct linux_stack stack = {.base = (vaddr_t)(slot + CARRIER_SIGNAL_STACK),
                                      .bytes = CARRIER_SIGNAL_STACK_BYTES};

    take_name(page->thread);
    if (page->thread == 0)
        turn_run_core(page);
    linux_sigaltstack(&stack, NULL);
    linux_dispatch_syscalls(LINUX_PR_SET_SYSCALL_USER_DISPATCH, LINUX_PR_SYS_DISPATCH_ON,
                            (vaddr_t)runtime_start, runtime_code_bytes(), NULL);
    __asm__ volatile("ud2");
    __builtin_unreachable();
}

/* --- by the edit thread -------------------------------------------------------------------- */

static bool find_slot(uint32_t *ret_slot)
{
    for (uint32_t slot = 0; slot < CARRIER_MAX; slot++) {
        if (__atomic_load_n(&runtime_process()->slot_thread[slot], __ATOMIC_ACQUIRE) == 0) {
            *ret_slot = slot;
            return true;
        }
    }
    return false;
}

static long map_slot(uint32_t slot)
{
    enum {
        RIGHTS = LINUX_PROT_READ | LINUX_PROT_WRITE,
        FLAGS = LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS | LINUX_MAP_FIXED
    };
    vaddr_t start = (vaddr_t)slot_at_index(slot);

    if (runtime_process()->slot_is_mapped[slot])
        return 0;
    long result =
        linux_mmap_slot(start + CARRIER_GATE_STACK, CARRIER_GATE_STACK_BYTES, RIGHTS, FLAGS, -1, 0);
    if (!linux_failed(result))
        result = linux_mmap_slot(start + CARRIER_SIGNAL_STACK,
                                 CARRIER_SIGNAL_STACK_BYTES + PAGE_BYTES, RIGHTS, FLAGS, -1, 0);
    runtime_process()->slot_is_mapped[slot] = !linux_failed(result);
    return linux_failed(result) ? result : 0;
}

int64_t carrier_thread_start(uint32_t index)
{
    struct runtime_thread *new = &runtime_shared()->threads[index];
    uint32_t slot;

    if (!find_slot(&slot))
        return -LINUX_ENOMEM;
    long error = map_slot(slot);
    if (error)
        return error;
    uint32_t *thread = &runtime_process()->slot_thread[slot];
    vaddr_t top = (vaddr_t)slot_at_index(slot) + CARRIER_GATE_STACK + CARRIER_GATE_STACK_BYTES - 16;
    *slot_page(slot) = (struct carrier_page){.thread = index, .vspace = new->vspace};
    *(const void **)top = (const void *)carrier_begin;
    new->slot = slot;
    *thread = UINT32_MAX;
    int64_t tid = process_is_linked()
                      ? runtime_process()->linked.program.start(slot_page(slot))
                      : linux_clone_thread(LINUX_CLONE_THREAD, top, NULL, thread, 0);
    if (linux_failed(tid))
        *thread = 0;
    return tid;
}
