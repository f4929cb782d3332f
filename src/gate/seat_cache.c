/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpace processes and carriers. The kernel knows nothing of them: an entry is valid as long as
 * the kernel still has the object with that serial number at that address.
 */
#include <gate/seat_state.h>

#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

static unsigned bucket_of(paddr_t paddr)
{
    return (unsigned)(paddr >> TCB_BITS) % SEAT_BUCKETS;
}

/* --- VSpaces ------------------------------------------------------------------------------- */

static void vspace_free(struct seat *seat, struct seat_vspace *vspace)
{
    seat->ops->vspace_destroy(vspace->process);
    seat_plants_free(vspace);
    free(vspace);
}

static struct seat_vspace *vspace_create(struct seat *seat, paddr_t root, uint64_t serial)
{
    struct seat_vspace *vspace = host_allocate(1, sizeof(*vspace));
    int error = vspace ? seat->ops->vspace_create(seat->gate, &vspace->process) : -ENOMEM;
    if (error) {
        free(vspace);
        seat_fail(seat, error, "cannot make a process for a VSpace");
        return NULL;
    }
    vspace->root = root;
    vspace->serial = serial;
    vspace->next = seat->vspaces[bucket_of(root)];
    seat->vspaces[bucket_of(root)] = vspace;
    return vspace;
}

struct seat_vspace *seat_vspace_find(struct seat *seat, paddr_t root)
{
    uint64_t serial = vspace_at(seat->k, root)->serial;
    for (struct seat_vspace *v = seat->vspaces[bucket_of(root)]; v; v = v->next) {
        if (v->root == root && v->serial == serial)
            return v;
    }
    return NULL;
}

struct seat_vspace *seat_vspace_get(struct seat *seat, paddr_t root)
{
    struct seat_vspace *vspace = seat_vspace_find(seat, root);
    return vspace ? vspace : vspace_create(seat, root, vspace_at(seat->k, root)->serial);
}

/* --- carriers ------------------------------------------------------------------------------ */

static void carrier_unlink(struct seat *seat, struct seat_carrier *carrier)
{
    struct seat_carrier **link = &seat->carriers[bucket_of(carrier->tcb)];
    while (*link != carrier)
        link = &(*link)->next;
    *link = carrier->next;
}

static struct seat_carrier *carrier_find(struct seat *seat, paddr_t tcb, uint64_t serial)
{
    for (struct seat_carrier *c = seat->carriers[bucket_of(tcb)]; c; c = c->next) {
        if (c->tcb == tcb && c->serial == serial)
            return c;
    }
    return NULL;
}

static struct seat_carrier *carrier_create(struct seat *seat, struct tcb *tcb,
                                           struct seat_vspace *vspace)
{
    struct seat_carrier *carrier = host_allocate(1, sizeof(*carrier));
    if (!carrier) {
        seat_fail(seat, -ENOMEM, "no memory for a thread");
        return NULL;
    }
    carrier->tcb = kernel_paddr(seat->k, tcb);
    carrier->serial = tcb->serial;
    carrier->vspace = vspace;
    seat_choose_name(seat, carrier, tcb);
    int error = seat->ops->carrier_create(vspace->process, carrier->name, &carrier->carrier);
    if (error) {
        seat_fail(seat, error, "cannot make the thread %s", carrier->name);
        free(carrier);
        return NULL;
    }
    carrier->next = seat->carriers[bucket_of(carrier->tcb)];
    seat->carriers[bucket_of(carrier->tcb)] = carrier;
    vspace->carriers++;
    return carrier;
}

/* The TCB runs in another VSpace now: a carrier there, with the vector state it had here. */
static void carrier_move(struct seat *seat, struct seat_carrier *carrier,
                         struct seat_vspace *vspace)
{
    struct gate_carrier *there;
    int error = seat->ops->carrier_create(vspace->process, carrier->name, &there);
    if (!error) {
        error = seat->ops->carrier_copy_vector_state(carrier->carrier, there);
        if (error)
            seat->ops->carrier_destroy(there);
    }
    if (error) {
        seat_fail(seat, error, "cannot move the thread %s to another VSpace", carrier->name);
        return;
    }
    seat->ops->carrier_destroy(carrier->carrier);
    carrier->vspace->carriers--;
    carrier->carrier = there;
    carrier->debug_generation = 0;
    carrier->plants_generation = 0;
    carrier->vspace = vspace;
    vspace->carriers++;
    seat->deaths_seen--; /* it may have been all that kept a dead VSpace's process */
}

