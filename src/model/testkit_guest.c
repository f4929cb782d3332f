/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/testkit_guest.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <cap/object_type.h>

struct boot_info guest_boot_info(const struct kernel_config *config, paddr_t memory_end)
{
    return (struct boot_info){
        .config = config,
        .memory =
            {
                .ram = {{0x100000, memory_end}},
                .ram_count = 1,
                .reserved = {{0xfec00000, 0xfec01000}, {0xfee00000, 0xfee01000}},
                .reserved_count = 2,
            },
        .kernel_image = {0x800000, 0xa13000},
        .image =
            {
                .start = GUEST_IMAGE_START,
                .end = GUEST_IMAGE_START + GUEST_IMAGE_PAGES * PAGE_BYTES,
                .entry = GUEST_IMAGE_START + 0xe8,
                .paddr = 0xa13000,
            },
        .num_ioapics = 1,
        .ioapic_pins = 24,
        .num_cores = config->max_cores,
        .tsc = {.mhz = config->mcs ? 1000 : 0},
        .name = "rootserver",
    };
}

struct guest guest_boot_with(const struct boot_info *boot, paddr_t memory_end)
{
    size_t window = align_up(kernel_bytes(memory_end), PAGE_BITS);
    struct guest g = {.size = window + memory_end, .boot = *boot};
    void *memory = mmap(NULL, g.size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    g.k = memory;
    g.k->memory_offset = (ptrdiff_t)window;
    g.problem = kernel_boot(g.k, boot, 0);
    if (!g.problem) {
        g.root = g.k->cores[0].current;
        struct bootinfo_layout at = abi_bootinfo_layout(&g.k->config);
        g.first_untyped = guest_bootinfo_word(&g, at.untyped);
        g.next_slot = guest_bootinfo_word(&g, at.empty);
    }
    return g;
}

struct guest guest_boot(struct kernel_config config, paddr_t memory_end)
{
    struct boot_info boot = guest_boot_info(&config, memory_end);
    return guest_boot_with(&boot, memory_end);
}

struct guest guest_boot_default(void)
{
    return guest_boot(kernel_config_default(), GUEST_MEMORY_END);
}

struct guest guest_boot_mcs(void)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    g.reply = guest_make(&g, OBJECT_REPLY, 0);
    return g;
}

cptr_t guest_make_sched_context(struct guest *g, word_t budget, word_t period)
{
    enum { SIZE_BITS = 8, EXTRA_REFILLS = 8, BADGE = 0x5c, SPORADIC = 1 };
    cptr_t sc = guest_make(g, OBJECT_SCHED_CONTEXT, SIZE_BITS);
    guest_invoke(g, (struct guest_call){
                        .cap = abi_num_initial_caps(&g->k->config),
                        .method = INV_SCHED_CONTROL_CONFIGURE_FLAGS,
                        WORDS(budget, period, EXTRA_REFILLS, BADGE, SPORADIC),
                        EXTRA(sc),
                    });
    return sc;
}

void guest_end(struct guest *g)
{
    munmap(g->k, g->size);
}

struct tcb *guest_root(const struct guest *g)
{
    return tcb_at(g->k, g->root);
}

struct slot *guest_slot(const struct guest *g, cptr_t cptr)
{
    const struct slot *root = &guest_root(g)->slots[TCB_SLOT_CTABLE];
    return slot_at(g->k, root->cap.cnode.object + cptr * sizeof(struct slot));
}

union cap guest_cap(const struct guest *g, cptr_t cptr)
{
    return guest_slot(g, cptr)->cap;
}

void *guest_bootinfo(const struct guest *g)
{
    return kernel_memory(g->k, frame_cap_paddr(guest_cap(g, INITIAL_CAP_BOOTINFO_FRAME)));
}

word_t guest_bootinfo_word(const struct guest *g, unsigned offset)
{
    word_t word;
    memcpy(&word, (char *)guest_bootinfo(g) + offset, sizeof(word));
    return word;
}

