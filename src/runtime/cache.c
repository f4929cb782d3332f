/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/cache.h>

#include <kernel/kernel_api.h>
#include <runtime/edit.h>
#include <runtime/image.h>
#include <runtime/linux.h>
#include <runtime/patch.h>
#include <runtime/request.h>

/* --- VSpaces ------------------------------------------------------------------------------- */

/* Index of an entry that is not in use; 0, the core's, if there is none. */
static uint32_t vspace_take_entry(void)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = shared->first_free_vspace;

    if (index != 0)
        shared->first_free_vspace = shared->vspaces[index].next;
    else if (shared->vspaces_made < RUNTIME_MAX_VSPACES)
        index = (uint32_t)shared->vspaces_made++;
    return index;
}

/* Its process is called after the TCB that is the first to run in it. */
static void vspace_start_process(uint32_t index, const struct tcb *first)
{
    struct runtime_request *request = request_begin(REQUEST_NEW_PROCESS);

    request->argument[0] = index;
    request_name_tcb(request, first);
    request_make(request);
}

static uint32_t vspace_create(paddr_t root, uint64_t serial, const struct tcb *first)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = vspace_take_entry();

    if (index == 0)
        request_fail(RUNTIME_CALL_COUNT, -LINUX_ENOMEM);
    shared->vspaces[index] = (struct runtime_vspace){
        .asked = 1, .root = root, .serial = serial, .next = shared->first_vspace};
    shared->first_vspace = index;
    vspace_start_process(index, first);
    return index;
}

static uint32_t vspace_get(paddr_t root, const struct tcb *tcb)
{
    struct vspace *object = vspace_at(runtime_kernel(), root);
    uint64_t index = object->process;
    const struct runtime_vspace *vspace = &runtime_shared()->vspaces[index];

    if (index == 0 || vspace->root != root || vspace->serial != object->serial)
        object->process = vspace_create(root, object->serial, tcb);
    return (uint32_t)object->process;
}

static void vspace_end(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();
    struct runtime_vspace *vspace = &shared->vspaces[index];

    request_simple(REQUEST_END_PROCESS, index);
    patch_process_ended(index);
    for (uint32_t i = shared->first_free_carrier; i; i = shared->carriers[i].next) {
        if (shared->carriers[i].vspace == index)
            shared->carriers[i].run = CARRIER_ENDED;
    }
    vspace->root = 0;
    vspace->next = shared->first_free_vspace;
    shared->first_free_vspace = index;
}

/* --- carriers ------------------------------------------------------------------------------ */

/*
 * Index of an entry that is not in use; 0 if there is none. One whose thread has not yet seen that
 * it is to end has to wait.
 */
static uint32_t carrier_take_entry(void)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t *link = &shared->first_free_carrier; *link;) {
        uint32_t index = *link;
        struct runtime_carrier *carrier = &shared->carriers[index];
        if (__atomic_load_n(&carrier->run, __ATOMIC_ACQUIRE) == CARRIER_ENDED) {
            *link = carrier->next;
            return index;
        }
        link = &carrier->next;
    }
    return shared->carriers_made < RUNTIME_MAX_CARRIERS ? (uint32_t)shared->carriers_made++ : 0;
}

static struct runtime_carrier *carrier_create(struct tcb *tcb, uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = carrier_take_entry();
    struct runtime_carrier *carrier = &shared->carriers[index];

    if (index == 0)
        request_fail(RUNTIME_CALL_clone_thread, -LINUX_ENOMEM);
    *carrier = (struct runtime_carrier){.vspace = vspace,
                                        .tcb = kernel_paddr(runtime_kernel(), tcb),
                                        .serial = tcb->serial,
                                        .next = shared->first_carrier};
    shared->first_carrier = index;
    shared->vspaces[vspace].carriers++;
    tcb->carrier = index;
    int64_t tid = edit_ask(&shared->vspaces[vspace], EDIT_NEW_CARRIER, index);
    if (tid < 0)
        request_fail(RUNTIME_CALL_clone_thread, (long)tid);
    carrier->tid = (uint32_t)tid;
    return carrier;
}

