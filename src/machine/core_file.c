/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/core_file.h>

#include <base/bits.h>
#include <base/text.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gate/seat_debug.h>
#include <host/host.h>
#include <host/new_file.h>
#include <inspect/space.h>
#include <inspect/words.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#define MAX_SEGMENTS 65000 /* e_phnum has 16 bits, and the highest value means another */
#define USER_CS      0x33
#define USER_SS      0x2b

/* --- bytes that are collected before they are written -------------------------------------- */

struct bytes {
    uint8_t *items;
    uint32_t count, room;
};

static bool add_bytes(struct bytes *bytes, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < size; i++) {
        if (!LIST_ADD(bytes, at[i]))
            return false;
    }
    return true;
}

static bool pad_bytes(struct bytes *bytes)
{
    while (bytes->count % 4) {
        if (!LIST_ADD(bytes, (uint8_t)0))
            return false;
    }
    return true;
}

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        long count = host_write(fd, at, size);
        if (count == -EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? (int)count : -EIO;
        at += count;
        size -= (size_t)count;
    }
    return 0;
}

/* --- notes --------------------------------------------------------------------------------- */

static bool add_note(struct bytes *notes, uint32_t type, const void *data, uint32_t size)
{
    static const char name[] = "CORE";
    const Elf64_Nhdr header = {.n_namesz = sizeof(name), .n_descsz = size, .n_type = type};
    return add_bytes(notes, &header, sizeof(header)) && add_bytes(notes, name, sizeof(name)) &&
           pad_bytes(notes) && add_bytes(notes, data, size) && pad_bytes(notes);
}

int core_signal(const struct tcb *tcb)
{
    static const uint8_t of_vectors[] = {
        [0] = SIGFPE, [1] = SIGTRAP, [3] = SIGTRAP,  [4] = SIGSEGV, [5] = SIGSEGV, [6] = SIGILL,
        [7] = SIGFPE, [12] = SIGBUS, [13] = SIGSEGV, [16] = SIGFPE, [17] = SIGBUS, [19] = SIGFPE};
    const struct fault *fault = tcb->unhandled.type != FAULT_NONE ? &tcb->unhandled : &tcb->fault;
    switch (fault->type) {
    case FAULT_NONE:
    case FAULT_TYPE_COUNT:
    case FAULT_TIMEOUT:
        return 0;
    case FAULT_CAP:
    case FAULT_UNKNOWN_SYSCALL:
        return SIGSYS;
    case FAULT_DEBUG_EXCEPTION:
        return SIGTRAP;
    case FAULT_VM:
        return SIGSEGV;
    case FAULT_USER_EXCEPTION:
        break;
    }
    word_t vector = fault->user_exception.vector;
    return vector < ARRAY_LENGTH(of_vectors) && of_vectors[vector] ? of_vectors[vector] : SIGSEGV;
}

/* In the order of struct user_regs_struct; what is not among a TCB's registers comes after them. */
static void fill_registers(const struct tcb *tcb, elf_gregset_t ret_registers)
{
    word_t reg[USER_REGISTER_COUNT];
    seat_debug_read_registers(tcb, reg);
    const struct user_regs_struct registers = {
        .r15 = reg[UREG_R15],
        .r14 = reg[UREG_R14],
        .r13 = reg[UREG_R13],
        .r12 = reg[UREG_R12],
        .rbp = reg[UREG_RBP],
        .rbx = reg[UREG_RBX],
        .r11 = reg[UREG_R11],
        .r10 = reg[UREG_R10],
        .r9 = reg[UREG_R9],
        .r8 = reg[UREG_R8],
        .rax = reg[UREG_RAX],
        .rcx = reg[UREG_RCX],
        .rdx = reg[UREG_RDX],
        .rsi = reg[UREG_RSI],
        .rdi = reg[UREG_RDI],
        .orig_rax = UINT64_MAX,
        .rip = reg[UREG_RIP],
        .cs = USER_CS,
        .eflags = reg[UREG_RFLAGS],
        .rsp = reg[UREG_RSP],
        .ss = USER_SS,
        .fs_base = reg[UREG_FS_BASE],
        .gs_base = reg[UREG_GS_BASE],
    };
    _Static_assert(sizeof(registers) == sizeof(elf_gregset_t), "one layout under two names");
    memcpy(ret_registers, &registers, sizeof(registers));
}

