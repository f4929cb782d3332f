/* SPDX-License-Identifier: BSD-2-Clause */
#include "hpet.h"

#include "vspace.h"

#define PADDR 0xfed00000
#define VADDR 0x30000000

/* registers, by 8 bytes */
enum { PERIOD, CONFIG = 0x10 / 8, COUNTER = 0xf0 / 8, TIMER_CONFIG = 0x100 / 8, TIMER_COMPARATOR };

#define CONFIG_ENABLE   1u
#define TIMER_INTERRUPT 4u
#define TIMER_PIN(pin)  ((uint64_t)(pin) << 9)
#define PIN             2 /* where the PIT is, too */

/* The device memory that holds `paddr`: its capability, base and size. */
static seL4_CPtr find_device(seL4_Word paddr, seL4_Word *ret_base, unsigned *ret_bits)
{
    const seL4_SlotRegion region = guest_boot_info->untyped;

    for (seL4_CPtr cap = region.start; cap < region.end; cap++) {
        const seL4_UntypedDesc *untyped = &guest_boot_info->untypedList[cap - region.start];

        if (!untyped->isDevice || (paddr - untyped->paddr) >> untyped->sizeBits)
            continue;
        *ret_base = untyped->paddr;
        *ret_bits = untyped->sizeBits;
        return cap;
    }
    must(seL4_InvalidArgument, "no memory of the HPET");
    return seL4_CapNull;
}

static seL4_CPtr retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits)
{
    const seL4_CPtr slot = slot_new();

    must(seL4_Untyped_Retype(untyped, type, bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
         "Untyped_Retype");
    return slot;
}

/* Objects come out of an untyped in ascending order: halves it until the page is its first. */
static seL4_CPtr device_page(seL4_Word paddr)
{
    seL4_Word base = 0;
    unsigned bits = 0;
    seL4_CPtr untyped = find_device(paddr, &base, &bits);

    while (bits-- > seL4_PageBits) {
        seL4_CPtr half = retype(untyped, seL4_UntypedObject, bits);

        if (paddr - base >= (seL4_Word)1 << bits) {
            half = retype(untyped, seL4_UntypedObject, bits);
            base += (seL4_Word)1 << bits;
        }
        untyped = half;
    }
    return retype(untyped, seL4_X86_4K, 0);
}

void hpet_create(struct hpet *hpet, seL4_CPtr notification)
{
    pit_create(&hpet->pit, notification);
    vspace_make_tables(&root_vspace, VADDR);
    vspace_map(&root_vspace, device_page(PADDR), VADDR, seL4_ReadWrite);
    hpet->registers = (volatile uint64_t *)VADDR;
    hpet->registers[CONFIG] = CONFIG_ENABLE;
    hpet->registers[TIMER_CONFIG] = TIMER_INTERRUPT | TIMER_PIN(PIN);
}

uint64_t hpet_now(const struct hpet *hpet)
{
    return hpet->registers[COUNTER];
}

/* The upper half of the first register is femtoseconds. */
uint64_t hpet_frequency(const struct hpet *hpet)
{
    return UINT64_C(1000000000000000) / (hpet->registers[PERIOD] >> 32);
}

bool hpet_set(const struct hpet *hpet, uint64_t time)
{
    hpet->registers[TIMER_COMPARATOR] = time;
    return hpet_now(hpet) <= time;
}

void hpet_acknowledge(const struct hpet *hpet)
{
    must(seL4_IRQHandler_Ack(hpet->pit.irq), "IRQHandler_Ack");
}
