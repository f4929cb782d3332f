/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor gate's processes, threads, mappings, signals and interrupts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/testkit_rig.h>
#include <host/clock.h>
#include <host/host.h>

static const struct gate_ops *const ops = &monitor_gate_ops;

PIECE(just_syscall, "syscall");
PIECE(loop_forever, "1: incq %rax; jmp 1b");
PIECE(load, "movq (%rdi), %rax; syscall");
PIECE(store, "movq %rax, (%rdi); syscall");
PIECE(jump, "jmpq *%rdi");

static enum trap_kind access_at(struct rig *guest, const struct rig_code *code, vaddr_t address)
{
    rig_load(guest, code);
    guest->reg[UREG_RDI] = address;
    guest->reg[UREG_RAX] = 0x5a5a;
    return rig_run(guest);
}

static void read_text(const char *path, char *ret_text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, ret_text, size - 1);

    ret_text[length < 0 ? 0 : length] = 0;
    if (fd >= 0)
        close(fd);
}

/* --- stops --------------------------------------------------------------------------------- */

static volatile sig_atomic_t child_signals;

static void count_child_signal(int number)
{
    (void)number;
    child_signals++;
}

TEST(stops_are_no_signals)
{
    struct rig guest;
    struct sigaction old;

    CHECK_EQ(host_sigaction(SIGCHLD, count_child_signal, &old), 0);
    if (rig_open(&guest)) {
        child_signals = 0;
        CHECK_EQ(rig_execute(&guest, &just_syscall), TRAP_SYSCALL);
        CHECK_EQ(access_at(&guest, &load, RIG_NONE), TRAP_PAGE_FAULT);
        CHECK_EQ(child_signals, 0);
        rig_close(&guest);
        CHECK(child_signals > 0); /* the ends are */
    }
    sigaction(SIGCHLD, &old, NULL);
}

/* --- what a VSpace process holds ----------------------------------------------------------- */

TEST(process_holds_one_page_and_two_descriptors)
{
    struct rig guest;
    struct gate_vspace *vspace = NULL;
    char path[64], text[4096];
    unsigned fds = 0;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(ops->vspace_create(guest.gate, &vspace), 0);
    snprintf(path, sizeof(path), "/proc/%d/maps", vspace->edit.pid);
    read_text(path, text, sizeof(text));
    CHECK(!strncmp(text, "10000000-10001000 r-xs ", 23));
    char *second = strchr(text, '\n');
    CHECK(second && (!second[1] || strstr(second, "[vsyscall]")));
    for (int fd = 0; fd < 1024; fd++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", vspace->edit.pid, fd);
        fds += readlink(path, text, sizeof(text)) > 0;
    }
    CHECK_EQ(fds, 2);
    CHECK_EQ(getpgid(vspace->edit.pid), vspace->edit.pid);
    snprintf(path, sizeof(path), "/proc/%d/status", vspace->edit.pid);
    read_text(path, text, sizeof(text));
    CHECK(strstr(text, "NoNewPrivs:\t1") != NULL);
    CHECK(strstr(text, "Seccomp:\t2") != NULL);
    rig_close(&guest);
}

TEST(threads_bear_their_names)
{
    struct rig guest;
    char path[64], text[64];

    if (!rig_open(&guest))
        return;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", guest.carrier->tracee.pid,
             guest.carrier->tracee.tid);
    read_text(path, text, sizeof(text));
    CHECK_STR(text, "guest\n");
    rig_load(&guest, &just_syscall);
    guest.reg[UREG_R12] = 12;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(ops->carrier_rename(guest.carrier, "a name of more than fifteen bytes"), 0);
    read_text(path, text, sizeof(text));
    CHECK_STR(text, "a name of more \n");
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_R12], 12);
    rig_close(&guest);
}

TEST(page_holds_nothing_of_the_last_call)
{
    struct rig guest;
    uint8_t fresh[PAGE_BYTES];

    if (!rig_open(&guest))
        return;
    injection_page_fill(fresh);
    CHECK_MEM(guest.gate->page.data, fresh, PAGE_BYTES);
    rig_close(&guest);
}

/* --- mappings ------------------------------------------------------------------------------ */

