/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <object/testkit_hardware.h>

static struct guest guest_with_domains(unsigned domains)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = domains;
    config.num_domain_schedules = 100;
    return guest_boot(config, GUEST_MEMORY_END);
}

static struct answer configure(struct guest *g, word_t index, word_t domain, word_t duration)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_DOMAIN,
                                               .method = INV_DOMAIN_SET_SCHEDULE_CONFIGURE,
                                               WORDS(index, domain, duration)});
}

static struct answer set_start(struct guest *g, word_t index)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_DOMAIN,
                                               .method = INV_DOMAIN_SET_SCHEDULE_SET_START,
                                               WORDS(index)});
}

TEST(domain_set_set)
{
    struct guest g = guest_with_domains(4);
    cptr_t tcb = guest_make(&g, OBJECT_TCB, 0);
    struct guest_call call = {
        .cap = INITIAL_CAP_DOMAIN, .method = INV_DOMAIN_SET_SET, WORDS(4), EXTRA(tcb)};
    call.length = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 1;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_invalid_argument(0));
    CHECK_ANSWER(with_word(&g, call, 0, 0x100), answer_invalid_argument(0));
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_truncated_message());
    call.caps = 1;
    call.extra[0] = INITIAL_CAP_CNODE;
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_invalid_argument(1));
    call.extra[0] = tcb;
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_ok());
    CHECK_EQ(tcb_at(g.k, guest_cap(&g, tcb).tcb.object)->domain, 3);
    CHECK_ANSWER(call_plain(&g, INITIAL_CAP_DOMAIN, INV_TCB_RESUME), answer_illegal_operation());
    guest_end(&g);
}

TEST(domain_schedule_configure)
{
    struct guest g = guest_with_domains(4);
    struct guest_call call = {
        .cap = INITIAL_CAP_DOMAIN, .method = INV_DOMAIN_SET_SCHEDULE_CONFIGURE, WORDS(99, 4, 0)};
    call.length = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(configure(&g, 99, 4, bit(56)), answer_range_error(0, 98));
    CHECK_ANSWER(configure(&g, 98, 4, bit(56)), answer_range_error(0, 3));
    CHECK_ANSWER(configure(&g, 98, 3, bit(56)), answer_invalid_argument(2));
    CHECK_ANSWER(configure(&g, 0, 3, 0), answer_invalid_argument(1));
    CHECK_ANSWER(configure(&g, 0, 0, 0), answer_invalid_argument(2));
    CHECK_ANSWER(configure(&g, 0, 0, 1), answer_ok()); /* the start */
    CHECK_ANSWER(configure(&g, 98, 3, bit(56) - 1), answer_ok());
    CHECK_EQ(g.k->schedule[98].domain, 3);
    CHECK_EQ(g.k->schedule[98].duration, bit(56) - 1);
    CHECK_ANSWER(configure(&g, 98, 0, 0), answer_ok());
    guest_end(&g);
}

TEST(domain_schedule_set_start)
{
    struct guest g = guest_with_domains(4);
    struct guest_call call = {.cap = INITIAL_CAP_DOMAIN,
                              .method = INV_DOMAIN_SET_SCHEDULE_SET_START};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(set_start(&g, 100), answer_range_error(0, 99));
    CHECK_ANSWER(set_start(&g, 99), answer_invalid_argument(0));
    CHECK_ANSWER(set_start(&g, 5), answer_invalid_argument(0));
    configure(&g, 5, 2, 7);
    CHECK_ANSWER(set_start(&g, 5), answer_ok());
    CHECK_EQ(g.k->schedule_start, 5);
    guest_end(&g);
}