struct answer guest_invoke(struct guest *g, struct guest_call c)
{
    struct tcb *caller = guest_root(g);
    word_t *buffer = kernel_memory(g->k, frame_cap_paddr(guest_cap(g, INITIAL_CAP_IPC_BUFFER)));
    static const unsigned registers[] = {UREG_MR0, UREG_MR1, UREG_MR2, UREG_MR3};
    for (unsigned i = 0; i < c.length; i++) {
        buffer[IPC_BUFFER_MSG + i] = c.words[i];
        if (i < ARRAY_LENGTH(registers))
            caller->context.reg[registers[i]] = c.words[i];
    }
    struct call call = {
        .k = g->k,
        .caller = caller,
        .slot = guest_slot(g, c.cap),
        .cap = guest_cap(g, c.cap),
        .cptr = c.cap,
        .method = c.method,
        .label = abi_invocation_label(&g->k->config, c.method),
        .length = c.length,
        .buffer = buffer,
        .is_call = true,
        .may_block = true,
    };
    for (unsigned i = 0; i < c.caps; i++)
        call.extra[i] = guest_slot(g, c.extra[i]);
    return cap_object_type(call.cap)->invoke(&call);
}

static bool is_ram_untyped(union cap cap, unsigned size_bits)
{
    return cap_type(cap) == CAP_UNTYPED && !cap.untyped.is_device &&
           cap.untyped.size_bits == size_bits;
}

cptr_t guest_make_in(struct guest *g, cptr_t untyped, enum object_kind kind, unsigned size_bits)
{
    struct guest_call call = {
        .cap = untyped,
        .method = INV_UNTYPED_RETYPE,
        WORDS(abi_object_type(&g->k->config, kind), size_bits, 0, 0, g->next_slot, 1),
        EXTRA(INITIAL_CAP_CNODE),
    };
    struct answer answer = guest_invoke(g, call);
    if (answer.kind == ANSWER_PREEMPTED) { /* the memory is to be cleared first */
        struct memory_region clear = g->k->cores[0].clear;
        memset(kernel_memory(g->k, clear.base), 0, clear.end - clear.base);
        answer = guest_invoke(g, call);
    }
    return answer_is_error(answer) ? 0 : g->next_slot++;
}

/* Retypes from the largest untyped with room, so that a test need not think of it. */
cptr_t guest_make(struct guest *g, enum object_kind kind, unsigned size_bits)
{
    cptr_t end = guest_bootinfo_word(g, abi_bootinfo_layout(&g->k->config).untyped + 8);
    for (unsigned bits = MAX_UNTYPED_BITS; bits >= MIN_UNTYPED_BITS; bits--) {
        for (cptr_t untyped = g->first_untyped; untyped < end; untyped++) {
            cptr_t made = is_ram_untyped(guest_cap(g, untyped), bits)
                              ? guest_make_in(g, untyped, kind, size_bits)
                              : 0;
            if (made)
                return made;
        }
    }
    return 0;
}

cptr_t guest_copy(struct guest *g, cptr_t cptr)
{
    cptr_t slot = g->next_slot;
    struct answer answer = guest_invoke(g, (struct guest_call){
                                               .cap = INITIAL_CAP_CNODE,
                                               .method = INV_CNODE_COPY,
                                               WORDS(slot, 64, cptr, 64, RIGHTS_ALL),
                                               EXTRA(INITIAL_CAP_CNODE),
                                           });
    if (answer_is_error(answer))
        return 0;
    g->next_slot++;
    return slot;
}

cptr_t guest_make_used_cnode(struct guest *g, unsigned radix)
{
    cptr_t cnode = guest_make(g, OBJECT_CNODE, radix);
    struct slot *endpoint = guest_slot(g, guest_make(g, OBJECT_ENDPOINT, 0));
    struct slot *slots = slot_at(g->k, guest_cap(g, cnode).cnode.object);
    slot_move(g->k, endpoint->cap, endpoint, &slots[mask(radix)]);
    return cnode;
}

void guest_delete(struct guest *g, cptr_t cptr)
{
    while (!slot_delete(g->k, 0, guest_slot(g, cptr)))
        continue;
}
