/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays that grow, and a table from addresses to places in one. */
#ifndef INSPECT_LIST_H
#define INSPECT_LIST_H

#include <base/types.h>

/*
 * Room for one more: `items` holds `count` of `size` bytes each and has room for *room. False: no
 * memory; everything is as it was.
 */
bool list_grow(void **items, uint32_t count, uint32_t *room, size_t size);

/* Adds `value` to an array of three fields: items, count, room. False: no memory. */
#define LIST_ADD(list, value)                                                                      \
    (list_grow((void **)&(list)->items, (list)->count, &(list)->room, sizeof(*(list)->items)) &&   \
     ((list)->items[(list)->count++] = (value), true))

#define INDEX_NONE UINT32_MAX

/* From keys (any but 0) to numbers; zeroed: empty. */
struct index_map {
    uint64_t *keys;
    uint32_t *values;
    uint32_t count, room; /* room: 0 or a power of two */
};

/* INDEX_NONE: the key is not there. */
uint32_t index_map_find(const struct index_map *map, uint64_t key);
/* The key must not be there. False: no memory. */
bool index_map_add(struct index_map *map, uint64_t key, uint32_t value);
void index_map_free(struct index_map *map);

#endif
