/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/patch.h>

#include <abi/object.h>
#include <base/bits.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/edit.h>
#include <runtime/image.h>
#include <runtime/jump.h>
#include <runtime/landing.h>
#include <runtime/linux.h>
#include <runtime/memory.h>
#include <runtime/process.h>
#include <runtime/request.h>

enum {
    SYSCALL_BYTES = PATCH_CALL_BYTES,
    SITE_BYTES = PATCH_SITE_BYTES, /* with the `mov` behind it */
    JUMP = 0xe9,
    /* A patch costs as much as so many traps. */
    CALLS_BEFORE_PATCH = 4,
};

static const uint8_t site_code[SITE_BYTES] = {0x0f, 0x05, 0x48, 0x89, 0xdc};

static struct patches *own(void)
{
    return &runtime_process()->patches;
}

static struct patch_sites *all(void)
{
    return &runtime_shared()->sites;
}

/* --- sites --------------------------------------------------------------------------------- */

static uint16_t *bucket_of(vaddr_t site)
{
    return &all()->buckets[site % PATCH_BUCKETS];
}

/* Its number + 1, or 0. */
static uint16_t site_find(vaddr_t site)
{
    uint16_t name = *bucket_of(site);

    while (name && all()->site[name - 1] != site)
        name = all()->next[name - 1];
    return name;
}

/* 0: there is no room. */
static uint16_t site_find_or_add(vaddr_t site)
{
    struct patch_sites *sites = all();
    uint16_t name = site_find(site);

    if (name || sites->count >= PATCH_SITES)
        return name;
    name = (uint16_t)++sites->count;
    sites->site[name - 1] = site;
    sites->next[name - 1] = *bucket_of(site);
    *bucket_of(site) = name;
    return name;
}

static bool is_here(uint64_t index)
{
    return own()->is_here[index / 64] >> index % 64 & 1;
}

/* The sites that are patched in this process: the next from `index` on, which is within the range.
 */
static bool next_here(uint64_t *index, vaddr_t start, vaddr_t end)
{
    for (; *index < all()->count; ++*index) {
        vaddr_t site = all()->site[*index];
        if (site >= start && site < end && is_here(*index))
            return true;
    }
    return false;
}

/* --- pages, of all processes --------------------------------------------------------------- */

static void page_remove(uint64_t index)
{
    struct runtime_shared *shared = runtime_shared();

    shared->patched[index] = shared->patched[--shared->patched_count];
}

static bool page_is_patched(vaddr_t page)
{
    uint64_t index = 0;

    return next_here(&index, page, page + PAGE_BYTES);
}

void patch_process_ended(uint32_t vspace)
{
    struct runtime_shared *shared = runtime_shared();

    for (uint64_t i = shared->patched_count; i-- > 0;) {
        if (shared->patched[i].vspace == vspace)
            page_remove(i);
    }
}

void patch_forget(vaddr_t start, vaddr_t end)
{
    struct runtime_shared *shared = runtime_shared();
    struct patches *p = own();

    if (start >= p->end || end <= p->start)
        return;
    for (uint64_t i = 0; next_here(&i, start, end); i++)
        p->is_here[i / 64] &= ~bit(i % 64);
    for (uint64_t i = shared->patched_count; i-- > 0;) {
        const struct runtime_patched *page = &shared->patched[i];
        if (page->vspace == p->vspace && page->vaddr >= start && page->vaddr < end)
            page_remove(i);
    }
}

long patch_undo(vaddr_t start, vaddr_t end)
{
    struct patches *p = own();
    vaddr_t stubs = p->stubs;
    long error = 0;

    if (stubs && stubs >= start && stubs < end) {
        p->stubs = 0;
        error = linux_munmap(stubs, PATCH_STUBS_BYTES);
    }
    return error ? error : memory_unmap(start, end);
}

/* In whichever process it is. */
static void undo(uint32_t vspace, vaddr_t start, vaddr_t end)
{
    struct runtime_vspace *other = &runtime_shared()->vspaces[vspace];
    long error = 0;

    if (vspace == own()->vspace) {
        error = patch_undo(start, end);
    } else {
        other->argument[1] = end;
        error = edit_ask(other, EDIT_FORGET, start);
    }
    if (error)
        request_fail(RUNTIME_CALL_munmap, error);
}

long patch_begin_again(void)
{
    struct patches *p = own();

    for (uint64_t i = 0; next_here(&i, 0, USER_TOP); i++) {
        vaddr_t site = all()->site[i];
        p->seen[site % PATCH_SEEN].site = site;
        p->seen[site % PATCH_SEEN].count = CALLS_BEFORE_PATCH - 1;
    }
    long error = patch_undo(0, USER_TOP);
    p->start = p->end = 0;
    p->left_alone_count = 0;
    p->has_ended = false;
    return error;
}