static bool add_thread(struct bytes *notes, struct tcb *tcb,
                       const struct core_vector_source *vectors)
{
    uint8_t fxsave[512];
    int signal = core_signal(tcb);
    struct elf_prstatus status = {.pr_pid = (pid_t)tcb->serial, .pr_cursig = (short)signal};
    status.pr_info.si_signo = signal;
    status.pr_ppid = status.pr_pgrp = status.pr_sid = 0;
    fill_registers(tcb, status.pr_reg);
    bool has_vectors = vectors && vectors->read(vectors->context, tcb, fxsave);
    status.pr_fpvalid = has_vectors;
    return add_note(notes, NT_PRSTATUS, &status, sizeof(status)) &&
           (!has_vectors || add_note(notes, NT_FPREGSET, fxsave, sizeof(fxsave)));
}

/* The thread that gdb is to show first: one that has died, else one that is not waiting. */
static unsigned urgency(const struct tcb *tcb)
{
    if (tcb->unhandled.type != FAULT_NONE)
        return 2;
    return tcb->state == THREAD_RUNNING || tcb->state == THREAD_RESTART;
}

/* Numbers of the VSpace's threads, the most urgent first. */
struct numbers {
    uint32_t *items;
    uint32_t count, room;
};

static bool list_threads(const struct inspection *inspection, uint32_t vspace,
                         struct numbers *ret_threads)
{
    for (unsigned level = 3; level-- > 0;) {
        for (uint32_t i = 0; i < inspection->threads.count; i++) {
            const struct found_thread *thread = &inspection->threads.items[i];
            if (thread->vspace == vspace && urgency(thread->tcb) == level &&
                !LIST_ADD(ret_threads, i))
                return false;
        }
    }
    return true;
}

static bool add_notes(struct bytes *notes, const struct inspection *inspection, uint32_t vspace,
                      const char *program, const struct core_vector_source *vectors)
{
    struct numbers threads = {0};
    struct elf_prpsinfo info = {.pr_sname = 'R'};
    text_copy(info.pr_fname, sizeof(info.pr_fname), program);
    text_copy(info.pr_psargs, sizeof(info.pr_psargs), program);
    bool good = list_threads(inspection, vspace, &threads);
    for (uint32_t i = 0; i < threads.count && good; i++) {
        good = add_thread(notes, inspection->threads.items[threads.items[i]].tcb, vectors);
        if (good && i == 0)
            good = add_note(notes, NT_PRPSINFO, &info, sizeof(info));
    }
    free(threads.items);
    return good;
}

/* --- memory -------------------------------------------------------------------------------- */

struct segments {
    Elf64_Phdr *items; /* p_paddr: where the memory is */
    uint32_t count, room;
};

static bool extends(const Elf64_Phdr *last, const Elf64_Phdr *next)
{
    return last->p_vaddr + last->p_memsz == next->p_vaddr &&
           last->p_paddr + last->p_memsz == next->p_paddr && last->p_flags == next->p_flags &&
           !last->p_filesz == !next->p_filesz;
}

/* Devices' memory has no bytes that could be read. */
static Elf64_Phdr segment_of(const struct inspection *inspection, const struct mapped_page *page)
{
    uint64_t size = bit(page->size_bits);
    bool is_backed = inspection_is_backed(inspection, page->paddr, size);
    return (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_X | (page->rights == VM_READ_WRITE ? PF_W : 0),
        .p_vaddr = page->start,
        .p_paddr = page->paddr,
        .p_filesz = is_backed ? size : 0,
        .p_memsz = size,
        .p_align = PAGE_BYTES,
    };
}

static int list_segments(const struct inspection *inspection, paddr_t root,
                         struct segments *ret_segments)
{
    struct mapped_page page;
    for (vaddr_t at = 0; space_next_page(inspection->k, root, at, &page);
         at = page.start + bit(page.size_bits)) {
        Elf64_Phdr segment = segment_of(inspection, &page);
        Elf64_Phdr *last =
            ret_segments->count ? &ret_segments->items[ret_segments->count - 1] : NULL;
        if (last && extends(last, &segment)) {
            last->p_filesz += segment.p_filesz;
            last->p_memsz += segment.p_memsz;
        } else if (ret_segments->count == MAX_SEGMENTS) {
            return -E2BIG;
        } else if (!LIST_ADD(ret_segments, segment)) {
            return -ENOMEM;
        }
    }
    return 0;
}

