/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers in the debugger's order. One table yields the target description, which tells gdb
 * that order, and the packets g, G, p and P.
 *
 * gdb 13 reads the description for the first process alone. For those that appear later it takes
 * what it knows of x86_64 Linux (or, if it was built for another system, of x86_64), so the order
 * is that one, and g and G end where the two begin to differ: gdb gets what follows by p.
 */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/memory.h>
#include <base/text.h>
#include <errno.h>

/* Where things are in an XSAVE area of standard form (Intel SDM volume 1, 13.4). */
enum {
    FX_TAGS = 4,   /* a bit for each register of the stack: not empty */
    FX_STACK = 32, /* 16 bytes each, 10 used */
    FX_XMM = 160,
    XSAVE_PRESENT = 512, /* which parts are not as after reset */
    XSAVE_YMM_HIGH = 576,
};

enum { PART_X87 = 1, PART_SSE = 2, PART_AVX = 4 };

#define TAG_EMPTY 3

/* The selectors of 64-bit user code; what a guest loads there is not kept. */
#define CODE_SELECTOR 0x33
#define DATA_SELECTOR 0x2b

enum place {
    IN_WORDS,  /* at: enum user_register */
    IN_VECTOR, /* at: offset */
    IN_TAGS,   /* the x87 tag word, two bits a register, from the short form */
    CONSTANT,  /* at: value */
};

struct register_row {
    const char *name, *type, *group; /* group NULL: what follows from the type */
    uint16_t bits;                   /* as the debugger sees it */
    uint16_t stored;                 /* bytes where it is kept, if fewer */
    uint8_t part;                    /* of the XSAVE area */
    enum place place;
    uint64_t at;
};

#define WORD(register_name, type_name, index)                                                      \
    {                                                                                              \
        .name = register_name, .type = type_name, .bits = 64, .place = IN_WORDS, .at = index       \
    }
#define SELECTOR(register_name, value)                                                             \
    {                                                                                              \
        .name = register_name, .type = "int32", .bits = 32, .place = CONSTANT, .at = value         \
    }
#define STACK(n)                                                                                   \
    {                                                                                              \
        .name = "st" #n, .type = "i387_ext", .bits = 80, .part = PART_X87, .place = IN_VECTOR,     \
        .at = FX_STACK + 16 * n                                                                    \
    }
#define CONTROL(register_name, bytes, offset)                                                      \
    {                                                                                              \
        .name = register_name, .type = "int", .group = "float", .bits = 32, .stored = bytes,       \
        .part = PART_X87, .place = IN_VECTOR, .at = offset                                         \
    }
#define XMM(n)                                                                                     \
    {                                                                                              \
        .name = "xmm" #n, .type = "vec128", .bits = 128, .part = PART_SSE, .place = IN_VECTOR,     \
        .at = FX_XMM + 16 * n                                                                      \
    }
#define YMM_HIGH(n)                                                                                \
    {                                                                                              \
        .name = "ymm" #n "h", .type = "uint128", .bits = 128, .part = PART_AVX,                    \
        .place = IN_VECTOR, .at = XSAVE_YMM_HIGH + 16 * n                                          \
    }

static const struct register_row core_registers[] = {
    WORD("rax", "int64", UREG_RAX),
    WORD("rbx", "int64", UREG_RBX),
    WORD("rcx", "int64", UREG_RCX),
    WORD("rdx", "int64", UREG_RDX),
    WORD("rsi", "int64", UREG_RSI),
    WORD("rdi", "int64", UREG_RDI),
    WORD("rbp", "data_ptr", UREG_RBP),
    WORD("rsp", "data_ptr", UREG_RSP),
    WORD("r8", "int64", UREG_R8),
    WORD("r9", "int64", UREG_R9),
    WORD("r10", "int64", UREG_R10),
    WORD("r11", "int64", UREG_R11),
    WORD("r12", "int64", UREG_R12),
    WORD("r13", "int64", UREG_R13),
    WORD("r14", "int64", UREG_R14),
    WORD("r15", "int64", UREG_R15),
    WORD("rip", "code_ptr", UREG_RIP),
    {.name = "eflags", .type = "flags", .bits = 32, .place = IN_WORDS, .at = UREG_RFLAGS},
    SELECTOR("cs", CODE_SELECTOR),
    SELECTOR("ss", DATA_SELECTOR),
    SELECTOR("ds", 0),
    SELECTOR("es", 0),
    SELECTOR("fs", 0),
    SELECTOR("gs", 0),
    STACK(0),
    STACK(1),
    STACK(2),
    STACK(3),
    STACK(4),
    STACK(5),
    STACK(6),
    STACK(7),
    CONTROL("fctrl", 2, 0),
    CONTROL("fstat", 2, 2),
    {.name = "ftag",
     .type = "int",
     .group = "float",
     .bits = 32,
     .part = PART_X87,
     .place = IN_TAGS},
    CONTROL("fiseg", 2, 12),
    CONTROL("fioff", 4, 8),
    CONTROL("foseg", 2, 20),
    CONTROL("fooff", 4, 16),
    CONTROL("fop", 2, 6),
};

