/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/inspection.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <kernel/kernel_api.h>
#include <stdlib.h>

bool inspection_is_backed(const struct inspection *inspection, paddr_t base, uint64_t size)
{
    const struct kernel *k = inspection->k;
    for (unsigned i = 0; i < k->memory_count; i++) {
        if (base >= k->memory[i].base && base < k->memory[i].end)
            return size <= k->memory[i].end - base;
    }
    return false;
}

bool inspection_fail(struct inspection *inspection, const char *problem)
{
    if (!inspection->problem)
        inspection->problem = problem;
    return false;
}

uint32_t inspection_find_thread(const struct inspection *inspection, paddr_t tcb)
{
    return index_map_find(&inspection->thread_at, tcb);
}

/* --- threads ------------------------------------------------------------------------------- */

static bool is_sound_tcb(const struct inspection *inspection, const struct tcb *tcb)
{
    bool has_end = false;
    for (unsigned i = 0; i < TCB_NAME_BYTES && !has_end; i++)
        has_end = tcb->name[i] == '\0';
    return has_end && tcb->serial && tcb->state <= THREAD_BLOCKED_ON_NOTIFICATION &&
           tcb->fault.type < FAULT_TYPE_COUNT && tcb->unhandled.type < FAULT_TYPE_COUNT &&
           tcb->core < inspection->k->num_cores && tcb->domain < MAX_DOMAINS;
}

static bool add_thread(struct inspection *inspection, paddr_t at)
{
    if (!is_aligned(at, TCB_BITS) || !inspection_is_backed(inspection, at, sizeof(struct tcb)))
        return inspection_fail(inspection, "the list of threads leads out of memory");
    struct found_thread thread = {
        .tcb = tcb_at(inspection->k, at), .at = at, .vspace = INDEX_NONE, .cspace = INDEX_NONE};
    if (!is_sound_tcb(inspection, thread.tcb))
        return inspection_fail(inspection, "a TCB holds what no TCB can hold");
    if (inspection_find_thread(inspection, at) != INDEX_NONE)
        return inspection_fail(inspection, "the list of threads has no end");
    return index_map_add(&inspection->thread_at, at, 0) && LIST_ADD(&inspection->threads, thread);
}

/* The kernel's list has the newest first. */
static bool reverse_threads(struct inspection *inspection)
{
    uint32_t count = inspection->threads.count;
    struct found_thread *threads = inspection->threads.items;
    for (uint32_t i = 0; i < count / 2; i++) {
        struct found_thread other = threads[i];
        threads[i] = threads[count - 1 - i];
        threads[count - 1 - i] = other;
    }
    index_map_free(&inspection->thread_at);
    for (uint32_t i = 0; i < count; i++) {
        if (!index_map_add(&inspection->thread_at, threads[i].at, i))
            return false;
    }
    return true;
}

static bool find_threads(struct inspection *inspection)
{
    struct kernel *k = inspection->k;
    for (paddr_t at = k->all_tcbs; at; at = tcb_at(k, at)->all_link.next) {
        if (!add_thread(inspection, at))
            return false;
    }
    return reverse_threads(inspection);
}

static bool is_thread_or_none(const struct inspection *inspection, paddr_t at)
{
    return at == 0 || inspection_find_thread(inspection, at) != INDEX_NONE;
}

/* MCS: the reply object that a thread waits on leads to whoever has its call. */
static bool is_sound_reply(const struct inspection *inspection, paddr_t at)
{
    struct kernel *k = inspection->k;
    if (at == 0)
        return true;
    if (!inspection_is_backed(inspection, at, sizeof(struct reply)))
        return false;
    const struct reply *reply = reply_at(k, at);
    paddr_t next = reply->next;
    if (next == 0)
        return true;
    if (!reply->is_top)
        return inspection_is_backed(inspection, next, sizeof(struct reply)) &&
               is_thread_or_none(inspection, reply_at(k, next)->tcb);
    return inspection_is_backed(inspection, next, sizeof(struct sched_context)) &&
           is_thread_or_none(inspection, sched_context_at(k, next)->tcb);
}

