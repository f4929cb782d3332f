/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a debugger does, short of changing values, the guest does the same. A client and a
 * server in VSpaces that share their frames talk, write beside their code and look at their flags;
 * the debugger steps, holds, plants and pulls at random.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <test.h>

#include <abi/bootinfo.h>
#include <gate/testkit_debugger.h>

PLACE(talk_server);
PIECE(talk,
      "talk_client: movq %r14, %rsi; shlq $12, %rsi; movq %rbp, %rdi; movq %rbx, %rdx; syscall;"
      "shrq $12, %rsi; leal '0'(%rsi), %edi;" PUT_CHAR "incb talk_count(%rip);"
      "leaq talk_stack(%rip), %rsp; pushfq; popq %rdi; shrq $8, %rdi; andl $1, %edi;"
      "addl $'f', %edi;" PUT_CHAR "decl %r14d; jnz talk_client;"
      "movzbl talk_count(%rip), %edi; addl $'0', %edi;" PUT_CHAR HALT
          MARK(talk_server) "xorl %esi, %esi;"
                            "1: movq %rbp, %rdi; movq %rbx, %rdx; syscall; addq $0x1000, %rsi; "
                            "incb talk_count+1(%rip);"
                            "jmp 1b; talk_count: .quad 0; .skip 64; talk_stack:");

#define SAID   "9f8f7f6f5f4f3f2f8"
#define PLANTS 6

struct planted {
    paddr_t root;
    vaddr_t vaddr;
    enum seat_breakpoint_kind kind;
    bool is_there;
};

struct chaos {
    struct debugged d;
    uint64_t random;
    struct planted plants[PLANTS];
    unsigned reports;
};

/* Of one world at a time: the testkit's functions know only the struct debugged. */
static struct chaos *chaos;

static unsigned pick(unsigned count)
{
    chaos->random = chaos->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(chaos->random >> 33) % count;
}

static struct tcb *pick_thread(void)
{
    return pick(2) ? chaos->d.other : debugged_initial(&chaos->d);
}

static void pull(struct planted *p)
{
    seat_debug_pull(chaos->d.world.seat, p->root, p->vaddr, p->kind, 1);
    p->is_there = false;
}

/* Where a thread stands begins an instruction. */
static void plant(struct tcb *tcb)
{
    struct planted *p = &chaos->plants[pick(PLANTS)];
    if (p->is_there)
        pull(p);
    *p = (struct planted){
        .root = kernel_tcb_vspace(chaos->d.world.k, tcb),
        .vaddr = debugged_register(tcb, UREG_RIP),
        .kind = pick(4) ? SEAT_BREAK_SOFTWARE : SEAT_BREAK_HARDWARE,
    };
    p->is_there = seat_debug_plant(chaos->d.world.seat, p->root, p->vaddr, p->kind, 1) == 0;
}

static void act(struct tcb *tcb)
{
    struct seat *seat = chaos->d.world.seat;
    word_t reg[USER_REGISTER_COUNT];
    uint8_t bytes[64];
    size_t size;
    switch (pick(8)) {
    case 0:
        seat_debug_hold(seat, tcb, true);
        break;
    case 1:
        plant(tcb);
        break;
    case 2:
        pull(&chaos->plants[pick(PLANTS)]);
        break;
    case 3:
        seat_debug_read_registers(tcb, reg);
        seat_debug_write_registers(tcb, reg);
        break;
    case 4:
        size = seat_debug_read_memory(seat, chaos->d.root, PAGE(0), bytes, sizeof(bytes));
        CHECK_EQ(seat_debug_write_memory(seat, chaos->d.root, PAGE(0), bytes, size), size);
        break;
    default:
        seat_debug_step(seat, tcb, true);
        break;
    }
}

static void on_stop(struct debugged *d, const struct stopped_thread *stopped)
{
    CHECK(stopped->stop.kind != SEAT_STOP_FAULT);
    chaos->reports++;
    for (unsigned i = 0; i < PLANTS && stopped->stop.kind == SEAT_STOP_BREAKPOINT; i++) {
        if (chaos->plants[i].vaddr == stopped->rip && pick(2))
            pull(&chaos->plants[i]);
    }
    act(stopped->tcb);
    seat_debug_step(d->world.seat, pick_thread(), pick(8));
    d->due = pick(3);
}

static void on_start(struct debugged *d, struct tcb *tcb)
{
    seat_debug_step(d->world.seat, tcb, true);
}

static void on_serve(struct debugged *d)
{
    (void)d;
    act(pick_thread());
    seat_debug_hold(chaos->d.world.seat, pick_thread(), false);
}

static void on_wait(struct world *world)
{
    (void)world;
    chaos->d.due = 1 + pick(3);
}

static bool open_talk(uint64_t seed)
{
    struct debugged *d = &chaos->d;
    word_t reg[USER_REGISTER_COUNT];
    memset(chaos, 0, sizeof(*chaos));
    if (!debugged_open(d, &talk))
        return false;
    chaos->random = seed;
    const struct kernel_config *config = &d->world.k->config;
    cptr_t ep = guest_make(&d->guest, OBJECT_ENDPOINT, 0), vspace = debugged_vspace(d);
    world_load(&d->world, &talk, 8, 0);
    kernel_load_registers(debugged_initial(d), reg);
    reg[UREG_RBP] = ep;
    reg[UREG_RBX] = (word_t)abi_syscall_number(config, SYSCALL_REPLY_RECV);
    kernel_save_registers(debugged_initial(d), reg, false);
    d->other = debugged_thread(d, pick(2) ? 255 : 100, vspace, at(d, talk_server));
    reg[UREG_RBX] = (word_t)abi_syscall_number(config, SYSCALL_CALL);
    kernel_save_registers(debugged_initial(d), reg, false);
    d->on_start = on_start;
    d->on_stop = on_stop;
    d->on_serve = on_serve;
    d->world.on_wait = on_wait;
    return true;
}

TEST(a_guest_does_the_same_whatever_its_debugger_does)
{
    unsigned reports = 0;
    chaos = calloc(1, sizeof(*chaos));
    for (uint64_t seed = 1; seed <= 30; seed++) {
        if (!open_talk(seed))
            break;
        bool is_right = CHECK_EQ(debugged_run(&chaos->d), SEAT_END_HALTED) &&
                        CHECK(!strncmp(chaos->d.world.text, SAID, strlen(SAID)));
        if (!is_right)
            printf("seed %llu: %s\n", (unsigned long long)seed, chaos->d.world.text);
        reports += chaos->reports;
        debugged_close(&chaos->d);
    }
    CHECK(reports > 1000);
    printf("%u stops\n", reports);
    free(chaos);
}
