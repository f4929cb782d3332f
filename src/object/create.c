/* SPDX-License-Identifier: BSD-2-Clause */
/* Making objects: what Untyped_Retype and boot put into zeroed memory. */
#include <object/object_types.h>

#include <abi/message.h>
#include <base/assert.h>
#include <base/bits.h>
#include <mem/open_pages.h>
#include <object/tcb.h>

struct creation {
    paddr_t paddr;
    unsigned size_bits;
    bool is_device;
};

static union cap create_untyped(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_UNTYPED;
    cap.untyped.base = c.paddr;
    cap.untyped.size_bits = c.size_bits;
    cap.untyped.is_device = c.is_device;
    return cap;
}

static union cap create_endpoint(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_ENDPOINT;
    cap.endpoint.rights = RIGHTS_ALL;
    cap.endpoint.object = c.paddr;
    return cap;
}

static union cap create_notification(struct creation c)
{
    union cap cap = create_endpoint(c);
    cap.type = CAP_NOTIFICATION;
    return cap;
}

static union cap create_cnode(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_CNODE;
    cap.cnode.radix = c.size_bits;
    cap.cnode.object = c.paddr;
    return cap;
}

static union cap create_frame(struct creation c, enum frame_size size)
{
    union cap cap = cap_null();
    cap.type = CAP_FRAME;
    cap.frame.size = size;
    cap.frame.rights = VM_READ_WRITE;
    cap.frame.is_device = c.is_device;
    cap.frame.page = c.paddr >> PAGE_BITS;
    return cap;
}

static union cap create_4k_page(struct creation c)
{
    return create_frame(c, FRAME_4K);
}

static union cap create_large_page(struct creation c)
{
    return create_frame(c, FRAME_LARGE);
}

static union cap create_huge_page(struct creation c)
{
    return create_frame(c, FRAME_HUGE);
}

static union cap create_paging(struct creation c, enum cap_type type)
{
    union cap cap = cap_null();
    cap.type = type;
    cap.paging.object = c.paddr;
    return cap;
}

static union cap create_sched_context(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_SCHED_CONTEXT;
    cap.sched_context.object = c.paddr;
    cap.sched_context.size_bits = c.size_bits;
    return cap;
}

static union cap create_reply_object(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_REPLY_OBJECT;
    cap.reply_object.object = c.paddr;
    cap.reply_object.can_grant = true;
    return cap;
}

static union cap create_page_table(struct creation c)
{
    return create_paging(c, CAP_PAGE_TABLE);
}

static union cap create_page_directory(struct creation c)
{
    return create_paging(c, CAP_PAGE_DIRECTORY);
}

static union cap create_pdpt(struct creation c)
{
    return create_paging(c, CAP_PDPT);
}

static union cap create_vspace(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_PML4;
    cap.pml4.object = c.paddr;
    return cap;
}

static union cap create_io_page_table(struct creation c)
{
    union cap cap = cap_null();
    cap.type = CAP_IO_PAGE_TABLE;
    cap.io_page_table.object = c.paddr;
    return cap;
}

static union cap (*const creators[OBJECT_KIND_COUNT])(struct creation c) = {
    [OBJECT_UNTYPED] = create_untyped,
    [OBJECT_ENDPOINT] = create_endpoint,
    [OBJECT_NOTIFICATION] = create_notification,
    [OBJECT_CNODE] = create_cnode,
    [OBJECT_SCHED_CONTEXT] = create_sched_context,
    [OBJECT_REPLY] = create_reply_object,
    [OBJECT_PDPT] = create_pdpt,
    [OBJECT_PML4] = create_vspace,
    [OBJECT_HUGE_PAGE] = create_huge_page,
    [OBJECT_4K_PAGE] = create_4k_page,
    [OBJECT_LARGE_PAGE] = create_large_page,
    [OBJECT_PAGE_TABLE] = create_page_table,
    [OBJECT_PAGE_DIRECTORY] = create_page_directory,
    [OBJECT_IO_PAGE_TABLE] = create_io_page_table,
};

/* Guests and devices may write them. */
static bool kind_is_open(enum object_kind kind)
{
    return kind == OBJECT_4K_PAGE || kind == OBJECT_LARGE_PAGE || kind == OBJECT_HUGE_PAGE ||
           kind == OBJECT_IO_PAGE_TABLE;
}

union cap object_create(struct kernel *k, unsigned core, const struct tcb *creator,
                        enum object_kind kind, paddr_t paddr, unsigned size_bits, bool is_device)
{
    if (kind == OBJECT_TCB)
        return tcb_create(k, core, creator, paddr);
    ASSERT(creators[kind]);
    if (kind_is_open(kind) && !is_device)
        open_pages_add(k, paddr, bit(abi_object_size_bits(&k->config, kind, size_bits)));
    return creators[kind](
        (struct creation){.paddr = paddr, .size_bits = size_bits, .is_device = is_device});
}

bool object_can_create(enum object_kind kind)
{
    return kind == OBJECT_TCB || (kind < OBJECT_KIND_COUNT && creators[kind]);
}