TEST(maps_show_guest_memory_with_its_rights)
{
    struct rig guest;
    word_t *data;

    if (!rig_open(&guest))
        return;
    data = rig_memory(&guest, RIG_DATA_PADDR);
    data[0] = 1234;
    CHECK_EQ(access_at(&guest, &load, RIG_DATA), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 1234);
    CHECK_EQ(access_at(&guest, &store, RIG_DATA + 8), TRAP_SYSCALL);
    CHECK_EQ(data[1], 0x5a5a);

    /* read-only, and coherent all the same */
    CHECK_EQ(ops->map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_DATA_PADDR, false), 0);
    CHECK_EQ(access_at(&guest, &load, RIG_NONE), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 1234);
    data[0] = 4321;
    CHECK_EQ(access_at(&guest, &load, RIG_NONE), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 4321);
    CHECK_EQ(access_at(&guest, &store, RIG_NONE), TRAP_PAGE_FAULT);

    /* replaced, and gone */
    CHECK_EQ(ops->map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_DATA_PADDR + PAGE_BYTES, true), 0);
    CHECK_EQ(access_at(&guest, &store, RIG_NONE), TRAP_SYSCALL);
    CHECK_EQ(data[PAGE_BYTES / 8], 0x5a5a);
    CHECK_EQ(ops->unmap(guest.vspace, RIG_NONE, PAGE_BYTES), 0);
    CHECK_EQ(access_at(&guest, &load, RIG_NONE), TRAP_PAGE_FAULT);
    rig_close(&guest);
}

TEST(writable_pages_can_be_executed)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    memcpy(rig_memory(&guest, RIG_DATA_PADDR), "\x0f\x05", 2);
    CHECK_EQ(access_at(&guest, &jump, RIG_DATA), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_DATA);
    rig_close(&guest);
}

/* vm.mmap_min_addr, unless the user may. */
TEST(lowest_addresses_work_or_are_refused)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    int error = ops->map(guest.vspace, 0, PAGE_BYTES, RIG_DATA_PADDR, true);
    CHECK(error == 0 || error == -EPERM);
    CHECK_EQ(access_at(&guest, &load, 0), error ? TRAP_PAGE_FAULT : TRAP_SYSCALL);
    rig_close(&guest);
}

TEST(highest_page_can_be_mapped)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(ops->map(guest.vspace, USER_TOP - PAGE_BYTES, PAGE_BYTES, RIG_DATA_PADDR, true), 0);
    CHECK_EQ(access_at(&guest, &load, USER_TOP - 8), TRAP_SYSCALL);
    CHECK_EQ(ops->unmap(guest.vspace, 0, USER_TOP), 0);
    CHECK_EQ(ops->map(guest.vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0);
    CHECK_EQ(access_at(&guest, &load, USER_TOP - 8), TRAP_PAGE_FAULT);
    rig_close(&guest);
}

TEST(linux_runs_out_of_areas_with_enomem)
{
    struct rig guest;
    unsigned count = 0;
    int error = 0;

    if (!rig_open(&guest))
        return;
    while (!error && count < 200000) {
        /* descending physical addresses never merge */
        error = ops->map(guest.vspace, RIG_HOLE * 2 + count * PAGE_BYTES, PAGE_BYTES,
                         RIG_DATA_PADDR + (count % 2 ? 0 : PAGE_BYTES), true);
        count += !error;
    }
    CHECK_EQ(error, -ENOMEM);
    CHECK(count > 60000);
    CHECK_EQ(access_at(&guest, &load, RIG_HOLE * 2), TRAP_SYSCALL);
    CHECK_EQ(ops->unmap(guest.vspace, 0, USER_TOP), 0);
    CHECK_EQ(ops->map(guest.vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0);
    CHECK_EQ(access_at(&guest, &load, RIG_HOLE * 2), TRAP_PAGE_FAULT);
    rig_close(&guest);
}

/* --- the injection page -------------------------------------------------------------------- */

TEST(guest_cannot_use_the_injection_page)
{
    struct rig guest;
    static const unsigned entries[] = {0, 2, 8, 16, 100, 2048};

    if (!rig_open(&guest))
        return;
    vaddr_t page = ops->page(guest.vspace);
    CHECK_EQ(page, RIG_HOLE);
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        CHECK_EQ(access_at(&guest, &jump, page + entries[i]), TRAP_PAGE_FAULT);
        CHECK_EQ(guest.trap.address - page < PAGE_BYTES, true);
        ops->classify_fault(guest.carrier, guest.reg, &guest.trap);
        CHECK(guest.trap.fetch);
    }
    CHECK_EQ(access_at(&guest, &store, page), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.trap.address, page);
    rig_close(&guest);
}

