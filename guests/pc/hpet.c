/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer 0 of the HPET, its interrupts by IOAPIC pin 2 and by messages. */
#include "pc.h"

#define BASE           0xfed00000
#define PIN            2
#define VECTOR_PIN     16
#define VECTOR_LEVEL   17
#define VECTOR_MESSAGE 20

/* IA-PC HPET specification: registers, in words of 64 bits. */
enum hpet_register {
    CAPABILITIES = 0x000 / 8,
    CONFIGURATION = 0x010 / 8,
    STATUS = 0x020 / 8,
    COUNTER = 0x0f0 / 8,
    TIMER_CONFIGURATION = 0x100 / 8,
    TIMER_COMPARATOR = 0x108 / 8,
    TIMER_MESSAGE = 0x110 / 8,
};

#define ENABLE            0x1u
#define TIMER_LEVEL       0x0002u
#define TIMER_INTERRUPT   0x0004u
#define TIMER_PERIODIC    0x0008u
#define TIMER_SET         0x0040u
#define TIMER_ROUTE(n)    ((n) << 9)
#define TIMER_BY_MESSAGE  0x4000u
#define TIMER_CAN_MESSAGE 0x8000u

#define MESSAGE_ADDRESS UINT64_C(0xfee00000)
#define CPU_VECTOR      0x30 /* of user level's vector 0 */

#define DELAY   MILLISECOND
#define PERIODS 5

static volatile seL4_Uint64 *hpet;

void spin(seL4_Uint64 ticks)
{
    const seL4_Uint64 start = hpet[COUNTER];

    while (hpet[COUNTER] - start < ticks)
        __asm__ volatile("pause");
}

static void stop(void)
{
    hpet[TIMER_CONFIGURATION] = 0;
}

/* One interrupt, after DELAY. */
static seL4_Uint64 start_once(unsigned configuration)
{
    const seL4_Uint64 target = hpet[COUNTER] + DELAY;

    hpet[TIMER_COMPARATOR] = target; /* first: one that has passed would fire at once */
    hpet[TIMER_CONFIGURATION] = configuration | TIMER_INTERRUPT;
    return target;
}

static void show_once(const char *way, const struct line *line, unsigned configuration)
{
    const seL4_Uint64 target = start_once(configuration);

    line_wait(line);
    print("%s: came, and not early: %s\n", way, answer(hpet[COUNTER] >= target));
    line_acknowledge(line);
    stop();
}

static void show_periodic(const char *way, const struct line *line, unsigned configuration)
{
    const seL4_Uint64 start = hpet[COUNTER];

    hpet[TIMER_CONFIGURATION] = configuration | TIMER_PERIODIC | TIMER_SET;
    hpet[TIMER_COMPARATOR] = start + DELAY;
    hpet[TIMER_COMPARATOR] = DELAY;
    hpet[TIMER_CONFIGURATION] = configuration | TIMER_PERIODIC | TIMER_INTERRUPT;
    for (unsigned i = 0; i < PERIODS; i++) {
        line_wait(line);
        line_acknowledge(line);
    }
    print("%s: %u periods, and not early: %s\n", way, PERIODS,
          answer(hpet[COUNTER] - start >= PERIODS * (seL4_Uint64)DELAY));
    stop();
}

/* Two interrupts while the first is not acknowledged: does the second signal, now or later? */
static void show_masking(const char *way, const struct line *line, unsigned configuration)
{
    start_once(configuration);
    line_wait(line);
    start_once(configuration);
    spin(3 * (seL4_Uint64)DELAY);
    print("%s, not acknowledged: another signals: %s\n", way, answer(line_has_come(line)));
    line_acknowledge(line);
    spin(DELAY);
    print("%s, then acknowledged: it signals: %s\n", way, answer(line_has_come(line)));
    start_once(configuration);
    line_wait(line);
    print("%s: the next one signals\n", way);
    line_acknowledge(line);
    stop();
}

/* Level-triggered: until the device has been told, each acknowledgement brings it again. */
static void show_level(void)
{
    struct line line = line_of_pin(PIN, LEVEL, VECTOR_LEVEL);

    start_once(TIMER_ROUTE(PIN) | TIMER_LEVEL);
    line_wait(&line);
    print("level: status 0x%lx\n", (unsigned long)hpet[STATUS]);
    line_acknowledge(&line);
    line_wait(&line);
    print("level: it came again\n");
    hpet[STATUS] = 1;
    line_acknowledge(&line);
    spin(DELAY);
    print("level: status 0x%lx, signals: %s\n", (unsigned long)hpet[STATUS],
          answer(line_has_come(&line)));
    stop();
    line_delete(&line);
}

void show_hpet(void)
{
    struct line pin, message;

    print("-- HPET\n");
    hpet = device_map(BASE);
    print("capabilities 0x%lx\n", (unsigned long)hpet[CAPABILITIES]);
    print("timer 0: 0x%lx\n", (unsigned long)hpet[TIMER_CONFIGURATION]);
    hpet[CONFIGURATION] = ENABLE;

    pin = line_of_pin(PIN, EDGE, VECTOR_PIN);
    show_once("pin", &pin, TIMER_ROUTE(PIN));
    show_periodic("pin", &pin, TIMER_ROUTE(PIN));
    show_masking("pin", &pin, TIMER_ROUTE(PIN));
    line_delete(&pin);
    show_level();

    if (!(hpet[TIMER_CONFIGURATION] & TIMER_CAN_MESSAGE)) {
        print("no messages\n");
        return;
    }
    message = line_of_message(VECTOR_MESSAGE);
    hpet[TIMER_MESSAGE] = MESSAGE_ADDRESS << 32 | (VECTOR_MESSAGE + CPU_VECTOR);
    show_once("message", &message, TIMER_BY_MESSAGE);
    show_periodic("message", &message, TIMER_BY_MESSAGE);
    show_masking("message", &message, TIMER_BY_MESSAGE);
    line_delete(&message);
    start_once(TIMER_BY_MESSAGE);
    spin(3 * (seL4_Uint64)DELAY);
    print("message without a handler: signals: %s\n", answer(line_has_come(&message)));
    stop();
}
