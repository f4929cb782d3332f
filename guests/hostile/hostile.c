/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that goes for sel4emu's kernel, which may lie in its own address space (the in-place
 * seat): it looks for it, then does what the key says that was typed.
 *
 *     m   maps a page over it
 *     j   jumps to each of its instructions that call Linux, with registers of its own choice
 *     e   ends its thread by one of them; p: its process
 *     0-9 writes over the kernel's state, at places and with values that the digit is the seed of
 *
 * Where no kernel is found there is nothing to do. Runs on the real kernel, too.
 */
#include "probe.h"

/* Of the region that is looked for (src/runtime/region.h): code, and where the state begins. */
#define GIB          (UINT64_C(1) << 30)
#define REGION_CODE  UINT64_C(0x200000)
#define REGION_STATE UINT64_C(0x1000000)
#define REGION_WORDS UINT64_C(0x1c00000)
#define LOWEST_BASE  (64 * GIB)

static seL4_Word base; /* of the region; 0: there is none */

static seL4_Word load(seL4_Word address)
{
    seL4_Word value;

    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static bool find_base(void)
{
    for (base = LOWEST_BASE; base < seL4_UserTop - GIB; base += GIB) {
        if (probe_try(PROBE_READ, base + REGION_CODE) == PROBE_DONE)
            return true;
    }
    return false;
}

/* --- over it --------------------------------------------------------------------------------- */

static void map_there(void)
{
    print("maps a page over it\n");
    vspace_new_page(&root_vspace, base + REGION_STATE);
    print("mapped\n");
}

/* --- its calls of Linux ---------------------------------------------------------------------- */

#define MAX_CALLS   64
#define CODE_BYTES  0x100000
#define TRIES       400 /* turns for a jump that does not come to its end */
#define NUMBER_BACK 4   /* a call's number is the last operand of the instruction before */

enum { NUMBER_EXIT = 60, NUMBER_EXIT_GROUP = 231 };

static struct call {
    seL4_Word address;
    unsigned number;
} calls[MAX_CALLS];
static unsigned call_count;

/* mov $number, %rax; syscall */
static void find_calls(void)
{
    const seL4_Word code = base + REGION_CODE;

    for (seL4_Word page = code; page < code + CODE_BYTES; page += PAGE_SIZE) {
        if (probe_try(PROBE_READ, page) != PROBE_DONE)
            return;
        for (seL4_Word at = page + 8; at < page + PAGE_SIZE - 8; at++) {
            if ((load(at) & 0xffff) != 0x050f || (load(at - 7) & 0xffffff) != 0xc0c748)
                continue;
            if (call_count < MAX_CALLS)
                calls[call_count++] =
                    (struct call){at, (unsigned)(load(at - NUMBER_BACK) & UINT32_MAX)};
        }
    }
}

static struct thread jumper;
static seL4_CPtr jumper_endpoint;
static seL4_Word jumper_stack[512] __attribute__((aligned(16)));

/* Where a call returns to that was carried out. */
void returned(void);
__asm__("returned: ud2");

static void jumper_main(void *unused)
{
    (void)unused;
}

/* rdi, rsi, rdx, r10, r8, r9 */
#define ARGUMENTS 6
static const seL4_Word arguments[][ARGUMENTS] = {
    {0, 0, 0, 0, 0, 0},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
    {0x700000000000, 0x1000, 7, 0x32, UINT64_MAX, 0}, /* mmap: memory of nobody's */
    {0x700000000000, 0x1000, 7, 0x11, 3, 0},          /* mmap: the guest's */
    {1, 15, 0, 0, 0, 0},                              /* prctl: what the death of others sends */
    {59, 1, 0, 0, 0, 0},                              /* prctl: dispatch off */
    {0x11, 0, 0, 0, 0, 0},                            /* clone: a process */
    {UINT64_C(0xffffff9c), (seL4_Word) "/etc/passwd", 0, 0, 0, 0}, /* openat */
};

static const unsigned foreign_numbers[] = {0, 1, 9, 10, 39, 41, 56, 57, 59, 62, 101, 157, 257, 435};

enum outcome { OUTCOME_FAULT, OUTCOME_RETURNED, OUTCOME_STAYED, OUTCOME_COUNT };

static enum outcome jump(seL4_Word address, unsigned number, const seL4_Word argument[ARGUMENTS])
{
    seL4_UserContext context = {.rip = address,
                                .rsp = (seL4_Word)&jumper_stack[ARRAY_LENGTH(jumper_stack) / 2],
                                .rflags = 0x202,
                                .rax = number,
                                .rdi = argument[0],
                                .rsi = argument[1],
                                .rdx = argument[2],
                                .rcx = argument[3],
                                .r10 = argument[3],
                                .r8 = argument[4],
                                .r9 = argument[5],
                                .fs_base = jumper.tls_pointer};

    for (unsigned i = 0; i < ARRAY_LENGTH(jumper_stack); i++)
        jumper_stack[i] = (seL4_Word)returned;
    must(seL4_TCB_WriteRegisters(jumper.tcb, false, 0, sizeof(context) / sizeof(seL4_Word),
                                 &context),
         "WriteRegisters");
    must(seL4_TCB_Resume(jumper.tcb), "Resume");
    for (unsigned i = 0; i < TRIES; i++) {
        seL4_Word sender = 0;
        const seL4_MessageInfo_t info = ipc_nb_recv(jumper_endpoint, &sender);
        const seL4_Word label = seL4_MessageInfo_get_label(info);

        if (label == seL4_Fault_UserException &&
            seL4_GetMR(seL4_UserException_FaultIP) == (seL4_Word)returned)
            return OUTCOME_RETURNED;
        if (label != seL4_Fault_NullFault)
            return OUTCOME_FAULT;
        seL4_Yield();
    }
    must(seL4_TCB_Suspend(jumper.tcb), "Suspend");
    return OUTCOME_STAYED;
}

static void start_jumper(void)
{
    jumper_endpoint = object_new(seL4_EndpointObject, 0);
    thread_create(&jumper, &(struct thread_options){.name = "jumper",
                                                    .priority = 255,
                                                    .entry = jumper_main,
                                                    .fault_ep = jumper_endpoint});
    find_calls();
}

/* Each with a number that is not its own, then with its own. */
static void jump_everywhere(void)
{
    unsigned foreign[OUTCOME_COUNT] = {0}, own[OUTCOME_COUNT] = {0};

    start_jumper();
    for (unsigned i = 0; i < call_count; i++) {
        const unsigned number = calls[i].number;
        for (unsigned set = 0; set < ARRAY_LENGTH(arguments); set++) {
            for (unsigned j = 0; j < ARRAY_LENGTH(foreign_numbers); j++)
                if (foreign_numbers[j] != number)
                    foreign[jump(calls[i].address, foreign_numbers[j], arguments[set])]++;
            if (number != NUMBER_EXIT && number != NUMBER_EXIT_GROUP)
                own[jump(calls[i].address, number, arguments[set])]++;
        }
    }
    print("calls of Linux: %s\n", call_count > 10 ? "found" : "missing");
    print("with another number: %u returned, %u stayed\n", foreign[OUTCOME_RETURNED],
          foreign[OUTCOME_STAYED]);
    print("with its own: %s, %s\n", own[OUTCOME_FAULT] ? "some refused" : "none refused",
          own[OUTCOME_RETURNED] ? "some made" : "none made");
}

static void jump_to_number(unsigned number)
{
    start_jumper();
    for (unsigned i = 0; i < call_count; i++)
        if (calls[i].number == number)
            jump(calls[i].address, number, arguments[0]);
    print("still here\n");
}

static void end_thread(void)
{
    jump_to_number(NUMBER_EXIT);
}

static void end_process(void)
{
    jump_to_number(NUMBER_EXIT_GROUP);
}

/* --- its state ------------------------------------------------------------------------------- */

#define WRITES 2000

static seL4_Word state;

static seL4_Word random_word(void)
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return state >> 16 ^ state << 24;
}

