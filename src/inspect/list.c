/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/list.h>

#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

bool list_grow(void **items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return true;
    uint32_t more = *room ? 2 * *room : FIRST_ROOM;
    void *larger = host_allocate(more, size);
    if (!larger)
        return false;
    if (count > 0)
        memcpy(larger, *items, count * size);
    free(*items);
    *items = larger;
    *room = more;
    return true;
}

/* Where the key is, or where it would go; there is always a free place. */
static uint32_t place_of(const struct index_map *map, uint64_t key)
{
    uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t place = (uint32_t)(hash >> 32) & (map->room - 1);
    while (map->keys[place] && map->keys[place] != key)
        place = (place + 1) & (map->room - 1);
    return place;
}

uint32_t index_map_find(const struct index_map *map, uint64_t key)
{
    if (!map->room)
        return INDEX_NONE;
    uint32_t place = place_of(map, key);
    return map->keys[place] ? map->values[place] : INDEX_NONE;
}

static void put(struct index_map *map, uint64_t key, uint32_t value)
{
    uint32_t place = place_of(map, key);
    map->keys[place] = key;
    map->values[place] = value;
    map->count++;
}

static bool enlarge(struct index_map *map)
{
    struct index_map larger = {.room = map->room ? 2 * map->room : FIRST_ROOM};
    larger.keys = host_allocate(larger.room, sizeof(*larger.keys));
    larger.values = host_allocate(larger.room, sizeof(*larger.values));
    if (!larger.keys || !larger.values) {
        index_map_free(&larger);
        return false;
    }
    for (uint32_t i = 0; i < map->room; i++) {
        if (map->keys[i])
            put(&larger, map->keys[i], map->values[i]);
    }
    index_map_free(map);
    *map = larger;
    return true;
}

bool index_map_add(struct index_map *map, uint64_t key, uint32_t value)
{
    if (map->count >= map->room / 2 && !enlarge(map))
        return false;
    put(map, key, value);
    return true;
}

void index_map_free(struct index_map *map)
{
    free(map->keys);
    free(map->values);
    *map = (struct index_map){0};
}
