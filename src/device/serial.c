/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/serial.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define FIFO_BYTES 16

enum { /* register offsets; 0 and 1 are the divisor latch while LCR_DLAB is set */
       REG_DATA,
       REG_IER,
       REG_IIR_FCR,
       REG_LCR,
       REG_MCR,
       REG_LSR,
       REG_MSR,
       REG_SCRATCH,
       REG_COUNT,
};

enum {
    IER_RECEIVED = 0x01,
    IER_TRANSMIT = 0x02,
    IER_LINE = 0x04,
    IER_MODEM = 0x08,
    IER_MASK = 0x0f,

    IIR_NONE = 0x01,
    IIR_MODEM = 0x00,
    IIR_TRANSMIT = 0x02,
    IIR_RECEIVED = 0x04,
    IIR_LINE = 0x06,
    IIR_TIMEOUT = 0x0c,
    IIR_FIFO = 0xc0,

    FCR_ENABLE = 0x01,
    FCR_CLEAR_RECEIVE = 0x02,
    FCR_CLEAR_TRANSMIT = 0x04,
    FCR_KEPT = 0xc9,

    LCR_WORD = 0x03,
    LCR_STOP = 0x04,
    LCR_PARITY = 0x08,
    LCR_DLAB = 0x80,

    MCR_DTR = 0x01,
    MCR_RTS = 0x02,
    MCR_OUT1 = 0x04,
    MCR_OUT2 = 0x08,
    MCR_LOOP = 0x10,
    MCR_MASK = 0x1f,

    LSR_DATA = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_ERRORS = 0x1e,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,

    MSR_DELTA_CTS = 0x01,
    MSR_DELTA_DSR = 0x02,
    MSR_TRAILING_RI = 0x04,
    MSR_DELTA_DCD = 0x08,
    MSR_DELTAS = 0x0f,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,
};

struct serial {
    struct device device;
    uint16_t port;
    unsigned gsi;
    struct host_stream *stream;

    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scratch;
    bool transmit_interrupt; /* THR became empty and nobody has been told */
    bool receive_timeout;    /* bytes below the trigger level lie there for 4 character times */
    bool line;               /* the interrupt output */
    bool blocked;            /* the stream had no room at the last look */

    uint8_t fifo[FIFO_BYTES]; /* received; a ring. One byte deep while the FIFOs are off. */
    unsigned first, count;
};

static unsigned fifo_depth(const struct serial *s)
{
    return s->fcr & FCR_ENABLE ? FIFO_BYTES : 1;
}

static unsigned trigger_level(const struct serial *s)
{
    static const unsigned levels[] = {1, 4, 8, 14};

    return s->fcr & FCR_ENABLE ? levels[s->fcr >> 6] : 1;
}

/* 4 characters of the line's format: after that time a lonely byte is announced. */
static nanoseconds_t timeout_ns(const struct serial *s)
{
    unsigned start = 1, word = 5u + (s->lcr & LCR_WORD);
    unsigned parity = s->lcr & LCR_PARITY ? 1 : 0, stop = s->lcr & LCR_STOP ? 2 : 1;
    uint64_t divisor = s->divisor ? s->divisor : 1;

    return 4 * (start + word + parity + stop) * divisor * UINT64_C(1000000000) / 115200;
}

