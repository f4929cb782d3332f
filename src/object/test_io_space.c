/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/object_type.h>
#include <mem/io_space.h>
#include <object/testkit_paging.h>
#include <string.h>

#define DOMAIN    7
#define REQUESTER 0x1af7
#define IO_ADDR   (bit(30) | bit(21) | bit(12)) /* entry 1 of each of three tables */

struct io_guest {
    struct guest g;
    cptr_t space;
};

static struct answer mint(struct guest *g, cptr_t source, cptr_t dest, word_t data)
{
    return guest_invoke(g, (struct guest_call){
                               .cap = INITIAL_CAP_CNODE,
                               .method = INV_CNODE_MINT,
                               WORDS(dest, 64, source, 64, RIGHTS_ALL, data),
                               EXTRA(INITIAL_CAP_CNODE),
                           });
}

static cptr_t mint_space(struct guest *g, unsigned domain, unsigned requester)
{
    cptr_t slot = g->next_slot++;
    CHECK_ANSWER(mint(g, INITIAL_CAP_IO_SPACE, slot, domain << 16 | requester), answer_ok());
    return slot;
}

/* A kernel with an IOMMU of three levels, and an I/O space for REQUESTER. */
static struct io_guest start(void)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.iommu = (struct boot_iommu){.units = 1, .levels = 3};
    struct io_guest io = {.g = guest_boot_with(&boot, GUEST_MEMORY_END)};
    io.space = mint_space(&io.g, DOMAIN, REQUESTER);
    return io;
}

static struct answer map_io_table(struct guest *g, cptr_t table, cptr_t space, uint64_t address)
{
    return guest_invoke(
        g, (struct guest_call){
               .cap = table, .method = INV_X86_IO_PAGE_TABLE_MAP, WORDS(address), EXTRA(space)});
}

static struct answer map_io_page(struct guest *g, cptr_t page, cptr_t space, word_t rights,
                                 uint64_t address)
{
    return guest_invoke(
        g, (struct guest_call){
               .cap = page, .method = INV_X86_PAGE_MAP_IO, WORDS(rights, address), EXTRA(space)});
}

static struct answer unmap_table(struct guest *g, cptr_t table)
{
    return call_plain(g, table, INV_X86_IO_PAGE_TABLE_UNMAP);
}

/* Three tables for IO_ADDR, the upper first. */
static void map_tables_of(struct io_guest *io, cptr_t ret_tables[3])
{
    for (unsigned i = 0; i < 3; i++) {
        ret_tables[i] = guest_make(&io->g, OBJECT_IO_PAGE_TABLE, 0);
        CHECK_ANSWER(map_io_table(&io->g, ret_tables[i], io->space, IO_ADDR), answer_ok());
        CHECK_EQ(guest_cap(&io->g, ret_tables[i]).io_page_table.level, i);
    }
}

static struct dma_translation dma(struct io_guest *io, uint64_t address, bool is_write)
{
    return io_translate(
        io->g.k,
        (struct dma_access){.requester = REQUESTER, .address = address, .is_write = is_write});
}

static bool is_reached(struct io_guest *io)
{
    return dma(io, IO_ADDR, true).reason == DMA_ALLOWED;
}

static struct answer nothing_found(void)
{
    return answer_failed_lookup(false, lookup_invalid_root());
}

TEST(without_an_iommu_there_are_tables_but_no_spaces)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    CHECK(cap_is_null(guest_cap(&g, INITIAL_CAP_IO_SPACE)));
    cptr_t table = guest_make(&g, OBJECT_IO_PAGE_TABLE, 0);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_table(&g, table, INITIAL_CAP_IO_SPACE, 0), answer_invalid_capability(0));
    CHECK_ANSWER(map_io_page(&g, page, INITIAL_CAP_IO_SPACE, RIGHTS, 0),
                 answer_invalid_capability(0));
    CHECK_ANSWER(unmap_table(&g, table), answer_ok());
    CHECK_EQ(guest_copy(&g, table), 0);
    guest_delete(&g, table);
    guest_end(&g);
}

