/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <test.h>

#include <host/host.h>

TEST(wrapper_returns_negative_errno_and_leaves_errno_alone)
{
    errno = 77;
    CHECK_EQ(host_close(-1), -EBADF);
    CHECK_EQ(errno, 77);
    CHECK_STR(host_failed_call(-EBADF), "close");
}

TEST(every_call_has_a_name_and_a_counter)
{
    unsigned count = 0;

    while (host_call_name(count))
        CHECK_EQ(host_inject(host_call_name(count++), 1, 0), 0);
    CHECK(count > 30);
    uint64_t before = host_call_count("close");
    host_close(-1);
    CHECK_EQ(host_call_count("close"), before + 1);
    CHECK_EQ(host_call_count("no such call"), 0);
}

TEST(injection_hits_the_nth_call_only)
{
    CHECK_EQ(host_inject("gettid", 2, ENOMEM), 0);
    CHECK(host_gettid() > 0);
    CHECK(!host_inject_happened("gettid"));
    CHECK_EQ(host_gettid(), -ENOMEM);
    CHECK(host_inject_happened("gettid"));
    CHECK(host_gettid() > 0);
    CHECK_EQ(host_inject("gettid", 0, EIO), 0);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_STR(host_failed_call(-EIO), "gettid");
    CHECK_EQ(host_inject("gettid", 0, 0), 0);
    CHECK(host_gettid() > 0);
    CHECK_EQ(host_inject("frobnicate", 1, EIO), -ENOENT);
}

TEST(injection_parses_its_option)
{
    CHECK_EQ(host_inject_parse("gettid:1:ENOMEM"), 0);
    CHECK_EQ(host_gettid(), -ENOMEM);
    CHECK_EQ(host_inject_parse("gettid:1:5"), 0);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_EQ(host_inject_parse("gettid:1"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:x:EIO"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:ENOSUCHTHING"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:0"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:99999"), -EINVAL);
    CHECK_EQ(host_inject_parse("nothing:1:EIO"), -ENOENT);
    CHECK(host_gettid() > 0);
}

TEST(allocation_can_fail)
{
    host_inject("allocate", 1, ENOMEM);
    CHECK(!host_allocate(1, 16));
    CHECK_STR(host_failed_call(-ENOMEM), "allocate");
}
