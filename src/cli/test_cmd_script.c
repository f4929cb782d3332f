/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/script.h>
#include <string.h>
#include <test.h>

TEST(programs_lie_beside_the_directory_of_the_command)
{
    char path[64];

    CHECK(script_path("/usr/bin/sel4emu", "../libexec/sel4emu", "cc", path, sizeof(path)));
    CHECK(strcmp(path, "/usr/bin/../libexec/sel4emu/cc") == 0);
    CHECK(script_path("/build/sel4emu", "libexec/sel4emu", "new", path, sizeof(path)));
    CHECK(strcmp(path, "/build/libexec/sel4emu/new") == 0);
}

TEST(a_path_that_is_none_or_too_long_is_refused)
{
    char path[16];

    CHECK(!script_path("sel4emu", "libexec/sel4emu", "cc", path, sizeof(path)));
    CHECK(!script_path("/usr/bin/sel4emu", "../libexec/sel4emu", "cc", path, sizeof(path)));
}
