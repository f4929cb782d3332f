/* SPDX-License-Identifier: BSD-2-Clause */
/* Behaviours that several capability types share, and the named absences. */
#include <cap/object_type.h>

#include <abi/message.h>

/* Where message registers 0..3 are; the others are in the IPC buffer. */
static const uint8_t message_registers[MESSAGE_REGISTER_COUNT] = {UREG_MR0, UREG_MR1, UREG_MR2,
                                                                  UREG_MR3};

word_t call_word(const struct call *call, unsigned i)
{
    if (i < MESSAGE_REGISTER_COUNT)
        return call->caller->context.reg[message_registers[i]];
    return call->buffer[IPC_BUFFER_MSG + i];
}

struct answer invoke_no_method(struct call *call)
{
    (void)call;
    return answer_illegal_operation();
}

enum receive_result cannot_receive(struct kernel *k, unsigned core, struct tcb *tcb, union cap cap,
                                   struct receiving how)
{
    (void)k;
    (void)core;
    (void)tcb;
    (void)cap;
    (void)how;
    return RECEIVE_IMPOSSIBLE;
}

struct answer derive_copy(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap)
{
    (void)k;
    (void)slot;
    *ret_cap = cap;
    return answer_ok();
}

struct answer derive_null(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap)
{
    (void)k;
    (void)slot;
    (void)cap;
    *ret_cap = cap_null();
    return answer_ok();
}

union cap mask_no_rights(union cap cap, word_t rights)
{
    (void)rights;
    return cap;
}

union cap mask_badged_rights(union cap cap, word_t rights)
{
    cap.endpoint.rights &= rights;
    return cap;
}

union cap update_badge(union cap cap, word_t data, bool preserve)
{
    if (preserve || cap.endpoint.badge != 0)
        return cap_null();
    cap.endpoint.badge = data;
    return cap;
}

union cap update_no_data(union cap cap, word_t data, bool preserve)
{
    (void)data;
    (void)preserve;
    return cap;
}

bool no_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    (void)cap;
    (void)ret_base;
    (void)ret_size_bits;
    return false;
}

bool same_region_never(union cap a, union cap b)
{
    (void)a;
    (void)b;
    return false;
}

bool same_region_by_type(union cap a, union cap b)
{
    return cap_type(a) == cap_type(b);
}

bool same_object_as_region(union cap a, union cap b)
{
    return cap_object_type(a)->same_region(a, b);
}

struct finalised finalise_nothing(struct kernel *k, union cap cap, bool is_final)
{
    (void)k;
    (void)cap;
    (void)is_final;
    return (struct finalised){.remainder = cap_null(), .cleanup = cap_null()};
}

void no_cleanup(struct kernel *k, union cap cap)
{
    (void)k;
    (void)cap;
}
