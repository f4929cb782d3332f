/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All mutable state of the emulated kernel that does not lie in guest physical memory; behind it
 * lie its maps of pages (model/page_map.h), of a size that memory decides. It holds no
 * pointers: physical addresses stand for objects, so a seat may map it anywhere, as long as the
 * distance to the window on physical memory stays the same.
 *
 * Locking: every entry into the kernel (kernel/kernel.h) has the whole struct to itself.
 */
#ifndef MODEL_KERNEL_H
#define MODEL_KERNEL_H

#include <abi/kernel_config.h>
#include <abi/message.h>
#include <abi/numbers.h>
#include <model/endpoint.h>
#include <model/io_space.h>
#include <model/outcome.h>
#include <model/sched_context.h>
#include <model/tcb.h>
#include <model/vspace.h>

#define KERNEL_MAX_CORES      4
#define MAX_PRIORITIES        256
#define MAX_DOMAINS           16
#define MAX_SCHEDULE          100
#define MAX_MEMORY_REGIONS    8
#define NUM_IRQ_VECTORS       160 /* user vectors 0..107, kernel's own up to 159 */
#define MAX_USER_VECTOR       107
#define IOMMU_VECTOR          108 /* the kernel's own: a device's access was refused */
#define IRQ_CPU_VECTOR_OFFSET 0x30
#define CONSOLE_BYTES         8192
#define NUM_IO_PORTS          65536
#define MAX_IOAPIC_PINS       24
#define MSR_PLAIN_COUNT       15

struct memory_region {
    paddr_t base, end;
};

enum irq_kind { IRQ_FREE, IRQ_RESERVED, IRQ_PIC, IRQ_IOAPIC, IRQ_MSI };

/* One user interrupt vector. Its notification capability is slot `vector` of kernel->irq_slots. */
struct irq {
    enum irq_kind kind;
    bool masked;
    uint8_t ioapic, pin; /* with the PIC: the line */
    bool level_triggered, active_low;
    uint8_t pci_bus, pci_device, pci_function;
    word_t msi_handle;
};

/*
 * A redirection entry of the IOAPIC. It names the vector that took the pin last; an earlier one
 * gets no more interrupts, but its handler still masks and unmasks the pin.
 */
struct irq_pin {
    bool is_mapped, masked, level_triggered;
    uint8_t vector;
};

/* The time stamp counter as guests read it. */
struct tsc {
    uint64_t at_zero; /* at time 0 of the machine's clock */
    uint32_t mhz;
};

struct domain_slot {
    uint8_t domain;
    uint64_t duration; /* ticks, with MCS of the TSC; 0 marks the end of the schedule */
};

/* KernelBenchmarks=track_utilisation: the counters of a core, and of its idle thread. */
struct utilisation_log {
    bool is_on, is_inside;
    nanoseconds_t entered; /* the begin of the last entry */
    nanoseconds_t start, end;
    nanoseconds_t kernel_time;
    uint64_t entries, schedules;
    struct utilisation idle;
};

struct core {
    paddr_t current;          /* TCB that runs or entered last; 0: idle */
    bool reschedule;          /* choose anew ... */
    paddr_t switch_candidate; /* ... or, if set, weigh this TCB against the current one */
    nanoseconds_t now;        /* at this entry */
    nanoseconds_t next_tick;  /* the tick grid */
    bool slice_over;          /* the current thread's time slice ended during this entry */

    /* MCS (sched/budget.c) */
    paddr_t sched_context;    /* who pays for the time since the last charge; 0: nobody */
    nanoseconds_t consumed;   /* that time */
    bool reprogram;           /* charge it at the end of this entry */
    struct tcb_queue release; /* threads that wait for their next refill, by its time */

    uint32_t preemption_work; /* units done since the last preemption point that asked */

    struct tcb_queue ready[MAX_DOMAINS][MAX_PRIORITIES];
    uint64_t ready_map[MAX_DOMAINS][MAX_PRIORITIES / 64]; /* bit p: queue p is not empty */

    struct utilisation_log utilisation;
    struct device_access device; /* to be answered, after OUTCOME_DEVICE */
    struct memory_region clear;  /* to be zeroed, after OUTCOME_CLEAR */
    uint64_t stall;              /* bit c: core c is to be stopped, after OUTCOME_STALL */
};

/* Where an unfinished DebugSnapshot goes on (kernel/snapshot.c); all 0: there is none. */
struct snapshot_cursor {
    unsigned phase;
    bool is_inside; /* of the phase: what stands before it is printed */
    paddr_t tcb;
    word_t index;
};

struct console {
    uint32_t length;
    char text[CONSOLE_BYTES];
};

