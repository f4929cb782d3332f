/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task of a system of protection domains, as Microkit builds them: it makes all objects,
 * fills programs in, maps them, gives each domain its capabilities, starts all and suspends itself.
 * Kind by kind, in the order in which Microkit's initialiser makes its calls.
 */
#include "objects.h"
#include "system.h"

#include "elf_file.h"

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

#define CONTEXT_BITS    8
#define BUDGET          1000 /* us, in as many */
#define COPY_ADDRESS    UINT64_C(0x50000000)
#define HPET_PADDR      UINT64_C(0xfed00000)
#define STACK_PAGES     2
#define MAX_PAGES       32
#define MAX_TABLES      8
#define TIMER_PIN       2
#define TIMER_VECTOR    7
#define FIRST_PORT      0x40
#define LAST_PORT       0x43
#define IO_LEVELS       3
#define MAX_IO_LEVELS   5
#define IO_ADDRESS      UINT64_C(0x10000000)
#define IO_DOMAIN       9
#define IO_REQUESTER    UINT64_C(0x18) /* bus 0, device 3, function 0 */
#define FPU_DISABLED    1
#define OTHER_DOMAIN    1
#define FIRST_TURN_US   20000
#define SECOND_TURN_US  10000
#define NO_PARENT       MONITOR
#define EVERYTHING_LEFT 0

static const struct domain {
    const char *name;
    seL4_Word priority;
    enum role parent; /* gets its faults */
    bool has_endpoint, is_passive, is_without_fpu;
    seL4_Word domain;
} domains[ROLES] = {
    [MONITOR] = {.name = "monitor", .priority = 255},
    [PARENT] = {.name = "parent", .priority = 140, .has_endpoint = true},
    [DRIVER] = {.name = "driver", .priority = 130},
    [SERVER] = {.name = "server", .priority = 120, .has_endpoint = true, .is_passive = true},
    [CLIENT] = {.name = "client", .priority = 100},
    [WITHOUT_FPU] = {.name = "without-fpu", .priority = 97, .is_without_fpu = true},
    [LOST] = {.name = "lost", .priority = 95},
    [CHILD] = {.name = "child", .priority = 90, .parent = PARENT},
    [COUNTER] = {.name = "counter", .priority = 60, .domain = OTHER_DOMAIN},
};

static const struct channel {
    enum role from, to;
    unsigned number;
    bool is_call;
} channels[] = {
    {PARENT, CLIENT, CHANNEL_PARENT, false}, {CLIENT, DRIVER, CHANNEL_DRIVER, false},
    {DRIVER, SERVER, CHANNEL_SERVER, false}, {DRIVER, CLIENT, CHANNEL_DONE, false},
    {CLIENT, SERVER, CHANNEL_SERVER, true},  {CLIENT, COUNTER, CHANNEL_COUNTER, false},
};

struct page {
    seL4_CPtr frame;
    seL4_Word vaddr;
    const char *content; /* so many bytes of the ELF file */
    seL4_Word bytes;
    bool is_writable;
};

/* What each has; capabilities as they were made. */
static struct made {
    seL4_CPtr tcb, context, reply, notification, endpoint, root_cnode, cnode, vspace, buffer;
    struct page pages[MAX_PAGES];
    unsigned page_count;
    struct table {
        seL4_CPtr cap;
        unsigned level; /* log2 of what it covers */
        seL4_Word vaddr;
    } tables[MAX_TABLES];
    unsigned table_count;
    seL4_CPtr fault_handler;
} made[ROLES];

static seL4_CPtr asid_pool, irq, ports, hpet, io_space, io_frame, io_tables[MAX_IO_LEVELS];
static seL4_CPtr copy_table[2];

extern const char domain_program[];

static seL4_CPtr plan(seL4_Word type, unsigned bits, seL4_Word size_bits)
{
    return object_plan(type, bits, size_bits, ANYWHERE);
}

static seL4_CPtr copy_of(seL4_CPtr cap)
{
    return cap_mint(cap, seL4_AllRights, 0);
}

/* --- what there is to be ------------------------------------------------------------------------
 */

static void plan_tables(struct made *d, seL4_Word vaddr)
{
    static const struct {
        unsigned level;
        seL4_Word type;
    } levels[] = {{39, seL4_X86_PDPTObject},
                  {30, seL4_X86_PageDirectoryObject},
                  {21, seL4_X86_PageTableObject}};

    for (unsigned l = 0; l < ARRAY_LENGTH(levels); l++) {
        const unsigned level = levels[l].level;
        bool is_there = false;

        for (unsigned i = 0; i < d->table_count; i++)
            is_there |=
                d->tables[i].level == level && d->tables[i].vaddr >> level == vaddr >> level;
        if (is_there)
            continue;
        if (d->table_count == MAX_TABLES)
            must(seL4_NotEnoughMemory, "tables");
        d->tables[d->table_count++] =
            (struct table){plan(levels[l].type, seL4_PageBits, 0), level, vaddr >> level << level};
    }
}

