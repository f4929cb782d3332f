/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <errno.h>
#include <host/host.h>
#include <inspect/list.h>
#include <stdlib.h>

struct numbers {
    uint64_t *items;
    uint32_t count, room;
};

TEST(a_list_keeps_what_was_added_however_often_it_grows)
{
    struct numbers list = {0};
    for (uint64_t i = 0; i < 1000; i++)
        CHECK(LIST_ADD(&list, 3 * i));
    CHECK_EQ(list.count, 1000);
    for (uint64_t i = 0; i < list.count; i++)
        CHECK_EQ(list.items[i], 3 * i);
    free(list.items);
}

TEST(a_map_finds_what_was_added_and_nothing_else)
{
    struct index_map map = {0};
    CHECK_EQ(index_map_find(&map, 1), INDEX_NONE);
    for (uint32_t i = 1; i <= 1000; i++)
        CHECK(index_map_add(&map, (uint64_t)i << 12, i));
    for (uint32_t i = 1; i <= 1000; i++)
        CHECK_EQ(index_map_find(&map, (uint64_t)i << 12), i);
    CHECK_EQ(index_map_find(&map, 1), INDEX_NONE);
    CHECK_EQ(index_map_find(&map, UINT64_C(1001) << 12), INDEX_NONE);
    index_map_free(&map);
}

TEST(without_memory_both_stay_as_they_were)
{
    struct numbers list = {0};
    struct index_map map = {0};
    CHECK(LIST_ADD(&list, 7));
    CHECK(index_map_add(&map, 7, 70));
    while (list.count < list.room)
        CHECK(LIST_ADD(&list, 8));
    while (map.count < map.room / 2)
        CHECK(index_map_add(&map, 1000 + map.count, 8));
    for (uint64_t nth = 1; nth <= 2; nth++) {
        host_inject("allocate", nth, ENOMEM);
        CHECK(!index_map_add(&map, 9999, 1));
    }
    host_inject("allocate", 1, ENOMEM);
    CHECK(!LIST_ADD(&list, 9));
    host_inject("allocate", 1, 0);
    CHECK_EQ(list.items[0], 7);
    CHECK_EQ(index_map_find(&map, 7), 70);
    CHECK_EQ(index_map_find(&map, 9999), INDEX_NONE);
    free(list.items);
    index_map_free(&map);
}