static bool is_wanted(void *context, vaddr_t vaddr)
{
    return vaddr == *(vaddr_t *)context;
}

TEST(injection_page_gives_way_to_maps)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < PAGE_PLACES; i++) {
        vaddr_t page = ops->page(guest.vspace);
        CHECK_EQ(page, guest.gate->places[i]);
        CHECK_EQ(ops->map(guest.vspace, page, PAGE_BYTES, RIG_DATA_PADDR, true), 0);
        CHECK_EQ(access_at(&guest, &store, page), TRAP_SYSCALL);
    }
    CHECK_EQ(access_at(&guest, &load, RIG_DATA), TRAP_SYSCALL);
    rig_close(&guest);
}

/* The address of a place whose page the gate has taken out, as the run's page fault says it. */
static bool map_place(struct rig *guest, vaddr_t address)
{
    const vaddr_t *places = guest->gate->places;

    for (unsigned i = 0; i < PAGE_PLACES; i++)
        if (places[i] == address)
            return !ops->map(guest->vspace, address, PAGE_BYTES, RIG_DATA_PADDR + i * PAGE_BYTES,
                             i % 2);
    return false;
}

PIECE(add_words, "1: movq (%rbx), %rcx; addq (%rcx), %rax; addq $8, %rbx; decl %edi; jnz 1b;"
                 "syscall");
PIECE(move_words, "movsq; syscall");

/* Hidden, the page is seen by no access; what the guest has there is mapped when it is touched. */
TEST(injection_page_hides_where_the_guest_has_all_places)
{
    struct rig guest;
    unsigned faults = 0;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < PAGE_PLACES; i++) {
        *(word_t *)rig_memory(&guest, RIG_DATA_PADDR + i * PAGE_BYTES) = (word_t)1 << 8 * i;
        CHECK(map_place(&guest, guest.gate->places[i]));
    }
    memcpy((word_t *)rig_memory(&guest, RIG_CODE_PADDR) + 128, guest.gate->places,
           sizeof(guest.gate->places));
    for (unsigned round = 0; round < 3; round++) {
        word_t places[PAGE_PLACES];
        memcpy(places, guest.gate->places, sizeof(places));
        rig_load(&guest, &add_words);
        memcpy((word_t *)rig_memory(&guest, RIG_CODE_PADDR) + 128, places, sizeof(places));
        guest.reg[UREG_RBX] = RIG_CODE + 128 * sizeof(word_t);
        guest.reg[UREG_RDI] = PAGE_PLACES;
        while (rig_run(&guest) == TRAP_PAGE_FAULT && faults < 100) {
            CHECK(map_place(&guest, guest.trap.address));
            faults++;
        }
        CHECK_EQ(guest.trap.kind, TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RAX], 0x0101010101010101);
    }
    CHECK(faults >= 3 && faults < 100);

    /* one instruction that needs two of them */
    rig_load(&guest, &move_words);
    guest.reg[UREG_RSI] = guest.gate->places[2];
    guest.reg[UREG_RDI] = guest.gate->places[5];
    for (faults = 0; rig_run(&guest) == TRAP_PAGE_FAULT && faults < 20; faults++)
        CHECK(map_place(&guest, align_down(guest.trap.address, PAGE_BITS)));
    CHECK_EQ(guest.trap.kind, TRAP_SYSCALL);
    CHECK_EQ(*(word_t *)rig_memory(&guest, RIG_DATA_PADDR + 5 * PAGE_BYTES), (word_t)1 << 16);
    /* other processes do not mind */
    struct gate_vspace *other = NULL;
    CHECK_EQ(ops->vspace_create(guest.gate, &other), 0);
    rig_close(&guest);
}

