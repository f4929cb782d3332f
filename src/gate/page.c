/* SPDX-License-Identifier: BSD-2-Clause */
/* The injection page: all that a VSpace process holds besides guest memory. */
#include <string.h>

#include <gate/tracee.h>

#define INT3 0xcc

static const uint8_t syscall_code[] = {0x0f, 0x05, INT3};
static const uint8_t wrfsbase_code[] = {0xf3, 0x48, 0x0f, 0xae, 0xd0, INT3};
static const uint8_t wrgsbase_code[] = {0xf3, 0x48, 0x0f, 0xae, 0xd8, INT3};

void injection_page_fill(uint8_t page[PAGE_BYTES])
{
    memset(page, INT3, PAGE_BYTES);
    memcpy(page + INJECTION_SYSCALL, syscall_code, sizeof(syscall_code));
    memcpy(page + INJECTION_WRFSBASE, wrfsbase_code, sizeof(wrfsbase_code));
    memcpy(page + INJECTION_WRGSBASE, wrgsbase_code, sizeof(wrgsbase_code));
}