/* Its thread ends as soon as Linux runs it. */
static void carrier_end(struct runtime_carrier *carrier)
{
    struct runtime_shared *shared = runtime_shared();

    shared->vspaces[carrier->vspace].carriers--;
    carrier->tcb = 0;
    __atomic_store_n(&carrier->run, CARRIER_ENDS, __ATOMIC_RELEASE);
    linux_futex_wake(&carrier->run, LINUX_FUTEX_WAKE, 1);
}

static void carrier_free(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();

    shared->carriers[index].next = shared->first_free_carrier;
    shared->first_free_carrier = index;
}

/* Takes `index` out of the list of those in use. */
static void carrier_unlink(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t *link = &shared->first_carrier;

    while (*link != index)
        link = &shared->carriers[*link].next;
    *link = shared->carriers[index].next;
}

/* Only a thread itself has the vector state that it waits with. */
static void carrier_ask_vector(struct runtime_carrier *carrier)
{
    __atomic_store_n(&carrier->run, CARRIER_SAVES, __ATOMIC_SEQ_CST);
    linux_futex_wake(&carrier->run, LINUX_FUTEX_WAKE, 1);
    while (__atomic_load_n(&carrier->run, __ATOMIC_ACQUIRE) == CARRIER_SAVES)
        wait_while(&carrier->run, CARRIER_SAVES);
}

/*
 * The TCB runs in another VSpace now: a carrier there, with the vector state it had here. The
 * caller's own waits until somebody else has the turn, as all carriers do, and then ends.
 */
static struct runtime_carrier *carrier_move(const struct carrier_page *page, struct tcb *tcb,
                                            uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = tcb->carrier;
    struct runtime_carrier *carrier = &shared->carriers[index];

    if (index == page->carrier)
        frame_save_vector(page->frame, shared->vector);
    else
        carrier_ask_vector(carrier);
    carrier_unlink(index);
    carrier_end(carrier);
    carrier_free(index);
    struct runtime_carrier *there = carrier_create(tcb, vspace);
    there->takes_vector = true;
    shared->deaths_seen--; /* it may have been all that kept a dead VSpace's process */
    return there;
}

struct runtime_carrier *cache_carrier(struct carrier_page *page, struct tcb *tcb, paddr_t root)
{
    struct runtime_carrier *carrier = &runtime_shared()->carriers[tcb->carrier];
    uint32_t vspace = vspace_get(root, tcb);
    bool is_its = tcb->carrier != 0 && carrier->serial == tcb->serial &&
                  carrier->tcb == kernel_paddr(runtime_kernel(), tcb);

    if (!is_its)
        return carrier_create(tcb, vspace);
    return carrier->vspace == vspace ? carrier : carrier_move(page, tcb, vspace);
}

/* --- ends ---------------------------------------------------------------------------------- */

static void reap_carriers(const struct carrier_page *page)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t *link = &shared->first_carrier; *link;) {
        uint32_t index = *link;
        struct runtime_carrier *carrier = &shared->carriers[index];
        if (kernel_tcb_is_alive(runtime_kernel(), carrier->tcb, carrier->serial)) {
            link = &carrier->next;
        } else if (index == page->carrier) {
            shared->deaths_seen--; /* whoever gets the turn next looks again */
            link = &carrier->next;
        } else {
            *link = carrier->next;
            carrier_end(carrier);
            carrier_free(index);
        }
    }
}

/* A carrier in it has its TCB's vector state, which goes with the TCB to the VSpace it gets next.
 */
static void reap_vspaces(const struct carrier_page *page)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t *link = &shared->first_vspace; *link;) {
        uint32_t index = *link;
        struct runtime_vspace *vspace = &shared->vspaces[index];
        if (vspace->carriers > 0 ||
            kernel_vspace_is_alive(runtime_kernel(), vspace->root, vspace->serial)) {
            link = &vspace->next;
        } else if (index == page->vspace) {
            shared->deaths_seen--;
            link = &vspace->next;
        } else {
            *link = vspace->next;
            vspace_end(index);
        }
    }
}

void cache_reap(const struct carrier_page *page)
{
    struct runtime_shared *shared = runtime_shared();
    uint64_t deaths = runtime_kernel()->deaths;

    if (shared->deaths_seen == deaths)
        return;
    shared->deaths_seen = deaths;
    reap_carriers(page);
    reap_vspaces(page);
}
