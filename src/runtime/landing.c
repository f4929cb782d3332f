/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runtime_land() runs in the copy. It uses no table with addresses: those in the image are for the
 * region.
 */
#include <runtime/edit.h>
#include <runtime/gate.h>
#include <runtime/landing.h>
#include <runtime/linux.h>
#include <runtime/places.h>

#include <abi/object.h>

/* In the region, on the edit thread's stack. */
static _Noreturn __attribute__((used)) void landed(const struct runtime_landing *landing)
{
    uint32_t vspace = landing->vspace;

    linux_close_range(LANDING_WAKE_FD + 1, UINT32_MAX, 0);
    /* the machine's thread may have had one (sanitizers do), which is gone */
    linux_sigaltstack(&(struct linux_stack){.flags = LINUX_SS_DISABLE}, NULL);
    if (gate_install())
        linux_exit_group(LANDING_FAILED_STATUS + REGION_PART_COUNT + 1);
    if (linux_seccomp(LINUX_SECCOMP_SET_MODE_FILTER, 0, &landing->program))
        linux_exit_group(LANDING_FAILED_STATUS + REGION_PART_COUNT);
    linux_munmap(landing->copy, landing->copy_end - landing->copy);
    edit_serve(vspace);
}

_Noreturn void runtime_land(const struct runtime_landing *landing)
{
    linux_munmap(0, landing->copy);
    linux_munmap(landing->copy_end, USER_TOP - landing->copy_end);
    for (unsigned i = 0; i < REGION_PART_COUNT; i++) {
        const struct region_part *part = &landing->parts[i];
        vaddr_t address = landing->base + part->offset;
        long mapped = linux_mmap(address, part->bytes, part->protection, part->flags, part->fd,
                                 part->file_offset);
        if (mapped != (long)address)
            linux_exit_group(LANDING_FAILED_STATUS + (int)i);
    }
    vaddr_t stack = landing->base + REGION_EDIT_STACK + REGION_EDIT_STACK_BYTES;
    vaddr_t target =
        landing->base + REGION_IMAGE + (uint64_t)((const char *)(uintptr_t)landed - runtime_start);
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "push %%rbp\n" /* where a backtrace ends */
                     "jmp *%1\n"
                     :
                     : "r"(stack), "r"(target), "D"(landing)
                     : "memory");
    __builtin_unreachable();
}