/* Small numbers, words of any kind, what looks like an object's place, or all ones. */
static seL4_Word random_value(void)
{
    switch (random_word() >> 40 & 3) {
    case 0:
        return random_word() % 20;
    case 1:
        return random_word();
    case 2:
        return random_word() % 0x20000000 & ~(seL4_Word)0x3ff;
    default:
        return UINT64_MAX;
    }
}

/* Mostly where much is read: the first words of the kernel and of what its processes share. */
static seL4_Word random_place(void)
{
    static const seL4_Word ranges[][2] = {
        {REGION_STATE, 0x400},   {REGION_STATE, 0x6000}, {REGION_STATE, 0x80000},
        {REGION_WORDS, 0x200},   {REGION_WORDS, 0x200},  {REGION_WORDS, 0x2000},
        {REGION_WORDS, 0x83000},
    };
    const seL4_Word *range = ranges[random_word() % ARRAY_LENGTH(ranges)];

    return base + range[0] + random_word() % range[1] / 8 * 8;
}

static void scribble(unsigned seed)
{
    const seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    state = 20261122 + seed;
    for (unsigned i = 0; i < WRITES; i++) {
        *(volatile seL4_Word *)random_place() = random_value();
        seL4_Signal(notification);
        if (i % 64 == 0)
            seL4_Yield();
        if (i % 200 == 0)
            print("%u\n", i);
    }
    print("still here\n");
}

/* --------------------------------------------------------------------------------------------- */

#define PORT_FIRST      0x3f8u
#define PORT_STATUS     0x3fdu
#define STATUS_HAS_DATA 0x01

static unsigned char port_read(seL4_CPtr ports, seL4_Uint16 port)
{
    const seL4_X86_IOPort_In8_t in = seL4_X86_IOPort_In8(ports, port);

    must((seL4_Error)in.error, "IOPort_In8");
    return (unsigned char)in.result;
}

static unsigned char read_key(void)
{
    const seL4_CPtr ports = slot_new();

    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, PORT_FIRST, PORT_STATUS,
                                      seL4_CapInitThreadCNode, ports, seL4_WordBits),
         "IOPortControl_Issue");
    while (!(port_read(ports, PORT_STATUS) & STATUS_HAS_DATA))
        seL4_Yield();
    return port_read(ports, PORT_FIRST);
}

static void act(unsigned char key)
{
    if (key == 'm')
        map_there();
    else if (key == 'j')
        jump_everywhere();
    else if (key == 'e')
        end_thread();
    else if (key == 'p')
        end_process();
    else if (key >= '0' && key <= '9')
        scribble(key - '0');
}

void guest_main(void)
{
    const unsigned char key = read_key();

    probe_start();
    if (find_base())
        act(key);
    else
        print("no kernel is in this address space\n");
    print("Goodbye.\n");
    guest_end();
}
