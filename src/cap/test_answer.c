/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <string.h>

#include <model/console.h>
#include <model/testkit_guest.h>

TEST(a_reason_leaves_the_answer_as_it_is)
{
    struct answer answer = answer_because(answer_range_error(3, 9), "decodeThis", "This.");
    CHECK_ANSWER(answer, answer_range_error(3, 9));
    CHECK(answer_is_error(answer));
    CHECK_STR(answer.reason.where, "decodeThis");
    CHECK_STR(answer.reason.why, "This.");
    CHECK(!answer_is_error(answer_because(answer_ok(), "invokeThat", "All is well.")));
}

TEST(a_reason_keeps_its_words)
{
    struct answer answer =
        answer_because(answer_illegal_operation(), "f", "%lu of %lu in 0x%lx, %lu", UINT64_MAX,
                       reason_int(0xabfffffffe), UINT64_C(0xabc), UINT64_C(4));
    CHECK_EQ(answer.reason.argument[0], UINT64_MAX);
    CHECK_EQ(answer.reason.argument[1], UINT64_MAX - 1);
    CHECK_EQ(answer.reason.argument[2], 0xabc);
    CHECK_EQ(answer.reason.argument[3], 4);
}

TEST(a_later_reason_takes_the_place_of_an_earlier)
{
    struct answer answer = answer_because(answer_delete_first(), "f", "%lu", UINT64_C(1));
    answer = answer_with_reason(answer, (struct reason){.where = "g", .why = "no"});
    CHECK_ANSWER(answer, answer_delete_first());
    CHECK_STR(answer.reason.where, "g");
    CHECK_EQ(answer.reason.argument[0], 0);
}

static void take_int(void *context)
{
    (void)context;
    /* behind the compiler's back, which knows that %d takes an int */
    static const char *const volatile format = "%d";
    answer_because(answer_ok(), "f", format, 1);
}

TEST(reasons_take_words_only)
{
    CHECK(test_asserts(take_int, NULL));
}

static const char *console(struct guest *g)
{
    static char copy[CONSOLE_BYTES];
    const char *text;
    uint32_t length = console_take(g->k, &text);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

TEST(reporting_says_the_reason_if_there_is_one)
{
    struct guest g = guest_boot_default();
    struct answer silent = answer_truncated_message();
    struct answer loud = answer_because(silent, "decodeThis", "%lu is not %lu, %lx or %lu.",
                                        UINT64_C(7), UINT64_C(8), UINT64_C(0x77), UINT64_C(70));
    answer_report(g.k, &silent);
    CHECK_STR(console(&g), "");
    CHECK_EQ(g.k->user_error.count, 0);
    answer_report(g.k, &loud);
    CHECK(strstr(console(&g), "7 is not 8, 77 or 70.>>"));
    CHECK_STR(g.k->user_error.reason, "7 is not 8, 77 or 70.");
    guest_end(&g);
}