TEST(boot_gives_the_master_and_the_number_of_levels)
{
    struct io_guest io = start();
    struct bootinfo_layout at = abi_bootinfo_layout(&io.g.k->config);
    CHECK_EQ(guest_bootinfo_word(&io.g, at.num_iopt_levels), 3);
    union cap master = guest_cap(&io.g, INITIAL_CAP_IO_SPACE);
    CHECK_EQ(cap_type(master), CAP_IO_SPACE);
    CHECK_EQ(master.io_space.requester, 0);
    CHECK_EQ(cap_object_type(master)->identify_tag, 15);
    CHECK_ANSWER(call_plain(&io.g, INITIAL_CAP_IO_SPACE, INV_X86_IO_PAGE_TABLE_UNMAP),
                 answer_illegal_operation());
    for (unsigned requester = 0; requester < 65536; requester += 255)
        CHECK(!io_context_is_present(io_context_of(io.g.k, requester)));
    guest_end(&io.g);
}

TEST(a_space_is_minted_once_from_the_master)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    union cap space = guest_cap(g, io.space);
    CHECK_EQ(space.io_space.domain_id, DOMAIN);
    CHECK_EQ(space.io_space.requester, REQUESTER);
    cptr_t slot = g->next_slot;
    CHECK_ANSWER(mint(g, INITIAL_CAP_IO_SPACE, slot, REQUESTER), answer_illegal_operation());
    CHECK_ANSWER(mint(g, io.space, slot, 8 << 16 | 8), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_CNODE,
                                                     .method = INV_CNODE_MUTATE,
                                                     WORDS(slot, 64, io.space, 64, 1 << 16 | 8),
                                                     EXTRA(INITIAL_CAP_CNODE)}),
                 answer_illegal_operation());
    CHECK_ANSWER(
        guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_CNODE,
                                            .method = INV_CNODE_MUTATE,
                                            WORDS(slot, 64, INITIAL_CAP_IO_SPACE, 64, 1 << 16 | 8),
                                            EXTRA(INITIAL_CAP_CNODE)}),
        answer_illegal_operation());
    CHECK_ANSWER(mint(g, INITIAL_CAP_IO_SPACE, slot, UINT64_C(0xabc) << 32 | 0xffff0000),
                 answer_ok()); /* for no device: it may be minted again */
    CHECK_ANSWER(mint(g, slot, slot + 1, 1 << 16 | 9), answer_ok());
    CHECK_EQ(guest_cap(g, slot + 1).io_space.requester, 9);
    guest_end(g);
}

TEST(tables_map_errors_in_their_order)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t table = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    struct guest_call call = {
        .cap = table, .method = INV_X86_IO_PAGE_TABLE_MAP, EXTRA(INITIAL_CAP_TCB)};
    CHECK_ANSWER(guest_invoke(g, call), answer_truncated_message());
    call.length = 1;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(g, call), answer_truncated_message());
    CHECK_ANSWER(map_io_table(g, table, INITIAL_CAP_TCB, 0), answer_invalid_capability(0));
    CHECK_ANSWER(map_io_table(g, table, INITIAL_CAP_IO_SPACE, 0), answer_invalid_capability(0));
    CHECK_ANSWER(call_plain(g, table, INV_X86_PAGE_MAP_IO), answer_illegal_operation());
    CHECK_EQ(guest_copy(g, table), 0);
    CHECK_ANSWER(map_io_table(g, table, io.space, IO_ADDR), answer_ok());
    CHECK(guest_copy(g, table) != 0);
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(g, call), answer_invalid_capability(0)); /* is mapped */
    call.length = 0;
    CHECK_ANSWER(guest_invoke(g, call), answer_truncated_message());
    guest_end(g);
}

TEST(tables_go_where_the_walk_ends)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), nothing_found());
    map_tables_of(&io, tables);
    const struct io_context *context = io_context_of(g->k, REQUESTER);
    CHECK_EQ(io_context_table(context), guest_cap(g, tables[0]).io_page_table.object);
    CHECK_EQ(context->high, DOMAIN << 8 | 1);
    CHECK_EQ(dma(&io, IO_ADDR, true).reason, DMA_NO_WRITE);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR + bit(21)), nothing_found());
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR + 0xfff), answer_ok());
    CHECK_EQ(dma(&io, IO_ADDR + 5, true).paddr, frame_cap_paddr(guest_cap(g, page)) + 5);

    /* all tables are there: one more is taken for a page */
    cptr_t fourth = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    cptr_t fifth = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, fourth, io.space, IO_ADDR), answer_ok());
    CHECK_EQ(guest_cap(g, fourth).io_page_table.level, 3);
    CHECK_EQ(dma(&io, align_down(IO_ADDR, 21), true).paddr,
             guest_cap(g, fourth).io_page_table.object);
    CHECK_ANSWER(map_io_table(g, fifth, io.space, IO_ADDR), answer_delete_first());
    CHECK_ANSWER(unmap_table(g, fourth), answer_ok());
    CHECK_EQ(dma(&io, align_down(IO_ADDR, 21), true).reason, DMA_NO_WRITE);
    guest_end(g);
}