TEST(injection_page_moves_when_asked)
{
    struct rig guest;
    const vaddr_t *places;
    vaddr_t nowhere = 0;

    if (!rig_open(&guest))
        return;
    places = guest.gate->places;
    /* in the middle of a larger map, which takes the second place of the hole as well */
    CHECK_EQ(ops->map(guest.vspace, places[0] - PAGE_BYTES, 3 * PAGE_BYTES, RIG_DATA_PADDR, true),
             0);
    CHECK_EQ(ops->page(guest.vspace), places[2]);
    /* a place that Linux has something at, and none: it stays, and hides */
    CHECK_EQ(ops->move_page(guest.vspace, is_wanted, (void *)&places[1]), 0);
    CHECK_EQ(ops->move_page(guest.vspace, is_wanted, &nowhere), 0);
    CHECK_EQ(ops->page(guest.vspace), places[2]);
    CHECK_EQ(access_at(&guest, &load, places[2]), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.trap.address, places[2]);
    CHECK_EQ(access_at(&guest, &jump, places[2] + 16), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.trap.address, places[2] + 16);
    ops->classify_fault(guest.carrier, guest.reg, &guest.trap);
    CHECK(guest.trap.fetch);
    CHECK_EQ(access_at(&guest, &store, places[2]), TRAP_PAGE_FAULT);
    CHECK_EQ(ops->unmap(guest.vspace, places[1], PAGE_BYTES), 0);
    CHECK_EQ(ops->move_page(guest.vspace, is_wanted, (void *)&places[1]), 0);
    CHECK_EQ(ops->page(guest.vspace), places[1]);
    /* an unmap of everything spares it */
    CHECK_EQ(ops->unmap(guest.vspace, 0, USER_TOP), 0);
    CHECK_EQ(ops->map(guest.vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0);
    CHECK_EQ(ops->move_page(guest.vspace, is_wanted, (void *)&places[3]), 0);
    CHECK_EQ(access_at(&guest, &load, places[1]), TRAP_PAGE_FAULT);
    rig_close(&guest);
}

/* The second lock: what would happen if a system call were not skipped. */
TEST(filter_stops_calls_that_are_not_injected)
{
    struct rig guest;
    struct stop stop = {.kind = STOP_GONE};
    siginfo_t info = {.si_code = 0};
    struct tracee *tracee;

    if (!rig_open(&guest))
        return;
    tracee = &guest.carrier->tracee;
    rig_load(&guest, &just_syscall);
    guest.reg[UREG_RAX] = SYS_getpid;
    CHECK_EQ(tracee_write_registers(tracee, RIG_HOLE, guest.reg), 0);
    CHECK_EQ(tracee_resume(tracee, PTRACE_CONT), 0);
    CHECK_EQ(tracee_wait(tracee, &stop), 0);
    CHECK_EQ(stop.kind, STOP_SIGNAL);
    CHECK_EQ(stop.signal, SIGSYS);
    CHECK_EQ(host_ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info), 0);
    CHECK_EQ(info.si_code, 1); /* SYS_SECCOMP */
    /* and calls that the gate never injects, even from the page */
    CHECK_EQ(tracee_call(tracee, RIG_HOLE, SYS_getpid, (const word_t[6]){0}, NULL), -EFAULT);
    CHECK_EQ(access_at(&guest, &just_syscall, 0), TRAP_SYSCALL);
    rig_close(&guest);
}

/* --- interrupts ---------------------------------------------------------------------------- */

static struct gate *interrupted_gate;

static void interrupt_gate(int number)
{
    (void)number;
    ops->interrupt(interrupted_gate);
}

TEST(interrupt_ends_a_busy_loop)
{
    struct rig guest;
    struct host_deadline deadline;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    CHECK_EQ(host_sigaction(SIGUSR1, interrupt_gate, NULL), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0);
    rig_load(&guest, &loop_forever);
    /* on a busy machine the signal may come before the guest does: then again */
    unsigned rounds_with_progress = 0;
    for (unsigned i = 0; i < 1000 && rounds_with_progress < 20; i++) {
        word_t before = guest.reg[UREG_RAX];
        CHECK_EQ(host_deadline_set(&deadline, host_clock_now() + 2000000), 0);
        CHECK_EQ(rig_run(&guest), TRAP_INTERRUPTED);
        CHECK(guest.reg[UREG_RAX] >= before);
        rounds_with_progress += guest.reg[UREG_RAX] > before;
    }
    CHECK_EQ(rounds_with_progress, 20);
    host_deadline_destroy(&deadline);
    rig_close(&guest);
}