static const struct register_row sse_registers[] = {
    XMM(0),
    XMM(1),
    XMM(2),
    XMM(3),
    XMM(4),
    XMM(5),
    XMM(6),
    XMM(7),
    XMM(8),
    XMM(9),
    XMM(10),
    XMM(11),
    XMM(12),
    XMM(13),
    XMM(14),
    XMM(15),
    {.name = "mxcsr",
     .type = "int",
     .group = "vector",
     .bits = 32,
     .part = PART_SSE,
     .place = IN_VECTOR,
     .at = 24},
};

/* Of an interrupted call of Linux's: none. */
static const struct register_row linux_registers[] = {
    {.name = "orig_rax", .type = "int64", .bits = 64, .place = CONSTANT, .at = UINT64_MAX},
};

static const struct register_row segment_registers[] = {
    WORD("fs_base", "int64", UREG_FS_BASE),
    WORD("gs_base", "int64", UREG_GS_BASE),
};

static const struct register_row avx_registers[] = {
    YMM_HIGH(0),  YMM_HIGH(1),  YMM_HIGH(2),  YMM_HIGH(3),  YMM_HIGH(4),  YMM_HIGH(5),
    YMM_HIGH(6),  YMM_HIGH(7),  YMM_HIGH(8),  YMM_HIGH(9),  YMM_HIGH(10), YMM_HIGH(11),
    YMM_HIGH(12), YMM_HIGH(13), YMM_HIGH(14), YMM_HIGH(15),
};

static const char core_types[] =
    "<flags id=\"flags\" size=\"4\">"
    "<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"PF\" start=\"2\" end=\"2\"/>"
    "<field name=\"AF\" start=\"4\" end=\"4\"/><field name=\"ZF\" start=\"6\" end=\"6\"/>"
    "<field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"TF\" start=\"8\" end=\"8\"/>"
    "<field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"DF\" start=\"10\" end=\"10\"/>"
    "<field name=\"OF\" start=\"11\" end=\"11\"/><field name=\"NT\" start=\"14\" end=\"14\"/>"
    "<field name=\"RF\" start=\"16\" end=\"16\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
    "<field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

static const char sse_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

#define TOGETHER_FEATURES 2 /* whose registers are in the packets g and G */

/* In the debugger's order; the last one only if the target has it. */
static const struct feature {
    const char *name, *types;
    const struct register_row *rows;
    unsigned count;
} features[] = {
    {"org.gnu.gdb.i386.core", core_types, core_registers, ARRAY_LENGTH(core_registers)},
    {"org.gnu.gdb.i386.sse", sse_types, sse_registers, ARRAY_LENGTH(sse_registers)},
    {"org.gnu.gdb.i386.linux", "", linux_registers, ARRAY_LENGTH(linux_registers)},
    {"org.gnu.gdb.i386.segments", "", segment_registers, ARRAY_LENGTH(segment_registers)},
    {"org.gnu.gdb.i386.avx", "", avx_registers, ARRAY_LENGTH(avx_registers)},
};

static unsigned feature_count(bool has_avx)
{
    return (unsigned)ARRAY_LENGTH(features) - !has_avx;
}

/* In the first `count` features. */
static const struct register_row *find_register(unsigned count, uint64_t number)
{
    for (unsigned i = 0; i < count; i++) {
        if (number < features[i].count)
            return &features[i].rows[number];
        number -= features[i].count;
    }
    return NULL;
}

/* --- the target description ---------------------------------------------------------------- */