static bool is_left_alone(vaddr_t page)
{
    const struct patches *p = own();

    for (uint64_t i = 0; i < p->left_alone_count; i++) {
        if (p->left_alone[i] == page)
            return true;
    }
    return false;
}

static void leave_alone(vaddr_t page)
{
    struct patches *p = own();

    if (p->left_alone_count < PATCH_LEFT_ALONE)
        p->left_alone[p->left_alone_count++] = page;
    else
        p->has_ended = true;
}

void patch_make_way(const struct translation_run *run)
{
    struct runtime_shared *shared = runtime_shared();

    if (run->rights != VM_READ_WRITE)
        return;
    for (uint64_t i = shared->patched_count; i-- > 0;) {
        const struct runtime_patched page = shared->patched[i];
        if (page.paddr - run->paddr >= run->end - run->start)
            continue;
        if (page.vspace == own()->vspace)
            leave_alone(page.vaddr);
        undo((uint32_t)page.vspace, page.vaddr, page.vaddr + PAGE_BYTES);
    }
}

/* Whether anybody who has a process could write it. */
static bool is_written(paddr_t root, vaddr_t page, paddr_t paddr)
{
    const struct runtime_shared *shared = runtime_shared();

    for (uint32_t i = shared->first_vspace; i; i = shared->vspaces[i].next) {
        paddr_t other = shared->vspaces[i].root;
        if (kernel_has_alias(runtime_kernel(), other, paddr, other == root ? page : USER_TOP))
            return true;
    }
    return false;
}

/* --- code ---------------------------------------------------------------------------------- */

static void write_relative(uint8_t *code, vaddr_t at, vaddr_t target)
{
    int32_t relative = (int32_t)(target - (at + SITE_BYTES));

    code[0] = JUMP;
    mem_copy(code + 1, &relative, sizeof(relative));
}

/* mov $index, %ecx; jmp to the end; there: movabs $bases_jump_in, %r11; jmp *%r11 */
static void write_stubs(vaddr_t stubs)
{
    static const uint8_t movabs[] = {0x49, 0xbb}, jump[] = {0x41, 0xff, 0xe3};
    const vaddr_t end = stubs + PATCH_SITES * PATCH_STUB_BYTES;
    uint8_t *code = (uint8_t *)stubs;
    uint64_t target = (uint64_t)bases_jump_in;

    mem_zero(code, PATCH_STUBS_BYTES);
    for (uint32_t i = 0; i < PATCH_SITES; i++, code += PATCH_STUB_BYTES) {
        code[0] = 0xb9;
        mem_copy(code + 1, &i, sizeof(i));
        write_relative(code + SITE_BYTES, (vaddr_t)code + SITE_BYTES, end);
    }
    mem_copy(code, movabs, sizeof(movabs));
    mem_copy(code + sizeof(movabs), &target, sizeof(target));
    mem_copy(code + sizeof(movabs) + sizeof(target), jump, sizeof(jump));
}

long patch_open_copy(vaddr_t start, uint64_t bytes, paddr_t paddr)
{
    long mapped = linux_mmap(start, bytes, LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC,
                             LINUX_MAP_PRIVATE | LINUX_MAP_FIXED, process_memory_fd(), paddr);

    return linux_failed(mapped) ? mapped : 0;
}

long patch_close_copy(vaddr_t start, uint64_t bytes)
{
    return linux_mprotect(start, bytes, LINUX_PROT_READ | LINUX_PROT_EXEC);
}

static bool is_free(paddr_t root, vaddr_t start, vaddr_t end)
{
    for (vaddr_t page = start; page < end; page += PAGE_BYTES) {
        if (kernel_translate(runtime_kernel(), root, page).present)
            return false;
    }
    return true;
}

/* What guest memory has where the copy is of matters not: all of it is written. */
static bool has_stubs(paddr_t root)
{
    enum { ANY_MEMORY = 0 };
    struct patches *p = own();
    vaddr_t stubs = runtime_shared()->control.stubs;

    if (p->stubs)
        return true;
    if (!is_free(root, stubs, stubs + PATCH_STUBS_BYTES) ||
        patch_open_copy(stubs, PATCH_STUBS_BYTES, ANY_MEMORY) != 0)
        return false;
    write_stubs(stubs);
    p->stubs = stubs;
    return patch_close_copy(stubs, PATCH_STUBS_BYTES) == 0;
}

/* With all its patches. False: Linux did not let us, and the page may be gone. */
static bool write_page(vaddr_t page, paddr_t paddr)
{
    if (patch_open_copy(page, PAGE_BYTES, paddr) != 0)
        return false;
    for (uint64_t i = 0; next_here(&i, page, page + PAGE_BYTES); i++) {
        vaddr_t site = all()->site[i];
        write_relative((uint8_t *)site, site, own()->stubs + i * PATCH_STUB_BYTES);
    }
    return patch_close_copy(page, PAGE_BYTES) == 0;
}

