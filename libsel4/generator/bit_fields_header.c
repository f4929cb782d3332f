/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of bit fields in words, and the functions that make, read and change them. */
#include "generator.h"

#include <abi/fault.h>
#include <abi/registers.h>
#include <base/bits.h>
#include <inttypes.h>
#include <string.h>

#define MAX_FIELDS 24

struct field {
    char name[20];
    uint8_t word;
    uint8_t low_bit;
    uint8_t bits;
};

/* In the order of the constructor's parameters. */
struct block {
    const char *type;   /* "seL4_MessageInfo": the type is <type>_t */
    const char *prefix; /* of the functions' names: "seL4_Fault_CapFault" */
    const char *tag;    /* of a union: the value of the field that names the variant, else NULL */
    unsigned words;
    unsigned field_count;
    struct field fields[MAX_FIELDS];
};

/* What the functions check: NDEBUG builds do not. */
static const char includes[] = "#include <sel4/debug_assert.h>\n#include <sel4/simple_types.h>\n";

static void write_type(FILE *out, const char *type, unsigned words)
{
    fprintf(out, "\nstruct %s {\n    seL4_Uint64 words[%u];\n};\ntypedef struct %s %s_t;\n", type,
            words, type, type);
}

static void write_expression(FILE *out, const struct field *field)
{
    if (field->bits == WORD_BITS)
        fprintf(out, "%s", field->name);
    else
        fprintf(out, "(%s & 0x%" PRIx64 "ul) << %u", field->name, mask(field->bits),
                field->low_bit);
}

/* The assignments that make `value` (an lvalue with its member operator) from the parameters. */
static void write_words(FILE *out, const struct block *block, const char *value)
{
    for (unsigned i = 0; i < block->field_count; i++)
        if (block->fields[i].bits < WORD_BITS)
            fprintf(out, "    seL4_DebugAssert((%s & ~0x%" PRIx64 "ul) == 0);\n",
                    block->fields[i].name, mask(block->fields[i].bits));
    for (unsigned word = 0; word < block->words; word++) {
        const char *separator = "";

        fprintf(out, "    %swords[%u] = ", value, word);
        if (word == 0 && block->tag != NULL) {
            fprintf(out, "(seL4_Uint64)%s", block->tag);
            separator = " | ";
        }
        for (unsigned i = 0; i < block->field_count; i++) {
            if (block->fields[i].word != word)
                continue;
            fprintf(out, "%s", separator);
            write_expression(out, &block->fields[i]);
            separator = " | ";
        }
        fprintf(out, "%s;\n", separator[0] == '\0' ? "0" : "");
    }
}

static void write_parameters(FILE *out, const struct block *block, const char *before,
                             const char *if_none)
{
    for (unsigned i = 0; i < block->field_count; i++) {
        fprintf(out, "%sseL4_Uint64 %s", before, block->fields[i].name);
        before = ", ";
    }
    fprintf(out, "%s)\n{\n", block->field_count == 0 ? if_none : "");
}

static void write_constructors(FILE *out, const struct block *block)
{
    fprintf(out, "\nLIBSEL4_INLINE_FUNC %s_t CONST %s_new(", block->type, block->prefix);
    write_parameters(out, block, "", "void");
    fprintf(out, "    %s_t value;\n\n", block->type);
    write_words(out, block, "value.");
    fprintf(out, "    return value;\n}\n");

    fprintf(out, "\nLIBSEL4_INLINE_FUNC void %s_ptr_new(%s_t *ptr", block->prefix, block->type);
    write_parameters(out, block, ", ", "");
    write_words(out, block, "ptr->");
    fprintf(out, "}\n");
}

static void write_getter(FILE *out, const struct block *block, const struct field *field,
                         const char *infix, const char *parameter, const char *member)
{
    fprintf(out,
            "\nLIBSEL4_INLINE_FUNC seL4_Uint64 %s %s_%sget_%s(%s_t %s)\n{\n    return %swords[%u]",
            infix[0] == '\0' ? "CONST" : "PURE", block->prefix, infix, field->name, block->type,
            parameter, member, field->word);
    if (field->bits < WORD_BITS)
        fprintf(out, " >> %u & 0x%" PRIx64 "ul", field->low_bit, mask(field->bits));
    fprintf(out, ";\n}\n");
}

