/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/console.h>
#include <model/testkit_guest.h>
#include <string.h>

static struct guest boot_with_iommu(void)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.iommu = (struct boot_iommu){.units = 1, .levels = 3};
    return guest_boot_with(&boot, GUEST_MEMORY_END);
}

static void check_console(struct guest *g, const char *expected)
{
    const char *text;
    uint32_t length = console_take(g->k, &text);
    CHECK_EQ(length, strlen(expected));
    CHECK_MEM(text, expected, length);
}

static const struct dma_access to_nowhere = {
    .requester = 0x1af7, .address = 0x123456789a, .is_write = true};

TEST(devices_reach_nothing_at_first)
{
    struct guest g = boot_with_iommu();
    CHECK_EQ(kernel_translate_dma(g.k, to_nowhere).reason, DMA_NO_CONTEXT);
    guest_end(&g);
    g = guest_boot_default();
    CHECK_EQ(kernel_translate_dma(g.k, to_nowhere).reason, DMA_ALLOWED);
    CHECK_EQ(kernel_translate_dma(g.k, to_nowhere).paddr, to_nowhere.address);
    CHECK(!kernel_refuse_dma(g.k, to_nowhere, DMA_NO_CONTEXT));
    guest_end(&g);
}

TEST(a_refused_access_is_reported_at_the_interrupt)
{
    struct guest g = boot_with_iommu();
    CHECK(kernel_refuse_dma(g.k, to_nowhere, DMA_NO_CONTEXT));
    check_console(&g, "");
    struct outcome outcome = kernel_interrupt(g.k, 0, IOMMU_VECTOR, 1);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    check_console(&g, "IOMMU: DMA write page fault from 0x1af7 (bus: 0x1a/dev: 0x1e/fun: 0x7) on "
                      "address 0x12:34567000 with reason code 0x2\n");
    kernel_interrupt(g.k, 0, IOMMU_VECTOR, 2); /* nothing is new */
    check_console(&g, "");
    guest_end(&g);
}

TEST(there_is_one_fault_record)
{
    struct guest g = boot_with_iommu();
    struct dma_access second = {.requester = 8, .address = 0x2000};
    CHECK(kernel_refuse_dma(g.k, second, DMA_NO_READ));
    CHECK(!kernel_refuse_dma(g.k, to_nowhere, DMA_NO_WRITE));
    kernel_interrupt(g.k, 0, IOMMU_VECTOR, 1);
    check_console(&g, "IOMMU: DMA read page fault from 0x8 (bus: 0x0/dev: 0x1/fun: 0x0) on address "
                      "0x0:2000 with reason code 0x6\n");
    CHECK(kernel_refuse_dma(g.k, to_nowhere, DMA_NO_WRITE));
    guest_end(&g);
}

TEST(memory_of_the_kernel_is_refused_for_want_of_the_right)
{
    struct guest g = boot_with_iommu();
    CHECK(kernel_refuse_dma(g.k, to_nowhere, DMA_CLOSED));
    CHECK_EQ(g.k->io_mmu.fault.reason, DMA_NO_WRITE);
    g.k->io_mmu.fault_pending = false;
    CHECK(kernel_refuse_dma(g.k, (struct dma_access){.requester = 8}, DMA_CLOSED));
    CHECK_EQ(g.k->io_mmu.fault.reason, DMA_NO_READ);
    guest_end(&g);
}

/* Without an IOMMU. */
static bool is_open(struct guest *g, paddr_t paddr)
{
    struct dma_translation to =
        kernel_translate_dma(g->k, (struct dma_access){.address = paddr, .is_write = true});
    CHECK_EQ(to.paddr, paddr);
    return to.reason == DMA_ALLOWED;
}

static paddr_t page_of(struct guest *g, cptr_t cptr)
{
    return frame_cap_paddr(guest_cap(g, cptr));
}

TEST(what_devices_reach_of_the_initial_thread_is_its_frames)
{
    struct guest g = guest_boot_default();
    CHECK(is_open(&g, page_of(&g, INITIAL_CAP_BOOTINFO_FRAME)));
    CHECK(is_open(&g, page_of(&g, INITIAL_CAP_IPC_BUFFER) + 0xfff));
    CHECK(is_open(&g, g.boot.image.paddr));
    CHECK(is_open(&g, g.boot.image.paddr + GUEST_IMAGE_PAGES * PAGE_BYTES - 1));
    CHECK(!is_open(&g, g.boot.image.paddr + GUEST_IMAGE_PAGES * PAGE_BYTES));
    CHECK(!is_open(&g, g.k->irq_slots));
    CHECK(!is_open(&g, g.k->asid_pools[0]));
    CHECK(!is_open(&g, g.root));
    CHECK(!is_open(&g, guest_cap(&g, INITIAL_CAP_CNODE).cnode.object));
    CHECK(!is_open(&g, guest_cap(&g, INITIAL_CAP_VSPACE).pml4.object));
    CHECK(!is_open(&g, GUEST_MEMORY_END - 1)); /* never used */
    CHECK(is_open(&g, 0xb8000));               /* no RAM of the kernel's */
    CHECK(is_open(&g, GUEST_MEMORY_END));
    guest_end(&g);
}

TEST(frames_are_open_until_their_memory_is_cleared)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 22);
    paddr_t base = guest_cap(&g, untyped).untyped.base;
    static const struct {
        enum object_kind kind;
        unsigned bits;
    } frames[] = {{OBJECT_4K_PAGE, 12}, {OBJECT_LARGE_PAGE, 21}};
    for (unsigned i = 0; i < ARRAY_LENGTH(frames); i++) {
        cptr_t frame = guest_make_in(&g, untyped, frames[i].kind, 0);
        CHECK(is_open(&g, base));
        CHECK(is_open(&g, base + bit(frames[i].bits) - 1));
        CHECK(!is_open(&g, base + bit(frames[i].bits)));
        guest_delete(&g, frame);
        CHECK(is_open(&g, base));
        frame = guest_make_in(&g, untyped, OBJECT_UNTYPED, 21);
        CHECK(!is_open(&g, base));
        CHECK(!is_open(&g, base + bit(frames[i].bits) - 1));
        guest_delete(&g, frame);
    }
    guest_end(&g);
}

TEST(a_kernel_that_does_not_print_says_nothing)
{
    struct guest g = boot_with_iommu();
    g.k->config.printing = false;
    kernel_refuse_dma(g.k, to_nowhere, DMA_NO_CONTEXT);
    kernel_interrupt(g.k, 0, IOMMU_VECTOR, 1);
    check_console(&g, "");
    CHECK(!g.k->io_mmu.fault_pending);
    guest_end(&g);
}