static void describe_register(const struct register_row *row, gdb_text_sink *write, void *sink)
{
    char text[128];
    size_t size = text_format(text, sizeof(text), "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"",
                              row->name, row->bits, row->type);

    write(sink, text, size);
    if (row->group) {
        size = text_format(text, sizeof(text), " group=\"%s\"", row->group);
        write(sink, text, size);
    }
    write(sink, "/>", 2);
}

void gdb_describe_target(bool has_avx, gdb_text_sink *write, void *sink)
{
    static const char begin[] =
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
        "<architecture>i386:x86-64</architecture><osabi>none</osabi>";
    char text[128];

    write(sink, begin, sizeof(begin) - 1);
    for (unsigned i = 0; i < feature_count(has_avx); i++) {
        const struct feature *feature = &features[i];

        write(sink, text, text_format(text, sizeof(text), "<feature name=\"%s\">", feature->name));
        write(sink, feature->types, text_length(feature->types));
        for (unsigned j = 0; j < feature->count; j++)
            describe_register(&feature->rows[j], write, sink);
        write(sink, "</feature>", 10);
    }
    write(sink, "</target>", 9);
}

/* --- values -------------------------------------------------------------------------------- */

#define REGISTER_BYTES 16 /* the largest */

static unsigned register_bytes(const struct register_row *row)
{
    return row->bits / 8;
}

static unsigned stored_bytes(const struct register_row *row)
{
    return row->stored ? row->stored : register_bytes(row);
}

/* Tags of registers that are not empty are not told apart: valid. */
static uint16_t long_tags(uint8_t full)
{
    uint16_t tags = 0;

    for (unsigned i = 0; i < 8; i++) {
        if (!(full & bit(i)))
            tags |= (uint16_t)(TAG_EMPTY << 2 * i);
    }
    return tags;
}

static uint8_t short_tags(uint16_t tags)
{
    uint8_t full = 0;

    for (unsigned i = 0; i < 8; i++) {
        if ((tags >> 2 * i & 3) != TAG_EMPTY)
            full |= (uint8_t)bit(i);
    }
    return full;
}

static bool is_known(const struct register_row *row, const struct gdb_registers *registers)
{
    return !row->part || registers->has_vector;
}

/* `bytes` has room for register_bytes(row). */
static void get_register(const struct register_row *row, const struct gdb_registers *registers,
                         uint8_t bytes[REGISTER_BYTES])
{
    uint16_t tags;

    mem_zero(bytes, REGISTER_BYTES);
    switch (row->place) {
    case IN_WORDS:
        mem_copy(bytes, &registers->word[row->at], register_bytes(row));
        break;
    case IN_VECTOR:
        mem_copy(bytes, registers->vector + row->at, stored_bytes(row));
        break;
    case IN_TAGS:
        tags = long_tags(registers->vector[FX_TAGS]);
        mem_copy(bytes, &tags, sizeof(tags));
        break;
    case CONSTANT:
        mem_copy(bytes, &row->at, register_bytes(row));
        break;
    }
}

/* Constants stay what they are. A part that is written is there from now on. */
static void set_register(const struct register_row *row, struct gdb_registers *registers,
                         const uint8_t bytes[REGISTER_BYTES])
{
    uint16_t tags;

    switch (row->place) {
    case IN_WORDS:
        mem_copy(&registers->word[row->at], bytes, register_bytes(row));
        return;
    case IN_VECTOR:
        mem_copy(registers->vector + row->at, bytes, stored_bytes(row));
        break;
    case IN_TAGS:
        mem_copy(&tags, bytes, sizeof(tags));
        registers->vector[FX_TAGS] = short_tags(tags);
        break;
    case CONSTANT:
        return;
    }
    registers->vector[XSAVE_PRESENT] |= row->part;
}

static void write_register(struct gdb_writer *writer, const struct register_row *row,
                           const struct gdb_registers *registers)
{
    uint8_t bytes[REGISTER_BYTES];

    if (is_known(row, registers)) {
        get_register(row, registers, bytes);
        gdb_write_hex(writer, bytes, register_bytes(row));
        return;
    }
    for (unsigned i = 0; i < register_bytes(row); i++)
        gdb_write_text(writer, "xx");
}

/* 'x' for digits: the register stays as it is. */
static bool read_register(struct gdb_reader *reader, const struct register_row *row,
                          struct gdb_registers *registers)
{
    uint8_t bytes[REGISTER_BYTES] = {0};
    bool known = is_known(row, registers);

