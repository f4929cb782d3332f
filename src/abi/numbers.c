/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/numbers.h>

void abi_numbers_make(const struct kernel_config *config, struct abi_numbers *ret_numbers)
{
    for (unsigned i = 0; i < ABI_SYSCALL_NUMBERS; i++)
        ret_numbers->syscalls[i] = (uint8_t)abi_syscall(config, -1 - (int64_t)i);
    for (unsigned label = 0; label < INVOCATION_COUNT; label++)
        ret_numbers->invocations[label] = (uint8_t)abi_invocation(config, label);
}
