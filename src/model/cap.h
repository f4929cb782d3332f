/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities as they lie in slots: two words, the type in the low five bits of the first, the
 * rest by type. Zeroed memory is a row of null capabilities.
 *
 * Fields narrower than a word must go through the accessors below or be cast before they are
 * shifted: gcc computes with a bit field in the field's own width.
 */
#ifndef MODEL_CAP_H
#define MODEL_CAP_H

#include <base/types.h>

enum cap_type {
    CAP_NULL,
    CAP_UNTYPED,
    CAP_ENDPOINT,
    CAP_NOTIFICATION,
    CAP_REPLY,
    CAP_CNODE,
    CAP_TCB,
    CAP_IRQ_CONTROL,
    CAP_IRQ_HANDLER,
    CAP_ZOMBIE,
    CAP_DOMAIN_SET,
    CAP_FRAME,
    CAP_PAGE_TABLE,
    CAP_PAGE_DIRECTORY,
    CAP_PDPT,
    CAP_PML4,
    CAP_ASID_CONTROL,
    CAP_ASID_POOL,
    CAP_IO_SPACE,
    CAP_IO_PAGE_TABLE,
    CAP_IO_PORT,
    CAP_IO_PORT_CONTROL,
    CAP_SCHED_CONTEXT,
    CAP_SCHED_CONTROL,
    CAP_REPLY_OBJECT, /* MCS: without it a reply is a CAP_REPLY */
    CAP_TYPE_COUNT,
};

enum frame_size { FRAME_4K, FRAME_LARGE, FRAME_HUGE };

enum frame_map_type { FRAME_MAP_NONE, FRAME_MAP_VSPACE, FRAME_MAP_IO_SPACE, FRAME_MAP_EPT };

/* Access that a frame capability gives, and that a mapping has. */
enum vm_rights { VM_KERNEL_ONLY, VM_READ_ONLY, VM_READ_WRITE };

#define CAP_HEADER uint64_t type_ : 5

union cap {
    uint64_t word[2];
    struct {
        uint64_t type : 5;
    };
    struct {
        CAP_HEADER;
        uint64_t is_device : 1;
        uint64_t size_bits : 6;
        uint64_t base : 48;
        uint64_t free_index; /* bytes in use from the base: the watermark */
    } untyped;
    struct { /* endpoints and notifications */
        CAP_HEADER;
        uint64_t rights : 4; /* enum cap_rights; Write sends, Read receives */
        uint64_t object : 48;
        uint64_t badge;
    } endpoint, notification;
    struct {
        CAP_HEADER;
        uint64_t is_master : 1;
        uint64_t can_grant : 1;
        uint64_t tcb : 48;
    } reply;
    struct {
        CAP_HEADER;
        uint64_t guard_size : 6;
        uint64_t radix : 6;
        uint64_t object : 47; /* array of 2^radix slots; at least 64-aligned */
        uint64_t guard;
    } cnode;
    struct {
        CAP_HEADER;
        uint64_t object : 48;
    } tcb;
    struct {
        CAP_HEADER;
        uint64_t irq : 8;
    } irq_handler;
    struct { /* what is left of a CNode or TCB while its slots are being emptied */
        CAP_HEADER;
        uint64_t is_tcb : 1;
        uint64_t radix : 6; /* of the CNode; unused for a TCB */
        uint64_t object : 48;
        uint64_t slots_left; /* slots [0, slots_left) may still hold capabilities */
    } zombie;
    struct {
        CAP_HEADER;
        uint64_t size : 2;   /* enum frame_size */
        uint64_t rights : 2; /* enum vm_rights */
        uint64_t is_device : 1;
        uint64_t map_type : 2; /* enum frame_map_type */
        uint64_t page : 36;    /* physical address / 4096 */
        uint64_t asid : 16;    /* where it is mapped: ASID, I/O space: requester; 0: nowhere */
        uint64_t vpage : 36;   /* virtual or I/O address / 4096 */
    } frame;
    struct { /* page table, page directory, PDPT: one layout for the three */
        CAP_HEADER;
        uint64_t is_mapped : 1;
        uint64_t object : 48;
        uint64_t asid : 12;
        uint64_t vpage : 36;
    } paging;
    struct {
        CAP_HEADER;
        uint64_t is_mapped : 1; /* has an ASID */
        uint64_t object : 48;
        uint64_t asid : 12;
    } pml4;
    struct {
        CAP_HEADER;
        uint64_t object : 48;
        uint64_t asid_base : 12;
    } asid_pool;
    struct {
        CAP_HEADER;
        uint64_t first : 16;
        uint64_t last : 16;
    } io_port;
    struct {
        CAP_HEADER;
        uint64_t domain_id : 16;
        uint64_t requester : 16; /* bus, device, function; 0: the master, for no device yet */
    } io_space;
    struct {
        CAP_HEADER;
        uint64_t is_mapped : 1;
        uint64_t level : 3; /* how many tables are above it; 0: it is the device's first */
        uint64_t object : 48;
        uint64_t requester : 16;
        uint64_t io_page : 36; /* I/O address / 4096 */
    } io_page_table;
    struct {
        CAP_HEADER;
        uint64_t size_bits : 6;
        uint64_t object : 48;
    } sched_context;
    struct {
        CAP_HEADER;
        uint64_t core : 8;
    } sched_control;
    struct {
        CAP_HEADER;
        uint64_t can_grant : 1;
        uint64_t object : 48;
    } reply_object;
};

_Static_assert(sizeof(union cap) == 16, "a capability takes two words");

static inline enum cap_type cap_type(union cap cap)
{
    return (enum cap_type)cap.type;
}

static inline union cap cap_null(void)
{
    return (union cap){.word = {0, 0}};
}

static inline bool cap_is_null(union cap cap)
{
    return cap.type == CAP_NULL;
}

static inline paddr_t frame_cap_paddr(union cap cap)
{
    return (paddr_t)cap.frame.page << PAGE_BITS;
}

static inline vaddr_t frame_cap_vaddr(union cap cap)
{
    return (vaddr_t)cap.frame.vpage << PAGE_BITS;
}

static inline unsigned frame_size_bits(enum frame_size size)
{
    return PAGE_BITS + 9 * (unsigned)size;
}

static inline unsigned frame_cap_bits(union cap cap)
{
    return frame_size_bits((enum frame_size)cap.frame.size);
}

static inline vaddr_t paging_cap_vaddr(union cap cap)
{
    return (vaddr_t)cap.paging.vpage << PAGE_BITS;
}

#endif
