/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of x86 I/O ports. The access itself is the seat's: the method ends when the device has
 * answered. Manual, "x86 I/O Ports".
 */
#include <object/io_port.h>

#include <base/bits.h>
#include <object/decode.h>
#include <object/object_types.h>

struct port_method {
    enum invocation method;
    enum device_access_kind kind;
    uint8_t size;  /* bytes */
    uint8_t words; /* the least message */
};

static const struct port_method port_methods[] = {
    {INV_X86_IO_PORT_IN8, DEVICE_PORT_IN, 1, 1},    {INV_X86_IO_PORT_IN16, DEVICE_PORT_IN, 2, 1},
    {INV_X86_IO_PORT_IN32, DEVICE_PORT_IN, 4, 1},   {INV_X86_IO_PORT_OUT8, DEVICE_PORT_OUT, 1, 2},
    {INV_X86_IO_PORT_OUT16, DEVICE_PORT_OUT, 2, 2}, {INV_X86_IO_PORT_OUT32, DEVICE_PORT_OUT, 4, 2},
};

bool io_ports_are_free(const struct kernel *k, unsigned first, unsigned last)
{
    for (unsigned port = first; port <= last; port++) {
        if (k->io_ports_issued[port / 64] & bit(port % 64))
            return false;
    }
    return true;
}

void io_ports_set_issued(struct kernel *k, unsigned first, unsigned last, bool issued)
{
    for (unsigned port = first; port <= last; port++) {
        if (issued)
            k->io_ports_issued[port / 64] |= bit(port % 64);
        else
            k->io_ports_issued[port / 64] &= ~bit(port % 64);
    }
}

static const struct port_method *find_method(enum invocation method)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(port_methods); i++) {
        if (port_methods[i].method == method)
            return &port_methods[i];
    }
    return NULL;
}

static struct answer io_port_invoke(struct call *call)
{
    const struct port_method *method = find_method(call->method);
    if (!method)
        return answer_because(answer_illegal_operation(), "decodeX86PortInvocation",
                              "IOPort: Unknown operation.");
    bool is_out = method->kind == DEVICE_PORT_OUT;
    if (call_is_truncated(call, method->words, 0))
        return answer_because(answer_truncated_message(), "decodeX86PortInvocation",
                              is_out ? "IOPort Out: Truncated message."
                                     : "IOPort: Truncated message.");
    unsigned port = call_word(call, 0) & 0xffff;
    unsigned last = port + method->size - 1;
    if (port < call->cap.io_port.first || last > call->cap.io_port.last)
        return answer_because(answer_illegal_operation(), "ensurePortOperationAllowed",
                              "IOPort: Ports %lu--%lu fall outside permitted range %lu--%lu.",
                              (word_t)port, (word_t)last, (word_t)call->cap.io_port.first,
                              (word_t)call->cap.io_port.last);
    call->k->cores[call->core].device = (struct device_access){
        .kind = method->kind,
        .size = method->size,
        .address = port,
        .value = is_out ? call_word(call, 1) & mask(8u * method->size) : 0,
    };
    return answer_kind_only(ANSWER_DEVICE);
}

static bool io_port_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IO_PORT && a.io_port.first == b.io_port.first &&
           a.io_port.last == b.io_port.last;
}

static struct finalised io_port_finalise(struct kernel *k, union cap cap, bool is_final)
{
    struct finalised end = finalise_nothing(k, cap, is_final);
    if (is_final)
        end.cleanup = cap;
    return end;
}

static void io_port_cleanup(struct kernel *k, union cap cap)
{
    io_ports_set_issued(k, (unsigned)cap.io_port.first, (unsigned)cap.io_port.last, false);
}

const struct object_type io_port_object_type = {
    .name = "I/O port range",
    .identify_tag = 19,
    .invoke = io_port_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = io_port_same_region,
    .same_object = same_object_as_region,
    .finalise = io_port_finalise,
    .cleanup = io_port_cleanup,
};
