/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/perf_symbols.h>
#include <test.h>

#include <loader/image.h>
#include <runtime/image.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "/memfd:sel4emu-guest-memory"

static struct perf_mappings parse(const char *maps)
{
    struct perf_mappings mappings = {0};

    CHECK(perf_mappings_parse(maps, NAME, &mappings));
    return mappings;
}

TEST(code_of_the_guest_is_found_among_what_a_process_maps)
{
    struct perf_mappings mappings =
        parse("00400000-00402000 rwxs 00a13000 00:01 107732    " NAME " (deleted)\n"
              "00402000-00403000 rw-s 00001000 00:01 107732    " NAME " (deleted)\n"
              "f7000200000-f7000221000 r-xp 00000000 00:01 7   /memfd:sel4emu-runtime (deleted)\n"
              "f7002000000-f7002020000 rw-p 00000000 00:00 0 \n"
              "00500000-00501000 r-xp 1ffc3000 00:01 107732    " NAME " (deleted)");

    if (CHECK_EQ(mappings.count, 2)) {
        CHECK_EQ(mappings.items[0].start, 0x400000);
        CHECK_EQ(mappings.items[0].end, 0x402000);
        CHECK_EQ(mappings.items[0].offset, 0xa13000);
        CHECK_EQ(mappings.items[1].offset, 0x1ffc3000);
    }
    free(mappings.items);
}

TEST(what_is_no_mapping_is_left_out)
{
    static const char *const maps[] = {"",
                                       "\n\n",
                                       "x",
                                       "400000-",
                                       ("400000-300000 r-xs 0 0:1 1 " NAME),
                                       "400000-500000 r-xs 0 0:1 1"};

    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct perf_mappings mappings = parse(maps[i]);
        CHECK_EQ(mappings.count, 0);
        free(mappings.items);
    }
}

/* The value of a function in the file, or 0. */
static vaddr_t value_in(const char *path, const char *name, vaddr_t not_below)
{
    static uint8_t bytes[1 << 20];
    struct image_symbol symbol;
    struct image image;
    uint64_t index = 0;
    FILE *file = fopen(path, "r");

    if (!CHECK(file != NULL)) {
        return 0;
    }
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    if (!CHECK(image_parse_symbols(bytes, size, &image))) {
        return 0;
    }
    while (image_symbol_next(&image, &index, &symbol)) {
        if (symbol.function && strcmp(symbol.name, name) == 0 && symbol.value >= not_below) {
            return symbol.value;
        }
    }
    return 0;
}

static vaddr_t value_of(const char *name)
{
    struct image image;

    return CHECK(image_parse_symbols(runtime_symbols,
                                     (uint64_t)(runtime_symbols_end - runtime_symbols), &image))
               ? image_symbol(&image, name)
               : 0;
}

/* A function that is mapped in two pieces has a symbol for each; one that is not mapped has none.
 */
TEST(functions_lie_where_their_pages_do)
{
    char path[] = "/tmp/sel4emu-test.XXXXXX";
    vaddr_t enter = value_of("runtime_enter"), land = value_of("runtime_land");
    struct perf_mapping mapped[] = {{.start = enter - 16, .end = enter + 4, .offset = 0x10000},
                                    {.start = enter + 4, .end = enter + 8, .offset = 0x70000}};
    struct perf_symbols *symbols = perf_symbols_open();
    int fd = mkstemp(path);

    if (!CHECK(enter > 0 && land > 0 && symbols != NULL && fd >= 0)) {
        return;
    }
    close(fd);
    perf_symbols_add(symbols, runtime_symbols, (uint64_t)(runtime_symbols_end - runtime_symbols),
                     &(struct perf_mappings){.items = mapped, .count = 2});
    perf_symbols_add(symbols, (const uint8_t *)"no ELF", 6,
                     &(struct perf_mappings){.items = mapped, .count = 2});
    CHECK_EQ(perf_symbols_close(symbols, path), 0);
    CHECK_EQ(value_in(path, "runtime_enter", 0), 0x10010);
    CHECK_EQ(value_in(path, "runtime_enter", 0x20000), 0x70000);
    CHECK_EQ(value_in(path, "runtime_land", 0), 0);
    unlink(path);
}

TEST(a_place_that_cannot_be_written_to_is_an_error)
{
    struct perf_symbols *symbols = perf_symbols_open();

    if (CHECK(symbols != NULL)) {
        CHECK_EQ(perf_symbols_close(symbols, "/no/such/directory/file"), -2);
    }
}