/* The signal comes at any point of a run: before, in, between runs. Each must end the next run. */
TEST(no_interrupt_is_lost)
{
    struct rig guest;
    struct host_deadline deadline;
    unsigned interrupted = 0;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    CHECK_EQ(host_sigaction(SIGUSR1, interrupt_gate, NULL), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0);
    rig_load(&guest, &loop_forever);
    for (unsigned i = 0; i < 3000; i++) {
        host_deadline_expired(&deadline);
        host_deadline_set(&deadline, host_clock_now() + i % 600 * 25);
        interrupted += rig_run(&guest) == TRAP_INTERRUPTED;
    }
    CHECK_EQ(interrupted, 3000);
    host_deadline_destroy(&deadline);
    rig_close(&guest);
}

/* Nor by runs that end in a fault at the same moment: what a seat mends without looking around. */
TEST(no_interrupt_is_lost_to_a_fault)
{
    struct rig guest;
    struct host_deadline deadline;
    unsigned lost = 0;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    CHECK_EQ(host_sigaction(SIGUSR1, interrupt_gate, NULL), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0);
    for (unsigned i = 0; i < 1500; i++) {
        unsigned runs = 0;
        nanoseconds_t start = host_clock_now();
        host_deadline_expired(&deadline);
        host_deadline_set(&deadline, start + i % 600 * 50);
        while (access_at(&guest, &load, RIG_NONE) != TRAP_INTERRUPTED && runs < 1000000) {
            runs++;
            if (host_clock_now() - start > 500000000)
                break;
        }
        lost += guest.trap.kind != TRAP_INTERRUPTED;
    }
    CHECK_EQ(lost, 0);
    host_deadline_destroy(&deadline);
    rig_close(&guest);
}

/* --- signals from outside ------------------------------------------------------------------ */

TEST(signals_from_outside_are_nothing_to_the_guest)
{
    static const int signals[] = {SIGTERM, SIGINT,  SIGSEGV, SIGTRAP, SIGILL, SIGSYS,
                                  SIGSTOP, SIGCONT, SIGTSTP, SIGSTOP, SIGUSR1};
    struct rig guest;
    struct tracee *tracee;

    if (!rig_open(&guest))
        return;
    tracee = &guest.carrier->tracee;
    for (unsigned i = 0; i < 2 * sizeof(signals) / sizeof(signals[0]); i++) {
        int number = signals[i / 2];
        CHECK_EQ(i % 2 ? kill(tracee->pid, number)
                       : (int)syscall(SYS_tgkill, tracee->pid, tracee->tid, number),
                 0);
        rig_load(&guest, &just_syscall);
        guest.reg[UREG_RBX] = i;
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RBX], i);
        /* the edit thread too */
        CHECK_EQ(ops->map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_DATA_PADDR, true), 0);
        CHECK_EQ(access_at(&guest, &load, RIG_NONE), TRAP_SYSCALL);
        CHECK_EQ(access_at(&guest, &load, RIG_NONE + PAGE_BYTES), TRAP_PAGE_FAULT);
    }
    rig_close(&guest);
}

TEST(stop_from_outside_does_not_hold_a_running_guest)
{
    struct rig guest;
    struct host_deadline deadline;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    CHECK_EQ(host_sigaction(SIGUSR1, interrupt_gate, NULL), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0);
    int helper = fork();
    if (!helper) {
        usleep(2000);
        kill(guest.carrier->tracee.pid, SIGSTOP);
        _exit(0);
    }
    rig_load(&guest, &loop_forever);
    host_deadline_set(&deadline, host_clock_now() + 30000000);
    CHECK_EQ(rig_run(&guest), TRAP_INTERRUPTED);
    CHECK_EQ(rig_execute(&guest, &just_syscall), TRAP_SYSCALL);
    waitpid(helper, NULL, 0);
    host_deadline_destroy(&deadline);
    rig_close(&guest);
}

/* Stops each process that the test makes, again and again, until it is killed. */
static _Noreturn void stop_children_of(int machine)
{
    char path[64], text[256];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", machine, machine);
    for (;;) {
        read_text(path, text, sizeof(text));
        for (char *next = text, *end; *next; next = end) {
            int pid = (int)strtol(next, &end, 10);
            if (end == next)
                break;
            if (pid != getpid())
                kill(pid, SIGSTOP);
        }
    }
}

