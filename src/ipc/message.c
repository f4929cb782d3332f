/* SPDX-License-Identifier: BSD-2-Clause */
/* Message registers: the first four are in processor registers, the others in the IPC buffer. */
#include <ipc/ipc.h>

#include <abi/message.h>
#include <cap/derivation.h>
#include <cap/lookup.h>

static const uint8_t message_registers[MESSAGE_REGISTER_COUNT] = {UREG_MR0, UREG_MR1, UREG_MR2,
                                                                  UREG_MR3};

word_t *ipc_buffer(struct kernel *k, const struct tcb *tcb, bool writable)
{
    union cap cap = tcb->slots[TCB_SLOT_BUFFER].cap;
    if (cap_type(cap) != CAP_FRAME || cap.frame.is_device)
        return NULL;
    bool allowed =
        cap.frame.rights == VM_READ_WRITE || (!writable && cap.frame.rights == VM_READ_ONLY);
    if (!allowed)
        return NULL;
    return kernel_memory(k, frame_cap_paddr(cap) + (tcb->ipc_buffer & mask(frame_cap_bits(cap))));
}

word_t message_word(const struct tcb *tcb, const word_t *buffer, unsigned i)
{
    return i < MESSAGE_REGISTER_COUNT ? tcb->context.reg[message_registers[i]]
                                      : buffer[IPC_BUFFER_MSG + i];
}

unsigned message_set_word(struct tcb *tcb, word_t *buffer, unsigned i, word_t word)
{
    if (i < MESSAGE_REGISTER_COUNT)
        tcb->context.reg[message_registers[i]] = word;
    else if (buffer)
        buffer[IPC_BUFFER_MSG + i] = word;
    else
        return MESSAGE_REGISTER_COUNT;
    return i + 1;
}

/* Word by word upwards: the buffers may be the same memory, or overlap. */
static void copy_words(word_t *to, const word_t *from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        to[i] = from[i];
}

/* Returns how many words could be copied. */
static unsigned message_copy(const struct tcb *sender, const word_t *from, struct tcb *receiver,
                             word_t *to, unsigned length)
{
    unsigned reach = from && to ? length : (unsigned)min_u64(length, MESSAGE_REGISTER_COUNT);
    for (unsigned i = 0; i < MESSAGE_REGISTER_COUNT && i < reach; i++)
        receiver->context.reg[message_registers[i]] = sender->context.reg[message_registers[i]];
    if (reach > MESSAGE_REGISTER_COUNT)
        copy_words(&to[IPC_BUFFER_MSG + MESSAGE_REGISTER_COUNT],
                   &from[IPC_BUFFER_MSG + MESSAGE_REGISTER_COUNT], reach - MESSAGE_REGISTER_COUNT);
    return reach;
}

struct lookup_failure message_lookup_caps(struct kernel *k, struct tcb *sender,
                                          const word_t *buffer, unsigned count,
                                          struct slot *ret_slots[MESSAGE_MAX_EXTRA_CAPS],
                                          cptr_t *ret_failed)
{
    for (unsigned i = 0; i < MESSAGE_MAX_EXTRA_CAPS; i++)
        ret_slots[i] = NULL;
    if (!buffer || count == 0)
        return (struct lookup_failure){.type = LOOKUP_NO_FAILURE};

    for (unsigned i = 0; i < count; i++) {
        cptr_t cptr = buffer[IPC_BUFFER_CAPS_OR_BADGES + i];
        struct resolution found = lookup_slot(k, sender, cptr);
        if (!found.slot) {
            *ret_failed = cptr;
            ret_slots[i] = NULL;
            return found.failure;
        }
        ret_slots[i] = found.slot;
    }
    return (struct lookup_failure){.type = LOOKUP_NO_FAILURE};
}

/* The empty slot that the receiver offers for a capability, or NULL. */
static struct slot *receive_slot(struct kernel *k, struct tcb *receiver, const word_t *buffer)
{
    struct resolution root = lookup_slot(k, receiver, buffer[IPC_BUFFER_RECEIVE_CNODE]);
    if (!root.slot)
        return NULL;
    struct slot *slot;
    struct answer answer = lookup_empty_slot(k, root.slot->cap, buffer[IPC_BUFFER_RECEIVE_INDEX],
                                             buffer[IPC_BUFFER_RECEIVE_DEPTH], &slot);
    return answer_is_error(answer) ? NULL : slot;
}

