/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <trace/call.h>
#include <trace/testkit_trace.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>

/* A guest whose thread has sent, or been given, as many words and capabilities as go. */
static struct message_source full_message(struct traced *t)
{
    struct tcb *tcb = traced_current(t);
    word_t *buffer = traced_buffer(t);
    static const unsigned registers[] = {UREG_MR0, UREG_MR1, UREG_MR2, UREG_MR3};

    for (unsigned i = 0; i < MESSAGE_MAX_LENGTH; i++)
        buffer[IPC_BUFFER_MSG + i] = i + 1;
    for (unsigned i = 0; i < ARRAY_LENGTH(registers); i++)
        tcb->context.reg[registers[i]] = i + 1;
    for (unsigned i = 0; i < MESSAGE_MAX_EXTRA_CAPS; i++)
        buffer[IPC_BUFFER_CAPS_OR_BADGES + i] = INITIAL_CAP_CNODE;
    struct message_info info = {
        .length = MESSAGE_MAX_LENGTH,
        .extra_caps = MESSAGE_MAX_EXTRA_CAPS,
    };
    return message_source(t->g.k, tcb, message_info_encode(info));
}

/* All kernels that differ in their methods; only the trace looks at this. */
static struct kernel_config everything(bool mcs)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = mcs;
    config.max_cores = 4;
    config.iommu = true;
    config.vtx = true;
    config.vtx_64bit_guests = true;
    config.hardware_debug_api = true;
    return config;
}

static bool names_all(const char *text, const char *list)
{
    struct invocation_argument argument;
    while (abi_invocation_next_argument(&list, &argument)) {
        char name[64];
        snprintf(name, sizeof(name), " %.*s=", argument.name_length, argument.name);
        if (!strstr(text, name))
            return false;
    }
    return true;
}

static void check_method(const struct message_source *message, enum invocation method)
{
    struct invocation_info info = abi_invocation_info(&message->k->config, method);
    struct line line;

    line_clear(&line);
    arguments_add(&line, message, method);
    CHECK(!strstr(line.text, "missing"));
    if (!CHECK(names_all(line.text, info.arguments)) || !CHECK(names_all(line.text, info.caps)))
        printf("%s%s\n", info.name, line.text);
    CHECK_EQ(line.text[0] == '\0', info.arguments[0] == '\0' && info.caps[0] == '\0');

    line_clear(&line);
    results_add(&line, message, method);
    if (!CHECK(names_all(line.text, info.results)))
        printf("%s%s\n", info.name, line.text);
    CHECK_EQ(line.text[0] == '\0', info.results[0] == '\0');
}

TEST(each_method_of_each_kernel_is_printable)
{
    struct traced *t = traced_boot();
    struct message_source message = full_message(t);

    check_method(&message, INV_INVALID);
    for (int mcs = 0; mcs < 2; mcs++) {
        unsigned methods = 0;
        t->g.k->config = everything(mcs);
        for (unsigned label = 1;; label++) {
            enum invocation method = abi_invocation(&t->g.k->config, label);
            if (method == INV_INVALID)
                break;
            check_method(&message, method);
            methods++;
        }
        CHECK(methods > 70);
    }
    traced_end(t);
}

static const char *arguments_of(const struct message_source *message, enum invocation method)
{
    static struct line line;
    line_clear(&line);
    arguments_add(&line, message, method);
    return line.text;
}

TEST(what_is_missing_is_said)
{
    struct traced *t = traced_boot();
    struct message_source message = full_message(t);
    message.length = 1;
    CHECK_STR(arguments_of(&message, INV_CNODE_DELETE), ": index=1 <depth missing>");
    message.info.extra_caps = 1;
    CHECK_STR(arguments_of(&message, INV_X86_ASID_CONTROL_MAKE_POOL),
              ": index=1 <depth missing> untyped=2 \"cnode\" <root missing>");
    message.buffer = NULL;
    CHECK_STR(arguments_of(&message, INV_TCB_SET_PRIORITY), ": priority=1 <authority missing>");
    traced_end(t);
}

/* Without a buffer the words in registers are all there is. */
TEST(no_buffer_leaves_four_words)
{
    struct traced *t = traced_boot();
    struct tcb *tcb = traced_current(t);
    full_message(t);
    tcb->slots[TCB_SLOT_BUFFER].cap = cap_null();
    struct message_source message =
        message_source(t->g.k, tcb, message_info_encode((struct message_info){.length = 120}));
    CHECK_EQ(message.length, MESSAGE_REGISTER_COUNT);
    CHECK_STR(arguments_of(&message, INV_CNODE_MINT),
              ": dest_index=1 dest_depth=2 src_index=3 src_depth=4 <rights missing> <src_root "
              "missing>");
    traced_end(t);
}

TEST(values_are_shown_as_what_they_are)
{
    struct traced *t = traced_boot();
    struct message_source message = full_message(t);
    word_t *buffer = traced_buffer(t);

    traced_current(t)->context.reg[UREG_MR0] = 0x11d; /* bits of flags, and more than them */
    CHECK_STR(arguments_of(&message, INV_TCB_COPY_REGISTERS),
              ": suspend_source=1 resume_target=0 transfer_frame=1 transfer_integer=1 arch_flags=1 "
              "source=2 \"cnode\"");
    traced_current(t)->context.reg[UREG_MR1] = 0x140; /* a depth is the whole word */
    CHECK_STR(arguments_of(&message, INV_CNODE_DELETE), ": index=285 depth=320");
    traced_current(t)->context.reg[UREG_MR0] = 1000;
    buffer[IPC_BUFFER_CAPS_OR_BADGES] = UINT64_C(1) << 40;
    CHECK(strstr(arguments_of(&message, INV_UNTYPED_RETYPE), ": type=1000 size_bits=320"));
    CHECK(strstr(arguments_of(&message, INV_UNTYPED_RETYPE), " root=0x10000000000 <not found>"));
    traced_end(t);
}