TEST(stops_from_outside_do_not_hold_a_start)
{
    struct host_memory memory;
    int machine = getpid();
    int helper = fork();

    if (!helper)
        stop_children_of(machine);
    CHECK_EQ(host_memory_create(RIG_MEMORY_BYTES, &memory), 0);
    for (unsigned i = 0; i < 40; i++) {
        struct gate *gate;
        struct gate_vspace *vspace;
        struct gate_carrier *carrier;
        if (!CHECK_EQ(ops->open(memory.fd, RIG_HOLE, false, &gate), 0))
            break;
        CHECK_EQ(ops->vspace_create(gate, &vspace), 0);
        CHECK_EQ(ops->carrier_create(vspace, "guest", &carrier), 0);
        ops->close(gate);
    }
    host_memory_destroy(&memory);
    kill(helper, SIGKILL);
    waitpid(helper, NULL, 0);
}

TEST(killed_carrier_is_gone)
{
    struct rig guest;
    struct trap trap = {.kind = TRAP_SYSCALL};

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &loop_forever);
    kill(guest.carrier->tracee.tid, SIGKILL);
    CHECK_EQ(ops->run(guest.carrier, guest.reg, &trap), 0);
    CHECK_EQ(trap.kind, TRAP_GONE);
    trap.kind = TRAP_SYSCALL;
    CHECK_EQ(ops->run(guest.carrier, guest.reg, &trap), 0);
    CHECK_EQ(trap.kind, TRAP_GONE);
    CHECK_EQ(ops->map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_DATA_PADDR, true), -ESRCH);
    rig_close(&guest);
}

TEST(carrier_killed_while_it_runs_is_gone)
{
    struct rig guest;
    struct trap trap = {.kind = TRAP_SYSCALL};

    if (!rig_open(&guest))
        return;
    int helper = fork();
    if (!helper) {
        usleep(3000);
        kill(guest.carrier->tracee.tid, SIGKILL);
        _exit(0);
    }
    rig_load(&guest, &loop_forever);
    CHECK_EQ(ops->run(guest.carrier, guest.reg, &trap), 0);
    CHECK_EQ(trap.kind, TRAP_GONE);
    waitpid(helper, NULL, 0);
    rig_close(&guest);
}

/* Linux does not tell the end of its first thread, that maps, while the carrier is not reaped. */
TEST(process_killed_while_it_maps_is_gone)
{
    for (unsigned i = 0; i < 10; i++) {
        struct rig guest;
        int error = 0;

        if (!rig_open(&guest))
            return;
        int helper = fork();
        if (!helper) {
            usleep(300 * i);
            kill(guest.carrier->tracee.pid, SIGKILL);
            _exit(0);
        }
        while (!error)
            error = ops->map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_DATA_PADDR, true);
        CHECK_EQ(error, -ESRCH);
        waitpid(helper, NULL, 0);
        rig_close(&guest);
    }
}

/* --- threads and processes ----------------------------------------------------------------- */

