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
    SYSCALL_BYTES = 2,
    SITE_BYTES = 5, /* with the `mov` behind it */
    /* A patch costs as much as so many traps. */
    CALLS_BEFORE_PATCH = 4,
};

static const uint8_t site_code[SITE_BYTES] = {0x0f, 0x05, 0x48, 0x89, 0xdc};

static struct patches *own(void)
{
    return &runtime_process()->patches;
}

/* --- the sites of this process ------------------------------------------------------------- */

static uint16_t *bucket_of(vaddr_t site)
{
    return &own()->buckets[site % PATCH_BUCKETS];
}

/* Its number + 1, or 0. */
static uint16_t site_find(vaddr_t site)
{
    struct patches *p = own();
    uint16_t name = *bucket_of(site);

    while (name && p->site[name - 1] != site)
        name = p->next[name - 1];
    return name;
}

/* False: there is no room. */
static bool site_add(vaddr_t site, uint16_t *ret_name)
{
    struct patches *p = own();

    for (uint16_t i = 0; i < PATCH_SITES; i++) {
        if (p->site[i])
            continue;
        p->site[i] = site;
        p->next[i] = *bucket_of(site);
        *bucket_of(site) = *ret_name = i + 1;
        return true;
    }
    return false;
}

static void site_remove(uint16_t name)
{
    struct patches *p = own();
    uint16_t *link = bucket_of(p->site[name - 1]);

    while (*link != name)
        link = &p->next[*link - 1];
    *link = p->next[name - 1];
    p->site[name - 1] = 0;
}

vaddr_t patch_site(uint32_t index)
{
    return index < PATCH_SITES ? own()->site[index] : 0;
}

/* --- pages, of all processes --------------------------------------------------------------- */

static void page_remove(uint64_t index)
{
    struct runtime_shared *shared = runtime_shared();

    shared->patched[index] = shared->patched[--shared->patched_count];
}

static bool page_is_patched(vaddr_t page)
{
    for (uint16_t i = 0; i < PATCH_SITES; i++) {
        if (align_down(own()->site[i], PAGE_BITS) == page && own()->site[i])
            return true;
    }
    return false;
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
    for (uint16_t i = 0; i < PATCH_SITES; i++) {
        if (p->site[i] >= start && p->site[i] < end)
            site_remove(i + 1);
    }
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
        p->has_ended = true;
        p->stubs = 0;
        error = linux_munmap(stubs, PAGE_BYTES);
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

    code[0] = 0xe9; /* jmp */
    mem_copy(code + 1, &relative, sizeof(relative));
}

/* mov $index, %ecx; jmp to the end; there: movabs $bases_jump_in, %r11; jmp *%r11 */
static void write_stubs(vaddr_t stubs)
{
    static const uint8_t movabs[] = {0x49, 0xbb}, jump[] = {0x41, 0xff, 0xe3};
    const vaddr_t end = stubs + PATCH_SITES * PATCH_STUB_BYTES;
    uint8_t *code = (uint8_t *)stubs;
    uint64_t target = (uint64_t)bases_jump_in;

    mem_zero(code, PAGE_BYTES);
    for (uint32_t i = 0; i < PATCH_SITES; i++, code += PATCH_STUB_BYTES) {
        code[0] = 0xb9;
        mem_copy(code + 1, &i, sizeof(i));
        write_relative(code + SITE_BYTES, (vaddr_t)code + SITE_BYTES, end);
    }
    mem_copy(code, movabs, sizeof(movabs));
    mem_copy(code + sizeof(movabs), &target, sizeof(target));
    mem_copy(code + sizeof(movabs) + sizeof(target), jump, sizeof(jump));
}

/* A private copy of a page of guest memory, which can be written until it is closed. */
static bool open_copy(vaddr_t page, paddr_t paddr)
{
    return !linux_failed(linux_mmap(page, PAGE_BYTES,
                                    LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC,
                                    LINUX_MAP_PRIVATE | LINUX_MAP_FIXED, LANDING_MEMORY_FD, paddr));
}