struct seat_carrier *seat_carrier_find(struct seat *seat, const struct tcb *tcb)
{
    return carrier_find(seat, kernel_paddr(seat->k, tcb), tcb->serial);
}

bool seat_thread_cpu_time(struct seat *seat, const struct tcb *tcb, nanoseconds_t *ret_time)
{
    struct seat_carrier *carrier = seat_carrier_find(seat, tcb);
    return carrier && seat->ops->carrier_cpu_time(carrier->carrier, ret_time) == 0;
}

struct seat_carrier *seat_carrier_get(struct seat *seat, struct tcb *tcb,
                                      struct seat_vspace *vspace)
{
    struct seat_carrier *carrier = seat_carrier_find(seat, tcb);
    if (!carrier)
        return carrier_create(seat, tcb, vspace);
    if (carrier->vspace != vspace)
        carrier_move(seat, carrier, vspace);
    seat_update_name(seat, carrier, tcb);
    return seat->ended ? NULL : carrier;
}

/* --- ends ---------------------------------------------------------------------------------- */

/* Removes the carriers that `is_over` picks. */
static void carriers_remove(struct seat *seat,
                            bool (*is_over)(struct seat *, struct seat_carrier *, const void *),
                            const void *argument)
{
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        struct seat_carrier *next;
        for (struct seat_carrier *c = seat->carriers[i]; c; c = next) {
            next = c->next;
            if (!is_over(seat, c, argument))
                continue;
            carrier_unlink(seat, c);
            seat->ops->carrier_destroy(c->carrier);
            c->vspace->carriers--;
            free(c);
        }
    }
}

static bool carrier_is_dead(struct seat *seat, struct seat_carrier *carrier, const void *unused)
{
    (void)unused;
    return !kernel_tcb_is_alive(seat->k, carrier->tcb, carrier->serial);
}

static bool carrier_is_in(struct seat *seat, struct seat_carrier *carrier, const void *vspace)
{
    (void)seat;
    return carrier->vspace == vspace;
}

/* Also ends the carriers that are still in it. */
static void vspaces_remove(struct seat *seat,
                           bool (*is_over)(struct seat *, struct seat_vspace *, const void *),
                           const void *argument)
{
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        struct seat_vspace **link = &seat->vspaces[i];
        while (*link) {
            struct seat_vspace *vspace = *link;
            if (!is_over(seat, vspace, argument)) {
                link = &vspace->next;
                continue;
            }
            carriers_remove(seat, carrier_is_in, vspace);
            *link = vspace->next;
            vspace_free(seat, vspace);
        }
    }
}

/* A carrier in it has its TCB's vector state, which goes with the TCB to the VSpace it gets next.
 */
static bool vspace_is_dead(struct seat *seat, struct seat_vspace *vspace, const void *unused)
{
    (void)unused;
    return vspace->carriers == 0 && !kernel_vspace_is_alive(seat->k, vspace->root, vspace->serial);
}

static bool vspace_is(struct seat *seat, struct seat_vspace *vspace, const void *other)
{
    (void)seat;
    return vspace == other;
}

static bool always(struct seat *seat, struct seat_vspace *vspace, const void *unused)
{
    (void)seat;
    (void)vspace;
    (void)unused;
    return true;
}

void seat_vspace_forget(struct seat *seat, struct seat_vspace *vspace)
{
    vspaces_remove(seat, vspace_is, vspace);
}

void seat_reap(struct seat *seat)
{
    if (seat->deaths_seen == seat->k->deaths)
        return;
    seat->deaths_seen = seat->k->deaths;
    carriers_remove(seat, carrier_is_dead, NULL);
    vspaces_remove(seat, vspace_is_dead, NULL);
}

void seat_cache_clear(struct seat *seat)
{
    vspaces_remove(seat, always, NULL);
}
