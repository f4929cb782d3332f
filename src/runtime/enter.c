/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <runtime/entry.h>
#include <runtime/places.h>

static struct outcome enter_start(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_start(k, e->core, e->now);
}

static struct outcome enter_syscall(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_syscall(k, e->core, e->now);
}

static struct outcome enter_unknown_syscall(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_unknown_syscall(k, e->core, e->number, e->now);
}

static struct outcome enter_vm_fault(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_vm_fault(k, e->core, e->vm_fault.address, e->vm_fault.fsr, e->now);
}

static struct outcome enter_user_exception(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_user_exception(k, e->core, e->user_exception.vector, e->user_exception.error_code,
                                 e->now);
}

static struct outcome enter_debug_exception(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_debug_exception(k, e->core, e->debug_exception.vector, e->debug_exception.event,
                                  e->now);
}

static struct outcome enter_interrupt(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_interrupt(k, e->core, e->vector, e->now);
}

static struct outcome enter_timer(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_timer(k, e->core, e->now);
}

static struct outcome enter_hold(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_hold(k, e->core, tcb_at(k, e->tcb), e->now);
}

static struct outcome enter_unhold(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_unhold(k, e->core, tcb_at(k, e->tcb), e->now);
}

static struct outcome enter_device_answer(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_device_answer(k, e->core, e->value, e->now);
}

static struct outcome enter_continue(struct kernel *k, const struct runtime_entry *e)
{
    return kernel_continue(k, e->core, e->now);
}

static struct outcome (*const entries[])(struct kernel *k, const struct runtime_entry *e) = {
    [RUNTIME_START] = enter_start,
    [RUNTIME_SYSCALL] = enter_syscall,
    [RUNTIME_UNKNOWN_SYSCALL] = enter_unknown_syscall,
    [RUNTIME_VM_FAULT] = enter_vm_fault,
    [RUNTIME_USER_EXCEPTION] = enter_user_exception,
    [RUNTIME_DEBUG_EXCEPTION] = enter_debug_exception,
    [RUNTIME_INTERRUPT] = enter_interrupt,
    [RUNTIME_TIMER] = enter_timer,
    [RUNTIME_HOLD] = enter_hold,
    [RUNTIME_UNHOLD] = enter_unhold,
    [RUNTIME_DEVICE_ANSWER] = enter_device_answer,
    [RUNTIME_CONTINUE] = enter_continue,
};

_Static_assert(ARRAY_LENGTH(entries) == RUNTIME_ENTRY_COUNT, "each kind has its entry");

void runtime_enter(const struct runtime_entry *entry, struct outcome *ret_outcome)
{
    ASSERT(entry->kind < RUNTIME_ENTRY_COUNT);
    *ret_outcome = entries[entry->kind](runtime_kernel(), entry);
}