static bool is_zero(const void *page)
{
    const uint64_t *word = page;
    for (unsigned i = 0; i < PAGE_BYTES / sizeof(*word); i++) {
        if (word[i])
            return false;
    }
    return true;
}

/* Pages of zeroes become holes of the file. */
static int write_segment(int fd, const struct inspection *inspection, const Elf64_Phdr *segment)
{
    const char *memory = kernel_memory(inspection->k, segment->p_paddr);
    for (uint64_t at = 0; at < segment->p_filesz; at += PAGE_BYTES) {
        if (is_zero(memory + at))
            continue;
        long place = host_lseek(fd, (int64_t)(segment->p_offset + at), SEEK_SET);
        int error = place < 0 ? (int)place : write_all(fd, memory + at, PAGE_BYTES);
        if (error)
            return error;
    }
    return 0;
}

/* --- the file ------------------------------------------------------------------------------ */

/* Gives each segment its place in the file; returns the file's size. */
static uint64_t place_segments(struct segments *segments, uint64_t start)
{
    uint64_t offset = align_up(start, PAGE_BITS);
    for (uint32_t i = 0; i < segments->count; i++) {
        segments->items[i].p_offset = offset;
        offset += segments->items[i].p_filesz;
    }
    return offset;
}

static int write_headers(int fd, const struct bytes *notes, struct segments *segments,
                         uint64_t *ret_size)
{
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof(header),
        .e_ehsize = sizeof(header),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)(segments->count + 1),
    };
    Elf64_Phdr note = {
        .p_type = PT_NOTE,
        .p_offset = sizeof(header) + header.e_phnum * sizeof(Elf64_Phdr),
        .p_filesz = notes->count,
        .p_align = 4,
    };
    *ret_size = place_segments(segments, note.p_offset + note.p_filesz);
    int error = write_all(fd, &header, sizeof(header));
    if (!error)
        error = write_all(fd, &note, sizeof(note));
    if (!error)
        error = write_all(fd, segments->items, segments->count * sizeof(Elf64_Phdr));
    return error ? error : write_all(fd, notes->items, notes->count);
}

static int write_core(int fd, const struct inspection *inspection, const struct bytes *notes,
                      struct segments *segments)
{
    uint64_t size;
    int error = write_headers(fd, notes, segments, &size);
    for (uint32_t i = 0; i < segments->count && !error; i++)
        error = write_segment(fd, inspection, &segments->items[i]);
    return error ? error : (int)host_ftruncate(fd, size);
}

int core_file_write(const char *path, const struct inspection *inspection, uint32_t vspace,
                    const char *program, const struct core_vector_source *vectors)
{
    struct bytes notes = {0};
    struct segments segments = {0};
    int error = add_notes(&notes, inspection, vspace, program, vectors) ? 0 : -ENOMEM;
    if (!error)
        error = list_segments(inspection, inspection->vspaces.items[vspace].root, &segments);
    if (!error) {
        int fd = new_file_create(path);
        error =
            fd < 0 ? fd : new_file_finish(fd, path, write_core(fd, inspection, &notes, &segments));
    }
    free(notes.items);
    free(segments.items);
    return error;
}

int core_names_write(const char *path, const struct inspection *inspection, uint32_t vspace)
{
    struct numbers threads = {0};
    struct bytes text = {0};
    bool good = list_threads(inspection, vspace, &threads);
    for (uint32_t i = 0; i < threads.count && good; i++) {
        const struct tcb *tcb = inspection->threads.items[threads.items[i]].tcb;
        char label[THREAD_LABEL_BYTES], state[STATE_BYTES], line[512];
        words_thread(tcb, label, sizeof(label));
        words_state(inspection->k, tcb, state, sizeof(state));
        size_t length =
            text_format(line, sizeof(line), "# %s %s\nthread apply %u -q thread name %s\n", label,
                        state, i + 1, label);
        good = add_bytes(&text, line, length);
    }
    int fd = good ? new_file_create(path) : -ENOMEM;
    int error = fd < 0 ? fd : new_file_finish(fd, path, write_all(fd, text.items, text.count));
    free(threads.items);
    free(text.items);
    return error;
}
