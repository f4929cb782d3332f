/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/cache.h>

#include <kernel/kernel_api.h>
#include <runtime/debugging.h>
#include <runtime/edit.h>
#include <runtime/image.h>
#include <runtime/linux.h>
#include <runtime/patch.h>
#include <runtime/request.h>

/* --- threads ------------------------------------------------------------------------------- */

/*
 * Index of an entry that is not in use; 0, the core's, if there is none. One whose thread has not
 * yet seen that it is to end has to wait.
 */
static uint32_t thread_take_entry(void)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t *link = &shared->first_free_thread; *link;) {
        uint32_t index = *link;
        struct runtime_thread *thread = &shared->threads[index];
        if (__atomic_load_n(&thread->run, __ATOMIC_ACQUIRE) == THREAD_ENDED) {
            *link = thread->next;
            return index;
        }
        link = &thread->next;
    }
    return shared->threads_made < RUNTIME_MAX_THREADS ? (uint32_t)shared->threads_made++ : 0;
}

static uint32_t thread_start(uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = thread_take_entry();
    struct runtime_thread *thread = &shared->threads[index];

    if (index == 0)
        request_fail(RUNTIME_CALL_clone_thread, -LINUX_ENOMEM);
    *thread = (struct runtime_thread){.vspace = vspace};
    int64_t tid = edit_ask(&shared->vspaces[vspace], EDIT_NEW_THREAD, index);
    if (tid < 0)
        request_fail(RUNTIME_CALL_clone_thread, (long)tid);
    thread->tid = (uint32_t)tid;
    return index;
}

/* It ends as soon as Linux runs it; the caller's own, when somebody else has the turn. */
static void thread_end(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();
    struct runtime_thread *thread = &shared->threads[index];

    thread->tid = 0;
    pair_forget(&shared->pair, index);
    __atomic_store_n(&thread->run, THREAD_ENDS, __ATOMIC_RELEASE);
    linux_futex_wake(&thread->run, LINUX_FUTEX_WAKE, 1);
    thread->next = shared->first_free_thread;
    shared->first_free_thread = index;
}

/* What only a thread that waits can do: a state from which it goes back to waiting. */
static void thread_ask(struct runtime_thread *thread, enum thread_run run)
{
    __atomic_store_n(&thread->run, run, __ATOMIC_SEQ_CST);
    linux_futex_wake(&thread->run, LINUX_FUTEX_WAKE, 1);
    while (__atomic_load_n(&thread->run, __ATOMIC_ACQUIRE) == run)
        wait_while(&thread->run, run);
}

/* --- VSpaces ------------------------------------------------------------------------------- */

/* How many processes without a VSpace wait for the next one: to make one costs much more. */
#define SPARE_VSPACES 4

/* Index of an entry that is not in use, but has a process; 0: there is none. */
static uint32_t vspace_take_spare(void)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = shared->first_spare_vspace;

    if (index != 0) {
        shared->first_spare_vspace = shared->vspaces[index].next;
        shared->spare_vspaces--;
    }
    return index;
}

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
static void vspace_start_process(uint32_t index, const struct tcb *first, bool is_spare)
{
    struct runtime_request *request =
        request_begin(is_spare ? REQUEST_REUSE_PROCESS : REQUEST_NEW_PROCESS);

    request->argument[0] = index;
    request_name_tcb(request, first);
    request_make(request);
}

static uint32_t vspace_create(paddr_t root, uint64_t serial, const struct tcb *first)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t spare = vspace_take_spare();
    uint32_t index = spare ? spare : vspace_take_entry();
    struct runtime_vspace *vspace = &shared->vspaces[index];

    if (index == 0)
        request_fail(RUNTIME_CALL_COUNT, -LINUX_ENOMEM);
    /* not `asked` and `done`: the edit thread of a spare process may still look at them */
    vspace->root = root;
    vspace->serial = serial;
    vspace->carriers = vspace->thread = vspace->has_breakpoints = 0;
    vspace->next = shared->first_vspace;
    shared->first_vspace = index;
    vspace_start_process(index, first, spare != 0);
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

