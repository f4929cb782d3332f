/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated kernel as a seat sees it. A seat owns a struct kernel and the window on guest
 * physical memory. For each trap of the thread that runs on `core` it
 *   1. writes the thread's registers into its TCB (kernel_save_registers),
 *   2. calls the entry below that fits the trap, with the time,
 *   3. acts on the outcome: answers devices, drains the console (kernel->console), makes the map
 *      edits (kernel_take_losses) before guest code of that VSpace runs again, tells the interrupt
 *      controller about changed masks (kernel->irq_changes), and runs the thread it is told to with
 *      the registers that kernel_load_registers gives.
 * Entries never fail: whatever a guest does ends in an outcome. None is reentrant; a seat with
 * several cores holds one lock around all of this.
 */
#ifndef KERNEL_KERNEL_API_H
#define KERNEL_KERNEL_API_H

#include <model/kernel.h>
#include <model/translation.h>

/* What the boot loader would hand over; all addresses are page-aligned unless said otherwise. */
struct boot_memory {
    struct memory_region ram[MAX_MEMORY_REGIONS]; /* usable RAM at 1 MiB and above, ascending */
    unsigned ram_count;
    struct memory_region
        reserved[MAX_MEMORY_REGIONS]; /* neither RAM nor device: IOAPIC, APIC, ... */
    unsigned reserved_count;
};

struct boot_image {
    vaddr_t start, end; /* [start, end): end rounded up to a page */
    vaddr_t entry;
    paddr_t paddr; /* where the loader put it: page-aligned, contiguous, zeroed, in RAM */
};

struct boot_chunk { /* of extra BootInfo, in order; data excludes the header */
    uint64_t id;
    const void *data;
    uint64_t size;
};

/* What the firmware tells of the IOMMU (ACPI's DMAR table) and its registers say. */
struct boot_iommu {
    unsigned units;  /* 0: there is none */
    unsigned levels; /* of page tables that it walks: 2 to 6 */
};

struct boot_info {
    const struct kernel_config *config;
    struct boot_memory memory;
    struct memory_region kernel_image; /* RAM that a real kernel's own image and data would take */
    struct boot_image image;
    const struct boot_chunk *chunks;
    unsigned chunk_count;
    unsigned num_ioapics, ioapic_pins;
    unsigned num_cores; /* of the machine; the kernel uses no more than its configuration has */
    struct boot_iommu iommu; /* of use to a kernel with KernelIOMMU only */
    struct tsc tsc;
    const char *name; /* of the initial thread; "rootserver" */
};

/*
 * Sets up `k` (kernel_bytes(), zeroed by the caller but for memory_offset) and the initial thread:
 * CSpace, VSpace, BootInfo, untypeds. The kernel needs kernel_image.end - kernel_image.base >=
 * kernel_boot_reserve() bytes, page-aligned. All RAM but the image must be zero: untypeds are
 * handed out as unused, so that their first Retype need not clear them. Returns NULL, or a sentence
 * that says why the image cannot be booted (its addresses, not enough memory). Manual, "System
 * Bootstrapping".
 */
const char *kernel_boot(struct kernel *k, const struct boot_info *boot, nanoseconds_t now);
uint64_t kernel_boot_reserve(void);
/* That a struct kernel and what belongs to it take, for RAM that ends at `memory_end`. */
uint64_t kernel_bytes(paddr_t memory_end);

/* --- entries ------------------------------------------------------------------------------- */

/* Starts core `core`: what to run first. */
struct outcome kernel_start(struct kernel *k, unsigned core, nanoseconds_t now);

/* The current thread executed `syscall`; its saved rip is that of the syscall instruction. */
struct outcome kernel_syscall(struct kernel *k, unsigned core, nanoseconds_t now);

/*
 * `int n` with a vector that seL4 takes for a system call of another kind: an UnknownSyscall fault
 * with `number`; rip is that of the instruction.
 */
struct outcome kernel_unknown_syscall(struct kernel *k, unsigned core, word_t number,
                                      nanoseconds_t now);

/* A memory access that the page walk does not allow. fsr: x86 error code, low five bits. */
struct outcome kernel_vm_fault(struct kernel *k, unsigned core, vaddr_t address, word_t fsr,
                               nanoseconds_t now);

/* A processor exception other than a page fault and those of the next function. */
struct outcome kernel_user_exception(struct kernel *k, unsigned core, word_t vector,
                                     word_t error_code, nanoseconds_t now);

/*
 * Exception 1, with what the processor says of it, or 3. Not every event becomes a fault.
 */
struct outcome kernel_debug_exception(struct kernel *k, unsigned core, word_t vector,
                                      struct debug_event event, nanoseconds_t now);

/* The interrupt of user vector `vector` (0..107) or IOMMU_VECTOR came; also when no thread runs. */
struct outcome kernel_interrupt(struct kernel *k, unsigned core, unsigned vector,
                                nanoseconds_t now);

/* The deadline of the last outcome has passed (or the seat wants the time to be accounted for). */
struct outcome kernel_timer(struct kernel *k, unsigned core, nanoseconds_t now);

/*
 * A debugger holds the thread or lets it go: held, it gets no CPU whatever its state, and guests
 * cannot tell. No core but `core` runs it. Both have no effect on one that is held, or is not.
 */
struct outcome kernel_hold(struct kernel *k, unsigned core, struct tcb *tcb, nanoseconds_t now);
struct outcome kernel_unhold(struct kernel *k, unsigned core, struct tcb *tcb, nanoseconds_t now);

