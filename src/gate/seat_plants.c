/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints of the debugger's. Software ones are int3 in a private copy of their page, made
 * whenever Linux maps the page; to plant one, or to pull it, the page is unmapped and faulted in
 * again. What the guest itself writes to such a page, as its page tables may allow, goes to its own
 * memory: the page is opened for the one instruction.
 */
#include <gate/seat_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INT3 0xcc

static bool is_software(const struct seat_plant *plant)
{
    return plant->kind == SEAT_BREAK_SOFTWARE;
}

/* --- pages --------------------------------------------------------------------------------- */

static struct seat_plant_page *page_find(const struct seat_vspace *vspace, vaddr_t address)
{
    vaddr_t base = align_down(address, PAGE_BITS);
    struct seat_plant_page *page = vspace->plants.pages;
    while (page && page->page != base)
        page = page->next;
    return page;
}

static struct seat_plant_page *page_add(struct seat_vspace *vspace, vaddr_t address)
{
    struct seat_plant_page *page = host_allocate(1, sizeof(*page));
    if (!page)
        return NULL;
    page->page = align_down(address, PAGE_BITS);
    page->next = vspace->plants.pages;
    vspace->plants.pages = page;
    return page;
}

static void page_unmap(struct seat *seat, struct seat_vspace *vspace,
                       const struct seat_plant_page *page)
{
    if (seat->ops->runs_kernel) /* it may be mapped without the seat's knowledge */
        mapped_add(&vspace->mapped, page->page, page->page + PAGE_BYTES);
    seat_unmap(seat, vspace, page->page, page->page + PAGE_BYTES);
}

static bool page_is_used(const struct seat_vspace *vspace, const struct seat_plant_page *page)
{
    for (const struct seat_plant *p = vspace->plants.list; p; p = p->next) {
        if (is_software(p) && page_find(vspace, p->vaddr) == page)
            return true;
    }
    return false;
}

static void page_remove(struct seat_vspace *vspace, struct seat_plant_page *page)
{
    struct seat_plant_page **link = &vspace->plants.pages;
    while (*link != page)
        link = &(*link)->next;
    *link = page->next;
    free(page);
}

/* Whether the page is mapped; it was backed by memory then, so it still is. */
static bool page_is_mapped(struct seat *seat, const struct seat_vspace *vspace,
                           const struct seat_plant_page *page, paddr_t *ret_paddr)
{
    if (!mapped_has(&vspace->mapped, page->page))
        return false;
    struct translation t = kernel_translate(seat->k, vspace->root, page->page);
    *ret_paddr = t.paddr;
    return t.present;
}

/* A private copy with the breakpoints, of a page that has just been mapped. */
static int page_copy(struct seat *seat, struct seat_vspace *vspace, struct seat_plant_page *page,
                     const struct translation_run *run)
{
    paddr_t paddr = run->paddr + (page->page - run->start);
    int error = 0;
    if (run->rights == VM_READ_WRITE)
        error = seat->ops->map(vspace->process, page->page, PAGE_BYTES, paddr, false);
    memcpy(page->bytes, kernel_memory(seat->k, paddr), PAGE_BYTES);
    for (const struct seat_plant *p = vspace->plants.list; p && !error; p = p->next) {
        if (is_software(p) && page_find(vspace, p->vaddr) == page)
            error = seat->ops->poke(vspace->process, p->vaddr, INT3);
    }
    return error;
}

int seat_plants_mapped(struct seat *seat, struct seat_vspace *vspace,
                       const struct translation_run *run)
{
    int error = 0;
    for (struct seat_plant_page *p = vspace->plants.pages; p && !error; p = p->next) {
        if (p->page - run->start < run->end - run->start)
            error = page_copy(seat, vspace, p, run);
    }
    return error;
}

void seat_plants_refresh(struct seat *seat, struct seat_vspace *vspace)
{
    paddr_t paddr;
    for (struct seat_plant_page *p = vspace->plants.pages; p; p = p->next) {
        if (page_is_mapped(seat, vspace, p, &paddr) &&
            memcmp(kernel_memory(seat->k, paddr), p->bytes, PAGE_BYTES) != 0)
            page_unmap(seat, vspace, p);
    }
}

static int page_open(struct seat *seat, struct seat_vspace *vspace, vaddr_t page, paddr_t paddr)
{
    int error = seat->ops->map(vspace->process, page, PAGE_BYTES, paddr, true);
    if (!error && !mapped_add(&vspace->mapped, page, page + PAGE_BYTES))
        error = -ENOMEM;
    return error;
}

