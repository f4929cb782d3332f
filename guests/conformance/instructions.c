/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that a system keeps for itself, or that are none, and the flags. Said is the number
 * of the exception and its code, and where in the instruction it is if not at its start.
 */
#include "check.h"

#define CODE_MAX 24

/* A check tries those of a group, in the order of the table. */
enum group { MACHINE, REGISTERS, PORTS, UNDEFINED, ALLOWED, OTHERS };

struct instruction {
    enum group group;
    const char *name;
    unsigned length;
    unsigned char code[CODE_MAX];
};
#define INSTRUCTION(group, name, ...)                                                              \
    {                                                                                              \
        group, name, sizeof((const unsigned char[]){__VA_ARGS__}),                                 \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* All memory of a thread can be executed. */
static unsigned char code[CODE_MAX + 1];
static _Alignas(64) unsigned char area[1024];

static void run_code(void *unused)
{
    seL4_Word a = 0, b = 0, c = 0, d = 0, to = (seL4_Word)area, from = (seL4_Word)area;

    (void)unused;
    __asm__ volatile("call *%[code]"
                     : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "+D"(to), "+S"(from)
                     : [code] "r"(code)
                     : "memory", "cc");
}

static void try(const struct instruction *instruction)
{
    struct event event;

    enum { RET = 0xc3 };

    for (unsigned i = 0; i < instruction->length; i++)
        code[i] = instruction->code[i];
    code[instruction->length] = RET;
    worker_run(run_code, NULL, &event);
    say("%s", instruction->name);
    if (event.label != seL4_Fault_UserException) {
        say_event(&event, code);
    } else {
        const seL4_Word ip = event.mr[seL4_UserException_FaultIP] - (seL4_Word)code;

        say("%lu/%lu%s", event.mr[seL4_UserException_Number], event.mr[seL4_UserException_Code],
            ip == 0 ? "" : " behind it");
    }
}

static void try_all(const struct instruction *instructions, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        try(&instructions[i]);
}
#define TRY_ALL(list) try_all(list, ARRAY_LENGTH(list))

static const struct instruction instructions[] = {
    INSTRUCTION(MACHINE, "cli", 0xfa),
    INSTRUCTION(MACHINE, "sti", 0xfb),
    INSTRUCTION(MACHINE, "hlt", 0xf4),
    INSTRUCTION(MACHINE, "clts", 0x0f, 0x06),
    INSTRUCTION(MACHINE, "invd", 0x0f, 0x08),
    INSTRUCTION(MACHINE, "wbinvd", 0x0f, 0x09),
    INSTRUCTION(MACHINE, "lgdt", 0x0f, 0x01, 0x17),
    INSTRUCTION(MACHINE, "lidt", 0x0f, 0x01, 0x1f),
    INSTRUCTION(MACHINE, "lldt", 0x0f, 0x00, 0xd0),
    INSTRUCTION(MACHINE, "ltr", 0x0f, 0x00, 0xd8),
    INSTRUCTION(MACHINE, "lmsw", 0x0f, 0x01, 0xf0),
    INSTRUCTION(MACHINE, "invlpg", 0x0f, 0x01, 0x3f),
    INSTRUCTION(MACHINE, "swapgs", 0x0f, 0x01, 0xf8),
    INSTRUCTION(MACHINE, "rdmsr", 0x0f, 0x32),
    INSTRUCTION(MACHINE, "wrmsr", 0x0f, 0x30),
    INSTRUCTION(MACHINE, "rdpmc", 0x0f, 0x33),
    INSTRUCTION(MACHINE, "sysretq", 0x48, 0x0f, 0x07),
    INSTRUCTION(REGISTERS, "read cr0", 0x0f, 0x20, 0xc0),
    INSTRUCTION(REGISTERS, "write cr0", 0x0f, 0x22, 0xc0),
    INSTRUCTION(REGISTERS, "read cr2", 0x0f, 0x20, 0xd0),
    INSTRUCTION(REGISTERS, "read cr3", 0x0f, 0x20, 0xd8),
    INSTRUCTION(REGISTERS, "write cr3", 0x0f, 0x22, 0xd8),
    INSTRUCTION(REGISTERS, "read cr4", 0x0f, 0x20, 0xe0),
    INSTRUCTION(REGISTERS, "write cr4", 0x0f, 0x22, 0xe0),
    INSTRUCTION(REGISTERS, "read cr8", 0x44, 0x0f, 0x20, 0xc0),
    INSTRUCTION(REGISTERS, "read dr0", 0x0f, 0x21, 0xc0),
    INSTRUCTION(REGISTERS, "write dr7", 0x0f, 0x23, 0xf8),
    INSTRUCTION(PORTS, "in al, dx", 0xec),
    INSTRUCTION(PORTS, "in ax, dx", 0x66, 0xed),
    INSTRUCTION(PORTS, "in eax, dx", 0xed),
    INSTRUCTION(PORTS, "in al, 60", 0xe4, 0x60),
    INSTRUCTION(PORTS, "in eax, 60", 0xe5, 0x60),
    INSTRUCTION(PORTS, "out dx, al", 0xee),
    INSTRUCTION(PORTS, "out dx, eax", 0xef),
    INSTRUCTION(PORTS, "out 80, al", 0xe6, 0x80),
    INSTRUCTION(PORTS, "out 80, eax", 0xe7, 0x80),
    INSTRUCTION(PORTS, "insb", 0x6c),
    INSTRUCTION(PORTS, "insd", 0x6d),
    INSTRUCTION(PORTS, "outsb", 0x6e),
    INSTRUCTION(PORTS, "outsd", 0x6f),
    INSTRUCTION(PORTS, "rep insb", 0xf3, 0x6c),
    INSTRUCTION(PORTS, "rep outsb", 0xf3, 0x6e),
    INSTRUCTION(UNDEFINED, "ud1", 0x0f, 0xb9, 0xc0),
    INSTRUCTION(UNDEFINED, "ud2", 0x0f, 0x0b),
    INSTRUCTION(UNDEFINED, "push es", 0x06),
    INSTRUCTION(UNDEFINED, "daa", 0x27),
    INSTRUCTION(UNDEFINED, "aaa", 0x37),
    INSTRUCTION(UNDEFINED, "pusha", 0x60),
    INSTRUCTION(UNDEFINED, "call far", 0x9a),
    INSTRUCTION(UNDEFINED, "into", 0xce),
    INSTRUCTION(UNDEFINED, "aam", 0xd4, 0x0a),
    INSTRUCTION(UNDEFINED, "salc", 0xd6),
    INSTRUCTION(UNDEFINED, "jmp far", 0xea),
    INSTRUCTION(UNDEFINED, "0f 04", 0x0f, 0x04),
    INSTRUCTION(UNDEFINED, "0f 0a", 0x0f, 0x0a),
    INSTRUCTION(UNDEFINED, "0f 0c", 0x0f, 0x0c),
    INSTRUCTION(UNDEFINED, "0f 24", 0x0f, 0x24, 0xc0),
    INSTRUCTION(UNDEFINED, "0f ff", 0x0f, 0xff, 0xc0),
    INSTRUCTION(UNDEFINED, "lock add", 0xf0, 0x01, 0xc0),
    INSTRUCTION(UNDEFINED, "16 prefixes", 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90),
    INSTRUCTION(ALLOWED, "cpuid", 0x0f, 0xa2),
    INSTRUCTION(ALLOWED, "rdtsc", 0x0f, 0x31),
    INSTRUCTION(ALLOWED, "pause", 0xf3, 0x90),
    INSTRUCTION(ALLOWED, "clflush", 0x0f, 0xae, 0x3f),
    INSTRUCTION(ALLOWED, "prefetchnta", 0x0f, 0x18, 0x07),
    INSTRUCTION(ALLOWED, "lfence", 0x0f, 0xae, 0xe8),
    INSTRUCTION(ALLOWED, "mfence", 0x0f, 0xae, 0xf0),
    INSTRUCTION(ALLOWED, "sfence", 0x0f, 0xae, 0xf8),
    INSTRUCTION(ALLOWED, "cmpxchg16b", 0x48, 0x0f, 0xc7, 0x0f),
    INSTRUCTION(ALLOWED, "fxsave", 0x0f, 0xae, 0x07),
    INSTRUCTION(ALLOWED, "sgdt", 0x0f, 0x01, 0x07),
    INSTRUCTION(ALLOWED, "sidt", 0x0f, 0x01, 0x0f),
    INSTRUCTION(ALLOWED, "sldt", 0x0f, 0x00, 0xc0),
    INSTRUCTION(ALLOWED, "str", 0x0f, 0x00, 0xc8),
    INSTRUCTION(ALLOWED, "verr", 0x0f, 0x00, 0xe0),
    INSTRUCTION(ALLOWED, "smsw", 0x0f, 0x01, 0xe0),
    INSTRUCTION(ALLOWED, "movntq", 0x0f, 0xe7, 0x07),
};

static void try_group(enum group group)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(instructions); i++)
        if (instructions[i].group == group)
            try(&instructions[i]);
}

