/* SPDX-License-Identifier: BSD-2-Clause */
/* The injection page: all that a VSpace process holds besides guest memory. */
#include <string.h>
#include <sys/mman.h>

#include <gate/tracee.h>
#include <host/host.h>

#define INT3 0xcc

static const uint8_t syscall_code[] = {0x0f, 0x05, INT3};
static const uint8_t wrfsbase_code[] = {0xf3, 0x48, 0x0f, 0xae, 0xd0, INT3};
static const uint8_t wrgsbase_code[] = {0xf3, 0x48, 0x0f, 0xae, 0xd8, INT3};
/* mov %rdi, %rsp; popfq */
static const uint8_t popf_code[] = {0x48, 0x89, 0xfc, 0x9d, INT3};

void injection_page_fill(uint8_t data[PAGE_BYTES])
{
    memset(data, INT3, PAGE_BYTES);
    memcpy(data + INJECTION_SYSCALL, syscall_code, sizeof(syscall_code));
    memcpy(data + INJECTION_WRFSBASE, wrfsbase_code, sizeof(wrfsbase_code));
    memcpy(data + INJECTION_WRGSBASE, wrgsbase_code, sizeof(wrgsbase_code));
    memcpy(data + INJECTION_POPF, popf_code, sizeof(popf_code));
}

int injection_page_open(struct injection_page *page)
{
    *page = (struct injection_page){.fd = -1, .is_hidden = true};
    long fd = host_memfd_create("sel4emu-injection", MFD_CLOEXEC);

    if (fd < 0)
        return (int)fd;
    page->fd = (int)fd;
    long data = host_mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, page->fd, 0);
    if (data < 0 && data > -4096)
        return (int)data;
    page->data = (uint8_t *)data;
    return injection_page_show(page);
}

void injection_page_close(struct injection_page *page)
{
    if (page->data)
        host_munmap(page->data, PAGE_BYTES);
    if (page->fd >= 0)
        host_close(page->fd);
}

int injection_page_show(struct injection_page *page)
{
    if (!page->is_hidden)
        return 0;
    int error = (int)host_ftruncate(page->fd, PAGE_BYTES);
    if (error)
        return error;
    injection_page_fill(page->data);
    page->is_hidden = false;
    return 0;
}

/* What lies behind the end of a file is mapped and not there. */
int injection_page_hide(struct injection_page *page)
{
    if (page->is_hidden)
        return 0;
    int error = (int)host_ftruncate(page->fd, 0);
    page->is_hidden = !error;
    return error;
}