static void write_change(FILE *out, const struct field *field, const char *member)
{
    if (field->bits == WORD_BITS) {
        fprintf(out, "    %swords[%u] = v64;\n", member, field->word);
        return;
    }
    fprintf(out,
            "    seL4_DebugAssert((v64 & ~0x%" PRIx64 "ul) == 0);\n"
            "    %swords[%u] = (%swords[%u] & ~(0x%" PRIx64 "ul << %u)) | (v64 & 0x%" PRIx64
            "ul) << %u;\n",
            mask(field->bits), member, field->word, member, field->word, mask(field->bits),
            field->low_bit, mask(field->bits), field->low_bit);
}

static void write_accessors(FILE *out, const struct block *block, const struct field *field)
{
    write_getter(out, block, field, "", "value", "value.");
    fprintf(out, "\nLIBSEL4_INLINE_FUNC %s_t CONST %s_set_%s(%s_t value, seL4_Uint64 v64)\n{\n",
            block->type, block->prefix, field->name, block->type);
    write_change(out, field, "value.");
    fprintf(out, "    return value;\n}\n");

    write_getter(out, block, field, "ptr_", "*ptr", "ptr->");
    fprintf(out, "\nLIBSEL4_INLINE_FUNC void %s_ptr_set_%s(%s_t *ptr, seL4_Uint64 v64)\n{\n",
            block->prefix, field->name, block->type);
    write_change(out, field, "ptr->");
    fprintf(out, "}\n");
}

static void write_block(FILE *out, const struct block *block)
{
    write_constructors(out, block);
    for (unsigned i = 0; i < block->field_count; i++)
        write_accessors(out, block, &block->fields[i]);
}

bool write_shared_bit_fields(FILE *out, const struct kernel_config *config)
{
    static const struct block blocks[] = {
        {"seL4_MessageInfo",
         "seL4_MessageInfo",
         NULL,
         1,
         4,
         {{"label", 0, 12, 52},
          {"capsUnwrapped", 0, 9, 3},
          {"extraCaps", 0, 7, 2},
          {"length", 0, 0, 7}}},
        {"seL4_CapRights",
         "seL4_CapRights",
         NULL,
         1,
         4,
         {{"capAllowGrantReply", 0, 3, 1},
          {"capAllowGrant", 0, 2, 1},
          {"capAllowRead", 0, 1, 1},
          {"capAllowWrite", 0, 0, 1}}},
        {"seL4_CNode_CapData",
         "seL4_CNode_CapData",
         NULL,
         1,
         2,
         {{"guard", 0, 6, 58}, {"guardSize", 0, 0, 6}}},
    };

    (void)config;
    fprintf(out, "%s", includes);
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        write_type(out, blocks[i].type, blocks[i].words);
        write_block(out, &blocks[i]);
    }
    return true;
}

/* --- seL4_Fault_t: a union of all faults, the message's last register in the lowest word --------
 */

#define FAULT_WORDS    20
#define FAULT_TAG_BITS 4

static void add_field(struct block *block, const char *name)
{
    snprintf(block->fields[block->field_count++].name, sizeof(block->fields[0].name), "%s", name);
}

static void add_registers(struct block *block, const uint8_t *registers, unsigned count,
                          const struct register_name *special)
{
    for (unsigned i = 0; i < count; i++) {
        char name[REGISTER_NAME_BYTES];

        fault_register_name(registers[i], special, name);
        add_field(block, name);
    }
}

static void add_fields(struct block *block, const char *const *names)
{
    for (; *names != NULL; names++)
        add_field(block, *names);
}

