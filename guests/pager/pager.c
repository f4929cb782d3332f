/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Demand paging. A thread in its own VSpace touches memory that nobody has mapped. The kernel turns
 * each fault into a message to the thread's fault endpoint, as if the thread had made a Call; the
 * root task receives it, maps what belongs there, and replies: the thread tries again and does not
 * notice. A fault it does not want to serve ends the thread.
 */
#include "thread.h"

#define PRIORITY         100
#define BADGE_PAGED      0x9a6e
#define PROCESS_FAULT_EP PROCESS_FIRST_FREE

/* Regions of the paged process. */
#define HEAP      UINT64_C(0x40000000)
#define CONSTANTS UINT64_C(0x40200000) /* read-only until it is first written */
#define CODE      UINT64_C(0x40400000)
#define REGION    UINT64_C(0x200000)

/* touch.S */
seL4_Word touch_read(seL4_Word address);
void touch_write(seL4_Word address, seL4_Word word);
seL4_Word touch_call(seL4_Word address);
extern const char touch_read_at[], touch_write_at[], sample_code[], sample_code_end[];

/* --- the paged thread ------------------------------------------------------------------------ */

static void paged_main(void *argument)
{
    (void)argument;
    print("paged: heap holds %lu\n", touch_read(HEAP));
    touch_write(HEAP, 7); /* no fault: the page is there and writable */
    print("paged: heap holds %lu\n", touch_read(HEAP));
    touch_write(HEAP + 3 * PAGE_SIZE + 8, 8);
    print("paged: next heap page holds %lu\n", touch_read(HEAP + 3 * PAGE_SIZE + 8));
    print("paged: constant is 0x%lx\n", touch_read(CONSTANTS + 16));
    touch_write(CONSTANTS + 16, 99);
    print("paged: constant is now %lu\n", touch_read(CONSTANTS + 16));
    print("paged: code returns %lu\n", touch_call(CODE));
    print("paged: and now address 8\n");
    touch_read(8);
    print("paged: not reached\n");
}

/* --- the pager ------------------------------------------------------------------------------- */

static struct process paged;
static seL4_CPtr constants_frame;

/* Where the faulting instruction is, in words that do not depend on the build. */
static void print_place(seL4_Word ip, seL4_Word address)
{
    if (ip == (seL4_Word)touch_read_at)
        print("touch_read");
    else if (ip == (seL4_Word)touch_write_at)
        print("touch_write");
    else if (ip == address)
        print("the address itself");
    else
        print("0x%lx", ip);
}

static void map_heap(seL4_Word page, seL4_Word status)
{
    (void)status;
    vspace_new_page(&paged.vspace, page);
    print("pager: a page of zeroes\n");
}

/* First read-only; a fault on the mapped page asks for the right to write. */
static void map_constants(seL4_Word page, seL4_Word status)
{
    seL4_Word *words;

    if (status & 1) {
        must(seL4_X86_Page_Map(constants_frame, paged.vspace.pml4, page, seL4_ReadWrite,
                               seL4_X86_Default_VMAttributes),
             "X86_Page_Map");
        print("pager: the same page, now writable\n");
        return;
    }
    constants_frame = object_new(seL4_X86_4K, 0);
    words = window_open(constants_frame);
    words[2] = 0xc0de;
    window_close();
    vspace_map(&paged.vspace, constants_frame, page, seL4_CanRead);
    print("pager: a page of constants, read-only\n");
}

static void map_code(seL4_Word page, seL4_Word status)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    char *code = window_open(frame);

    (void)status;
    for (const char *byte = sample_code; byte < sample_code_end; byte++)
        *code++ = *byte;
    window_close();
    vspace_map(&paged.vspace, frame, page, seL4_CanRead);
    print("pager: a page of code\n");
}

static const struct {
    seL4_Word start;
    const char *name;
    void (*map)(seL4_Word page, seL4_Word status);
} regions[] = {
    {HEAP, "heap", map_heap},
    {CONSTANTS, "constants", map_constants},
    {CODE, "code", map_code},
};

/* False if no region holds the address. */
static bool serve(seL4_Word address, seL4_Word status)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(regions); i++) {
        if (address - regions[i].start >= REGION)
            continue;
        print("pager: in the region %s\n", regions[i].name);
        regions[i].map(address & ~(PAGE_SIZE - 1), status);
        return true;
    }
    return false;
}

static void print_fault(seL4_MessageInfo_t fault, seL4_Word badge)
{
    print("pager: from badge 0x%lx: label %lu, %lu words: address 0x%lx, prefetch %lu, "
          "status 0x%lx, at ",
          badge, seL4_MessageInfo_get_label(fault), seL4_MessageInfo_get_length(fault),
          seL4_GetMR(seL4_VMFault_Addr), seL4_GetMR(seL4_VMFault_PrefetchFault),
          seL4_GetMR(seL4_VMFault_FSR));
    print_place(seL4_GetMR(seL4_VMFault_IP), seL4_GetMR(seL4_VMFault_Addr));
    print("\n");
}

void guest_main(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_MessageInfo_t fault;
    seL4_Word badge;

    process_create(&paged, &(struct thread_options){
                               .name = "paged",
                               .priority = PRIORITY,
                               .entry = paged_main,
                               .fault_ep = PROCESS_FAULT_EP,
                           });
    process_grant(&paged, PROCESS_FAULT_EP, endpoint, seL4_AllRights, BADGE_PAGED);
    print("pager: starts the paged process\n");
    thread_resume(&paged.thread);

    fault = seL4_Recv(endpoint, &badge);
    for (;;) {
        /* the message registers are the fault's until the next call: read them first */
        const seL4_Word address = seL4_GetMR(seL4_VMFault_Addr);
        const seL4_Word status = seL4_GetMR(seL4_VMFault_FSR);

        if (seL4_MessageInfo_get_label(fault) != seL4_Fault_VMFault)
            must(seL4_InvalidArgument, "a fault that is no VM fault");
        print_fault(fault, badge);
        if (!serve(address, status))
            break;
        fault = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &badge);
    }
    must(seL4_TCB_Suspend(paged.thread.tcb), "TCB_Suspend");
    print("pager: nothing belongs there; the thread is stopped\n");
}
