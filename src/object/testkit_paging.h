/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that tests of the mapping methods make. */
#ifndef OBJECT_TESTKIT_PAGING_H
#define OBJECT_TESTKIT_PAGING_H

#include <abi/bootinfo.h>
#include <mem/vspace.h>
#include <model/testkit_guest.h>
#include <test.h>

#define VADDR           UINT64_C(0x10000200000)
#define RIGHTS          3
#define ROOT_VSPACE_CAP INITIAL_CAP_VSPACE

static inline struct answer map_page_with(struct guest *g, cptr_t page, vaddr_t vaddr,
                                          word_t rights, word_t attributes, cptr_t vspace)
{
    return guest_invoke(g, (struct guest_call){.cap = page,
                                               .method = INV_X86_PAGE_MAP,
                                               WORDS(vaddr, rights, attributes),
                                               EXTRA(vspace)});
}

static inline struct answer map_page(struct guest *g, cptr_t page, vaddr_t vaddr)
{
    return map_page_with(g, page, vaddr, RIGHTS, 0, ROOT_VSPACE_CAP);
}

static inline struct answer call_plain(struct guest *g, cptr_t cap, enum invocation method)
{
    return guest_invoke(g, (struct guest_call){.cap = cap, .method = method});
}

static inline struct answer map_table_in(struct guest *g, cptr_t table, vaddr_t vaddr,
                                         cptr_t vspace)
{
    static const enum invocation methods[CAP_TYPE_COUNT] = {
        [CAP_PAGE_TABLE] = INV_X86_PAGE_TABLE_MAP,
        [CAP_PAGE_DIRECTORY] = INV_X86_PAGE_DIRECTORY_MAP,
        [CAP_PDPT] = INV_X86_PDPT_MAP,
    };
    return guest_invoke(g, (struct guest_call){.cap = table,
                                               .method = methods[cap_type(guest_cap(g, table))],
                                               WORDS(vaddr, 0),
                                               EXTRA(vspace)});
}

static inline struct answer map_table(struct guest *g, cptr_t table, vaddr_t vaddr)
{
    return map_table_in(g, table, vaddr, ROOT_VSPACE_CAP);
}

struct tables {
    cptr_t pdpt, directory, table;
};

static inline struct tables map_tables(struct guest *g, vaddr_t vaddr)
{
    struct tables t = {
        .pdpt = guest_make(g, OBJECT_PDPT, 0),
        .directory = guest_make(g, OBJECT_PAGE_DIRECTORY, 0),
        .table = guest_make(g, OBJECT_PAGE_TABLE, 0),
    };
    CHECK_ANSWER(map_table(g, t.pdpt, vaddr), answer_ok());
    CHECK_ANSWER(map_table(g, t.directory, vaddr), answer_ok());
    CHECK_ANSWER(map_table(g, t.table, vaddr), answer_ok());
    return t;
}

static inline struct translation at(struct guest *g, vaddr_t vaddr)
{
    return vspace_translate(g->k, guest_cap(g, ROOT_VSPACE_CAP).pml4.object, vaddr);
}

static inline struct answer missing_table(unsigned bits)
{
    return answer_failed_lookup(false, lookup_missing_capability(bits));
}

static inline struct answer make_pool(struct guest *g, cptr_t untyped, cptr_t dest)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_ASID_CONTROL,
                                               .method = INV_X86_ASID_CONTROL_MAKE_POOL,
                                               WORDS(dest, 64),
                                               EXTRA(untyped, INITIAL_CAP_CNODE)});
}

static inline struct answer assign(struct guest *g, cptr_t pool, cptr_t vspace)
{
    return guest_invoke(
        g, (struct guest_call){.cap = pool, .method = INV_X86_ASID_POOL_ASSIGN, EXTRA(vspace)});
}

#endif
