/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/debug_events.h>
#include <stdio.h>
#include <string.h>
#include <test.h>

static struct tracing tracing;
static struct debug_events events;

static void setup(void)
{
    tracing = (struct tracing){0};
    memset(&events, 0, sizeof(events));
    events.tracing = &tracing;
}

TEST(events_are_numbered_and_forgotten)
{
    unsigned number = 0;
    setup();
    CHECK(debug_events_add(&events, "TCB_Configure thread=client", true, &number) == NULL);
    CHECK_EQ(number, 1);
    CHECK(debug_events_add(&events, "  fault   error ", false, &number) == NULL);
    CHECK_EQ(number, 2);
    CHECK_EQ(tracing.count, 2);
    CHECK(!debug_events_remove(&events, 3));
    CHECK(debug_events_remove(&events, 1));
    CHECK(!debug_events_remove(&events, 1));
    CHECK_EQ(tracing.count, 1);
    CHECK(debug_events_add(&events, "transfer", true, &number) == NULL);
    CHECK_EQ(number, 3); /* no number is used twice */
    CHECK(debug_events_remove(&events, 0));
    CHECK_EQ(tracing.count, 0);
}

TEST(events_that_cannot_be_are_refused)
{
    char many_words[400] = "";
    unsigned number = 0;
    setup();
    for (unsigned i = 0; i < 50; i++)
        strcat(many_words, " error");
    CHECK(strstr(debug_events_add(&events, "nonsense", true, &number), "is called so") != NULL);
    CHECK(debug_events_add(&events, "kind=nonsense", true, &number) != NULL);
    CHECK(debug_events_add(&events, "colour=red", true, &number) != NULL);
    CHECK(debug_events_add(&events, many_words, true, &number) != NULL);
    CHECK_EQ(tracing.count, 0);
    CHECK_EQ(number, 0);
}

TEST(events_are_limited)
{
    unsigned number;
    setup();
    for (unsigned i = 0; i < DEBUG_MAX_EVENTS; i++)
        CHECK(debug_events_add(&events, "Recv", true, &number) == NULL);
    CHECK(debug_events_add(&events, "Recv", true, &number) != NULL);
    CHECK(debug_events_remove(&events, 4));
    CHECK(debug_events_add(&events, "Recv", true, &number) == NULL);
    debug_events_remove(&events, 0);
}