/* What the kernel said last of a call that it does not carry out (model/user_error.h). */
struct user_error_text {
    uint64_t count;   /* of all: whoever saw it before an entry knows what that has said */
    char reason[160]; /* the text alone */
    char line[IPC_ERROR_TEXT_WORDS * sizeof(word_t)]; /* KernelInvocationReportErrorIPC: all */
};

struct unhandled_fault {
    paddr_t tcb;
    uint64_t serial;
    struct fault fault;
};

/* Addresses that a seat needs for itself in each VSpace; start == end: none. */
struct reserved_range {
    vaddr_t start, end;
    vaddr_t taken; /* the first page that was mapped there; 0: none */
};

enum { RESERVED_REGION, RESERVED_STUBS, RESERVED_WORD, RESERVED_RANGES };

struct kernel {
    struct kernel_config config;
    struct abi_numbers numbers; /* of config */
    ptrdiff_t memory_offset;    /* from this struct to guest physical address 0, in bytes */
    struct memory_region memory[MAX_MEMORY_REGIONS]; /* backed RAM, ascending */
    unsigned memory_count;

    struct tsc tsc;
    uint64_t msr_changes[MSR_PLAIN_COUNT]; /* X86DangerousWRMSR; see kernel/msr.c */

    unsigned num_cores;
    unsigned running_core;    /* whose entry this is: set first thing by every entry */
    uint64_t interrupt_cores; /* bit c: core c must choose anew; the end of the entry says so */
    struct core cores[KERNEL_MAX_CORES];

    unsigned domain;      /* that runs now */
    uint64_t domain_time; /* left to it: ticks, with MCS nanoseconds */
    unsigned schedule_index, schedule_start;
    struct domain_slot schedule[MAX_SCHEDULE];

    paddr_t asid_pools[8]; /* each a page of 512 words: paddr of a struct vspace */
    paddr_t irq_slots;     /* NUM_IRQ_VECTORS slots */
    struct irq irqs[NUM_IRQ_VECTORS];
    uint64_t io_ports_issued[NUM_IO_PORTS / 64];
    uint32_t num_ioapics, ioapic_pins;
    struct irq_pin irq_pins[MAX_IOAPIC_PINS];
    struct io_mmu io_mmu;

    uint64_t next_serial; /* for TCBs and VSpaces; starts at 1 */
    uint64_t idle_serial; /* of the idle thread, which has no TCB: it comes after the initial one */
    uint64_t deaths;      /* TCBs and VSpaces that have ended: a seat that sees it move looks */
    uint64_t irq_changes; /* counts changes of irqs[] and irq_pins[]: a seat that sees it move tells
                             its IOAPIC */

    struct reserved_range reserved[RESERVED_RANGES];

    paddr_t all_tcbs;    /* newest first */
    paddr_t dump_cursor; /* where an unfinished list of threads goes on; 0: none */
    struct snapshot_cursor snapshot;
    bool halted;
    bool has_no_short_cuts; /* tests: what is left out otherwise is not (kernel/invocation.c) */
    struct lookup_failure lookup_failure; /* the last one; some errors tell it as their own */
    uint64_t unhandled_faults;            /* threads stopped by a fault that nobody took */
    struct unhandled_fault unhandled;     /* the last one */
    struct user_error_text user_error;
    struct console console;
};

/* The window on guest physical memory. */
static inline void *kernel_memory(struct kernel *k, paddr_t paddr)
{
    return (char *)k + k->memory_offset + paddr;
}

static inline paddr_t kernel_paddr(struct kernel *k, const void *object)
{
    return (paddr_t)((const char *)object - (const char *)k - k->memory_offset);
}

/* Whether `paddr` is RAM, and so in the window. */
static inline bool kernel_is_backed(const struct kernel *k, paddr_t paddr)
{
    for (unsigned i = 0; i < k->memory_count; i++) {
        if (paddr >= k->memory[i].base && paddr < k->memory[i].end)
            return true;
    }
    return false;
}

static inline uint64_t tsc_cycles(const struct tsc *tsc, nanoseconds_t time)
{
    return time / 1000 * tsc->mhz + time % 1000 * tsc->mhz / 1000;
}

/* NULL for 0. Only for references that the kernel itself stored. */
static inline struct tcb *tcb_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

static inline struct slot *slot_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

static inline struct endpoint *endpoint_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

static inline struct notification *notification_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

static inline struct sched_context *sched_context_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

static inline struct reply *reply_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

/* MCS only: without it the memory behind a notification belongs to others. */
static inline uint64_t *notification_sched_context(struct kernel *k, paddr_t notification)
{
    struct lending_notification *n = kernel_memory(k, notification);
    return &n->sched_context;
}

static inline struct vspace *vspace_at(struct kernel *k, paddr_t paddr)
{
    return paddr ? kernel_memory(k, paddr) : NULL;
}

#endif
