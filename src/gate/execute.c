/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/execute.h>

#include <abi/cpuid.h>
#include <abi/object.h>
#include <gate/decode.h>
#include <host/cpu.h>
#include <seat/fsr.h>

static enum memory_kind kind_of(const struct execute_for *who, paddr_t paddr)
{
    return who->client->memory_kind(who->client->context, paddr);
}

static struct translation translate(const struct execute_for *who, vaddr_t vaddr)
{
    if (vaddr >= USER_TOP)
        return (struct translation){.present = false};
    return kernel_translate(who->k, who->root, vaddr);
}

/* Code as the guest sees it; returns how many bytes could be read. */
static unsigned read_code(const struct execute_for *who, vaddr_t rip,
                          uint8_t ret_code[INSTRUCTION_MAX])
{
    unsigned length = 0;
    for (; length < INSTRUCTION_MAX; length++) {
        struct translation t = translate(who, rip + length);
        if (!t.present || t.rights == VM_KERNEL_ONLY || kind_of(who, t.paddr) != MEMORY_BACKED)
            break;
        ret_code[length] = *(const uint8_t *)kernel_memory(who->k, t.paddr);
    }
    return length;
}

/* The accesses of one instruction, and where one faulted. */
struct accesses {
    const struct execute_for *who;
    vaddr_t fault_address;
    word_t fault_fsr;
};

/* Whether the walk allows the access; notes the fault if not. */
static bool may_access(struct accesses *by, vaddr_t vaddr, bool write,
                       struct translation *ret_translation)
{
    struct translation t = translate(by->who, vaddr);
    if (t.present && t.rights != VM_KERNEL_ONLY && (!write || t.rights == VM_READ_WRITE)) {
        *ret_translation = t;
        return true;
    }
    by->fault_address = vaddr;
    by->fault_fsr = seat_fsr(t, write);
    return false;
}

/* Ordinary memory, a byte at a time: it may go across pages. */
static bool copy_memory(struct accesses *by, vaddr_t vaddr, unsigned size, bool write,
                        uint8_t *bytes)
{
    struct translation t;
    for (unsigned i = 0; i < size; i++) {
        if (!may_access(by, vaddr + i, write, &t))
            return false;
        uint8_t *memory = kernel_memory(by->who->k, t.paddr);
        bool is_backed = kind_of(by->who, t.paddr) == MEMORY_BACKED;
        if (write && is_backed)
            *memory = bytes[i];
        else if (!write)
            bytes[i] = is_backed ? *memory : UINT8_MAX;
    }
    return true;
}

static bool device_read(void *context, vaddr_t vaddr, unsigned size, uint64_t *ret_value)
{
    struct accesses *by = context;
    const struct seat_client *client = by->who->client;
    struct translation t;
    if (!may_access(by, vaddr, false, &t))
        return false;
    if (kind_of(by->who, t.paddr) != MEMORY_DEVICE)
        return copy_memory(by, vaddr, size, false, (uint8_t *)ret_value);
    *ret_value = client->mmio_read(client->context, t.paddr, size);
    return true;
}

static bool device_write(void *context, vaddr_t vaddr, unsigned size, uint64_t value)
{
    struct accesses *by = context;
    const struct seat_client *client = by->who->client;
    struct translation t;
    if (!may_access(by, vaddr, true, &t))
        return false;
    if (kind_of(by->who, t.paddr) != MEMORY_DEVICE)
        return copy_memory(by, vaddr, size, true, (uint8_t *)&value);
    client->mmio_write(client->context, t.paddr, size, value);
    return true;
}

enum mmio_result execute_instruction(const struct execute_for *who, word_t reg[USER_REGISTER_COUNT],
                                     vaddr_t *ret_address, word_t *ret_fsr)
{
    uint8_t code[INSTRUCTION_MAX];
    struct accesses by = {.who = who};
    const struct mmio_ops ops = {.context = &by, .read = device_read, .write = device_write};
    unsigned length = read_code(who, reg[UREG_RIP], code);
    enum mmio_result result = mmio_execute(code, length, reg, &ops);
    if (result == MMIO_FAULT) {
        *ret_address = by.fault_address;
        *ret_fsr = by.fault_fsr;
    }
    return result;
}

static struct cpuid processor_cpuid(uint32_t leaf, uint32_t subleaf)
{
    uint32_t answer[HOST_CPUID_REGISTERS];

    host_cpuid(leaf, subleaf, answer);
    return (struct cpuid){answer[HOST_EAX], answer[HOST_EBX], answer[HOST_ECX], answer[HOST_EDX]};
}

void execute_cpuid(const struct kernel_config *config, word_t reg[USER_REGISTER_COUNT])
{
    enum { INSTRUCTION_BYTES = 2 };
    const struct cpuid answer =
        abi_cpuid(config, (uint32_t)reg[UREG_RAX], (uint32_t)reg[UREG_RCX], processor_cpuid);

    reg[UREG_RAX] = answer.eax;
    reg[UREG_RBX] = answer.ebx;
    reg[UREG_RCX] = answer.ecx;
    reg[UREG_RDX] = answer.edx;
    reg[UREG_RIP] += INSTRUCTION_BYTES;
}