TEST(pages_map_errors_in_their_order)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t page = guest_make(g, OBJECT_4K_PAGE, 0), large = guest_make(g, OBJECT_LARGE_PAGE, 0);
    struct guest_call call = {
        .cap = large, .method = INV_X86_PAGE_MAP_IO, WORDS(0), EXTRA(INITIAL_CAP_TCB)};
    CHECK_ANSWER(guest_invoke(g, call), answer_truncated_message());
    call.length = 2;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(g, call), answer_truncated_message());
    guest_slot(g, large)->cap.frame.asid = 1; /* mapped somewhere */
    struct answer answer = map_io_page(g, large, io.space, RIGHTS, 0);
    CHECK_ANSWER(answer, answer_invalid_capability(0));
    CHECK_STR(answer.reason.why, "X86PageMapIO: Invalid page size.");
    CHECK_ANSWER(map_io_page(g, page, INITIAL_CAP_TCB, RIGHTS, 0), answer_invalid_capability(0));
    CHECK_ANSWER(map_io_page(g, page, INITIAL_CAP_IO_SPACE, RIGHTS, 0),
                 answer_invalid_capability(0));
    cptr_t tables[3], second = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    CHECK_ANSWER(map_io_page(g, page, io.space, 0, IO_ADDR), answer_invalid_argument(0));
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    CHECK_ANSWER(map_io_page(g, page, INITIAL_CAP_TCB, RIGHTS, 0), answer_invalid_capability(0));
    CHECK_ANSWER(map_io_page(g, second, io.space, 0, IO_ADDR), answer_delete_first());
    guest_end(g);
}

TEST(rights_of_io_pages)
{
    static const struct {
        word_t cap_rights, rights;
        bool reads, writes;
    } cases[] = {
        {RIGHTS_ALL, RIGHT_READ | RIGHT_WRITE, true, true},
        {RIGHTS_ALL, RIGHT_READ, true, false},
        {RIGHTS_ALL, RIGHT_WRITE, false, true},
        {RIGHT_READ, RIGHT_READ | RIGHT_WRITE, true, false},
    };
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        union cap cap = guest_cap(g, page);
        guest_slot(g, page)->cap = cap_object_type(cap)->mask_rights(cap, cases[i].cap_rights);
        CHECK_ANSWER(map_io_page(g, page, io.space, cases[i].rights, IO_ADDR), answer_ok());
        CHECK_EQ(dma(&io, IO_ADDR, false).reason == DMA_ALLOWED, cases[i].reads);
        CHECK_EQ(dma(&io, IO_ADDR, true).reason == DMA_ALLOWED, cases[i].writes);
        CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
        CHECK_EQ(dma(&io, IO_ADDR, !cases[i].reads).reason,
                 cases[i].reads ? DMA_NO_READ : DMA_NO_WRITE);
    }
    union cap cap = guest_cap(g, page);
    guest_slot(g, page)->cap = cap_object_type(cap)->mask_rights(cap, 0);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_invalid_argument(0));
    guest_end(g);
}

TEST(a_frame_is_mapped_for_a_device_or_for_the_processor)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    struct tables cpu_tables = map_tables(g, VADDR);
    CHECK(cpu_tables.table != 0);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    CHECK_ANSWER(map_page(g, page, VADDR), answer_invalid_capability(1));
    guest_slot(g, page)->cap.frame.asid = 1; /* a device whose number is that of the ASID */
    CHECK_ANSWER(map_page(g, page, VADDR), answer_illegal_operation());
    guest_slot(g, page)->cap.frame.asid = REQUESTER;
    cptr_t copy = guest_copy(g, page);
    CHECK_ANSWER(map_page(g, copy, VADDR), answer_ok());
    CHECK_ANSWER(map_io_page(g, copy, io.space, RIGHTS, IO_ADDR), answer_invalid_capability(0));
    CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK(!is_reached(&io));
    CHECK(at(g, VADDR).present);
    CHECK_ANSWER(map_page(g, page, VADDR), answer_ok());
    guest_end(g);
}