/* --- jumps in guest memory ----------------------------------------------------------------- */

/* Of the stub that starts at `address`, where they are or were; PATCH_SITES: there is none. */
static uint64_t stub_index(vaddr_t address)
{
    const struct patch_sites *sites = all();

    for (uint64_t i = sites->place_count; i-- > 0;) {
        uint64_t offset = address - sites->place[i];
        if (offset < sites->count * PATCH_STUB_BYTES && offset % PATCH_STUB_BYTES == 0)
            return offset / PATCH_STUB_BYTES;
    }
    return PATCH_SITES;
}

/* Whether guest memory has a jump of ours at `site`, as `code` shows it. */
static bool is_copy(const uint8_t *code, vaddr_t site)
{
    int32_t relative;

    if (code[0] != JUMP)
        return false;
    mem_copy(&relative, code + 1, sizeof(relative));
    uint64_t index = stub_index(site + SITE_BYTES + (vaddr_t)relative);
    return index < PATCH_SITES && all()->site[index] == site;
}

/* All jumps that guest memory has in that page of a VSpace's become what they were. */
static void mend_code(uint8_t *code, vaddr_t page)
{
    for (unsigned at = 0; at <= PAGE_BYTES - SITE_BYTES; at++) {
        if (is_copy(code + at, page + at))
            mem_copy(code + at, site_code, SITE_BYTES);
    }
}

/* --- a call that traps --------------------------------------------------------------------- */

/* What it is about, if it can be patched at all. */
static bool find_site(paddr_t root, vaddr_t site, paddr_t *ret_paddr)
{
    struct kernel *k = runtime_kernel();
    vaddr_t stubs = runtime_shared()->control.stubs;
    uint64_t distance = max_u64(site, stubs) - min_u64(site, stubs);

    if (site % PAGE_BYTES > PAGE_BYTES - SITE_BYTES || distance > INT32_MAX - PATCH_STUBS_BYTES)
        return false;
    struct translation t = kernel_translate(k, root, site);
    *ret_paddr = t.paddr;
    return t.present && kernel_is_backed(k, t.paddr) &&
           mem_equal(kernel_memory(k, t.paddr), site_code, SITE_BYTES);
}

/* The page's first patch makes it a page that is watched. */
static bool take_page(uint32_t vspace, paddr_t root, vaddr_t page, paddr_t paddr)
{
    struct runtime_shared *shared = runtime_shared();
    struct patches *p = own();

    if (page_is_patched(page))
        return true;
    if (is_left_alone(page) || shared->patched_count >= RUNTIME_MAX_PATCHED)
        return false;
    if (is_written(root, page, paddr)) {
        leave_alone(page);
        return false;
    }
    shared->patched[shared->patched_count++] =
        (struct runtime_patched){.paddr = paddr, .vaddr = page, .vspace = vspace};
    p->start = p->end ? min_u64(p->start, page) : page;
    p->end = max_u64(p->end, page + PAGE_BYTES);
    return true;
}

static void patch(uint32_t vspace, paddr_t root, vaddr_t site)
{
    struct patches *p = own();
    vaddr_t page = align_down(site, PAGE_BITS);
    paddr_t paddr;

    p->vspace = vspace;
    if (!find_site(root, site, &paddr) || !has_stubs(root))
        return;
    uint16_t name = site_find_or_add(site);
    if (!name || !take_page(vspace, root, page, align_down(paddr, PAGE_BITS)))
        return;
    p->is_here[(name - 1) / 64] |= bit((name - 1) % 64U);
    /* the copy is not to have what the guest has copied: that could not be mended any more */
    mend_code(kernel_memory(runtime_kernel(), align_down(paddr, PAGE_BITS)), page);
    if (!write_page(page, align_down(paddr, PAGE_BITS))) {
        p->has_ended = true;
        undo(vspace, page, page + PAGE_BYTES);
    }
}

void patch_note_call(uint32_t vspace, paddr_t root, vaddr_t site)
{
    struct patches *p = own();

    if (!runtime_shared()->control.stubs || p->has_ended)
        return;
    uint64_t *count = &p->seen[site % PATCH_SEEN].count;
    if (p->seen[site % PATCH_SEEN].site != site) {
        p->seen[site % PATCH_SEEN].site = site;
        *count = 0;
    }
    if (++*count < CALLS_BEFORE_PATCH)
        return;
    *count = 0; /* it may lose its patch again, and be worth another */
    patch(vspace, root, site);
}

/* --- copies -------------------------------------------------------------------------------- */

