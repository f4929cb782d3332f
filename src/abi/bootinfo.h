/* SPDX-License-Identifier: BSD-2-Clause */
/* BootInfo: the page the initial thread gets. Manual, "System Bootstrapping". */
#ifndef ABI_BOOTINFO_H
#define ABI_BOOTINFO_H

#include <abi/kernel_config.h>

/* Capabilities with fixed slots in the initial CSpace (release 13.0 and later; see below). */
enum initial_cap {
    INITIAL_CAP_NULL = 0,
    INITIAL_CAP_TCB = 1,
    INITIAL_CAP_CNODE = 2,
    INITIAL_CAP_VSPACE = 3,
    INITIAL_CAP_IRQ_CONTROL = 4,
    INITIAL_CAP_ASID_CONTROL = 5,
    INITIAL_CAP_ASID_POOL = 6,
    INITIAL_CAP_IO_PORT_CONTROL = 7,
    INITIAL_CAP_IO_SPACE = 8,
    INITIAL_CAP_BOOTINFO_FRAME = 9,
    INITIAL_CAP_IPC_BUFFER = 10,
    INITIAL_CAP_DOMAIN = 11,
};

/* Byte offsets of BootInfo's fields under one configuration; size is that of the whole struct. */
struct bootinfo_layout {
    uint16_t extra_len, node_id, num_nodes, num_iopt_levels, ipc_buffer;
    uint16_t empty, shared_frames, user_image_frames, user_image_paging, io_space_caps;
    uint16_t extra_bi_pages, init_thread_cnode_size_bits, init_thread_domain;
    uint16_t sched_control; /* 0: the field does not exist (non-MCS) */
    uint16_t untyped, untyped_list;
    uint16_t size;
};

/* One entry of untypedList: 16 bytes. */
struct bootinfo_untyped_layout {
    uint16_t paddr, size_bits, is_device, size;
};

struct bootinfo_layout abi_bootinfo_layout(const struct kernel_config *config);
struct bootinfo_untyped_layout abi_bootinfo_untyped_layout(const struct kernel_config *config);

/* Slot of the first capability after the fixed ones; slot of the MCS initial SC, 0 if there is
 * none. */
unsigned abi_num_initial_caps(const struct kernel_config *config);
unsigned abi_initial_sched_context_slot(const struct kernel_config *config);

/* Chunks of extra BootInfo: {u64 id, u64 len including this header}. */
enum bootinfo_chunk_id {
    BOOTINFO_CHUNK_PADDING = 0,
    BOOTINFO_CHUNK_X86_VBE = 1,
    BOOTINFO_CHUNK_X86_MBMMAP = 2,
    BOOTINFO_CHUNK_X86_ACPI_RSDP = 3,
    BOOTINFO_CHUNK_X86_FRAMEBUFFER = 4,
    BOOTINFO_CHUNK_X86_TSC_FREQ = 5,
};
#define BOOTINFO_CHUNK_HEADER_SIZE 16
#define BOOTINFO_FRAME_SIZE        4096

#endif