TEST(what_was_mapped_goes_with_its_capability)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    cptr_t copy = guest_copy(g, page); /* not mapped: takes nothing away */
    guest_delete(g, copy);
    CHECK(is_reached(&io));
    guest_delete(g, page);
    CHECK(!is_reached(&io));

    cptr_t table_copy = guest_copy(g, tables[1]), other = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    guest_delete(g, tables[1]);
    CHECK_ANSWER(map_io_table(g, other, io.space, IO_ADDR + bit(21)), answer_ok());
    CHECK_EQ(guest_cap(g, other).io_page_table.level, 2); /* the second one still is there */
    guest_delete(g, table_copy);
    cptr_t again = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, again, io.space, IO_ADDR), answer_ok());
    CHECK_EQ(guest_cap(g, again).io_page_table.level, 1);
    guest_delete(g, tables[0]);
    CHECK(!io_context_is_present(io_context_of(g->k, REQUESTER)));
    CHECK_ANSWER(unmap_table(g, again), answer_ok()); /* there is nothing it could be in */
    guest_end(g);
}

TEST(a_table_keeps_what_is_in_it)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    CHECK_ANSWER(unmap_table(g, tables[0]), answer_ok());
    CHECK_EQ(dma(&io, IO_ADDR, true).reason, DMA_NO_CONTEXT);
    CHECK_ANSWER(unmap_table(g, tables[0]), answer_ok());
    CHECK_ANSWER(map_io_table(g, tables[0], io.space, 0), answer_ok());
    CHECK(is_reached(&io));
    CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK(!is_reached(&io));
    guest_end(g);
}

TEST(only_what_is_still_mapped_is_unmapped)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    /* another table and page take the places over */
    CHECK_ANSWER(unmap_table(g, tables[2]), answer_ok());
    cptr_t other = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, other, io.space, IO_ADDR), answer_ok());
    cptr_t second = guest_make(g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_page(g, second, io.space, RIGHTS, IO_ADDR), answer_ok());
    CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK(is_reached(&io));
    guest_slot(g, tables[2])->cap.io_page_table.is_mapped = 1; /* as if it had been mapped over */
    guest_delete(g, tables[2]);
    CHECK(is_reached(&io));
    guest_slot(g, other)->cap.io_page_table.level = 0;
    guest_delete(g, other);
    CHECK(is_reached(&io));
    guest_end(g);
}

TEST(deleting_the_last_capability_to_a_device_unmaps_all)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], page = guest_make(g, OBJECT_4K_PAGE, 0);
    map_tables_of(&io, tables);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR), answer_ok());
    cptr_t copy = guest_copy(g, io.space);
    guest_delete(g, io.space);
    CHECK(is_reached(&io));
    guest_delete(g, copy);
    CHECK(!is_reached(&io));
    CHECK(!io_context_is_present(io_context_of(g->k, REQUESTER)));
    guest_delete(g, INITIAL_CAP_IO_SPACE);
    guest_end(g);
}

/* --- what a table says of memory that has become something else ------------------------------ */

/* Whether DMA to the page ends where the page is; or, if not, is refused. */
static bool is_dma_to(struct io_guest *io, uint64_t address, paddr_t page)
{
    struct dma_translation found = dma(io, address, true);
    CHECK(found.reason == DMA_ALLOWED || dma(io, address, false).reason != DMA_ALLOWED);
    return found.reason == DMA_ALLOWED && found.paddr == page;
}