bool seat_plants_open(struct seat *seat, struct seat_vspace *vspace, vaddr_t address)
{
    paddr_t paddr;
    struct seat_plant_page *page = page_find(vspace, address);
    if (!page || !page_is_mapped(seat, vspace, page, &paddr))
        return false;
    int error = page_open(seat, vspace, page->page, paddr);
    if (error == -ENOMEM) { /* Linux's areas are used up: begin anew, as map_around() does */
        seat_unmap(seat, vspace, 0, USER_TOP);
        error = page_open(seat, vspace, page->page, paddr);
    }
    if (error)
        seat_fail(seat, error, "cannot map a page of breakpoints at 0x%" PRIx64, page->page);
    page->is_open = vspace->plants.has_open_page = true;
    return true;
}

void seat_plants_close(struct seat *seat, struct seat_vspace *vspace)
{
    if (!vspace->plants.has_open_page)
        return;
    for (struct seat_plant_page *p = vspace->plants.pages; p; p = p->next) {
        if (p->is_open)
            page_unmap(seat, vspace, p);
        p->is_open = false;
    }
    vspace->plants.has_open_page = false;
}

/* --- debug registers ----------------------------------------------------------------------- */

/* The largest aligned piece at the start of what is watched. */
static uint8_t piece_size(vaddr_t vaddr, uint64_t size)
{
    uint8_t piece = sizeof(word_t);
    while (piece > size || vaddr % piece)
        piece /= 2;
    return piece;
}

/* An instruction takes one register, watched memory one for each piece. */
static unsigned pieces_of(enum seat_breakpoint_kind kind, vaddr_t vaddr, uint64_t size)
{
    unsigned count = 1;
    if (kind == SEAT_BREAK_HARDWARE)
        return count;
    for (uint8_t piece = piece_size(vaddr, size); piece < size && count <= HARDWARE_BREAKPOINTS;
         count++) {
        vaddr += piece;
        size -= piece;
        piece = piece_size(vaddr, size);
    }
    return count;
}

static struct breakpoint piece_breakpoint(const struct seat_plant *plant, vaddr_t vaddr,
                                          uint8_t size)
{
    if (plant->kind == SEAT_BREAK_HARDWARE)
        return (struct breakpoint){
            .address = vaddr, .type = BREAKPOINT_INSTRUCTION, .is_enabled = true};
    return (struct breakpoint){
        .address = vaddr,
        .type = BREAKPOINT_DATA,
        .access = plant->kind == SEAT_WATCH_WRITE ? BREAK_ON_WRITE : BREAK_ON_READ_WRITE,
        .size = size,
        .is_enabled = true,
    };
}

/* Puts the plant's pieces into free registers, from `next` on; returns the next one. */
static unsigned place_pieces(const struct seat_plant *plant, unsigned next,
                             struct breakpoint list[HARDWARE_BREAKPOINTS],
                             const struct seat_plant *owner[HARDWARE_BREAKPOINTS])
{
    vaddr_t vaddr = plant->vaddr;
    unsigned pieces = pieces_of(plant->kind, vaddr, plant->size);
    for (; pieces > 0 && next < HARDWARE_BREAKPOINTS; next++) {
        if (list[next].is_enabled)
            continue;
        uint8_t size = piece_size(vaddr, plant->vaddr + plant->size - vaddr);
        list[next] = piece_breakpoint(plant, vaddr, size);
        owner[next] = plant;
        vaddr += size;
        pieces--;
    }
    return next;
}

void seat_plants_breakpoints(const struct seat_vspace *vspace, const struct tcb *tcb,
                             struct breakpoint ret_list[HARDWARE_BREAKPOINTS],
                             const struct seat_plant *ret_owner[HARDWARE_BREAKPOINTS])
{
    unsigned next = 0;
    kernel_breakpoints(tcb, ret_list);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++)
        ret_owner[i] = NULL;
    for (const struct seat_plant *p = vspace->plants.list; p; p = p->next) {
        if (!is_software(p))
            next = place_pieces(p, next, ret_list, ret_owner);
    }
}

/* What the guest leaves free in each thread of the VSpace. */
static unsigned free_registers(struct seat *seat, const struct seat_vspace *vspace)
{
    unsigned most = 0;
    struct kernel *k = seat->k;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        struct breakpoint list[HARDWARE_BREAKPOINTS];
        unsigned used = 0;
        if (kernel_tcb_vspace(k, tcb) != vspace->root)
            continue;
        kernel_breakpoints(tcb, list);
        for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++)
            used += list[i].is_enabled;
        most = used > most ? used : most;
    }
    return HARDWARE_BREAKPOINTS - most;
}

static bool has_room(struct seat *seat, const struct seat_vspace *vspace, unsigned pieces)
{
    for (const struct seat_plant *p = vspace->plants.list; p; p = p->next) {
        if (!is_software(p))
            pieces += pieces_of(p->kind, p->vaddr, p->size);
    }
    return pieces <= free_registers(seat, vspace);
}