static void machine_control(void)
{
    try_group(MACHINE);
}

static void control_registers(void)
{
    try_group(REGISTERS);
}

static void ports(void)
{
    try_group(PORTS);
}

static void undefined(void)
{
    try_group(UNDEFINED);
}

static void allowed(void)
{
    try_group(ALLOWED);
}

/* Which there are says the processor; which of them user level may use, the configuration. */
static void configured(void)
{
#if CONFIG_XSAVE_FEATURE_SET
    static const struct instruction list[] = {
        INSTRUCTION(OTHERS, "xgetbv", 0x0f, 0x01, 0xd0),
        INSTRUCTION(OTHERS, "xsetbv", 0x0f, 0x01, 0xd1),
        INSTRUCTION(OTHERS, "xsave", 0x0f, 0xae, 0x27),
#ifdef CONFIG_FSGSBASE_INST
        INSTRUCTION(OTHERS, "rdfsbase", 0xf3, 0x48, 0x0f, 0xae, 0xc0),
        INSTRUCTION(OTHERS, "rdgsbase", 0xf3, 0x48, 0x0f, 0xae, 0xc8),
        INSTRUCTION(OTHERS, "wrgsbase", 0xf3, 0x48, 0x0f, 0xae, 0xd8),
#endif
    };
    seL4_Word low, high;

    TRY_ALL(list);
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    say("features as configured: %s",
        (low & CONFIG_XSAVE_FEATURE_SET) == CONFIG_XSAVE_FEATURE_SET ? "yes" : "no");
#else
    say("not in this configuration");
#endif
}