static void add_fault_fields(struct block *block, enum fault_type fault)
{
    static const struct register_name user_exception[] = {
        {UREG_RSP, "Stack"}, {UREG_RFLAGS, "FLAGS"}, {0, NULL}};
    static const struct register_name unknown_syscall[] = {{UREG_RFLAGS, "FLAGS"}, {0, NULL}};
    static const char *const more[FAULT_TYPE_COUNT][8] = {
        [FAULT_CAP] = {"IP", "Addr", "InRecvPhase", "LookupFailureType", "MR4", "MR5", "MR6"},
        [FAULT_UNKNOWN_SYSCALL] = {"Syscall"},
        [FAULT_USER_EXCEPTION] = {"Number", "Code"},
        [FAULT_DEBUG_EXCEPTION] = {"FaultIP", "ExceptionReason", "TriggerAddress",
                                   "BreakpointNumber"},
        [FAULT_TIMEOUT] = {"data", "consumed"},
        [FAULT_VM] = {"IP", "Addr", "PrefetchFault", "FSR"},
    };

    if (fault == FAULT_UNKNOWN_SYSCALL)
        add_registers(block, abi_unknown_syscall_registers, UNKNOWN_SYSCALL_REGISTERS,
                      unknown_syscall);
    if (fault == FAULT_USER_EXCEPTION)
        add_registers(block, abi_user_exception_registers, USER_EXCEPTION_REGISTERS,
                      user_exception);
    add_fields(block, more[fault]);
}

static void write_fault(FILE *out, enum fault_type fault)
{
    char prefix[48];
    struct block block = {
        .type = "seL4_Fault", .prefix = prefix, .tag = prefix, .words = FAULT_WORDS};

    snprintf(prefix, sizeof(prefix), "seL4_Fault_%s", abi_fault_name(fault));
    add_fault_fields(&block, fault);
    for (unsigned i = 0; i < block.field_count; i++) {
        block.fields[i].word = (uint8_t)(block.field_count - i);
        block.fields[i].bits = WORD_BITS;
    }
    write_block(out, &block);
}

static void write_fault_tag(FILE *out, const struct kernel_config *config)
{
    const struct block block = {.type = "seL4_Fault", .prefix = "seL4_Fault"};
    const struct field tag = {"seL4_FaultType", 0, 0, FAULT_TAG_BITS};

    fprintf(out, "\nenum seL4_Fault_tag {\n");
    for (enum fault_type fault = FAULT_NONE; fault < FAULT_TYPE_COUNT; fault++)
        if (fault == FAULT_NONE || abi_fault_label(config, fault) != 0)
            fprintf(out, "    seL4_Fault_%s = %" PRIu64 ",\n", abi_fault_name(fault),
                    abi_fault_label(config, fault));
    fprintf(out, "};\ntypedef enum seL4_Fault_tag seL4_Fault_tag_t;\n");
    write_getter(out, &block, &tag, "", "value", "value.");
    write_getter(out, &block, &tag, "ptr_", "*ptr", "ptr->");
    fprintf(out, "\nLIBSEL4_INLINE_FUNC int CONST seL4_Fault_seL4_FaultType_equals("
                 "seL4_Fault_t value, seL4_Uint64 tag)\n{\n"
                 "    return seL4_Fault_get_seL4_FaultType(value) == tag;\n}\n");
}

/* The address of a device on the PCI bus, as the badge that gives a capability its I/O space. */
static const struct block io_space = {
    "seL4_X86_IOSpace_CapData",
    "seL4_X86_IOSpace_CapData",
    NULL,
    1,
    4,
    {{"domainID", 0, 16, 16}, {"pciBus", 0, 8, 8}, {"pciDev", 0, 3, 5}, {"pciFun", 0, 0, 3}}};

bool write_fault_bit_fields(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "%s", includes);
    write_type(out, "seL4_Fault", FAULT_WORDS);
    write_fault_tag(out, config);
    for (enum fault_type fault = FAULT_NONE; fault < FAULT_TYPE_COUNT; fault++)
        if (fault == FAULT_NONE || abi_fault_label(config, fault) != 0)
            write_fault(out, fault);
    if (config->iommu && config->release >= SEL4_RELEASE_16_0) {
        write_type(out, io_space.type, io_space.words);
        write_block(out, &io_space);
    }
    return true;
}