static void vspace_end_process(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();

    request_simple(REQUEST_END_PROCESS, index);
    for (uint32_t i = shared->first_free_thread; i; i = shared->threads[i].next) {
        if (shared->threads[i].vspace == index)
            shared->threads[i].run = THREAD_ENDED;
    }
}

/* A debugger tells VSpaces by their processes: then each has its own. */
static void vspace_end(uint32_t index)
{
    struct runtime_shared *shared = runtime_shared();
    struct runtime_vspace *vspace = &shared->vspaces[index];
    bool is_spare =
        vspace->is_reusable && shared->spare_vspaces < SPARE_VSPACES && !debugging_is_on();
    uint32_t *list = is_spare ? &shared->first_spare_vspace : &shared->first_free_vspace;

    patch_process_ended(index);
    if (vspace->thread)
        thread_end(vspace->thread);
    if (!is_spare)
        vspace_end_process(index);
    shared->spare_vspaces += is_spare;
    vspace->root = 0;
    vspace->next = *list;
    *list = index;
}

/* --- carriers ------------------------------------------------------------------------------ */

/* Index of an entry that is not in use; 0, the core's, if there is none. */
static uint32_t carrier_take_entry(void)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = shared->first_free_carrier;

    if (index != 0)
        shared->first_free_carrier = shared->carriers[index].next;
    else if (shared->carriers_made < RUNTIME_MAX_CARRIERS)
        index = (uint32_t)shared->carriers_made++;
    return index;
}

/* A thread has the processor's breakpoints of one TCB. */
static bool may_share(const struct tcb *tcb)
{
    return runtime_shared()->control.is_shared && tcb->debug.generation == 0;
}

static void carrier_enter(struct runtime_carrier *carrier, const struct tcb *tcb, uint32_t vspace)
{
    struct runtime_vspace *its = &runtime_shared()->vspaces[vspace];
    bool shares = may_share(tcb);

    if (shares && its->thread == 0)
        its->thread = thread_start(vspace);
    carrier->thread = shares ? its->thread : thread_start(vspace);
    carrier->debug_generation = 0;
    its->carriers++;
}

/* Its vector state is nowhere from now on, if its thread has it. */
static void carrier_leave(struct runtime_carrier *carrier)
{
    struct runtime_shared *shared = runtime_shared();
    struct runtime_thread *thread = &shared->threads[carrier->thread];
    struct runtime_vspace *vspace = &shared->vspaces[thread->vspace];

    if (&shared->carriers[thread->live] == carrier)
        thread->live = 0;
    if (carrier->thread != vspace->thread)
        thread_end(carrier->thread);
    vspace->carriers--;
}

static struct runtime_carrier *carrier_create(struct tcb *tcb, uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();
    uint32_t index = carrier_take_entry();
    struct runtime_carrier *carrier = &shared->carriers[index];

    if (index == 0)
        request_fail(RUNTIME_CALL_clone_thread, -LINUX_ENOMEM);
    *carrier = (struct runtime_carrier){.tcb = kernel_paddr(runtime_kernel(), tcb),
                                        .serial = tcb->serial,
                                        .next = shared->first_carrier};
    shared->first_carrier = index;
    tcb->carrier = index;
    frame_begin_vector(runtime_vector(index));
    carrier_enter(carrier, tcb, vspace);
    return carrier;
}

/* To another VSpace, or to a thread of its own, with its vector state. */
static void carrier_move(const struct carrier_page *page, struct runtime_carrier *carrier,
                         const struct tcb *tcb, uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();
    struct runtime_thread *thread = &shared->threads[carrier->thread];
    uint32_t index = (uint32_t)(carrier - shared->carriers);

    if (thread->live == index && carrier->thread == page->thread)
        frame_save_vector(page->frame, runtime_vector(index));
    else if (thread->live == index)
        thread_ask(thread, THREAD_SAVES);
    carrier_leave(carrier);
    carrier_enter(carrier, tcb, vspace);
    shared->deaths_seen--; /* it may have been all that kept a dead VSpace's process */
}

