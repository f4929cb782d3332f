/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/request.h>

#include <base/memory.h>
#include <model/tcb.h>
#include <runtime/linux.h>
#include <runtime/process.h>

struct runtime_request *request_begin(enum runtime_request_kind kind)
{
    struct runtime_request *request = &runtime_shared()->request;

    request->kind = kind;
    return request;
}

void request_attention(void)
{
    static const uint64_t one = 1;

    linux_write_wake(process_wake_fd(), &one, sizeof(one));
}

void request_make(struct runtime_request *request)
{
    uint32_t asked = __atomic_add_fetch(&request->asked, 1, __ATOMIC_SEQ_CST);
    uint32_t answered;

    request_attention();
    while ((answered = __atomic_load_n(&request->answered, __ATOMIC_ACQUIRE)) != asked)
        wait_while(&request->answered, answered);
}

void request_name_tcb(struct runtime_request *request, const struct tcb *tcb)
{
    request->argument[1] = tcb->context.next_ip;
    mem_copy(request->reg, tcb->name, REQUEST_TCB_NAME_BYTES);
}

void request_simple(enum runtime_request_kind kind, uint64_t argument)
{
    struct runtime_request *request = request_begin(kind);

    request->argument[0] = argument;
    request_make(request);
}

_Noreturn void request_fail(unsigned call, long error)
{
    struct runtime_request *request = request_begin(REQUEST_FAIL);

    request->argument[0] = call;
    request->argument[1] = (uint64_t)error;
    for (;;)
        request_make(request);
}