    if (gdb_bytes_left(reader) >= 2 && *reader->at == 'x') {
        for (unsigned i = 0; i < register_bytes(row); i++) {
            if (!gdb_read_text(reader, "xx"))
                return false;
        }
        return true;
    }
    if (!gdb_read_bytes(reader, bytes, register_bytes(row)))
        return false;
    if (known)
        set_register(row, registers, bytes);
    return true;
}

void gdb_write_stop_registers(struct gdb_writer *writer, const struct gdb_registers *registers)
{
    static const unsigned shown[] = {UREG_RBP, UREG_RSP, UREG_RIP};

    for (unsigned number = 0; number < ARRAY_LENGTH(core_registers); number++) {
        const struct register_row *row = &core_registers[number];

        for (unsigned i = 0; i < ARRAY_LENGTH(shown); i++) {
            if (row->place != IN_WORDS || row->at != shown[i])
                continue;
            gdb_write_text(writer, "%02x:", number);
            write_register(writer, row, registers);
            gdb_write_text(writer, ";");
        }
    }
}

/* --- packets ------------------------------------------------------------------------------- */

/* The thread of Hg and its registers; answers itself if there are none. */
static bool get_registers(struct gdb_server *server, struct gdb_thread_id *ret_thread,
                          struct gdb_registers *ret_registers)
{
    const struct gdb_target_ops *ops = server->target.ops;
    int error = -ESRCH;

    if (gdb_general_thread(server, ret_thread))
        error = ops->read_registers(server->target.context, *ret_thread, ret_registers);
    if (error)
        gdb_reply_error(server, error);
    return !error;
}

static void put_registers(struct gdb_server *server, struct gdb_thread_id thread,
                          const struct gdb_registers *registers)
{
    const struct gdb_target_ops *ops = server->target.ops;

    gdb_reply_result(server, ops->write_registers(server->target.context, thread, registers));
}

void gdb_handle_read_registers(struct gdb_server *server, struct gdb_reader *arguments)
{
    const struct register_row *row;
    struct gdb_registers registers;
    struct gdb_thread_id thread;

    (void)arguments;
    if (!get_registers(server, &thread, &registers))
        return;
    for (unsigned i = 0; (row = find_register(TOGETHER_FEATURES, i)) != NULL; i++)
        write_register(&server->reply, row, &registers);
}

void gdb_handle_write_registers(struct gdb_server *server, struct gdb_reader *arguments)
{
    const struct register_row *row;
    struct gdb_registers registers;
    struct gdb_thread_id thread;

    if (!get_registers(server, &thread, &registers))
        return;
    for (unsigned i = 0; (row = find_register(TOGETHER_FEATURES, i)) != NULL; i++) {
        if (!read_register(arguments, row, &registers)) {
            gdb_reply_error(server, -EINVAL);
            return;
        }
    }
    put_registers(server, thread, &registers);
}

/* NUMBER, and for the packet P "=VALUE". */
static const struct register_row *read_number(struct gdb_server *server, struct gdb_reader *reader)
{
    uint64_t number;

    if (!gdb_read_number(reader, &number))
        return NULL;
    return find_register(feature_count(server->target.has_avx), number);
}

void gdb_handle_read_register(struct gdb_server *server, struct gdb_reader *arguments)
{
    const struct register_row *row = read_number(server, arguments);
    struct gdb_registers registers;
    struct gdb_thread_id thread;

    if (!row || gdb_bytes_left(arguments))
        gdb_reply_error(server, -EINVAL);
    else if (get_registers(server, &thread, &registers))
        write_register(&server->reply, row, &registers);
}

void gdb_handle_write_register(struct gdb_server *server, struct gdb_reader *arguments)
{
    const struct register_row *row = read_number(server, arguments);
    struct gdb_registers registers;
    struct gdb_thread_id thread;

    if (!row || !gdb_read_text(arguments, "=")) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (!get_registers(server, &thread, &registers))
        return;
    if (!is_known(row, &registers))
        gdb_reply_error(server, -ENODATA);
    else if (!read_register(arguments, row, &registers) || gdb_bytes_left(arguments))
        gdb_reply_error(server, -EINVAL);
    else
        put_registers(server, thread, &registers);
}