/* An entry that a page leaves behind in a table that was not linked when its capability went. */
TEST(an_entry_that_was_left_behind_leads_to_no_object)
{
    static const enum object_kind objects[] = {OBJECT_ENDPOINT, OBJECT_TCB, OBJECT_CNODE,
                                               OBJECT_PAGE_TABLE, OBJECT_UNTYPED};
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], untyped = guest_make(g, OBJECT_UNTYPED, 12);
    paddr_t page = guest_cap(g, untyped).untyped.base;
    map_tables_of(&io, tables);
    for (unsigned i = 0; i < ARRAY_LENGTH(objects); i++) {
        cptr_t frame = guest_make_in(g, untyped, OBJECT_4K_PAGE, 0);
        CHECK_ANSWER(map_io_page(g, frame, io.space, RIGHTS, IO_ADDR), answer_ok());
        CHECK_ANSWER(unmap_table(g, tables[2]), answer_ok());
        guest_delete(g, frame);
        cptr_t object = guest_make_in(g, untyped, objects[i], 5);
        CHECK_ANSWER(map_io_table(g, tables[2], io.space, IO_ADDR), answer_ok());
        CHECK_EQ(dma(&io, IO_ADDR, true).reason, DMA_CLOSED);
        CHECK_EQ(dma(&io, IO_ADDR, false).reason, DMA_CLOSED);
        guest_delete(g, object);
        frame = guest_make_in(g, untyped, OBJECT_4K_PAGE, 0); /* as the hardware would have it */
        CHECK(is_dma_to(&io, IO_ADDR, page));
        CHECK_ANSWER(map_io_page(g, frame, io.space, RIGHTS, IO_ADDR), answer_delete_first());
        guest_delete(g, frame);
        *io_walk_leaf(g->k, io_context_of(g->k, REQUESTER), IO_ADDR).entry = 0;
    }
    guest_end(g);
}

TEST(an_entry_that_was_left_behind_leads_to_no_pool_of_asids)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t tables[3], untyped = guest_make(g, OBJECT_UNTYPED, 12), pool = g->next_slot++;
    map_tables_of(&io, tables);
    cptr_t frame = guest_make_in(g, untyped, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_page(g, frame, io.space, RIGHTS, IO_ADDR), answer_ok());
    CHECK_ANSWER(unmap_table(g, tables[2]), answer_ok());
    guest_delete(g, frame);
    CHECK_ANSWER(make_pool(g, untyped, pool), answer_ok());
    CHECK_ANSWER(map_io_table(g, tables[2], io.space, IO_ADDR), answer_ok());
    CHECK_EQ(dma(&io, IO_ADDR, true).reason, DMA_CLOSED);
    guest_end(g);
}

/*
 * The second table of three, made in `untyped`, for IO_ADDR and IO_ADDR + bit(30): its capability
 * says the latter, a copy the former, so that with both it stays where it is.
 */
static void leave_table_linked(struct io_guest *io, cptr_t untyped)
{
    struct guest *g = &io->g;
    cptr_t first = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    cptr_t second = guest_make_in(g, untyped, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, first, io->space, IO_ADDR), answer_ok());
    CHECK_ANSWER(map_io_table(g, second, io->space, IO_ADDR), answer_ok());
    cptr_t copy = guest_copy(g, second);
    CHECK_ANSWER(unmap_table(g, second), answer_ok());
    CHECK_ANSWER(map_io_table(g, second, io->space, IO_ADDR + bit(30)), answer_ok());
    guest_delete(g, second);
    guest_delete(g, copy);
}

