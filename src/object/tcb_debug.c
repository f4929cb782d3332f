/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware debug API: SetBreakpoint, GetBreakpoint, UnsetBreakpoint, ConfigureSingleStepping.
 * None asks how long the message is.
 */
#include <object/tcb.h>

#include <abi/debug.h>
#include <abi/syscall.h>
#include <base/bits.h>
#include <ipc/ipc.h>
#include <model/console.h>
#include <model/debug.h>
#include <object/object_types.h>

/* The places of the arguments in the message, which InvalidArgument names. */
enum { ARGUMENT_NUMBER, ARGUMENT_ADDRESS, ARGUMENT_TYPE, ARGUMENT_SIZE, ARGUMENT_ACCESS };

/* The kernel's end of user addresses: further up than that of mappings. */
#define ADDRESS_END UINT64_C(0x7fffffffffff)

/* What SetBreakpoint is asked for, before it is known to be sensible. */
struct request {
    uint16_t number;
    word_t address, type, size, access;
};

static uint16_t breakpoint_number(const struct call *call)
{
    return (uint16_t)call_word(call, ARGUMENT_NUMBER);
}

static struct answer set_failed(struct answer answer, const char *why, word_t value)
{
    return answer_because(answer, "decodeSetBreakpoint", why, value);
}

static struct answer check_number(const char *where, uint16_t number)
{
    if (number < HARDWARE_BREAKPOINTS)
        return answer_ok();
    return answer_because(answer_range_error(0, HARDWARE_BREAKPOINTS - 1), where,
                          "Debug: invalid bp_num %lu.", (word_t)number);
}

static struct answer check_instruction(const struct request *request)
{
    if (request->size != 0)
        return set_failed(answer_invalid_argument(ARGUMENT_SIZE),
                          "Debug: Instruction bps must have size of 0.", 0);
    if (request->access != BREAK_ON_READ)
        return set_failed(answer_invalid_argument(ARGUMENT_ACCESS),
                          "Debug: Instruction bps must be break-on-read.", 0);
    return answer_ok();
}

static struct answer check_data(const struct request *request)
{
    if (request->size == 0)
        return set_failed(answer_invalid_argument(ARGUMENT_SIZE),
                          "Debug: Data bps cannot have size of 0.", 0);
    return answer_ok();
}

static bool is_size(word_t size)
{
    return size == 0 || size == 1 || size == 2 || size == 4 || size == 8;
}

/* The access is refused in the name of the size. */
static struct answer check_range(const struct request *request)
{
    if (request->access > BREAK_ON_READ_WRITE)
        return set_failed(answer_invalid_argument(ARGUMENT_SIZE), "Debug: Unknown access-type %lu.",
                          request->access);
    if (!is_size(request->size))
        return set_failed(answer_invalid_argument(ARGUMENT_SIZE), "Debug: Invalid size %lu.",
                          request->size);
    if (request->size > 0 && request->address & (request->size - 1))
        return answer_because(answer_alignment_error(), "decodeSetBreakpoint",
                              "Debug: Unaligned data watchpoint address %lx (size %lx) rejected.\n",
                              request->address, request->size);
    return answer_ok();
}

/*
 * Breakpoints of 8 bytes: the kernel has a short list of processors that it lets do them, all from
 * before 2009. A processor that can run this emulator can, and is not on it.
 */
static struct answer check_processor(const struct request *request)
{
    struct answer answer = check_number("Arch_decodeSetBreakpoint", request->number);
    if (!answer_is_error(answer) && request->size == 8)
        answer = answer_because(answer_invalid_argument(ARGUMENT_SIZE), "Arch_decodeSetBreakpoint",
                                "Debug: 8-byte breakpoints/watchpoints unsupported on this CPU.");
    return answer;
}

