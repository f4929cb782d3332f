/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/testkit_views.h>

#include <abi/bootinfo.h>
#include <base/text.h>
#include <cap/derivation.h>
#include <object/tcb.h>
#include <string.h>

struct guest_thread named_thread(struct guest *g, const char *name)
{
    struct guest_thread t = guest_thread(g, 10);
    cptr_t cnode = guest_make(g, OBJECT_CNODE, OWN_CSPACE_BITS);
    guest_invoke(g, (struct guest_call){.cap = t.cptr,
                                        .method = INV_TCB_SET_SPACE,
                                        WORDS(0, 64 - OWN_CSPACE_BITS, 0),
                                        EXTRA(cnode, INITIAL_CAP_VSPACE)});
    tcb_set_name(t.tcb, name);
    return t;
}

void give(struct guest *g, struct guest_thread t, unsigned slot, cptr_t cptr, word_t rights)
{
    paddr_t cnode = t.tcb->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    slot_insert(g->k, cap_mask_rights(guest_cap(g, cptr), rights), guest_slot(g, cptr),
                slot_at(g->k, cnode) + slot);
}

void run_call(struct guest *g, struct guest_thread t, enum syscall syscall, cptr_t cap)
{
    guest_resume(g, t);
    guest_run(g, t);
    guest_syscall(g, (struct guest_syscall){.syscall = syscall, .cap = cap});
}

void sleep_root(struct guest *g)
{
    cptr_t notification = guest_make(g, OBJECT_NOTIFICATION, 0);
    guest_run(g, guest_root_thread(g));
    guest_syscall(g, (struct guest_syscall){.syscall = SYSCALL_RECV, .cap = notification});
}

struct text {
    size_t length;
    char bytes[1 << 18];
};

static void keep(void *context, const char *text, size_t length)
{
    struct text *kept = context;
    size_t room = sizeof(kept->bytes) - 1 - kept->length;
    length = length < room ? length : room;
    memcpy(kept->bytes + kept->length, text, length);
    kept->length += length;
}

const char *view_text(struct guest *g, const char *request)
{
    static struct text kept;
    char problem[VIEW_PROBLEM_BYTES] = "";
    kept.length = 0;
    int error = view_answer(g->k, NULL, request,
                            (struct report_sink){.context = &kept, .write = keep}, problem);
    kept.bytes[kept.length] = '\0';
    if (error)
        text_format(kept.bytes, sizeof(kept.bytes), "problem: %s", problem);
    return kept.bytes;
}

bool view_has(struct guest *g, const char *request, const char *part)
{
    return strstr(view_text(g, request), part) != NULL;
}
