/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions of the processor, and software interrupts. */
#include "check.h"
#include "traps.h"

static struct event event;

static void except(void (*entry)(void *), const void *place)
{
    worker_run(entry, NULL, &event);
    say_event(&event, place);
}

static void undefined(void)
{
    except(trap_ud2, trap_ud2_at);
}

static void divide(void)
{
    except(trap_divide, trap_divide_at);
}

static void breakpoint(void)
{
    except(trap_int3, trap_int3_at);
}

/* Without the error code: processors say 8 n + 2, QEMU 7.2 without KVM says 16 n + 2. */
static void interrupt(void (*entry)(void *), const char *place)
{
    worker_run(entry, NULL, &event);
    say("number=%lu ip+%ld", event.mr[seL4_UserException_Number],
        event.mr[seL4_UserException_FaultIP] - (seL4_Word)place);
}

static void software_interrupts(void)
{
    interrupt(trap_int_0, trap_int_0_at);
    interrupt(trap_int_32, trap_int_32_at);
    interrupt(trap_int_80, trap_int_80_at);
    interrupt(trap_int_9d, trap_int_9d_at);
}

/* The kernel takes these for system calls; the number is made of the vector and of eax. */
static void high_interrupts(void)
{
    except(trap_int_9e, trap_int_9e_at);
    except(trap_int_fe, trap_int_fe_at);
}

static void port_access(void)
{
    except(trap_in, trap_in_at);
    except(trap_out, trap_out_at);
}

static void privileged(void)
{
    except(trap_hlt, trap_hlt_at);
    except(trap_cli, trap_cli_at);
    except(trap_rdmsr, trap_rdmsr_at);
}

static void non_canonical(void)
{
    worker_run(trap_read, (void *)0x8000000000000000, &event);
    say_event(&event, trap_read_at);
    worker_run(trap_write, (void *)0x800000000000, &event);
    say_event(&event, trap_write_at);
}

static void single_step(void)
{
    except(trap_single_step, trap_single_step_at);
}

static void flags_and_stack(void)
{
    worker_run(trap_ud2, NULL, &event);
    say("flags=0x%lx stack in its page: %s", event.mr[seL4_UserException_FLAGS] & ~0x8d5ul,
        worker_thread(0)->stack_end - event.mr[seL4_UserException_SP] < PAGE_SIZE ? "yes" : "no");
}

/* Past the instruction, by FaultIP in the reply. */
static void skip(void)
{
    worker_run(trap_ud2, NULL, &event);
    seL4_SetMR(seL4_UserException_FaultIP, event.mr[seL4_UserException_FaultIP] + 2);
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 1));
    event_poll(&event);
    say_event(&event, trap_ud2_at);
}

static void repeat(void)
{
    worker_run(trap_ud2, NULL, &event);
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_event(&event, trap_ud2_at);
}

static void stop(void)
{
    worker_run(trap_ud2, NULL, &event);
    ipc_reply(seL4_MessageInfo_new(3, 0, 0, 0));
    event_poll(&event);
    say_event(&event, trap_ud2_at);
}

/* Flags in a reply are corrected as in WriteRegisters. */
static void reply_flags(void)
{
    seL4_UserContext registers;

    worker_run(trap_ud2, NULL, &event);
    seL4_SetMR(seL4_UserException_FaultIP, event.mr[seL4_UserException_FaultIP]);
    seL4_SetMR(seL4_UserException_SP, 0x4440);
    seL4_SetMR(seL4_UserException_FLAGS, ~(seL4_Word)0x100);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 3));
    must(seL4_TCB_ReadRegisters(worker_thread(0)->tcb, 0, 0, 20, &registers), "ReadRegisters");
    say("rip+%ld rsp=0x%lx rflags=0x%lx", registers.rip - (seL4_Word)trap_ud2_at, registers.rsp,
        registers.rflags);
}

static const struct check checks[] = {
    {"EXC0001", "ud2", undefined},
    {"EXC0002", "division by zero", divide},
    {"EXC0003", "int3", breakpoint},
    {"EXC0004", "int 0, int 32, int 0x80, int 0x9d", software_interrupts},
    {"EXC0005", "int 0x9e, int 0xfe", high_interrupts},
    {"EXC0006", "in and out", port_access},
    {"EXC0007", "hlt, cli, rdmsr", privileged},
    {"EXC0008", "access to a non-canonical address", non_canonical},
    {"EXC0009", "the trap flag", single_step},
    {"EXC0010", "flags (but the arithmetic ones) and stack pointer in the message",
     flags_and_stack},
    {"EXC0011", "a reply that steps over the instruction", skip},
    {"EXC0012", "an empty reply", repeat},
    {"EXC0013", "a reply with a label", stop},
    {"EXC0014", "a reply with stack pointer and flags", reply_flags},
};

const struct check_table exception_checks = CHECK_TABLE(checks);
