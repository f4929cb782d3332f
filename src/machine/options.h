/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine is started with. Strings and structures stay the caller's, unchanged meanwhile. */
#ifndef MACHINE_OPTIONS_H
#define MACHINE_OPTIONS_H

#include <gate/inplace.h>
#include <loader/configuration.h>
#include <loader/image.h>
#include <machine/serial_spec.h>
#include <trace/options.h>

#define MACHINE_MEMORY_DEFAULT (UINT64_C(512) << 20)
#define MACHINE_MAX_FAIL_ON    8
#define MACHINE_MAX_SERIAL     2
#define MACHINE_MAX_DEVICES    8

/* What to do when every thread waits and nothing can wake one. */
enum machine_on_idle {
    ON_IDLE_REPORT, /* say who waits for what: an error */
    ON_IDLE_WAIT,   /* go on waiting, to be looked into */
    ON_IDLE_EXIT,   /* end well: for guests that have no other way to say that they are done */
};

/* Bits of address that the VT-d unit translates. */
enum machine_iommu {
    IOMMU_AUTO, /* IOMMU_48 if the image's kernel is configured for one, else IOMMU_OFF */
    IOMMU_OFF,
    IOMMU_39,
    IOMMU_48,
};

/* Where the kernel runs. */
enum machine_seat {
    MACHINE_SEAT_ANY,      /* in place if that can be */
    MACHINE_SEAT_IN_PLACE, /* in the guest's own processes; says so if it cannot */
    MACHINE_SEAT_ISOLATED, /* in the machine, which drives the guest's with ptrace */
};

enum machine_time { MACHINE_TIME_REAL, MACHINE_TIME_VIRTUAL };

/* In place: what TCBs run on. A debugger, and who looks at vector registers, wants one each. */
enum machine_carriers {
    MACHINE_CARRIERS_OWN,    /* a Linux thread each */
    MACHINE_CARRIERS_SHARED, /* one for all in a VSpace */
};

struct machine_options {
    const struct image *image;
    const char *image_path; /* for messages */
    const char *name;       /* by which others find it (machine/control.h); NULL: the image's */
    const struct configuration *configuration;
    uint64_t memory_bytes; /* of guest RAM; a multiple of PAGE_BYTES */

    struct serial_spec serial[MACHINE_MAX_SERIAL]; /* the host ends of COM1, COM2 */
    unsigned serial_count;                         /* 1: there is no COM2 */

    bool hpet_messages; /* the HPET can send messages (FSB); QEMU: -global hpet.msi=on */

    enum machine_iommu iommu;
    const char *devices[MACHINE_MAX_DEVICES]; /* for PCI slots */
    unsigned device_count;

    struct linked_guest linked; /* the program whose machine this is; pid 0: none */

    enum machine_seat seat;
    bool no_patches; /* in place: system calls trap, none becomes a jump */
    enum machine_carriers carriers;

    enum machine_time time;
    uint64_t seed; /* of virtual time; 0: nothing varies */

    bool has_gdb;
    struct serial_spec gdb; /* where a debugger connects: SERIAL_TCP, SERIAL_UNIX */
    bool freeze;            /* no code runs before the debugger says so */
    bool gdb_is_private;    /* the machine ends with its debugger */

    const char *until;                        /* ends well when printed; NULL: none */
    const char *fail_on[MACHINE_MAX_FAIL_ON]; /* end badly when printed */
    unsigned fail_on_count;
    nanoseconds_t timeout; /* NANOSECONDS_NEVER: none */
    enum machine_on_idle on_idle;

    bool trace; /* a line for each call and fault */
    struct trace_options trace_options;
    const char *trace_path; /* where they go; NULL: standard error */

    const char *state_file;  /* to write at the end; NULL: none */
    const char *post_mortem; /* a directory for what is left if it ends badly; NULL: none */
    const char *at_end; /* views to show on standard error when it ends: "ps,queues"; NULL: none */

    bool lateness; /* a line whenever the host is late (machine/lateness.h) */
    bool boot_log; /* the guest's console shows what a kernel prints while it boots, too */
    bool verbose;  /* what the machine does on its way, on standard error */
};

#endif
