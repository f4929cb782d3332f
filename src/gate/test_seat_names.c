/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <test.h>

#include <gate/testkit_world.h>
#include <object/tcb.h>

PIECE(print_and_halt, PRINT('o') HALT);

/* --- names --------------------------------------------------------------------------------- */

static void thread_name(struct world *world, char ret_name[64])
{
    char path[64];
    const struct tracee *tracee = &world->gate->vspaces->carriers->tracee;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", tracee->pid, tracee->tid);
    FILE *file = fopen(path, "r");
    ret_name[0] = 0;
    if (!file)
        return;
    if (fgets(ret_name, 64, file))
        ret_name[strcspn(ret_name, "\n")] = 0;
    fclose(file);
}

TEST(carriers_are_named_after_their_tcb)
{
    struct world world;
    char name[64];

    if (!world_open(&world))
        return;
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HALTED);
    thread_name(&world, name);
    CHECK_STR(name, "rootserver");
    world_close(&world);
}

static void world_rename_on_enter(void *context, struct kernel *k, struct tcb *tcb,
                                  const struct trap *trap)
{
    struct world *world = context;

    (void)k;
    (void)trap;
    if (++world->entered == 1)
        tcb_set_name(tcb, "another name, and a long one");
}

TEST(carriers_are_renamed_with_their_tcb)
{
    struct world world;
    char name[64];

    if (!world_open(&world))
        return;
    world.seat->client.trace_enter = world_rename_on_enter;
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HALTED);
    thread_name(&world, name);
    CHECK_STR(name, "another name, a");
    world_close(&world);
}

TEST(unnamed_threads_bear_their_function)
{
    struct world world;
    char name[64];

    if (!world_open(&world))
        return;
    tcb_set_name(world_thread(&world), "");
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HALTED);
    thread_name(&world, name);
    CHECK_STR(name, "start_function");
    world_close(&world);
}

static const char *no_symbol(void *context, vaddr_t address)
{
    (void)context;
    (void)address;
    return NULL;
}

/* A seat that has only carriers, all in one bucket. */
static void check_names(const char *const (*rows)[2], unsigned count)
{
    static struct tcb tcb;
    struct seat_carrier carriers[16] = {{.next = NULL}};
    struct seat *seat = calloc(1, sizeof(*seat));

    seat->client.symbol_at = no_symbol;
    for (unsigned i = 0; i < count; i++) {
        carriers[i].next = seat->carriers[0];
        seat->carriers[0] = &carriers[i];
        snprintf(tcb.name, sizeof(tcb.name), "%s", rows[i][0]);
        seat_choose_name(seat, &carriers[i], &tcb);
        CHECK_STR(carriers[i].name, rows[i][1]);
    }
    free(seat);
}

TEST(names_are_unique_within_what_linux_shows)
{
    static const char *const rows[][2] = {
        {"worker", "worker"},
        {"worker", "worker~2"},
        {"worker", "worker~3"},
        {"work", "work"},
        {"worker~7", "worker~7"},
        {"worker", "worker~8"},
        {"", "thread"},
        {"child of: 'worker'", "thread~2"},
        {"a name of more than fifteen bytes", "a name of more "},
        {"a name of more than that", "a name of mor~2"},
        {"a name of more than those", "a name of mor~3"},
        {"tab\there", "tab?here"},
    };
    check_names(rows, ARRAY_LENGTH(rows));
}
