/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects in memory, and what is mapped where. */
#include <inspect/views.h>

#include <base/bits.h>
#include <base/text.h>
#include <cap/object_type.h>
#include <errno.h>
#include <inspect/space.h>
#include <inspect/words.h>

/* --- objects ------------------------------------------------------------------------------- */

static const struct report_column object_columns[] = {
    {"object", REPORT_LEFT}, {"size", REPORT_RIGHT},  {"caps", REPORT_RIGHT},
    {"owner", REPORT_LEFT},  {"in use", REPORT_LEFT}, {"state", REPORT_LEFT},
};

static unsigned queue_length(const struct inspection *inspection, paddr_t head)
{
    unsigned length = 0;
    for (uint32_t thread = inspection_find_thread(inspection, head);
         thread != INDEX_NONE && length < inspection->threads.count; length++)
        thread = inspection_find_thread(inspection,
                                        inspection->threads.items[thread].tcb->endpoint_link.next);
    return length;
}

static void endpoint_state(const struct inspection *inspection, union cap cap, char *words,
                           size_t size)
{
    const struct endpoint *ep = endpoint_at(inspection->k, cap.endpoint.object);
    if (ep->state == ENDPOINT_IDLE)
        text_copy(words, size, "idle");
    else
        text_format(words, size, "%u %s", queue_length(inspection, ep->head),
                    ep->state == ENDPOINT_SENDING ? "sending" : "receiving");
}

static void notification_state(const struct inspection *inspection, union cap cap, char *words,
                               size_t size)
{
    const struct notification *n = notification_at(inspection->k, cap.notification.object);
    uint32_t bound = inspection_find_thread(inspection, n->bound_tcb);
    size_t length;
    if (n->state == NOTIFICATION_ACTIVE)
        length = text_format(words, size, "signalled, badge 0x%lx", n->badge);
    else if (n->state == NOTIFICATION_WAITING)
        length = text_format(words, size, "%u waiting", queue_length(inspection, n->head));
    else
        length = text_copy(words, size, "idle");
    if (bound == INDEX_NONE)
        return;
    char label[THREAD_LABEL_BYTES];
    words_thread(inspection->threads.items[bound].tcb, label, sizeof(label));
    text_format(words + length, size - length, ", bound to %s", label);
}

static void cnode_state(const struct inspection *inspection, union cap cap, char *words,
                        size_t size)
{
    const struct slot *slots = slot_at(inspection->k, cap.cnode.object);
    unsigned used = 0;
    for (uint64_t i = 0; i < bit(cap.cnode.radix); i++)
        used += !cap_is_null(slots[i].cap);
    text_format(words, size, "%u of %lu slots used", used, bit(cap.cnode.radix));
}

static void details_state(const struct inspection *inspection, union cap cap, char *words,
                          size_t size)
{
    words_cap_details(inspection->k, cap, words, size);
}

static void (*const states[CAP_TYPE_COUNT])(const struct inspection *, union cap, char *,
                                            size_t) = {
    [CAP_ENDPOINT] = endpoint_state,
    [CAP_NOTIFICATION] = notification_state,
    [CAP_CNODE] = cnode_state,
};

static void show_object(const struct view_call *call, const struct found_object *object)
{
    char words[STATE_BYTES];
    enum cap_type type = cap_type(object->cap);
    words_cap_object(object->cap, words, sizeof(words));
    report_text(call->report, "%s", words);
    report_bytes(call->report, bit(object->size_bits));
    report_number(call->report, object->caps);
    view_owner_cell(call, object->owner);
    report_text(call->report, object->is_used ? "yes" : "no");
    (states[type] ? states[type] : details_state)(call->inspection, object->cap, words,
                                                  sizeof(words));
    report_text(call->report, "%s", words);
}

int view_objects(const struct view_call *call)
{
    report_begin_table(call->report, "objects", NULL, object_columns, ARRAY_LENGTH(object_columns));
    for (uint32_t i = 0; i < call->inspection->objects.count; i++) {
        if (cap_type(call->inspection->objects.items[i].cap) != CAP_UNTYPED)
            show_object(call, &call->inspection->objects.items[i]);
    }
    report_end_table(call->report);
    return 0;
}

/* --- mappings ------------------------------------------------------------------------------ */

static const struct report_column mapping_columns[] = {
    {"vspace", REPORT_LEFT},   {"start", REPORT_LEFT},  {"end", REPORT_LEFT},
    {"size", REPORT_RIGHT},    {"rights", REPORT_LEFT}, {"page size", REPORT_RIGHT},
    {"physical", REPORT_LEFT},
};

/* Pages that follow each other in both worlds are one line. */
static bool continues(const struct mapped_page *first, uint64_t length,
                      const struct mapped_page *page)
{
    return page->start == first->start + length && page->paddr == first->paddr + length &&
           page->rights == first->rights && page->size_bits == first->size_bits;
}

static void show_range(const struct view_call *call, uint32_t vspace,
                       const struct mapped_page *first, uint64_t length)
{
    view_vspace_cell(call, vspace);
    report_address(call->report, first->start);
    report_address(call->report, first->start + length);
    report_bytes(call->report, length);
    report_text(call->report, "%s", words_vm_rights(first->rights));
    report_bytes(call->report, bit(first->size_bits));
    report_address(call->report, first->paddr);
}

static void show_vspace(const struct view_call *call, uint32_t vspace)
{
    paddr_t root = call->inspection->vspaces.items[vspace].root;
    struct mapped_page first, page;
    bool more = space_next_page(call->inspection->k, root, 0, &first);
    while (more) {
        uint64_t length = bit(first.size_bits);
        while ((more = space_next_page(call->inspection->k, root, first.start + length, &page)) &&
               continues(&first, length, &page))
            length += bit(page.size_bits);
        show_range(call, vspace, &first, length);
        first = page;
    }
}

int view_mappings(const struct view_call *call)
{
    uint32_t thread = call->operand ? view_find_thread(call) : INDEX_NONE;
    if (call->operand && thread == INDEX_NONE)
        return -EINVAL;
    report_begin_table(call->report, "mappings", NULL, mapping_columns,
                       ARRAY_LENGTH(mapping_columns));
    for (uint32_t i = 0; i < call->inspection->vspaces.count; i++) {
        if (thread == INDEX_NONE || call->inspection->threads.items[thread].vspace == i)
            show_vspace(call, i);
    }
    report_end_table(call->report);
    return 0;
}