static bool is_sound_time(const struct inspection *inspection, const struct tcb *tcb)
{
    bool has_context = tcb->sched_context != 0;
    return is_sound_reply(inspection, tcb->reply) &&
           (!has_context ||
            inspection_is_backed(inspection, tcb->sched_context, sizeof(struct sched_context)));
}

/* What views follow without asking. */
static bool check_references(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        const struct tcb *tcb = inspection->threads.items[i].tcb;
        bool is_sound = is_thread_or_none(inspection, tcb->ready_link.next) &&
                        is_thread_or_none(inspection, tcb->endpoint_link.next);
        if (tcb->bound_notification)
            is_sound = is_sound && inspection_is_backed(inspection, tcb->bound_notification,
                                                        sizeof(struct notification));
        if (inspection->k->config.mcs)
            is_sound = is_sound && is_sound_time(inspection, tcb);
        if (!is_sound)
            return inspection_fail(inspection, "a TCB refers to what is none");
    }
    return true;
}

/* --- VSpaces ------------------------------------------------------------------------------- */

static bool add_vspace(struct inspection *inspection, uint32_t index)
{
    struct found_thread *thread = &inspection->threads.items[index];
    paddr_t root = kernel_tcb_vspace(inspection->k, thread->tcb);
    if (!root)
        return true;
    if (!inspection_is_backed(inspection, root, sizeof(struct vspace)))
        return inspection_fail(inspection, "a VSpace lies outside of memory");
    for (thread->vspace = 0; thread->vspace < inspection->vspaces.count; thread->vspace++) {
        if (inspection->vspaces.items[thread->vspace].root == root)
            return true;
    }
    struct found_vspace vspace = {.root = root, .first_thread = index};
    return LIST_ADD(&inspection->vspaces, vspace);
}

static bool find_vspaces(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        if (!add_vspace(inspection, i))
            return false;
    }
    return true;
}

/* --- all of it ----------------------------------------------------------------------------- */

static bool check_kernel(struct inspection *inspection)
{
    const struct kernel *k = inspection->k;
    bool is_sound =
        k->memory_count > 0 && k->memory_count <= MAX_MEMORY_REGIONS && k->num_cores > 0 &&
        k->num_cores <= KERNEL_MAX_CORES && k->domain < MAX_DOMAINS &&
        k->config.num_domains <= MAX_DOMAINS &&
        inspection_is_backed(inspection, k->irq_slots, NUM_IRQ_VECTORS * sizeof(struct slot));
    for (unsigned i = 0; i < NUM_ASID_POOLS; i++)
        is_sound = is_sound && (!k->asid_pools[i] ||
                                inspection_is_backed(inspection, k->asid_pools[i], PAGE_BYTES));
    return is_sound || inspection_fail(inspection, "the kernel's state holds what it cannot hold");
}

static bool take_stock(struct inspection *inspection)
{
    return check_kernel(inspection) && find_threads(inspection) && check_references(inspection) &&
           find_vspaces(inspection) && inspection_find_slots(inspection) &&
           inspection_find_objects(inspection) && inspection_find_cspaces(inspection) &&
           inspection_reach(inspection) && inspection_find_owners(inspection);
}

int inspection_open(struct kernel *k, const struct inspect_host *host,
                    struct inspection **ret_inspection, const char **ret_problem)
{
    struct inspection *inspection = host_allocate(1, sizeof(*inspection));
    if (!inspection)
        return -ENOMEM;
    inspection->k = k;
    inspection->host = host;
    if (take_stock(inspection)) {
        *ret_inspection = inspection;
        return 0;
    }
    *ret_problem = inspection->problem;
    int error = inspection->problem ? -EINVAL : -ENOMEM;
    inspection_close(inspection);
    return error;
}

void inspection_close(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->cspaces.count; i++)
        free(inspection->cspaces.items[i].items);
    free(inspection->cspaces.items);
    free(inspection->threads.items);
    free(inspection->vspaces.items);
    free(inspection->slots.items);
    free(inspection->objects.items);
    index_map_free(&inspection->thread_at);
    index_map_free(&inspection->slot_at);
    index_map_free(&inspection->object_at);
    free(inspection);
}