/* What IIR shows, but for the FIFO bits: the highest of the pending, enabled interrupts. */
static uint8_t interrupt_identity(const struct serial *s)
{
    if ((s->ier & IER_LINE) && (s->lsr & LSR_ERRORS))
        return IIR_LINE;
    if ((s->ier & IER_RECEIVED) && s->count >= trigger_level(s))
        return IIR_RECEIVED;
    if ((s->ier & IER_RECEIVED) && s->receive_timeout)
        return IIR_TIMEOUT;
    if ((s->ier & IER_TRANSMIT) && s->transmit_interrupt)
        return IIR_TRANSMIT;
    if ((s->ier & IER_MODEM) && (s->msr & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

static void update_line(struct serial *s)
{
    bool line = interrupt_identity(s) != IIR_NONE;

    if (line == s->line)
        return;
    s->line = line;
    bus_set_irq(s->device.bus, s->gsi, line);
}

/* --- receiving ------------------------------------------------------------------------------ */

static void restart_timeout(struct serial *s, nanoseconds_t now)
{
    bool wanted = s->count && (s->fcr & FCR_ENABLE) && !s->receive_timeout;

    bus_reschedule(s->device.bus, &s->device, wanted ? now + timeout_ns(s) : NANOSECONDS_NEVER);
}

static void push_received(struct serial *s, uint8_t byte)
{
    if (s->count == fifo_depth(s)) {
        s->lsr |= LSR_OVERRUN;
        if (s->fcr & FCR_ENABLE)
            return; /* the FIFO keeps what it has; the holding register is overwritten */
        s->count = 0;
    }
    s->fifo[(s->first + s->count++) % FIFO_BYTES] = byte;
    s->lsr |= LSR_DATA;
}

static void clear_received(struct serial *s)
{
    s->first = s->count = 0;
    s->lsr &= (uint8_t)~LSR_DATA;
    s->receive_timeout = false;
}

/* Fills the FIFO from the stream. */
static void take_input(struct serial *s, nanoseconds_t now)
{
    uint8_t bytes[FIFO_BYTES];
    size_t count;

    if (!serial_wants_input(s))
        return;
    count = stream_read(s->stream, bytes, fifo_depth(s) - s->count);
    for (size_t i = 0; i < count; i++)
        push_received(s, bytes[i]);
    if (count)
        restart_timeout(s, now);
}

static uint8_t read_data(struct serial *s, nanoseconds_t now)
{
    uint8_t byte = s->fifo[s->first];

    if (s->count == 0)
        return 0;
    s->first = (s->first + 1) % FIFO_BYTES;
    s->receive_timeout = false;
    if (--s->count == 0)
        s->lsr &= (uint8_t)~LSR_DATA;
    restart_timeout(s, now);
    /* Drop the interrupt before new input raises it again: an edge-triggered pin needs to see it.
     */
    update_line(s);
    if (s->count == 0)
        take_input(s, now);
    update_line(s);
    return byte;
}

/* --- transmitting --------------------------------------------------------------------------- */

static void transmitter_is_empty(struct serial *s)
{
    s->lsr |= LSR_THRE | LSR_TEMT;
    s->transmit_interrupt = true;
}

static void write_data(struct serial *s, uint8_t byte, nanoseconds_t now)
{
    s->transmit_interrupt = false;
    s->lsr &= (uint8_t) ~(LSR_THRE | LSR_TEMT);
    update_line(s);
    if (s->mcr & MCR_LOOP) {
        push_received(s, byte);
        restart_timeout(s, now);
    } else {
        stream_write(s->stream, &byte, 1);
    }
    s->blocked = !stream_can_write(s->stream);
    if (!s->blocked)
        transmitter_is_empty(s);
}

/* --- modem lines ---------------------------------------------------------------------------- */

static uint8_t modem_inputs(const struct serial *s)
{
    if (!(s->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD; /* somebody is always there */
    return (uint8_t)((s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (s->mcr & MCR_OUT1 ? MSR_RI : 0) | (s->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static void write_modem_control(struct serial *s, uint8_t value)
{
    uint8_t before = s->msr, inputs, changed;

    s->mcr = value & MCR_MASK;
    inputs = modem_inputs(s);
    changed = (before ^ inputs) & (MSR_CTS | MSR_DSR | MSR_DCD);
    if ((before & MSR_RI) && !(inputs & MSR_RI))
        changed |= MSR_RI;
    s->msr = (uint8_t)(inputs | (before & MSR_DELTAS) | changed >> 4);
}

/* --- registers ------------------------------------------------------------------------------ */

static uint8_t read_identity(struct serial *s)
{
    uint8_t identity = interrupt_identity(s);

    if (identity == IIR_TRANSMIT)
        s->transmit_interrupt = false;
    return (uint8_t)(identity | (s->fcr & FCR_ENABLE ? IIR_FIFO : 0));
}

static void write_interrupt_enable(struct serial *s, uint8_t value)
{
    bool transmit_was_on = s->ier & IER_TRANSMIT;

    s->ier = value & IER_MASK;
    if (!transmit_was_on && (s->ier & IER_TRANSMIT) && (s->lsr & LSR_THRE))
        s->transmit_interrupt = true;
}

static void write_fifo_control(struct serial *s, uint8_t value, nanoseconds_t now)
{
    bool toggled = (value ^ s->fcr) & FCR_ENABLE;

    if (toggled || (value & FCR_CLEAR_RECEIVE))
        clear_received(s);
    if ((toggled || (value & FCR_CLEAR_TRANSMIT)) && !s->blocked)
        transmitter_is_empty(s);
    s->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    restart_timeout(s, now);
}

static uint8_t read_line_status(struct serial *s)
{
    uint8_t value = s->lsr;

    s->lsr &= (uint8_t)~LSR_ERRORS;
    return value;
}

static uint8_t read_modem_status(struct serial *s)
{
    uint8_t value = s->msr;

    s->msr &= (uint8_t)~MSR_DELTAS;
    return value;
}

static uint8_t read_register(struct serial *s, unsigned reg, nanoseconds_t now)
{
    bool latch = s->lcr & LCR_DLAB;

    switch (reg) {
    case REG_DATA:
        return latch ? (uint8_t)s->divisor : read_data(s, now);
    case REG_IER:
        return latch ? (uint8_t)(s->divisor >> 8) : s->ier;
    case REG_IIR_FCR:
        return read_identity(s);
    case REG_LCR:
        return s->lcr;
    case REG_MCR:
        return s->mcr;
    case REG_LSR:
        return read_line_status(s);
    case REG_MSR:
        return read_modem_status(s);
    default:
        return s->scratch;
    }
}

static void write_register(struct serial *s, unsigned reg, uint8_t value, nanoseconds_t now)
{
    bool latch = s->lcr & LCR_DLAB;

    switch (reg) {
    case REG_DATA:
        if (latch)
            s->divisor = (uint16_t)((s->divisor & 0xff00) | value);
        else
            write_data(s, value, now);
        break;
    case REG_IER:
        if (latch)
            s->divisor = (uint16_t)((s->divisor & 0x00ff) | value << 8);
        else
            write_interrupt_enable(s, value);
        break;
    case REG_IIR_FCR:
        write_fifo_control(s, value, now);
        break;
    case REG_LCR:
        s->lcr = value;
        break;
    case REG_MCR:
        write_modem_control(s, value);
        break;
    case REG_SCRATCH:
        s->scratch = value;
        break;
    default: /* LSR and MSR are read-only outside a factory test */
        break;
    }
}

static uint64_t serial_port_in(struct device *device, uint16_t port, unsigned size,
                               nanoseconds_t now)
{
    struct serial *s = (struct serial *)device;
    uint8_t value;

    (void)size;
    value = read_register(s, (unsigned)port - s->port, now);
    update_line(s);
    return value;
}

static void serial_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                            nanoseconds_t now)
{
    struct serial *s = (struct serial *)device;

    (void)size;
    write_register(s, (unsigned)port - s->port, (uint8_t)value, now);
    update_line(s);
}

static nanoseconds_t serial_advance(struct device *device, nanoseconds_t now)
{
    struct serial *s = (struct serial *)device;

    (void)now;
    s->receive_timeout = s->count != 0;
    update_line(s);
    return NANOSECONDS_NEVER;
}

static void serial_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops serial_ops = {
    .name = "serial",
    .port_width = 1,
    .port_in = serial_port_in,
    .port_out = serial_port_out,
    .advance = serial_advance,
    .destroy = serial_destroy,
};

int serial_create(struct bus *bus, uint16_t port, unsigned gsi, struct host_stream *stream,
                  struct serial **ret_serial)
{
    struct serial *s = host_allocate(1, sizeof(*s));
    int error;

    if (!s)
        return -ENOMEM;
    s->device.ops = &serial_ops;
    s->port = port;
    s->gsi = gsi;
    s->stream = stream;
    s->divisor = 12; /* 9600 baud, as QEMU leaves it at reset */
    s->mcr = MCR_OUT2;
    s->lsr = LSR_THRE | LSR_TEMT;
    s->msr = modem_inputs(s);
    error = bus_add(bus, &s->device);
    if (!error)
        error = bus_claim_ports(bus, &s->device, port, (uint16_t)(port + REG_COUNT - 1));
    if (!error)
        *ret_serial = s;
    return error;
}

/* --- the machine's side --------------------------------------------------------------------- */

bool serial_wants_input(const struct serial *s)
{
    return !s->stream->input_ended && !(s->mcr & MCR_LOOP) && s->count < fifo_depth(s);
}

bool serial_may_interrupt(const struct serial *s)
{
    return !s->stream->input_ended || s->device.next_event != NANOSECONDS_NEVER;
}

bool serial_promise(const struct serial *s, struct serial_promise *ret_promise)
{
    if ((s->ier & IER_TRANSMIT) || (s->lcr & LCR_DLAB) || (s->mcr & MCR_LOOP) || s->blocked ||
        (s->lsr & LSR_ERRORS))
        return false;
    *ret_promise = (struct serial_promise){.data = (uint16_t)(s->port + REG_DATA),
                                           .status = (uint16_t)(s->port + REG_LSR),
                                           .status_value = s->lsr};
    return true;
}

void serial_poll(struct serial *s, nanoseconds_t now)
{
    if (s->blocked) {
        stream_flush(s->stream);
        s->blocked = !stream_can_write(s->stream);
        if (!s->blocked)
            transmitter_is_empty(s);
    }
    take_input(s, now);
    update_line(s);
}
