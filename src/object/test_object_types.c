/* SPDX-License-Identifier: BSD-2-Clause */
/* Every type of capability has a whole table; types that share a resource say so. */
#include <test.h>

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
        for (unsigned j = 0; j < i; j++)
            CHECK(object_types[i]->identify_tag != object_types[j]->identify_tag);
    }
}

TEST(nothing_is_in_the_region_of_an_empty_slot_or_a_zombie)
{
    union cap zombie = {.word = {CAP_ZOMBIE, 5}}, null = cap_null();
    CHECK(!cap_object_type(null)->same_region(null, null));
    CHECK(!cap_object_type(zombie)->same_object(zombie, zombie));
}

TEST(objects_are_made_as_boot_and_retype_need_them)
{
    struct guest g = guest_boot_default();
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