static bool close_copy(vaddr_t page)
{
    return linux_mprotect(page, PAGE_BYTES, LINUX_PROT_READ | LINUX_PROT_EXEC) == 0;
}

/* What guest memory has at `paddr` matters not: all of the copy is written. */
static bool has_stubs(paddr_t root, paddr_t paddr)
{
    struct patches *p = own();
    vaddr_t stubs = runtime_shared()->control.stubs;

    if (p->stubs)
        return true;
    if (kernel_translate(runtime_kernel(), root, stubs).present || !open_copy(stubs, paddr))
        return false;
    write_stubs(stubs);
    p->stubs = stubs;
    return close_copy(stubs);
}

/* With all its patches. False: Linux did not let us, and the page may be gone. */
static bool write_page(vaddr_t page, paddr_t paddr)
{
    const struct patches *p = own();

    if (!open_copy(page, paddr))
        return false;
    for (uint16_t i = 0; i < PATCH_SITES; i++) {
        if (p->site[i] && align_down(p->site[i], PAGE_BITS) == page)
            write_relative((uint8_t *)p->site[i], p->site[i], p->stubs + i * PATCH_STUB_BYTES);
    }
    return close_copy(page);
}

/* --- a call that traps --------------------------------------------------------------------- */

/* What it is about, if it can be patched at all. */
static bool find_site(paddr_t root, vaddr_t site, paddr_t *ret_paddr)
{
    struct kernel *k = runtime_kernel();
    vaddr_t stubs = runtime_shared()->control.stubs;
    uint64_t distance = max_u64(site, stubs) - min_u64(site, stubs);

    if (site % PAGE_BYTES > PAGE_BYTES - SITE_BYTES || distance > INT32_MAX - PAGE_BYTES)
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
    uint16_t name;

    p->vspace = vspace;
    if (!find_site(root, site, &paddr) || !has_stubs(root, align_down(paddr, PAGE_BITS)) ||
        !take_page(vspace, root, page, align_down(paddr, PAGE_BITS)))
        return;
    if (!site_add(site, &name) || !write_page(page, align_down(paddr, PAGE_BITS))) {
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
    if (++*count == CALLS_BEFORE_PATCH)
        patch(vspace, root, site);
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

    if (!(p->stubs && rip - p->stubs < PAGE_BYTES) && !jump_is_beginning(rip))
        return false;
    vaddr_t site = patch_site((uint32_t)min_u64(index_at(rip, reg[UREG_RCX]), PATCH_SITES));
    if (site)
        reg[UREG_RIP] = site;
    return site != 0;
}

/* A step is to end at the `mov`: then there has to be one. */
void patch_mend(word_t reg[USER_REGISTER_COUNT])
{
    vaddr_t site = reg[UREG_RIP] - SYSCALL_BYTES;

    if (!site_find(site))
        return;
    if (reg[UREG_RFLAGS] & RFLAGS_TRAP) {
        vaddr_t page = align_down(site, PAGE_BITS);
        undo(own()->vspace, page, page + PAGE_BYTES);
    } else {
        reg[UREG_RSP] = reg[UREG_RBX];
        reg[UREG_RIP] += SITE_BYTES - SYSCALL_BYTES;
    }
}

/* --- the end ------------------------------------------------------------------------------- */

void patch_end(void)
{
    struct runtime_shared *shared = runtime_shared();
    vaddr_t stubs = shared->control.stubs;

    shared->control.stubs = 0;
    while (shared->patched_count > 0) {
        const struct runtime_patched page = shared->patched[0];
        undo((uint32_t)page.vspace, page.vaddr, page.vaddr + PAGE_BYTES);
    }
    for (uint32_t i = shared->first_vspace; i; i = shared->vspaces[i].next)
        undo(i, stubs, stubs + PAGE_BYTES);
}