TEST(an_object_is_not_taken_for_the_table_that_lay_there)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t untyped = guest_make(g, OBJECT_UNTYPED, 12), page = guest_make(g, OBJECT_4K_PAGE, 0);
    cptr_t third = guest_make(g, OBJECT_IO_PAGE_TABLE, 0),
           inside = guest_make(g, OBJECT_4K_PAGE, 0);
    const char *memory = kernel_memory(g->k, guest_cap(g, untyped).untyped.base);
    static char before[PAGE_BYTES];
    leave_table_linked(&io, untyped);
    CHECK_ANSWER(map_io_table(g, third, io.space, IO_ADDR + bit(30)), answer_ok());
    CHECK_ANSWER(map_io_page(g, inside, io.space, RIGHTS, IO_ADDR + bit(30)), answer_ok());
    guest_make_in(g, untyped, OBJECT_TCB, 0);
    memcpy(before, memory, PAGE_BYTES);
    cptr_t table = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, table, io.space, IO_ADDR + bit(30)), nothing_found());
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, IO_ADDR + bit(30)), nothing_found());
    CHECK_EQ(dma(&io, IO_ADDR + bit(30), true).reason, DMA_BAD_TABLE);
    CHECK_ANSWER(call_plain(g, inside, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_ANSWER(unmap_table(g, third), answer_ok());
    CHECK_MEM(memory, before, PAGE_BYTES);
    guest_end(g);
}

/* Whoever can write a page that is still walked as a table reaches other such memory, as with the
 * hardware, but no objects. */
TEST(forged_tables_lead_to_no_object)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t untyped = guest_make(g, OBJECT_UNTYPED, 12), page = guest_make(g, OBJECT_4K_PAGE, 0);
    paddr_t target = frame_cap_paddr(guest_cap(g, page));
    uint64_t *forged = kernel_memory(g->k, guest_cap(g, untyped).untyped.base);
    const uint64_t address = IO_ADDR + bit(30);
    leave_table_linked(&io, untyped);
    guest_make_in(g, untyped, OBJECT_4K_PAGE, 0);
    paddr_t tcb = guest_cap(g, guest_make(g, OBJECT_TCB, 0)).tcb.object;
    struct tcb before = *tcb_at(g->k, tcb);

    cptr_t third = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK_ANSWER(map_io_table(g, third, io.space, address), answer_ok());
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, address), answer_ok());
    CHECK(is_dma_to(&io, address, target));

    forged[1] = align_down(tcb, PAGE_BITS) | IO_ENTRY_READ | IO_ENTRY_WRITE;
    CHECK_EQ(dma(&io, address, true).reason, DMA_BAD_TABLE);
    CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, address), nothing_found());
    CHECK_ANSWER(unmap_table(g, third), answer_ok());
    CHECK_MEM(tcb_at(g->k, tcb), &before, sizeof(before));
    forged[1] = target | IO_ENTRY_READ | IO_ENTRY_WRITE;
    *(uint64_t *)kernel_memory(g->k, target + 8) = align_down(tcb, PAGE_BITS) | IO_ENTRY_WRITE;
    CHECK_EQ(dma(&io, address, true).reason, DMA_CLOSED);
    *(uint64_t *)kernel_memory(g->k, target + 8) = g->k->io_mmu.root_table | IO_ENTRY_WRITE;
    CHECK_EQ(dma(&io, address, true).reason, DMA_CLOSED);
    guest_end(g);
}

/* An entry above, that may not be written through, is none of its place. */
TEST(what_is_unmapped_is_looked_for_where_it_was_mapped)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t untyped = guest_make(g, OBJECT_UNTYPED, 12), page = guest_make(g, OBJECT_4K_PAGE, 0);
    cptr_t third = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    cptr_t fourth = guest_make(g, OBJECT_IO_PAGE_TABLE, 0);
    uint64_t *forged = kernel_memory(g->k, guest_cap(g, untyped).untyped.base);
    const uint64_t address = IO_ADDR + bit(30);
    leave_table_linked(&io, untyped);
    guest_make_in(g, untyped, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_table(g, third, io.space, address), answer_ok());
    CHECK_ANSWER(map_io_table(g, fourth, io.space, address), answer_ok());
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, address), answer_ok());

    uint64_t entry = forged[1] = guest_cap(g, fourth).io_page_table.object | IO_ENTRY_READ;
    CHECK_ANSWER(unmap_table(g, fourth), answer_ok());
    CHECK_EQ(forged[1], entry);
    entry = forged[1] = frame_cap_paddr(guest_cap(g, page)) | IO_ENTRY_READ;
    CHECK_ANSWER(call_plain(g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_EQ(forged[1], entry);
    guest_end(g);
}

TEST(a_failed_lookup_tells_of_the_last_one)
{
    struct io_guest io = start();
    struct guest *g = &io.g;
    cptr_t page = guest_make(g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, 0), nothing_found());
    CHECK_ANSWER(mint(g, g->next_slot, g->next_slot + 1, 0),
                 answer_failed_lookup(true, lookup_missing_capability(64)));
    CHECK_ANSWER(map_io_page(g, page, io.space, RIGHTS, 0),
                 answer_failed_lookup(false, lookup_missing_capability(64)));
    guest_end(g);
}
