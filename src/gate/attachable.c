/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/attachable.h>

#include <elf.h>
#include <linux/prctl.h>
#include <stdint.h>
#include <sys/auxv.h>

#include <base/bits.h>
#include <host/host.h>
#include <runtime/region.h>

/*
 * The rest of the vector is as it was: so the machine's program and libraries, which /proc/PID/exe
 * still leads to, do not seem to lie where guest code is.
 */
static void tell_places(vaddr_t base, const struct runtime_image *image)
{
    static const unsigned kept[] = {AT_PAGESZ, AT_HWCAP, AT_PHDR, AT_PHENT,
                                    AT_PHNUM,  AT_BASE,  AT_ENTRY};
    Elf64_auxv_t vector[ARRAY_LENGTH(kept) + 2] = {
        {.a_type = AT_SYSINFO_EHDR, .a_un.a_val = base + REGION_SYMBOLS}};
    const vaddr_t code = base + REGION_IMAGE, process = base + REGION_PROCESS;
    const struct prctl_mm_map map = {
        .start_code = code,
        .end_code = code + image->code_bytes,
        .start_data = code,
        .end_data = code,
        .start_brk = process,
        .brk = process,
        .start_stack = base + REGION_EDIT_STACK,
        .arg_start = process,
        .arg_end = process,
        .env_start = process,
        .env_end = process,
        .auxv = (__u64 *)vector,
        .auxv_size = sizeof(vector),
        .exe_fd = UINT32_MAX, /* stays */
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(kept); i++)
        vector[1 + i] = (Elf64_auxv_t){.a_type = kept[i], .a_un.a_val = getauxval(kept[i])};
    host_prctl(PR_SET_MM, PR_SET_MM_MAP, (unsigned long)&map, sizeof(map), 0);
}

void attachable_make(vaddr_t base, const struct runtime_image *image, const char *name)
{
    host_prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
    host_prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    tell_places(base, image);
}