static struct page *plan_page(struct made *d, seL4_Word vaddr)
{
    struct page *page = &d->pages[d->page_count];

    if (d->page_count++ == MAX_PAGES)
        must(seL4_NotEnoughMemory, "pages");
    plan_tables(d, vaddr);
    *page = (struct page){
        .frame = plan(seL4_X86_4K, seL4_PageBits, 0), .vaddr = vaddr, .is_writable = true};
    return page;
}

static void plan_program_page(void *context, const struct elf_page *part)
{
    struct page *page = plan_page(context, part->vaddr);

    page->content = part->content;
    page->bytes = part->bytes;
    page->is_writable = part->is_writable;
}

static void plan_program(struct made *d)
{
    elf_for_each_page(domain_program, plan_program_page, d);
    for (unsigned i = 1; i <= STACK_PAGES; i++)
        plan_page(d, STACK_TOP - i * PAGE_SIZE);
    d->buffer = plan_page(d, BUFFER_ADDRESS)->frame;
}

static void plan_domain(enum role role)
{
    struct made *d = &made[role];

    d->tcb = plan(seL4_TCBObject, seL4_TCBBits, 0);
    d->context = plan(seL4_SchedContextObject, CONTEXT_BITS, CONTEXT_BITS);
    d->reply = plan(seL4_ReplyObject, seL4_ReplyBits, 0);
    d->notification = plan(seL4_NotificationObject, seL4_NotificationBits, 0);
    if (domains[role].has_endpoint || role == MONITOR)
        d->endpoint = plan(seL4_EndpointObject, seL4_EndpointBits, 0);
    d->root_cnode = plan(seL4_CapTableObject, ROOT_CNODE_BITS + seL4_SlotBits, ROOT_CNODE_BITS);
    d->cnode = plan(seL4_CapTableObject, CNODE_BITS + seL4_SlotBits, CNODE_BITS);
    d->vspace = plan(seL4_X64_PML4Object, seL4_PML4Bits, 0);
    plan_program(d);
}

static unsigned io_levels(void)
{
    return (unsigned)guest_boot_info->numIOPTLevels;
}

static void plan_system(void)
{
    hpet = object_plan(seL4_X86_4K, seL4_PageBits, 0, HPET_PADDR);
    asid_pool = plan(seL4_UntypedObject, seL4_ASIDPoolBits, seL4_ASIDPoolBits);
    for (unsigned role = 0; role < ROLES; role++)
        plan_domain(role);
    plan_tables(&made[DRIVER], HPET_ADDRESS);
    io_frame = plan(seL4_X86_4K, seL4_PageBits, 0);
    for (unsigned i = 0; i < io_levels(); i++)
        io_tables[i] = plan(seL4_X86_IOPageTableObject, seL4_IOPageTableBits, 0);
    copy_table[0] = plan(seL4_X86_PageDirectoryObject, seL4_PageDirBits, 0);
    copy_table[1] = plan(seL4_X86_PageTableObject, seL4_PageTableBits, 0);
    irq = slot_new();
    ports = slot_new();
    io_space = slot_new();
}

/* --- hardware -----------------------------------------------------------------------------------
 */

static void create_other_caps(void)
{
    const seL4_CPtr untyped = copy_of(asid_pool);

    must(seL4_CNode_Delete(ROOT, asid_pool, DEPTH), "CNode_Delete");
    must(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, asid_pool, DEPTH),
         "ASIDControl_MakePool");
    must(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, ROOT, irq, DEPTH, 0, TIMER_PIN, 0, 0,
                                   TIMER_VECTOR),
         "IRQControl_GetIOAPIC");
    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, FIRST_PORT, LAST_PORT, ROOT, ports,
                                      DEPTH),
         "IOPortControl_Issue");
    must(seL4_IRQHandler_SetNotification(
             irq, cap_mint(made[DRIVER].notification, seL4_AllRights, (seL4_Word)1 << CHANNEL_IRQ)),
         "IRQHandler_SetNotification");
}

static void map_for_device(void)
{
    const seL4_Word space = (seL4_Word)IO_DOMAIN << 16 | IO_REQUESTER;

    must(
        seL4_CNode_Mint(ROOT, io_space, DEPTH, ROOT, seL4_CapIOSpace, DEPTH, seL4_AllRights, space),
        "Mint of the I/O space");
    for (unsigned i = 0; i < io_levels(); i++)
        must(seL4_X86_IOPageTable_Map(io_tables[i], io_space, IO_ADDRESS), "IOPageTable_Map");
    must(seL4_X86_Page_MapIO(copy_of(io_frame), io_space, seL4_ReadWrite, IO_ADDRESS), "MapIO");
    print("initialiser: at least %u levels for devices: %s\n", IO_LEVELS,
          io_levels() >= IO_LEVELS ? "yes" : "no");
}

