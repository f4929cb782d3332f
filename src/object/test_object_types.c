/* SPDX-License-Identifier: BSD-2-Clause */
/* Every type of capability has a whole table; types that share a resource say so. */
#include <test.h>

#include <stdio.h>

#include <abi/bootinfo.h>
#include <model/testkit_guest.h>
#include <object/object_types.h>

TEST(every_type_has_every_operation)
{
    for (unsigned i = 0; i < CAP_TYPE_COUNT; i++) {
        const struct object_type *type = object_types[i];
        if (!CHECK(type != NULL))
            continue;
        CHECK(type->name && type->invoke && type->derive && type->mask_rights);
        CHECK(type->update_data && type->extent && type->same_region && type->same_object);
        CHECK(type->finalise && type->cleanup);
    }
}

TEST(identify_tags_are_different)
{
    for (unsigned i = 0; i < CAP_TYPE_COUNT; i++) {
        for (unsigned j = 0; j < i; j++) {
            bool are_replies = i == CAP_REPLY_OBJECT && j == CAP_REPLY; /* of either variant */
            CHECK(are_replies == (object_types[i]->identify_tag == object_types[j]->identify_tag));
        }
    }
}

TEST(nothing_is_in_the_region_of_an_empty_slot_or_a_zombie)
{
    union cap zombie = {.word = {CAP_ZOMBIE, 5}}, null = cap_null();
    CHECK(!cap_object_type(null)->same_region(null, null));
    CHECK(!cap_object_type(zombie)->same_object(zombie, zombie));
}

/* What makes others of its own. */
static bool is_maker(enum cap_type type)
{
    return type == CAP_UNTYPED || type == CAP_IRQ_CONTROL || type == CAP_IO_PORT_CONTROL;
}

static void check_types_apart(enum cap_type one, enum cap_type other, uint64_t bits)
{
    union cap a = {.word = {bits << 5 | one, bits}}, b = {.word = {bits << 5 | other, bits}};
    CHECK(!cap_object_type(a)->same_region(a, b));
    CHECK(!cap_object_type(a)->same_object(a, b));
}

TEST(capabilities_of_other_types_are_in_no_region_however_alike_their_bits_are)
{
    static const uint64_t bits[] = {0, 1, UINT64_MAX, 0x5555555555555555, 0x0123456789abcdef};
    for (unsigned one = 0; one < CAP_TYPE_COUNT; one++) {
        for (unsigned other = 0; other < CAP_TYPE_COUNT; other++) {
            for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
                if (one != other && !is_maker(one))
                    check_types_apart(one, other, bits[i]);
            }
        }
    }
}

/* Of the same type they must name the same object, down to the last bit of it. */
TEST(capabilities_to_other_objects_are_in_no_region)
{
    static const struct {
        enum cap_type type;
        unsigned word, bit;
    } cases[] = {
        {CAP_ENDPOINT, 0, 9},       {CAP_NOTIFICATION, 0, 9}, {CAP_CNODE, 0, 17},
        {CAP_CNODE, 0, 11},         {CAP_TCB, 0, 5},          {CAP_IRQ_HANDLER, 0, 5},
        {CAP_PAGE_TABLE, 0, 6},     {CAP_PDPT, 0, 6},         {CAP_PML4, 0, 6},
        {CAP_ASID_POOL, 0, 5},      {CAP_IO_PORT, 0, 5},      {CAP_IO_PORT, 0, 21},
        {CAP_FRAME, 0, 12},         {CAP_REPLY, 0, 7},        {CAP_SCHED_CONTEXT, 0, 5},
        {CAP_SCHED_CONTEXT, 0, 11}, {CAP_REPLY_OBJECT, 0, 6},
    };
    const union cap irqs = {.word = {CAP_IRQ_CONTROL}}, ports = {.word = {CAP_IO_PORT_CONTROL}};
    CHECK(cap_object_type(irqs)->same_region(irqs, irqs));
    CHECK(cap_object_type(ports)->same_region(ports, ports));
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        union cap a = {.word = {cases[i].type, 0}}, b = a;
        CHECK(cap_object_type(a)->same_region(a, b));
        b.word[cases[i].word] |= UINT64_C(1) << cases[i].bit;
        CHECK(!cap_object_type(a)->same_object(a, b));
        if (!CHECK(!cap_object_type(a)->same_region(a, b)))
            printf("type %u, bit %u\n", cases[i].type, cases[i].bit);
    }
}

TEST(objects_are_made_as_boot_and_retype_need_them)
{
    struct guest g = guest_boot_mcs();
    const struct {
        enum object_kind kind;
        enum cap_type type;
        unsigned size_bits, object_bits;
    } cases[] = {
        {OBJECT_UNTYPED, CAP_UNTYPED, 9, 9},
        {OBJECT_TCB, CAP_TCB, 0, 11},
        {OBJECT_ENDPOINT, CAP_ENDPOINT, 0, 4},
        {OBJECT_NOTIFICATION, CAP_NOTIFICATION, 0, 5},
        {OBJECT_CNODE, CAP_CNODE, 3, 8},
        {OBJECT_SCHED_CONTEXT, CAP_SCHED_CONTEXT, 8, 8},
        {OBJECT_REPLY, CAP_REPLY_OBJECT, 0, 5},
        {OBJECT_PDPT, CAP_PDPT, 0, 12},
        {OBJECT_PML4, CAP_PML4, 0, 12},
        {OBJECT_4K_PAGE, CAP_FRAME, 0, 12},
        {OBJECT_LARGE_PAGE, CAP_FRAME, 0, 21},
        {OBJECT_PAGE_TABLE, CAP_PAGE_TABLE, 0, 12},
        {OBJECT_PAGE_DIRECTORY, CAP_PAGE_DIRECTORY, 0, 12},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(object_can_create(cases[i].kind));
        union cap cap = guest_cap(&g, guest_make(&g, cases[i].kind, cases[i].size_bits));
        paddr_t base;
        unsigned bits = 0;
        CHECK_EQ(cap.type, cases[i].type);
        CHECK(cap_object_type(cap)->extent(cap, &base, &bits));
        CHECK_EQ(bits, cases[i].object_bits);
    }
    CHECK(!object_can_create(OBJECT_VCPU));
    CHECK(!object_can_create(OBJECT_INVALID));
    guest_end(&g);
}
