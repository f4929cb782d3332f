/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/serial_spec.h>

#include <base/bits.h>
#include <string.h>
#include <test.h>

TEST(each_kind_is_named_by_a_word)
{
    static const struct {
        const char *text;
        enum serial_kind kind;
        const char *path;
    } rows[] = {
        {"stdio", SERIAL_STDIO, NULL},
        {"null", SERIAL_NULL, NULL},
        {"pty", SERIAL_PTY, NULL},
        {"file:a:b", SERIAL_FILE, "a:b"},
        {"unix:/tmp/x,y", SERIAL_UNIX, "/tmp/x,y"},
        {"tcp:80", SERIAL_TCP, NULL},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct serial_spec spec;

        CHECK(serial_spec_parse(rows[i].text, &spec) == NULL);
        CHECK_EQ(spec.kind, rows[i].kind);
        CHECK(spec.text == rows[i].text);
        if (rows[i].path)
            CHECK_STR(spec.path, rows[i].path);
    }
}

TEST(a_tcp_port_listens_on_this_machine_alone_unless_an_address_is_given)
{
    static const uint8_t here[4] = {127, 0, 0, 1}, all[4] = {0, 0, 0, 0};
    struct serial_spec spec;

    CHECK(serial_spec_parse("tcp:65535", &spec) == NULL);
    CHECK_EQ(spec.port, 65535);
    CHECK(memcmp(spec.address, here, 4) == 0);
    CHECK(serial_spec_parse("tcp:localhost:0", &spec) == NULL);
    CHECK_EQ(spec.port, 0);
    CHECK(memcmp(spec.address, here, 4) == 0);
    CHECK(serial_spec_parse("tcp::1234", &spec) == NULL);
    CHECK(memcmp(spec.address, here, 4) == 0);
    CHECK(serial_spec_parse("tcp:0.0.0.0:1234", &spec) == NULL);
    CHECK_EQ(spec.port, 1234);
    CHECK(memcmp(spec.address, all, 4) == 0);
}

TEST(what_is_no_end_is_refused_with_a_reason)
{
    static const char *const texts[] = {
        "",
        "stdi",
        "stdio:",
        "ptyx",
        "null:",
        "file:",
        "unix:",
        "tcp:",
        "tcp:x",
        "tcp:65536",
        "tcp:1x",
        "tcp:-1",
        "tcp:1.2.3:4",
        "tcp:1.2.3.4.5:6",
        "tcp:256.0.0.1:1",
        "tcp:host:1",
        "tcp:4294967297",
        "tcp:1.2.3.4:",
        "serial",
        "/dev/ttyS0",
    };
    struct serial_spec spec;

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        CHECK(serial_spec_parse(texts[i], &spec) != NULL);
}

TEST(a_socket_path_that_linux_cannot_take_is_refused)
{
    char text[5 + 108 + 1] = "unix:";
    struct serial_spec spec;

    memset(text + 5, 'x', 107);
    CHECK(serial_spec_parse(text, &spec) == NULL);
    text[5 + 107] = 'x';
    CHECK(serial_spec_parse(text, &spec) != NULL);
}
