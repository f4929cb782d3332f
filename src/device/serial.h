/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550A UART (National Semiconductor PC16550D data sheet). What the guest transmits goes to the
 * stream at once; what comes from it waits there until the receive FIFO has room, so none is lost.
 * Interrupts are not gated by OUT2, as on QEMU.
 */
#ifndef DEVICE_SERIAL_H
#define DEVICE_SERIAL_H

#include <device/bus.h>
#include <device/stream.h>

#define SERIAL_COM1_PORT 0x3f8
#define SERIAL_COM1_GSI  4
#define SERIAL_COM2_PORT 0x2f8
#define SERIAL_COM2_GSI  3

struct serial;

/* Adds a UART to the bus at `port`..`port`+7. The stream stays the caller's and outlives it. */
int serial_create(struct bus *bus, uint16_t port, unsigned gsi, struct host_stream *stream,
                  struct serial **ret_serial);

/* The host end has input, or has become writable: moves what can be moved. */
void serial_poll(struct serial *serial, nanoseconds_t now);
/* Whether input would be taken: the receive FIFO has room and the stream has not ended. */
bool serial_wants_input(const struct serial *serial);
/* Whether it may still interrupt by itself: by input, or because bytes lie in the FIFO. */
bool serial_may_interrupt(const struct serial *serial);

/*
 * Until another of its registers is accessed, or serial_poll(): bytes written to `data` go out,
 * together or each by itself, and `status` reads as `status_value`. False: it is not so simple now.
 */
struct serial_promise {
    uint16_t data, status;
    uint8_t status_value;
};
bool serial_promise(const struct serial *serial, struct serial_promise *ret_promise);

#endif