/* --- flags ----------------------------------------------------------------------------------- */

enum {
    FLAG_DIRECTION = 1 << 10,
    FLAG_IOPL = 3 << 12,
    FLAG_NESTED = 1 << 14,
    FLAG_ALIGNMENT = 1 << 18,
    FLAG_VIRTUAL_INTERRUPT = 3 << 19,
    FLAG_ID = 1 << 21,
    FLAG_ARITHMETIC = 0x8d5,
    FLAGS_TRIED = FLAG_DIRECTION | FLAG_IOPL | FLAG_NESTED | FLAG_ALIGNMENT |
                  FLAG_VIRTUAL_INTERRUPT | FLAG_ID,
};

static volatile seL4_Word flags_wanted, flags_popped, flags_after, stop, turns;

/* Sets flags and leaves them set; `direction` is what C code must not see. */
static seL4_Word flags_exchange(seL4_Word flags)
{
    seL4_Word out;

    __asm__ volatile("pushq %[in]\n"
                     "popfq\n"
                     "pushfq\n"
                     "popq %[out]\n"
                     "cld"
                     : [out] "=r"(out)
                     : [in] "r"(flags)
                     : "memory", "cc");
    return out & ~(seL4_Word)FLAG_ARITHMETIC;
}

static seL4_Word flags_read(void)
{
    seL4_Word flags;

    __asm__ volatile("pushfq\n"
                     "popq %0"
                     : "=r"(flags)
                     :
                     : "memory");
    return flags & ~(seL4_Word)FLAG_ARITHMETIC;
}

static void set_and_yield(void *unused)
{
    (void)unused;
    flags_popped = flags_exchange(flags_wanted);
    seL4_Yield();
    flags_after = flags_read();
}

static void set_and_spin(void *unused)
{
    (void)unused;
    flags_popped = flags_exchange(flags_wanted);
    while (stop == 0)
        turns++;
    flags_after = flags_read();
}

static void say_flags(void)
{
    say("popped 0x%lx, after 0x%lx;", flags_popped, flags_after);
}