/* --- memory -------------------------------------------------------------------------------------
 */

static void fill_page(const struct page *page)
{
    char *to = (char *)COPY_ADDRESS;

    must(seL4_X86_Page_Map(page->frame, seL4_CapInitThreadVSpace, COPY_ADDRESS, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    for (seL4_Word i = 0; i < page->bytes; i++)
        to[i] = page->content[i];
    must(seL4_X86_Page_Unmap(page->frame), "Page_Unmap");
}

static void map_table(const struct made *d, const struct table *table)
{
    seL4_Error (*const map)(seL4_CPtr, seL4_CPtr, seL4_Word, seL4_X86_VMAttributes) =
        table->level == 39   ? seL4_X86_PDPT_Map
        : table->level == 30 ? seL4_X86_PageDirectory_Map
                             : seL4_X86_PageTable_Map;

    must(map(table->cap, d->vspace, table->vaddr, seL4_X86_Default_VMAttributes), "map a table");
}

static void map_domain(const struct made *d)
{
    for (unsigned i = 0; i < d->table_count; i++)
        map_table(d, &d->tables[i]);
    for (unsigned i = 0; i < d->page_count; i++)
        must(seL4_X86_Page_Map(copy_of(d->pages[i].frame), d->vspace, d->pages[i].vaddr,
                               d->pages[i].is_writable ? seL4_ReadWrite : seL4_CanRead,
                               seL4_X86_Default_VMAttributes),
             "Page_Map");
}

static void create_memory(void)
{
    for (unsigned role = 0; role < ROLES; role++)
        must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, made[role].vspace),
             "ASIDPool_Assign");
    must(seL4_X86_PageDirectory_Map(copy_table[0], seL4_CapInitThreadVSpace, COPY_ADDRESS,
                                    seL4_X86_Default_VMAttributes),
         "PageDirectory_Map");
    must(seL4_X86_PageTable_Map(copy_table[1], seL4_CapInitThreadVSpace, COPY_ADDRESS,
                                seL4_X86_Default_VMAttributes),
         "PageTable_Map");
    for (unsigned role = 0; role < ROLES; role++)
        for (unsigned i = 0; i < made[role].page_count; i++)
            if (made[role].pages[i].bytes > 0)
                fill_page(&made[role].pages[i]);
    for (unsigned role = 0; role < ROLES; role++)
        map_domain(&made[role]);
    must(seL4_X86_Page_Map(copy_of(hpet), made[DRIVER].vspace, HPET_ADDRESS, seL4_ReadWrite,
                           seL4_X86_CacheDisabled),
         "Page_Map");
}

/* --- threads ------------------------------------------------------------------------------------
 */

static void configure_context(const struct made *d)
{
    must(seL4_SchedControl_ConfigureFlags(guest_boot_info->schedcontrol.start, d->context, BUDGET,
                                          BUDGET, 0, 0, 0),
         "ConfigureFlags");
}

/* The monitor knows domains by number and one, parents their children by number. */
static seL4_CPtr make_fault_handler(enum role role)
{
    const enum role parent = domains[role].parent;

    if (role == MONITOR)
        return seL4_CapNull;
    return cap_mint(made[parent].endpoint, seL4_AllRights,
                    parent == NO_PARENT ? role + 1u : BADGE_FAULT | CHILD_NUMBER);
}

static void set_up_thread(enum role role)
{
    struct made *d = &made[role];
    seL4_UserContext registers = {
        .rip = elf_entry(domain_program), .rsp = STACK_TOP, .rdi = role, .rflags = EVERYTHING_LEFT};

    if (role != MONITOR)
        must(seL4_TCB_BindNotification(d->tcb, d->notification), "BindNotification");
    must(seL4_DomainSet_Set(seL4_CapDomain, (seL4_Uint8)domains[role].domain, d->tcb),
         "DomainSet_Set");
    configure_context(d);
    must(seL4_TCB_Configure(d->tcb, d->root_cnode, 0, d->vspace, 0, BUFFER_ADDRESS, d->buffer),
         "TCB_Configure");
    d->fault_handler = make_fault_handler(role);
    must(seL4_TCB_SetSchedParams(d->tcb, seL4_CapInitThreadTCB, domains[role].priority,
                                 domains[role].priority, d->context, d->fault_handler),
         "SetSchedParams");
    must((seL4_Error)seL4_TCB_SetFlags(d->tcb, 0, domains[role].is_without_fpu ? FPU_DISABLED : 0)
             .error,
         "SetFlags");
    must(seL4_TCB_SetTimeoutEndpoint(d->tcb, seL4_CapNull), "SetTimeoutEndpoint");
    must(seL4_TCB_WriteRegisters(d->tcb, false, 0, sizeof(registers) / sizeof(seL4_Word),
                                 &registers),
         "WriteRegisters");
    seL4_DebugNameThread(d->tcb, domains[role].name);
}