static bool has_its_thread(const struct runtime_carrier *carrier, const struct tcb *tcb,
                           uint32_t vspace)
{
    const struct runtime_shared *shared = runtime_shared();

    return shared->threads[carrier->thread].vspace == vspace &&
           (shared->vspaces[vspace].thread != carrier->thread || may_share(tcb));
}

struct runtime_carrier *cache_carrier(const struct carrier_page *page, struct tcb *tcb,
                                      paddr_t root)
{
    struct runtime_carrier *carrier = &runtime_shared()->carriers[tcb->carrier];
    uint32_t vspace = vspace_get(root, tcb);
    bool is_its = tcb->carrier != 0 && carrier->serial == tcb->serial &&
                  carrier->tcb == kernel_paddr(runtime_kernel(), tcb);

    if (!is_its)
        return carrier_create(tcb, vspace);
    if (!has_its_thread(carrier, tcb, vspace))
        carrier_move(page, carrier, tcb, vspace);
    return carrier;
}

bool cache_is_here(const struct carrier_page *page, const struct tcb *tcb, paddr_t root)
{
    struct kernel *k = runtime_kernel();
    const struct runtime_carrier *carrier = &runtime_shared()->carriers[tcb->carrier];
    const struct runtime_vspace *vspace = &runtime_shared()->vspaces[page->vspace];

    return carrier->thread == page->thread && carrier->tcb == kernel_paddr(k, tcb) &&
           carrier->serial == tcb->serial && vspace->root == root &&
           vspace->serial == vspace_at(k, root)->serial &&
           (vspace->thread != page->thread || may_share(tcb));
}

/* --- separate threads ---------------------------------------------------------------------- */

static void separate_carriers(const struct carrier_page *page)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t i = shared->first_carrier; i; i = shared->carriers[i].next) {
        struct runtime_carrier *carrier = &shared->carriers[i];
        uint32_t vspace = shared->threads[carrier->thread].vspace;
        const struct tcb *tcb = tcb_at(runtime_kernel(), carrier->tcb);
        if (has_its_thread(carrier, tcb, vspace))
            continue;
        carrier_move(page, carrier, tcb, vspace);
        shared->threads[carrier->thread].live = i;
    }
}

/* So that their names are free, too. */
static void end_shared_threads(void)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t i = shared->first_vspace; i; i = shared->vspaces[i].next) {
        if (shared->vspaces[i].thread)
            thread_end(shared->vspaces[i].thread);
        shared->vspaces[i].thread = 0;
    }
}

void cache_separate(const struct carrier_page *page)
{
    struct runtime_shared *shared = runtime_shared();

    shared->control.is_shared = false;
    separate_carriers(page);
    end_shared_threads();
    for (uint32_t i = shared->first_carrier; i; i = shared->carriers[i].next) {
        struct runtime_thread *thread = &shared->threads[shared->carriers[i].thread];
        if (thread->live == i && !thread->name_source)
            thread_ask(thread, THREAD_SHOWS);
    }
    __atomic_store_n(&shared->control.separates, 0, __ATOMIC_RELEASE);
}

/* --- ends ---------------------------------------------------------------------------------- */

static void reap_carriers(void)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint32_t *link = &shared->first_carrier; *link;) {
        uint32_t index = *link;
        struct runtime_carrier *carrier = &shared->carriers[index];
        if (kernel_tcb_is_alive(runtime_kernel(), carrier->tcb, carrier->serial)) {
            link = &carrier->next;
            continue;
        }
        *link = carrier->next;
        carrier_leave(carrier);
        *carrier = (struct runtime_carrier){.next = shared->first_free_carrier};
        shared->first_free_carrier = index;
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
    reap_carriers();
    reap_vspaces(page);
}
