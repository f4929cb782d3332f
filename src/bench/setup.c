/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/setup.h>

#include <stdio.h>
#include <string.h>

const struct bench_setup bench_setups[] = {
    {.name = "linux", .kind = BENCH_LINUX, .help = "what bare Linux takes for the like"},
    {.name = "in-place",
     .kind = BENCH_SEL4EMU,
     .options = "--in-place",
     .help = "the kernel in the guest's processes"},
    {.name = "shared",
     .kind = BENCH_SEL4EMU,
     .options = "--in-place --carriers=shared",
     .help = "in place, one Linux thread for all TCBs of a VSpace"},
    {.name = "trap-gate",
     .kind = BENCH_SEL4EMU,
     .options = "--in-place --no-patch",
     .help = "the same with every call by a signal"},
    {.name = "monitor",
     .kind = BENCH_SEL4EMU,
     .options = "--isolate",
     .help = "the kernel outside, by ptrace"},
    {.name = "mcs",
     .kind = BENCH_SEL4EMU,
     .kernel = BENCH_KERNEL_MCS,
     .options = "--in-place",
     .help = "in place, the MCS kernel"},
    {.name = "linked",
     .kind = BENCH_SEL4EMU,
     .kernel = BENCH_KERNEL_PLAIN_LINKED,
     .options = "--in-place",
     .help = "in place, a guest that calls the kernel by a jump"},
    {.name = "linked-shared",
     .kind = BENCH_SEL4EMU,
     .kernel = BENCH_KERNEL_PLAIN_LINKED,
     .options = "--in-place --carriers=shared",
     .help = "the same, one Linux thread for all TCBs of a VSpace"},
    {.name = "linked-mcs",
     .kind = BENCH_SEL4EMU,
     .kernel = BENCH_KERNEL_MCS_LINKED,
     .options = "--in-place",
     .help = "such a guest and the MCS kernel"},
};
const unsigned bench_setup_count = ARRAY_LENGTH(bench_setups);

const struct bench_setup *bench_setup_find(const char *name, size_t length)
{
    for (unsigned i = 0; i < bench_setup_count; i++) {
        if (strlen(bench_setups[i].name) == length &&
            memcmp(bench_setups[i].name, name, length) == 0) {
            return &bench_setups[i];
        }
    }
    return NULL;
}

/* --- command lines --------------------------------------------------------------------------- */

struct writer {
    struct bench_words *words;
    unsigned count;
    size_t used;
    bool full;
};

static void add(struct writer *writer, const char *word, size_t length)
{
    struct bench_words *words = writer->words;

    if (writer->count == BENCH_MAX_WORDS || length + 1 > sizeof(words->bytes) - writer->used) {
        writer->full = true;
        return;
    }
    words->items[writer->count++] = memcpy(words->bytes + writer->used, word, length);
    words->bytes[writer->used + length] = '\0';
    writer->used += length + 1;
}

/* Those of `text`, between spaces. NULL has none. */
static void add_all(struct writer *writer, const char *text)
{
    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, " ");

        if (length > 0) {
            add(writer, text, length);
        }
        text += length + strspn(text + length, " ");
    }
}

/* An option and its value, which may have spaces. */
static void add_option(struct writer *writer, const char *option, const char *value)
{
    add(writer, option, strlen(option));
    add(writer, value, strlen(value));
}

static void add_limits(struct writer *writer, const struct bench_setup *setup,
                       const struct bench_places *places)
{
    add(writer, places->program, strlen(places->program));
    add_all(writer, "bench --limits");
    add_all(writer, setup->options);
}

static void add_sel4emu(struct writer *writer, const struct bench_setup *setup,
                        const struct bench_places *places)
{
    add(writer, places->program, strlen(places->program));
    add_all(writer, "run --config");
    add_option(writer, places->settings, "--until");
    add(writer, BENCH_LAST_LINE, strlen(BENCH_LAST_LINE));
    add_all(writer, setup->options);
    add(writer, places->image, strlen(places->image));
}

static void add_qemu(struct writer *writer, const struct bench_setup *setup,
                     const struct bench_places *places)
{
    add_all(writer, "qemu-system-x86_64 -display none -no-reboot -monitor none -serial stdio "
                    "-m size=512M");
    add_all(writer, setup->options);
    add_option(writer, "-kernel", setup->qemu_kernel);
    add_option(writer, "-initrd", places->image);
}

bool bench_setup_words(const struct bench_setup *setup, const struct bench_places *places,
                       struct bench_words *ret_words)
{
    static void (*const add_kind[])(struct writer *, const struct bench_setup *,
                                    const struct bench_places *) = {
        [BENCH_LINUX] = add_limits,
        [BENCH_SEL4EMU] = add_sel4emu,
        [BENCH_QEMU] = add_qemu,
    };
    struct writer writer = {.words = ret_words};

    add_kind[setup->kind](&writer, setup, places);
    ret_words->items[writer.count] = NULL;
    return !writer.full;
}
