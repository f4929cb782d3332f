/* SPDX-License-Identifier: BSD-2-Clause */
/* Page faults to a handler and back: one that nothing is done about, and one that a page is mapped
 * for. */
#include "measure.h"
#include "thread.h"

#define NO_PAGE UINT64_C(0x35000000) /* nothing is ever mapped there */
#define PAGES   UINT64_C(0x36000000) /* where the handler maps what is missing */
#define COUNT   64

/* A thread that faults, in which VSpace, and where its faults go. */
struct faulter {
    seL4_CPtr endpoint;
    struct vspace *vspace;
    struct thread *thread;
    seL4_CPtr frames[COUNT]; /* of one that pages are mapped for */
};

static struct faulter again_here, again_away, map_here, map_away;

static void again_main(void *unused)
{
    (void)unused;
    for (;;)
        (void)*(volatile char *)NO_PAGE;
}

/* Each page in turn, when the handler has answered that it may begin. */
static void map_main(void *argument)
{
    const seL4_CPtr endpoint = (seL4_CPtr)argument;

    for (;;) {
        seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
        for (unsigned i = 0; i < COUNT; i++)
            *(volatile char *)(PAGES + i * PAGE_SIZE) = 1;
    }
}

/* The answer lets the thread make the same access again. */
static void answer(const struct faulter *faulter)
{
    ipc_reply_recv(faulter->endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL);
}

static void answer_map(struct faulter *faulter)
{
    for (unsigned i = 0; i < COUNT; i++) {
        must(seL4_X86_Page_Map(faulter->frames[i], faulter->vspace->pml4, PAGES + i * PAGE_SIZE,
                               seL4_ReadWrite, seL4_X86_Default_VMAttributes),
             "Page_Map");
        answer(faulter);
    }
}

/* Afterwards it waits at the first page. */
static void begin_anew(const struct faulter *faulter)
{
    for (unsigned i = 0; i < COUNT; i++)
        must(seL4_X86_Page_Unmap(faulter->frames[i]), "Page_Unmap");
    answer(faulter);
}

/* One at a time: the kernel keeps but one caller for who received last. */
static void start(const struct faulter *faulter)
{
    thread_resume(faulter->thread);
    ipc_recv(faulter->endpoint, NULL);
}

static void stop(const struct faulter *faulter)
{
    must(seL4_TCB_Suspend(faulter->thread->tcb), "TCB_Suspend");
}

#define OPERATIONS(where)                                                                          \
    static void answer_##where(void)                                                               \
    {                                                                                              \
        answer(&again_##where);                                                                    \
    }                                                                                              \
    static void start_##where(void)                                                                \
    {                                                                                              \
        start(&again_##where);                                                                     \
    }                                                                                              \
    static void stop_##where(void)                                                                 \
    {                                                                                              \
        stop(&again_##where);                                                                      \
    }                                                                                              \
    static void answer_map_##where(void)                                                           \
    {                                                                                              \
        answer_map(&map_##where);                                                                  \
    }                                                                                              \
    static void begin_map_##where(void)                                                            \
    {                                                                                              \
        begin_anew(&map_##where);                                                                  \
    }                                                                                              \
    static void start_map_##where(void)                                                            \
    {                                                                                              \
        start(&map_##where);                                                                       \
    }                                                                                              \
    static void stop_map_##where(void)                                                             \
    {                                                                                              \
        stop(&map_##where);                                                                        \
    }
OPERATIONS(here)
OPERATIONS(away)

#define ROWS(where)                                                                                \
    {.name = "fault-" #where,                                                                      \
     .operation = answer_##where,                                                                  \
     .start = start_##where,                                                                       \
     .stop = stop_##where},                                                                        \
    {                                                                                              \
        .name = "fault-map-" #where, .operation = answer_map_##where,                              \
        .prepare = begin_map_##where, .parts = COUNT, .start = start_map_##where,                  \
        .stop = stop_map_##where                                                                   \
    }

static void make_frames(struct faulter *faulter)
{
    vspace_make_tables(faulter->vspace, PAGES);
    for (unsigned i = 0; i < COUNT; i++)
        faulter->frames[i] = object_new(seL4_X86_4K, 0);
}

static void faulter_create_here(struct faulter *faulter, void (*main)(void *))
{
    static struct thread threads[2];
    static unsigned count;

    faulter->endpoint = object_new(seL4_EndpointObject, 0);
    faulter->vspace = &root_vspace;
    faulter->thread = &threads[count++];
    thread_create(faulter->thread, &(struct thread_options){.name = "faulter",
                                                            .priority = seL4_MaxPrio - 1,
                                                            .entry = main,
                                                            .argument = (void *)faulter->endpoint,
                                                            .fault_ep = faulter->endpoint});
}

static void faulter_create_away(struct faulter *faulter, void (*main)(void *))
{
    static struct process processes[2];
    static unsigned count;
    struct process *process = &processes[count++];

    faulter->endpoint = object_new(seL4_EndpointObject, 0);
    faulter->vspace = &process->vspace;
    faulter->thread = &process->thread;
    process_create(process, &(struct thread_options){
                                .name = "faulter away",
                                .priority = seL4_MaxPrio - 1,
                                .entry = main,
                                .argument = (void *)PROCESS_FIRST_FREE,
                                .fault_ep = fault_handler(PROCESS_FIRST_FREE, faulter->endpoint),
                                .own_code = true,
                            });
    process_grant(process, PROCESS_FIRST_FREE, faulter->endpoint, seL4_AllRights, 0);
}

void bench_faults(void)
{
    static const struct row rows[] = {ROWS(here), ROWS(away)};

    faulter_create_here(&again_here, again_main);
    faulter_create_here(&map_here, map_main);
    faulter_create_away(&again_away, again_main);
    faulter_create_away(&map_away, map_main);
    make_frames(&map_here);
    make_frames(&map_away);
    measure_rows(rows, ARRAY_LENGTH(rows));
}