TEST(carriers_and_vspaces_come_and_go)
{
    struct rig guest;
    struct gate_vspace *vspace = NULL;
    struct gate_carrier *carrier[3];

    if (!rig_open(&guest))
        return;
    for (unsigned round = 0; round < 5; round++) {
        unsigned before = rig_children();
        CHECK_EQ(ops->vspace_create(guest.gate, &vspace), 0);
        CHECK_EQ(rig_children(), before + 1);
        for (unsigned i = 0; i < 3; i++)
            CHECK_EQ(ops->carrier_create(vspace, "thread", &carrier[i]), 0);
        CHECK_EQ(ops->map(vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0);
        ops->carrier_destroy(carrier[1]);
        struct gate_carrier *own = guest.carrier;
        guest.carrier = carrier[2];
        CHECK_EQ(rig_execute(&guest, &just_syscall), TRAP_SYSCALL);
        guest.carrier = own;
        ops->carrier_destroy(carrier[2]);
        ops->vspace_destroy(vspace);
        CHECK_EQ(rig_children(), before);
        CHECK_EQ(rig_execute(&guest, &just_syscall), TRAP_SYSCALL);
    }
    rig_close(&guest);
}

static bool is_there(int pid)
{
    char path[64], text[256];

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    read_text(path, text, sizeof(text));
    const char *after = strrchr(text, ')');
    return after && after[2] != 'Z' && after[2] != 'X';
}

TEST(nothing_survives_the_machine)
{
    struct {
        int zygote, vspace;
    } pids = {0, 0};
    int fds[2];

    CHECK_EQ(pipe(fds), 0);
    int machine = fork();
    if (!machine) {
        struct rig guest;
        rig_open(&guest);
        pids.zygote = guest.gate->zygote.pid;
        pids.vspace = guest.vspace->edit.pid;
        if (write(fds[1], &pids, sizeof(pids)) != sizeof(pids))
            _exit(1);
        rig_execute(&guest, &loop_forever);
        _exit(1);
    }
    CHECK_EQ(read(fds[0], &pids, sizeof(pids)), sizeof(pids));
    usleep(5000);
    CHECK(is_there(pids.zygote) && is_there(pids.vspace));
    kill(machine, SIGKILL);
    waitpid(machine, NULL, 0);
    for (unsigned i = 0; i < 200 && (is_there(pids.zygote) || is_there(pids.vspace)); i++)
        usleep(10000);
    CHECK(!is_there(pids.zygote));
    CHECK(!is_there(pids.vspace));
    close(fds[0]);
    close(fds[1]);
}

/* --- failures of the host ------------------------------------------------------------------ */

/* All that the gate does, until something fails. */
static int use_gate(int memory_fd)
{
    struct gate *gate = NULL;
    struct gate_vspace *vspace = NULL;
    struct gate_carrier *carrier = NULL;
    word_t reg[USER_REGISTER_COUNT] = {[UREG_RIP] = RIG_CODE, [UREG_RFLAGS] = 0x202};
    struct trap trap;
    int error = ops->open(memory_fd, RIG_HOLE, false, &gate);

    if (error)
        return error;
    error = ops->vspace_create(gate, &vspace);
    if (!error)
        error = ops->carrier_create(vspace, "guest", &carrier);
    if (!error)
        error = ops->map(vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false);
    if (!error)
        error = ops->run(carrier, reg, &trap);
    if (!error)
        error = ops->carrier_rename(carrier, "renamed");
    if (!error)
        error = ops->unmap(vspace, RIG_CODE, PAGE_BYTES);
    if (carrier)
        ops->carrier_destroy(carrier);
    if (vspace)
        ops->vspace_destroy(vspace);
    ops->close(gate);
    return error;
}

/* Bit fd: it is open. */
static uint64_t open_descriptors(void)
{
    uint64_t set = 0;

    for (int fd = 0; fd < 64; fd++)
        set |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
    return set;
}

/* What a close() that failed by injection has left open. */
static void close_others(uint64_t keep)
{
    for (int fd = 0; fd < 64; fd++)
        if (!(keep >> fd & 1))
            close(fd);
}

TEST(each_failure_of_the_host_is_survived_and_leaves_nothing)
{
    struct host_memory memory;
    unsigned occasions = 0;

    if (!CHECK_EQ(host_memory_create(RIG_MEMORY_BYTES, &memory), 0))
        return;
    uint64_t descriptors = open_descriptors();
    for (unsigned i = 0; host_call_name(i); i++) {
        const char *name = host_call_name(i);
        for (uint64_t nth = 1; nth < 400; nth++) {
            host_inject(name, nth, EIO);
            int error = use_gate(memory.fd);
            bool happened = host_inject_happened(name);
            host_inject(name, 0, 0);
            rig_kill_children(); /* a failed kill or wait leaves that to the machine's end */
            if (!strcmp(name, "close"))
                close_others(descriptors);
            if (!CHECK_EQ(rig_children(), 0) || !CHECK_EQ(open_descriptors(), descriptors)) {
                CHECK_STR(name, "leaves something behind");
                CHECK_EQ(nth, 0);
                return;
            }
            if (!happened && !error)
                break;
            occasions++; /* in the zygote too, which has a copy of the counters */
        }
    }
    CHECK(occasions > 100);
    host_memory_destroy(&memory);
}
