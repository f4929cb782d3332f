/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/console.h>
#include <string.h>
#include <test.h>

static struct kernel kernel;

static struct kernel *setup(void)
{
    memset(&kernel, 0, sizeof(kernel));
    kernel.config.printing = true;
    return &kernel;
}

static void fill(struct kernel *k, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        console_put(k, 'x');
}

TEST(takes_what_was_printed_once)
{
    struct kernel *k = setup();
    const char *text;

    console_print(k, "cap %lu, ", (unsigned long)7);
    console_put(k, '!');
    CHECK_EQ(console_take(k, &text), 8);
    CHECK_MEM(text, "cap 7, !", 8);
    CHECK_EQ(console_take(k, &text), 0);
}

TEST(a_kernel_without_printing_says_nothing_but_what_the_guest_puts)
{
    struct kernel *k = setup();
    const char *text;

    k->config.printing = false;
    console_print(k, "nothing");
    console_put(k, 'c');
    CHECK_EQ(console_take(k, &text), 1);
    CHECK_EQ(text[0], 'c');
}

TEST(has_room_until_the_buffer_is_full)
{
    struct kernel *k = setup();

    CHECK(console_has_room(k, CONSOLE_LINE_BYTES));
    fill(k, CONSOLE_BYTES - CONSOLE_LINE_BYTES);
    CHECK(!console_has_room(k, CONSOLE_LINE_BYTES));
    CHECK(console_has_room(k, CONSOLE_LINE_BYTES - 1));
}

TEST(a_full_buffer_is_not_overrun)
{
    struct kernel *k = setup();
    const char *text;
    uint32_t length;

    fill(k, CONSOLE_BYTES - 3);
    console_print(k, "%s", "longer than what is left");
    CHECK(k->console.length <= CONSOLE_BYTES);
    fill(k, 10);
    console_print(k, "more");
    length = console_take(k, &text);
    CHECK_EQ(length, CONSOLE_BYTES);
    CHECK_EQ(text[length - 1], 'x');
}

TEST(a_tcb_has_the_address_that_a_real_kernel_prints)
{
    struct kernel *k = setup();
    struct tcb *tcb = (struct tcb *)((char *)k + 0x1ffc8000);

    CHECK_EQ(console_tcb_address(k, tcb), 0xffffff801ffc8400);
}
