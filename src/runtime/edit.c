/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/edit.h>

#include <base/assert.h>
#include <base/memory.h>
#include <runtime/carrier.h>
#include <runtime/linux.h>
#include <runtime/memory.h>
#include <runtime/patch.h>
#include <runtime/process.h>

/* As the monitor gate has it: what may not be written is private. */
static int64_t edit_map(const uint64_t argument[EDIT_ARGUMENTS])
{
    bool writable = argument[3] != 0;
    long mapped = linux_mmap(argument[0], argument[1],
                             LINUX_PROT_READ | LINUX_PROT_EXEC | (writable ? LINUX_PROT_WRITE : 0),
                             (writable ? LINUX_MAP_SHARED : LINUX_MAP_PRIVATE) | LINUX_MAP_FIXED,
                             process_memory_fd(), argument[2]);
    return mapped < 0 && mapped > -4096 ? mapped : 0;
}

static int64_t edit_unmap(const uint64_t argument[EDIT_ARGUMENTS])
{
    return linux_munmap(argument[0], argument[1]);
}

static int64_t edit_end(const uint64_t argument[EDIT_ARGUMENTS])
{
    (void)argument;
    linux_exit_group(0);
}

static int64_t edit_new_thread(const uint64_t argument[EDIT_ARGUMENTS])
{
    return carrier_thread_start((uint32_t)argument[0]);
}

/* Whoever asks has the turn, so nobody else touches what the process knows of itself. */
static int64_t edit_forget(const uint64_t argument[EDIT_ARGUMENTS])
{
    return patch_undo(argument[0], argument[1]);
}

static int64_t edit_reuse(const uint64_t argument[EDIT_ARGUMENTS])
{
    struct runtime_process *process = runtime_process();
    char name[sizeof(((struct runtime_vspace *)NULL)->name)];
    long error = memory_begin_again();

    process->running = NULL;
    ASSERT(argument[0] < RUNTIME_MAX_VSPACES);
    mem_copy(name, runtime_shared()->vspaces[argument[0]].name, sizeof(name));
    linux_set_name(LINUX_PR_SET_NAME, name);
    return error;
}

static int64_t (*const operations[])(const uint64_t argument[EDIT_ARGUMENTS]) = {
    [EDIT_MAP] = edit_map,       [EDIT_UNMAP] = edit_unmap, [EDIT_NEW_THREAD] = edit_new_thread,
    [EDIT_FORGET] = edit_forget, [EDIT_REUSE] = edit_reuse, [EDIT_END] = edit_end,
};

_Static_assert(ARRAY_LENGTH(operations) == EDIT_OPERATION_COUNT, "each has its function");

_Noreturn void edit_serve(uint32_t vspace)
{
    ASSERT(vspace < RUNTIME_MAX_VSPACES);
    struct runtime_vspace *edit = &runtime_shared()->vspaces[vspace];
    uint32_t done = 1;

    for (;;) {
        __atomic_store_n(&edit->done, done, __ATOMIC_RELEASE);
        linux_futex_wake(&edit->done, LINUX_FUTEX_WAKE, 1);
        while (__atomic_load_n(&edit->asked, __ATOMIC_ACQUIRE) == done)
            wait_while(&edit->asked, done);
        done = __atomic_load_n(&edit->asked, __ATOMIC_ACQUIRE);
        uint32_t operation = edit->operation;
        ASSERT(operation < EDIT_OPERATION_COUNT);
        edit->result = operations[operation](edit->argument);
    }
}

int64_t edit_ask(struct runtime_vspace *vspace, enum edit_operation operation, uint64_t argument)
{
    uint32_t done;

    vspace->operation = operation;
    vspace->argument[0] = argument;
    uint32_t asked = __atomic_add_fetch(&vspace->asked, 1, __ATOMIC_RELEASE);
    linux_futex_wake(&vspace->asked, LINUX_FUTEX_WAKE, 1);
    while ((done = __atomic_load_n(&vspace->done, __ATOMIC_ACQUIRE)) != asked)
        wait_while(&vspace->done, done);
    return vspace->result;
}