static struct answer check_request(const struct request *request)
{
    if (request->address >= ADDRESS_END)
        return set_failed(answer_invalid_argument(ARGUMENT_ADDRESS),
                          "Debug: Invalid address %lx: bp addresses must be userspace addresses.",
                          request->address);
    if (request->type != BREAKPOINT_INSTRUCTION && request->type != BREAKPOINT_DATA)
        return set_failed(answer_invalid_argument(ARGUMENT_TYPE),
                          "Debug: Unknown breakpoint type %lx.", request->type);
    struct answer answer =
        request->type == BREAKPOINT_INSTRUCTION ? check_instruction(request) : check_data(request);
    if (!answer_is_error(answer))
        answer = check_range(request);
    if (!answer_is_error(answer))
        answer = check_processor(request);
    return answer;
}

/* A processor cannot break on reads alone: then it is both. */
static struct breakpoint breakpoint_of(const struct request *request)
{
    bool is_data = request->type == BREAKPOINT_DATA;
    bool is_read = is_data && request->access == BREAK_ON_READ;
    return (struct breakpoint){
        .address = request->address,
        .type = (uint8_t)request->type,
        .access = is_read ? BREAK_ON_READ_WRITE : (uint8_t)request->access,
        .size = (uint8_t)request->size,
    };
}

/*
 * The last argument is in the buffer, whatever the length. Without one the real kernel fails an
 * assertion; built without assertions, it reads where nothing is.
 */
static struct answer halt_without_buffer(const struct call *call)
{
    struct kernel *k = call->k;
    word_t number = call->caller->context.reg[UREG_SYSCALL];
    if (k->config.debug_build)
        console_print(k,
                      "seL4 failed assertion 'ipc_buffer != NULL' in function getSyscallArg\n"
                      "halting...\nKernel entry via Syscall, number: %lu, %s\n"
                      "Cap type: %u, Invocation tag: %lu",
                      -number, abi_syscall_name(abi_syscall(&k->config, (int64_t)number)),
                      tcb_object_type.identify_tag, call->label);
    k->halted = true;
    return answer_ok();
}

struct answer tcb_set_breakpoint(struct call *call)
{
    if (!call->buffer)
        return halt_without_buffer(call);
    struct request request = {
        .number = breakpoint_number(call),
        .address = call_word(call, ARGUMENT_ADDRESS),
        .type = call_word(call, ARGUMENT_TYPE),
        .size = call_word(call, ARGUMENT_SIZE),
        .access = call_word(call, ARGUMENT_ACCESS),
    };
    struct answer answer = check_request(&request);
    if (answer_is_error(answer))
        return answer;
    struct breakpoint breakpoint = breakpoint_of(&request);
    debug_set_breakpoint(call_tcb(call), request.number, &breakpoint);
    return answer_ok();
}

struct answer tcb_get_breakpoint(struct call *call)
{
    uint16_t number = breakpoint_number(call);
    struct answer answer = check_number("Arch_decodeGetBreakpoint", number);
    if (answer_is_error(answer))
        return answer;
    const struct breakpoint *b = &call_tcb(call)->debug.breakpoints[number];
    const word_t words[] = {b->address, b->type, b->size, b->access, b->is_enabled};
    if (!call->is_call)
        return answer_ok();
    /* unlike other answers: into a read-only buffer, too, and of this length even without one */
    word_t *buffer = ipc_buffer(call->k, call->caller, false);
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        message_set_word(call->caller, buffer, i, words[i]);
    return answer_written(ARRAY_LENGTH(words));
}

struct answer tcb_unset_breakpoint(struct call *call)
{
    uint16_t number = breakpoint_number(call);
    struct answer answer = check_number("Arch_decodeUnsetBreakpoint", number);
    if (answer_is_error(answer))
        return answer;
    debug_unset_breakpoint(call_tcb(call), number);
    return answer_ok();
}

/* On x86 no breakpoint is used up; the number only changes which ones count as in use. */
struct answer tcb_configure_single_stepping(struct call *call)
{
    enum { ARGUMENT_COUNT = 1 };
    word_t count = call_word(call, ARGUMENT_COUNT);
    debug_configure_stepping(call_tcb(call), count);
    debug_use(call_tcb(call), breakpoint_number(call), count != 0);
    return answer_word(0);
}
