/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills frames as what loads programs does: a frame is mapped, written by one string instruction,
 * and unmapped. All of them are looked at in the end, and so is what the instructions leave in
 * their registers. Then two pages beside each other, with no other near, come and go.
 */
#include "vspace.h"

#define FRAMES      64
#define SOURCE      UINT64_C(0x200000000)
#define SOURCE_SIZE (3 * PAGE_SIZE)
#define PATTERN     UINT64_C(0x8877665544332211)
#define NEIGHBOURS  UINT64_C(0x240000000)
#define ROUNDS      48

/* What one instruction is given, and leaves. */
struct fill {
    seL4_Word to, from, count;
};

static struct fill copy_words(struct fill f)
{
    __asm__ volatile("rep movsq" : "+D"(f.to), "+S"(f.from), "+c"(f.count) : : "memory");
    return f;
}

static struct fill copy_bytes(struct fill f)
{
    __asm__ volatile("rep movsb" : "+D"(f.to), "+S"(f.from), "+c"(f.count) : : "memory");
    return f;
}

static struct fill set_words(struct fill f)
{
    __asm__ volatile("rep stosq" : "+D"(f.to), "+c"(f.count) : "a"(PATTERN) : "memory");
    return f;
}

static struct fill set_bytes(struct fill f)
{
    __asm__ volatile("rep stosb" : "+D"(f.to), "+c"(f.count) : "a"(PATTERN) : "memory");
    return f;
}

static const struct kind {
    struct fill (*make)(struct fill f);
    unsigned element; /* bytes */
    bool copies;
} kinds[] = {
    {copy_words, 8, true}, {copy_bytes, 1, true}, {set_words, 8, false}, {set_bytes, 1, false}};

static const struct kind *kind_of(unsigned n)
{
    return &kinds[n % 4];
}

/* Whole pages and parts, from anywhere in the source: some elements lie in two of its pages. */
static seL4_Word offset_of(unsigned n)
{
    return n % 3 == 0 ? 0 : n * 37 % 2048;
}

static seL4_Word bytes_of(unsigned n)
{
    seL4_Word bytes = n % 3 == 0 ? PAGE_SIZE : 100 + n * 331 % (PAGE_SIZE - 2200);

    return bytes - bytes % kind_of(n)->element;
}

static seL4_Word source_of(unsigned n)
{
    return SOURCE + n * 1237 % (SOURCE_SIZE - PAGE_SIZE);
}

/* Returns how many registers are wrong behind it. */
static unsigned fill(unsigned n, seL4_CPtr frame)
{
    const struct kind *kind = kind_of(n);
    const seL4_Word bytes = bytes_of(n);
    const seL4_Word to = (seL4_Word)window_open(frame) + offset_of(n);
    const struct fill f =
        kind->make((struct fill){.to = to, .from = source_of(n), .count = bytes / kind->element});

    window_close();
    return (f.to != to + bytes) + (f.from != source_of(n) + (kind->copies ? bytes : 0)) +
           (f.count != 0);
}

static unsigned char expected(unsigned n, seL4_Word at)
{
    const struct kind *kind = kind_of(n);

    if (at < offset_of(n) || at >= offset_of(n) + bytes_of(n))
        return 0;
    at -= offset_of(n);
    return kind->copies ? *(const unsigned char *)(source_of(n) + at)
                        : (unsigned char)(PATTERN >> (at % kind->element * 8));
}

static unsigned compare(unsigned n, seL4_CPtr frame)
{
    const unsigned char *memory = window_open(frame);
    unsigned wrong = 0;

    for (seL4_Word at = 0; at < PAGE_SIZE; at++)
        wrong += memory[at] != expected(n, at);
    window_close();
    return wrong;
}

/* One is mapped again and again, then the other, then both; each keeps what is written to it. */
static unsigned neighbours(void)
{
    const seL4_CPtr frames[2] = {object_new(seL4_X86_4K, 0), object_new(seL4_X86_4K, 0)};
    seL4_Word last[2] = {0, 0};
    unsigned wrong = 0;

    for (unsigned round = 1; round <= ROUNDS; round++) {
        const unsigned which = 1 + round / 4 % 3; /* a bit for each */
        for (unsigned i = 0; i < 2; i++) {
            volatile seL4_Word *const word = (seL4_Word *)(NEIGHBOURS + i * PAGE_SIZE);
            if ((which >> i & 1) == 0)
                continue;
            vspace_map(&root_vspace, frames[i], (seL4_Word)word, seL4_ReadWrite);
            wrong += *word != last[i];
            last[i] = *word = round * 2 + i;
        }
        for (unsigned i = 0; i < 2; i++) {
            if (which >> i & 1)
                must(seL4_X86_Page_Unmap(frames[i]), "Page_Unmap");
        }
    }
    return wrong;
}

void guest_main(void)
{
    seL4_CPtr frames[FRAMES];
    unsigned wrong_registers = 0, wrong_bytes = 0;

    for (seL4_Word at = 0; at < SOURCE_SIZE; at += PAGE_SIZE)
        vspace_new_page(&root_vspace, SOURCE + at);
    for (seL4_Word at = 0; at < SOURCE_SIZE; at++)
        *(unsigned char *)(SOURCE + at) = (unsigned char)(at * 7 + at / 256);
    for (unsigned n = 0; n < FRAMES; n++) {
        frames[n] = object_new(seL4_X86_4K, 0);
        wrong_registers += fill(n, frames[n]);
    }
    for (unsigned n = 0; n < FRAMES; n++)
        wrong_bytes += compare(n, frames[n]);
    print("%u frames filled: %u registers and %u bytes of them wrong\n", FRAMES, wrong_registers,
          wrong_bytes);
    print("two pages beside each other: %u wrong words\n", neighbours());
    print("Goodbye.\n");
}