static bool cap_is_endpoint(union cap cap, paddr_t endpoint)
{
    return cap_type(cap) == CAP_ENDPOINT && cap.endpoint.object == endpoint; /* 0: of a reply */
}

/* Copies slot's capability to *dest; false if nothing was transferred. */
static bool transfer_cap(struct kernel *k, struct slot *slot, struct slot *dest)
{
    union cap copy = cap_null();
    if (!dest)
        return false;
    struct answer answer = cap_derive(k, slot, slot->cap, &copy);
    answer_report(k, &answer);
    if (answer_is_error(answer) || cap_is_null(copy))
        return false;
    slot_insert(k, copy, slot, dest);
    return true;
}

/*
 * Capabilities to the endpoint itself arrive as their badges; of the others the first goes to the
 * receive slot. What comes after one that cannot be transferred is dropped.
 */
static void transfer_caps(struct kernel *k, struct slot *const slots[MESSAGE_MAX_EXTRA_CAPS],
                          paddr_t endpoint, struct tcb *receiver, word_t *buffer,
                          struct message_info *info)
{
    info->extra_caps = 0;
    info->caps_unwrapped = 0;
    if (!buffer || !slots[0])
        return;

    struct slot *dest = receive_slot(k, receiver, buffer);
    unsigned i;
    for (i = 0; i < MESSAGE_MAX_EXTRA_CAPS && slots[i]; i++) {
        if (cap_is_endpoint(slots[i]->cap, endpoint)) {
            buffer[IPC_BUFFER_CAPS_OR_BADGES + i] = slots[i]->cap.endpoint.badge;
            info->caps_unwrapped |= 1U << i;
        } else if (transfer_cap(k, slots[i], dest)) {
            dest = NULL;
        } else {
            break;
        }
    }
    info->extra_caps = i;
}

/* All that the message has is in registers. */
static struct message_info transfer_short(const struct tcb *sender, struct tcb *receiver)
{
    struct message_info info = message_info_decode(sender->context.reg[UREG_MESSAGE_INFO]);

    message_copy(sender, NULL, receiver, NULL, info.length);
    info.caps_unwrapped = 0;
    return info;
}

static struct message_info transfer_message(struct kernel *k, struct tcb *sender, paddr_t endpoint,
                                            bool can_grant, struct tcb *receiver)
{
    if (!k->has_no_short_cuts && message_info_is_short(sender->context.reg[UREG_MESSAGE_INFO]))
        return transfer_short(sender, receiver);
    const word_t *from = ipc_buffer(k, sender, false);
    word_t *to = ipc_buffer(k, receiver, true);
    struct message_info info = message_info_decode(sender->context.reg[UREG_MESSAGE_INFO]);
    struct slot *slots[MESSAGE_MAX_EXTRA_CAPS] = {NULL, NULL, NULL};
    cptr_t failed;

    if (can_grant && message_lookup_caps(k, sender, from, info.extra_caps, slots, &failed).type !=
                         LOOKUP_NO_FAILURE)
        slots[0] = NULL;
    info.length = message_copy(sender, from, receiver, to, info.length);
    transfer_caps(k, slots, endpoint, receiver, to, &info);
    return info;
}

static struct message_info transfer_fault(struct kernel *k, struct tcb *sender,
                                          struct tcb *receiver)
{
    unsigned length = fault_write_message(k, sender, receiver, ipc_buffer(k, receiver, true));
    return (struct message_info){
        .label = abi_fault_label(&k->config, sender->fault.type),
        .length = length,
    };
}

void ipc_transfer(struct kernel *k, struct tcb *sender, paddr_t endpoint, word_t badge,
                  bool can_grant, struct tcb *receiver)
{
    struct message_info info = sender->fault.type == FAULT_NONE
                                   ? transfer_message(k, sender, endpoint, can_grant, receiver)
                                   : transfer_fault(k, sender, receiver);
    receiver->context.reg[UREG_MESSAGE_INFO] = message_info_encode(info);
    receiver->context.reg[UREG_BADGE] = badge;
}
