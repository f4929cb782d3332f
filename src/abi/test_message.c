/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/message.h>
#include <test.h>

TEST(message_info_fields)
{
    const struct message_info info =
        message_info_decode(UINT64_C(0xabcdef0123456) << 12 | 5 << 9 | 2 << 7 | 119);

    CHECK_EQ(info.label, UINT64_C(0xabcdef0123456));
    CHECK_EQ(info.caps_unwrapped, 5);
    CHECK_EQ(info.extra_caps, 2);
    CHECK_EQ(info.length, 119);
}

TEST(message_length_is_clamped)
{
    CHECK_EQ(message_info_decode(120).length, 120);
    CHECK_EQ(message_info_decode(121).length, 120);
    CHECK_EQ(message_info_decode(127).length, 120);
    CHECK_EQ(message_info_decode(128).length, 0);
}

TEST(message_info_is_what_was_encoded)
{
    const struct message_info info = {
        .label = mask(52), .caps_unwrapped = 7, .extra_caps = 3, .length = 120};

    CHECK_EQ(message_info_encode(info), UINT64_C(0xfffffffffffffff8));
    CHECK_EQ(message_info_encode(message_info_decode(0x1a84)), 0x1a84);
}

TEST(cnode_data)
{
    CHECK_EQ(cnode_data_guard_size(UINT64_C(0x123) << 6 | 52), 52);
    CHECK_EQ(cnode_data_guard(UINT64_C(0x123) << 6 | 52), 0x123);
    CHECK_EQ(cnode_data_guard_size(UINT64_MAX), 63);
    CHECK_EQ(cnode_data_guard(UINT64_MAX), mask(58));
}

TEST(ipc_buffer_words)
{
    CHECK_EQ(IPC_BUFFER_MSG + MESSAGE_MAX_LENGTH, IPC_BUFFER_USER_DATA);
    CHECK_EQ(IPC_BUFFER_CAPS_OR_BADGES + MESSAGE_MAX_EXTRA_CAPS, IPC_BUFFER_RECEIVE_CNODE);
    CHECK_EQ(IPC_BUFFER_WORDS * 8, bit(IPC_BUFFER_BITS));
}
