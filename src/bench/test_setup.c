/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/setup.h>

#include <string.h>
#include <test.h>

static const struct bench_places places = {
    .program = "/bin/sel4emu", .image = "/image with space", .settings = "/settings"};

static bool has(const struct bench_words *words, const char *word)
{
    for (unsigned i = 0; words->items[i] != NULL; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

TEST(columns_are_found_by_name)
{
    CHECK(bench_setup_find("monitor,x", 7) != NULL);
    CHECK(strcmp(bench_setup_find("monitor,x", 7)->name, "monitor") == 0);
    CHECK(bench_setup_find("monitor", 6) == NULL);
    CHECK(bench_setup_find("", 0) == NULL);
    CHECK(bench_setups[0].kind == BENCH_LINUX);
}

TEST(options_become_words_and_paths_stay_whole)
{
    const struct bench_setup own = {
        .name = "own", .kind = BENCH_SEL4EMU, .options = " --isolate  --memory 1G "};
    struct bench_words words;

    CHECK(bench_setup_words(&own, &places, &words));
    CHECK(strcmp(words.items[0], "/bin/sel4emu") == 0);
    CHECK(strcmp(words.items[1], "run") == 0);
    CHECK(has(&words, "--isolate"));
    CHECK(has(&words, "1G"));
    CHECK(has(&words, "/settings"));
    CHECK(has(&words, "/image with space"));
    CHECK(!has(&words, ""));
}

TEST(qemu_gets_the_kernel_and_the_guest_as_its_module)
{
    const struct bench_setup qemu = {
        .name = "q", .kind = BENCH_QEMU, .options = "-cpu max", .qemu_kernel = "/a kernel"};
    struct bench_words words;

    CHECK(bench_setup_words(&qemu, &places, &words));
    CHECK(strcmp(words.items[0], "qemu-system-x86_64") == 0);
    CHECK(has(&words, "/a kernel"));
    CHECK(has(&words, "/image with space"));
    CHECK(has(&words, "max"));
}

TEST(more_words_or_longer_ones_than_fit_are_refused)
{
    char many[3 * BENCH_MAX_WORDS], one[BENCH_WORD_BYTES + 1];
    struct bench_setup setup = {.name = "own", .kind = BENCH_SEL4EMU, .options = many};
    struct bench_words words;

    for (size_t i = 0; i < sizeof(many); i++) {
        many[i] = i % 2 == 0 ? 'a' : ' ';
    }
    many[sizeof(many) - 1] = '\0';
    CHECK(!bench_setup_words(&setup, &places, &words));
    memset(one, 'a', sizeof(one));
    one[sizeof(one) - 1] = '\0';
    setup.options = one;
    CHECK(!bench_setup_words(&setup, &places, &words));
}