/* --- capabilities -------------------------------------------------------------------------------
 */

static void give(enum role role, seL4_Word slot, seL4_CPtr cap)
{
    must(seL4_CNode_Copy(made[role].cnode, slot, CNODE_BITS, ROOT, cap, DEPTH, seL4_AllRights),
         "CNode_Copy");
}

static void give_badged(enum role role, seL4_Word slot, seL4_CPtr cap, seL4_Word badge)
{
    must(seL4_CNode_Mint(made[role].cnode, slot, CNODE_BITS, ROOT, cap, DEPTH, seL4_AllRights,
                         badge),
         "CNode_Mint");
}

static void fill_cspace(enum role role)
{
    const struct made *d = &made[role];

    must(seL4_CNode_Mint(d->root_cnode, 0, ROOT_CNODE_BITS, ROOT, d->cnode, DEPTH, seL4_AllRights,
                         GUARD_BITS),
         "Mint of the CNode");
    if (role == MONITOR) {
        give(role, MONITOR_FAULT, d->endpoint);
        give(role, MONITOR_REPLY, d->reply);
        return;
    }
    give(role, SLOT_INPUT, domains[role].has_endpoint ? d->endpoint : d->notification);
    give(role, SLOT_FAULT, d->fault_handler);
    give(role, SLOT_VSPACE, d->vspace);
    give(role, SLOT_REPLY, d->reply);
    if (domains[role].is_passive)
        give_badged(role, SLOT_MONITOR, made[MONITOR].endpoint, role + 1u);
    give(role, SLOT_TCB, d->tcb);
    give(MONITOR, MONITOR_TCB + role, d->tcb);
    give(MONITOR, MONITOR_CONTEXT + role, d->context);
    give(MONITOR, MONITOR_SIGNAL + role, d->notification);
    if (domains[role].parent != NO_PARENT)
        give(domains[role].parent, SLOT_CHILD + CHILD_NUMBER, d->tcb);
}

static void fill_cspaces(void)
{
    for (unsigned role = 0; role < ROLES; role++)
        fill_cspace(role);
    for (unsigned i = 0; i < ARRAY_LENGTH(channels); i++) {
        const struct channel *c = &channels[i];

        if (c->is_call)
            give_badged(c->from, SLOT_CALL + c->number, made[c->to].endpoint,
                        BADGE_CALL | c->number);
        else
            give_badged(c->from, SLOT_SIGNAL + c->number, made[c->to].notification,
                        (seL4_Word)1 << c->number);
    }
    give(DRIVER, SLOT_IRQ + CHANNEL_IRQ, irq);
    give(DRIVER, SLOT_PORTS + PORTS_NUMBER, ports);
}

/* --- the start ----------------------------------------------------------------------------------
 */

/* Ticks are those of the TSC. */
static seL4_Word ticks(seL4_Word us)
{
    const seL4_BootInfoHeader *chunk =
        boot_info_chunk(guest_boot_info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    return us * *(const seL4_Uint32 *)(chunk + 1);
}

static void configure_schedule(void)
{
    const struct {
        seL4_Word domain, us;
    } entries[] = {{0, FIRST_TURN_US}, {OTHER_DOMAIN, SECOND_TURN_US}, {0, 0}};

    for (unsigned i = 0; i < ARRAY_LENGTH(entries); i++)
        must(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, i, (seL4_Uint8)entries[i].domain,
                                              ticks(entries[i].us)),
             "ScheduleConfigure");
}

void guest_main(void)
{
    plan_system();
    objects_create();
    print("initialiser: all objects are there\n");
    create_other_caps();
    create_memory();
    map_for_device();
    for (unsigned role = 0; role < ROLES; role++)
        configure_context(&made[role]);
    for (unsigned role = 0; role < ROLES; role++)
        set_up_thread(role);
    fill_cspaces();
    configure_schedule();
    print("initialiser: starts all\n");
    for (unsigned role = 0; role < ROLES; role++)
        must(seL4_TCB_Resume(made[role].tcb), "TCB_Resume");
    must(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), "ScheduleSetStart");
    must(seL4_TCB_Suspend(seL4_CapInitThreadTCB), "Suspend");
}
