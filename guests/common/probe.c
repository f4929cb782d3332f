/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

static seL4_CPtr endpoint;
static struct thread prober;
static volatile enum probe probe;
static volatile seL4_Word probe_address;

static void probe_main(void *unused)
{
    const seL4_Word address = probe_address;

    (void)unused;
    if (probe == PROBE_READ)
        __asm__ volatile("movb (%0), %%al" : : "r"(address) : "rax", "memory");
    else if (probe == PROBE_WRITE)
        __asm__ volatile("movb %%al, (%0)" : : "r"(address) : "memory");
    else
        __asm__ volatile("call *%0" : : "r"(address) : "memory");
    seL4_Send(endpoint, seL4_MessageInfo_new(PROBE_DONE, 0, 0, 0));
}

void probe_start(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    thread_create(
        &prober, &(struct thread_options){
                     .name = "prober", .priority = 100, .entry = probe_main, .fault_ep = endpoint});
}

seL4_Word probe_try(enum probe what, seL4_Word address)
{
    seL4_MessageInfo_t info;

    probe = what;
    probe_address = address;
    thread_rewind(&prober, probe_main, NULL);
    thread_resume(&prober);
    info = ipc_recv(endpoint, NULL);
    return seL4_MessageInfo_get_label(info);
}
