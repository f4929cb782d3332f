/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include <base/assert.h>
#include <base/bits.h>
#include <gate/seccomp_filter.h>

static const uint32_t allowed_calls[] = {
    SYS_mmap, SYS_munmap, SYS_clone, SYS_prctl, SYS_exit,
};

#define DATA(field)    (uint32_t) offsetof(struct seccomp_data, field)
#define LOAD(offset)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
/* if (accumulator == value) skip `yes` instructions; else skip `no` */
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

/* Low half first in memory, as the processor has it. */
#define IP_LOW  DATA(instruction_pointer)
#define IP_HIGH (DATA(instruction_pointer) + 4)

unsigned seccomp_filter_build(const vaddr_t *ips, unsigned ip_count,
                              struct sock_filter ret_filter[SECCOMP_FILTER_MAX])
{
    const unsigned call_count = ARRAY_LENGTH(allowed_calls);
    unsigned n = 0;

    ASSERT(3 + 4 * ip_count + 1 + 1 + call_count + 2 <= SECCOMP_FILTER_MAX);
    ret_filter[n++] = (struct sock_filter)LOAD(DATA(arch));
    ret_filter[n++] = (struct sock_filter)IF_EQUAL(AUDIT_ARCH_X86_64, 1, 0);
    ret_filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
    for (unsigned i = 0; i < ip_count; i++) {
        /* a match goes past the other addresses and the return that follows them */
        uint8_t match = (uint8_t)(4 * (ip_count - i - 1) + 1);
        ret_filter[n++] = (struct sock_filter)LOAD(IP_HIGH);
        ret_filter[n++] = (struct sock_filter)IF_EQUAL((uint32_t)(ips[i] >> 32), 0, 2);
        ret_filter[n++] = (struct sock_filter)LOAD(IP_LOW);
        ret_filter[n++] = (struct sock_filter)IF_EQUAL((uint32_t)ips[i], match, 0);
    }
    ret_filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
    ret_filter[n++] = (struct sock_filter)LOAD(DATA(nr));
    for (unsigned i = 0; i < call_count; i++)
        ret_filter[n++] =
            (struct sock_filter)IF_EQUAL(allowed_calls[i], (uint8_t)(call_count - i), 0);
    ret_filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
    ret_filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    return n;
}