/* After OUTCOME_DEVICE; value: what was read, ignored for writes. */
struct outcome kernel_device_answer(struct kernel *k, unsigned core, uint64_t value,
                                    nanoseconds_t now);

/*
 * After OUTCOME_STALL, for a core that is to be stopped: its thread runs no more and its registers
 * are saved. The core idles until kernel_timer() is called for it, which an outcome asks for; what
 * it had begun (OUTCOME_PREEMPTED) is not continued, the thread makes its call again.
 */
void kernel_stall(struct kernel *k, unsigned core, nanoseconds_t now);
/* After OUTCOME_PREEMPTED with nothing to deliver, or OUTCOME_CONSOLE once it was drained. */
struct outcome kernel_continue(struct kernel *k, unsigned core, nanoseconds_t now);

/*
 * Whether the seat has to call kernel_leave() before guest code runs, or the core waits, after an
 * entry: with KernelBenchmarks=track_utilisation a guest counts what entries cost.
 */
bool kernel_measures_entries(const struct kernel *k, unsigned core);
void kernel_leave(struct kernel *k, unsigned core, nanoseconds_t now);

/* --- system calls without an entry ---------------------------------------------------------- */

/*
 * Whether system calls of the thread that runs may be tried first; so it is until there is an entry
 * again. On a machine with one core.
 */
bool kernel_may_try(struct kernel *k);

/*
 * The system call that the current thread makes with reg[], if all that comes of it is that the
 * thread goes on: with reg[], but for rip, rsp, rcx and r11, which the instruction and the way back
 * change. What an entry at this time would leave is left, but the TCB still has registers of an
 * earlier entry; its deadline is the last one's, or later. Without MCS no time passes: later
 * entries charge it. False: nothing is done but what an entry begins with (MCS: to note how late it
 * is), and one is to be made.
 */
bool kernel_try_syscall(struct kernel *k, nanoseconds_t now, word_t reg[USER_REGISTER_COUNT]);

/* --- devices that reach memory by themselves ----------------------------------------------- */

/* Where an access leads; it stays within one page. Without an IOMMU addresses are physical. */
struct dma_translation kernel_translate_dma(struct kernel *k, struct dma_access access);

/*
 * The access led nowhere. True: the IOMMU has recorded it and raises IOMMU_VECTOR, at which the
 * kernel reports it. It has one record: until then further ones are dropped.
 */
bool kernel_refuse_dma(struct kernel *k, struct dma_access access, enum dma_fault_reason reason);

/* --- registers ----------------------------------------------------------------------------- */

/*
 * Saves what a trap left. by_syscall: rsp, rcx and r11 are not saved (the instruction destroys
 * them; seL4 keeps what the last interrupt left there).
 */
void kernel_save_registers(struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT], bool by_syscall);

/* The registers to run `tcb` with. */
void kernel_load_registers(const struct tcb *tcb, word_t ret_reg[USER_REGISTER_COUNT]);

/* Instead of running with these registers `tcb` has a debug exception (stepped) there and then. */
bool kernel_traps_at_once(const struct tcb *tcb);

/* The breakpoints to run `tcb` with: they change only together with tcb->debug.generation. */
void kernel_breakpoints(const struct tcb *tcb, struct breakpoint ret_list[HARDWARE_BREAKPOINTS]);

/* --- questions of a seat, none changes the kernel's state ---------------------------------- */

/* The page walk: what user level finds at `vaddr` of the VSpace with root `vspace`. */
struct translation kernel_translate(struct kernel *k, paddr_t vspace, vaddr_t vaddr);

/*
 * The largest range around `vaddr` within [*window_start, *window_end) whose pages are all present
 * with the same rights and with physical addresses that ascend alike: what one host mapping can
 * cover. Page-aligned. Returns false if vaddr itself is not present.
 */
bool kernel_translate_run(struct kernel *k, paddr_t vspace, vaddr_t vaddr, vaddr_t window_start,
                          vaddr_t window_end, struct translation_run *ret_run);

/*
 * Whether user level of `vspace` can write the page at `paddr`, not counting the page at `except`
 * (USER_TOP: none). Looks at all its tables.
 */
bool kernel_has_alias(struct kernel *k, paddr_t vspace, paddr_t paddr, vaddr_t except);

/* The VSpace `tcb` runs in; 0 if its VTable slot holds no PML4 with a valid ASID. */
paddr_t kernel_tcb_vspace(struct kernel *k, const struct tcb *tcb);

/* Whether `paddr` is still a TCB or a VSpace root with that serial number. */
bool kernel_tcb_is_alive(struct kernel *k, paddr_t paddr, uint64_t serial);
bool kernel_vspace_is_alive(struct kernel *k, paddr_t paddr, uint64_t serial);

/*
 * Takes what the VSpace has lost since the last call and resets it. Returns whether there was
 * anything.
 */
bool kernel_take_losses(struct kernel *k, paddr_t vspace, struct vspace_losses *ret_losses);

/*
 * Takes the page of 4 KiB that was mapped last in the VSpace since the last call; 0: none. A hint:
 * it may be gone again, and may not be the only one.
 */
/* Whether anybody may be told of the thread's faults; the capability may still prove unfit. */
bool kernel_has_fault_handler(const struct kernel *k, const struct tcb *tcb);
vaddr_t kernel_take_gain(struct kernel *k, paddr_t vspace);

#endif