/* --- plants -------------------------------------------------------------------------------- */

static bool is_watch(enum seat_breakpoint_kind kind)
{
    return kind == SEAT_WATCH_WRITE || kind == SEAT_WATCH_ACCESS;
}

static int check(vaddr_t vaddr, enum seat_breakpoint_kind kind, uint64_t size)
{
    uint64_t bytes = is_watch(kind) ? size : 1;
    if (kind == SEAT_WATCH_READ)
        return -ENOTSUP;
    bool is_user = bytes > 0 && vaddr < USER_TOP && bytes <= USER_TOP - vaddr;
    return is_user ? 0 : -EFAULT;
}

/* The link that leads to the plant, or the last one. */
static struct seat_plant **plant_find(struct seat_vspace *vspace, vaddr_t vaddr,
                                      enum seat_breakpoint_kind kind, uint64_t size)
{
    struct seat_plant **link = &vspace->plants.list;
    while (*link && !((*link)->vaddr == vaddr && (*link)->kind == kind &&
                      (!is_watch(kind) || (*link)->size == size)))
        link = &(*link)->next;
    return link;
}

static int plant_software(struct seat *seat, struct seat_vspace *vspace, vaddr_t vaddr)
{
    struct seat_plant_page *page = page_find(vspace, vaddr);
    if (!page)
        page = page_add(vspace, vaddr);
    if (!page)
        return -ENOMEM;
    page_unmap(seat, vspace, page);
    return 0;
}

static int plant_hardware(struct seat *seat, struct seat_vspace *vspace, vaddr_t vaddr,
                          enum seat_breakpoint_kind kind, uint64_t size)
{
    if (!has_room(seat, vspace, pieces_of(kind, vaddr, size)))
        return -ENOSPC;
    vspace->plants.generation++;
    return 0;
}

int seat_debug_plant(struct seat *seat, paddr_t root, vaddr_t vaddr, enum seat_breakpoint_kind kind,
                     uint64_t size)
{
    struct seat_vspace *vspace = root ? seat_vspace_find(seat, root) : NULL;
    int error = check(vaddr, kind, size);
    if (error)
        return error;
    if (!vspace)
        return -ESRCH;
    struct seat_plant **link = plant_find(vspace, vaddr, kind, size);
    if (*link)
        return 0;
    struct seat_plant *plant = host_allocate(1, sizeof(*plant));
    if (!plant)
        return -ENOMEM;
    error = kind == SEAT_BREAK_SOFTWARE ? plant_software(seat, vspace, vaddr)
                                        : plant_hardware(seat, vspace, vaddr, kind, size);
    if (error) {
        free(plant);
        return error;
    }
    *plant = (struct seat_plant){
        .kind = kind, .vaddr = vaddr, .size = is_watch(kind) ? size : 1, .next = NULL};
    *link = plant;
    return 0;
}

static void plant_remove(struct seat *seat, struct seat_vspace *vspace, struct seat_plant **link)
{
    struct seat_plant *plant = *link;
    *link = plant->next;
    if (is_software(plant)) {
        struct seat_plant_page *page = page_find(vspace, plant->vaddr);
        page_unmap(seat, vspace, page);
        if (!page_is_used(vspace, page))
            page_remove(vspace, page);
    } else {
        vspace->plants.generation++;
    }
    free(plant);
}

void seat_debug_pull(struct seat *seat, paddr_t root, vaddr_t vaddr, enum seat_breakpoint_kind kind,
                     uint64_t size)
{
    struct seat_vspace *vspace = root ? seat_vspace_find(seat, root) : NULL;
    struct seat_plant **link = vspace ? plant_find(vspace, vaddr, kind, size) : NULL;
    if (link && *link)
        plant_remove(seat, vspace, link);
}

const struct seat_plant *seat_plants_at(const struct seat_vspace *vspace, vaddr_t address)
{
    const struct seat_plant *plant = vspace->plants.list;
    while (plant && !(is_software(plant) && plant->vaddr == address))
        plant = plant->next;
    return plant;
}

void seat_plants_clear(struct seat *seat, struct seat_vspace *vspace)
{
    while (vspace->plants.list)
        plant_remove(seat, vspace, &vspace->plants.list);
}

void seat_plants_free(struct seat_vspace *vspace)
{
    struct seat_plants *plants = &vspace->plants;
    while (plants->list) {
        struct seat_plant *next = plants->list->next;
        free(plants->list);
        plants->list = next;
    }
    while (plants->pages) {
        struct seat_plant_page *next = plants->pages->next;
        free(plants->pages);
        plants->pages = next;
    }
}