/* Where guest memory has a copy of the jump at `site`, all of its page becomes what it was. */
static bool mend_page(paddr_t root, vaddr_t site)
{
    struct kernel *k = runtime_kernel();
    vaddr_t page = align_down(site, PAGE_BITS);
    struct translation t = kernel_translate(k, root, page);

    if (!t.present || !kernel_is_backed(k, t.paddr))
        return false;
    uint8_t *code = kernel_memory(k, t.paddr);
    if (!is_copy(code + (site - page), site))
        return false;
    mend_code(code, page);
    return true;
}

bool patch_mend_copy(paddr_t root, vaddr_t address, vaddr_t *ret_site)
{
    uint64_t index = stub_index(address);

    *ret_site = index < PATCH_SITES ? all()->site[index] : 0;
    return *ret_site && mend_page(root, *ret_site);
}

vaddr_t patch_site(uint32_t index)
{
    return index < PATCH_SITES && is_here(index) ? all()->site[index] : 0;
}

bool patch_is_taken(paddr_t root, uint32_t index, vaddr_t *ret_site)
{
    *ret_site = patch_site(index);
    if (*ret_site)
        return true;
    if (!patch_mend_copy(root, own()->stubs + (uint64_t)index * PATCH_STUB_BYTES, ret_site))
        *ret_site = 0;
    return false;
}

/* --- guest code ---------------------------------------------------------------------------- */

/* Of a stub's first instruction the address says which it is; behind it, rcx. */
static uint64_t index_at(vaddr_t rip, uint64_t rcx)
{
    uint64_t offset = rip - own()->stubs;

    return offset < PATCH_SITES * PATCH_STUB_BYTES ? offset / PATCH_STUB_BYTES : (uint32_t)rcx;
}

bool patch_take_back(word_t reg[USER_REGISTER_COUNT])
{
    const struct patches *p = own();
    vaddr_t rip = reg[UREG_RIP];

    if (!(p->stubs && rip - p->stubs < PATCH_STUBS_BYTES) && !jump_is_beginning(rip))
        return false;
    uint64_t index = index_at(rip, reg[UREG_RCX]);
    if (index >= all()->count)
        return false;
    reg[UREG_RIP] = all()->site[index];
    return true;
}

/* A step is to end at the `mov`: then there has to be one. */
void patch_mend(paddr_t root, word_t reg[USER_REGISTER_COUNT])
{
    vaddr_t site = reg[UREG_RIP] - SYSCALL_BYTES;
    uint16_t name = site_find(site);

    if (!name)
        return;
    if (!is_here(name - 1)) {
        mend_page(root, site);
    } else if (reg[UREG_RFLAGS] & RFLAGS_TRAP) {
        vaddr_t page = align_down(site, PAGE_BITS);
        undo(own()->vspace, page, page + PAGE_BYTES);
    } else {
        reg[UREG_RSP] = reg[UREG_RBX];
        reg[UREG_RIP] += SITE_BYTES - SYSCALL_BYTES;
    }
}

/* --- the end ------------------------------------------------------------------------------- */

/* Far from where it was: what grows towards it does not come there soon. */
static vaddr_t next_place(vaddr_t stubs)
{
    const uint64_t step = REGION_STUBS_BYTES / 8 * 5 + 3 * PAGE_BYTES; /* five eighths */

    return REGION_STUBS + (stubs - REGION_STUBS + align_down(step, PAGE_BITS)) % REGION_STUBS_BYTES;
}

/* Only so often: the guest may be up to something. */
static void choose_place(void)
{
    struct runtime_control *control = &runtime_shared()->control;
    struct reserved_range *reserved = &runtime_kernel()->reserved[RESERVED_STUBS];

    *reserved = (struct reserved_range){0, 0, 0};
    control->stubs = all()->place_count < PATCH_PLACES ? next_place(control->stubs) : 0;
    if (!control->stubs)
        return;
    all()->place[all()->place_count++] = control->stubs;
    reserved->start = control->stubs;
    reserved->end = control->stubs + PATCH_STUBS_BYTES;
}

void patch_undo_everywhere(vaddr_t start, vaddr_t end)
{
    const struct runtime_shared *shared = runtime_shared();

    for (uint32_t i = shared->first_vspace; i; i = shared->vspaces[i].next)
        undo(i, start, end);
}

void patch_move(void)
{
    struct runtime_shared *shared = runtime_shared();
    vaddr_t stubs = shared->control.stubs;

    choose_place();
    while (shared->patched_count > 0) {
        const struct runtime_patched page = shared->patched[0];
        undo((uint32_t)page.vspace, page.vaddr, page.vaddr + PAGE_BYTES);
    }
    patch_undo_everywhere(stubs, stubs + PATCH_STUBS_BYTES);
}