static void flags_across_calls(void)
{
    struct event event;

    flags_wanted = FLAGS_TRIED;
    worker_run(set_and_yield, NULL, &event);
    say_flags();
    flags_wanted = 0;
    worker_run(set_and_yield, NULL, &event);
    say_flags();
}

/* Until the worker has run for a while. */
static void let_spin(void)
{
    const seL4_CPtr self = seL4_CapInitThreadTCB;
    const seL4_Word before = turns;

    must(seL4_TCB_SetPriority(self, self, WORKER_PRIORITY), "SetPriority");
    while (turns - before < 1000)
        seL4_Yield();
    must(seL4_TCB_SetPriority(self, self, seL4_MaxPrio), "SetPriority");
}

static void flags_across_preemption(void)
{
    seL4_UserContext registers;
    struct event event;

    stop = turns = 0;
    flags_wanted = FLAGS_TRIED;
    worker_start(0, set_and_spin, NULL);
    let_spin();
    must(seL4_TCB_ReadRegisters(worker_thread(0)->tcb, 0, 0, 3, &registers), "ReadRegisters");
    say("in the TCB 0x%lx;", registers.rflags & ~(seL4_Word)FLAG_ARITHMETIC);
    stop = 1;
    event_wait(&event);
    say_flags();
}

/* What WriteRegisters leaves of a thread's flags, as the thread sees them afterwards. */
static void flags_written(void)
{
    const seL4_CPtr tcb = worker_thread(0)->tcb;
    seL4_UserContext registers;
    struct event event;

    stop = turns = 0;
    flags_wanted = FLAGS_TRIED;
    worker_start(0, set_and_spin, NULL);
    let_spin();
    must(seL4_TCB_ReadRegisters(tcb, 1, 0, 20, &registers), "ReadRegisters");
    must(seL4_TCB_WriteRegisters(tcb, 1, 0, 20, &registers), "WriteRegisters");
    let_spin();
    stop = 1;
    event_wait(&event);
    say_flags();
}

/* CopyRegisters corrects nothing: another thread goes on with the flags. */
static void flags_copied(void)
{
    const seL4_CPtr from = worker_thread(0)->tcb, to = worker_thread(1)->tcb;
    struct event event;

    stop = turns = 0;
    flags_wanted = FLAGS_TRIED;
    worker_start(0, set_and_spin, NULL);
    let_spin();
    worker_start(1, set_and_spin, NULL);
    must(seL4_TCB_CopyRegisters(to, from, 1, 0, 1, 1, 0), "CopyRegisters");
    must(seL4_TCB_Resume(to), "Resume");
    let_spin();
    stop = 1;
    event_wait(&event);
    say_flags();
    must(seL4_TCB_Suspend(to), "Suspend");
    must(seL4_TCB_Suspend(from), "Suspend");
}

/* Without CR0.AM the flag means nothing. */
static void alignment(void)
{
    static const struct instruction list[] = {
        /* pushfq; orl $AC, (%rsp); popfq; mov 1(%rdi), %rax; pushfq; andl $~AC, (%rsp); popfq */
        INSTRUCTION(OTHERS, "unaligned load", 0x9c, 0x81, 0x0c, 0x24, 0x00, 0x00, 0x04, 0x00, 0x9d,
                    0x48, 0x8b, 0x47, 0x01, 0x9c, 0x81, 0x24, 0x24, 0xff, 0xff, 0xfb, 0xff, 0x9d),
    };

    TRY_ALL(list);
}

static const struct check checks[] = {
    {"INSN0001", "instructions that control the machine", machine_control},
    {"INSN0002", "control and debug registers", control_registers},
    {"INSN0003", "I/O ports", ports},
    {"INSN0004", "no instructions, too long ones, wrong lock prefixes", undefined},
    {"INSN0005", "instructions that user level may use", allowed},
    {"INSN0006", "instructions of XSAVE and FSGSBASE", configured},
    {"INSN0007", "flags a thread pops, across a system call", flags_across_calls},
    {"INSN0008", "the same across preemption, and in the TCB", flags_across_preemption},
    {"INSN0009", "WriteRegisters of what ReadRegisters said of such flags", flags_written},
    {"INSN0010", "CopyRegisters of such flags", flags_copied},
    {"INSN0011", "an unaligned load with the alignment flag", alignment},
};

const struct check_table instruction_checks = CHECK_TABLE(checks);
