/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What valgrind is told, by instructions that do nothing elsewhere: they are part of its interface,
 * so its headers are not needed.
 */
#include "program.h"

#define RUNNING_ON_VALGRIND 0x1001
#define STACK_REGISTER      0x1501
/* Of memcheck: of these bytes those that may be accessed have values. */
#define MAKE_DEFINED "0x4d43000b"

/* Four turns of rdi by 128 bits in all: rax has the request, rdx gets the answer. */
#define ASK                                                                                        \
    "    rolq $3, %rdi\n"                                                                          \
    "    rolq $13, %rdi\n"                                                                         \
    "    rolq $61, %rdi\n"                                                                         \
    "    rolq $51, %rdi\n"                                                                         \
    "    xchgq %rbx, %rbx\n"

uint64_t valgrind_ask(const uint64_t request[6]) __attribute__((visibility("hidden")));

__asm__(".pushsection .text\n"
        ".type valgrind_ask, @function\n"
        "valgrind_ask:\n"
        "    mov %rdi, %rax\n"
        "    xor %edx, %edx\n" ASK "    mov %rdx, %rax\n"
        "    ret\n"
        ".size valgrind_ask, . - valgrind_ask\n"
        ".popsection\n");

bool valgrind_is_here(void)
{
    static const uint64_t request[6] = {RUNNING_ON_VALGRIND};

    return valgrind_ask(request) != 0;
}

/*
 * One stack that is everywhere: valgrind then finds the callers of a function whose stack is
 * guest memory. Of several it would take the first frame after a change from one to another for
 * such a change itself, and the frame's memory for none of the program's.
 */
void valgrind_tell_stacks(void)
{
    static const uint64_t request[6] = {STACK_REGISTER, 0, UINT64_MAX};

    valgrind_ask(request);
}

/*
 * Memcheck does not see that the kernel writes to the IPC buffer, for it does so at another
 * address: what the guest itself has left there without values would be so still. rcx and all that
 * carries the call are kept, rax too, by which the call may be made again; the stack is the guest's
 * down to 128 bytes below its pointer.
 */
void (*valgrind_next_gate)(void) __attribute__((visibility("hidden")));

__asm__(".pushsection .text\n"
        ".type valgrind_gate, @function\n"
        ".globl valgrind_gate\n"
        ".hidden valgrind_gate\n"
        "valgrind_gate:\n"
        "    lea -128(%rsp), %rsp\n"
        "    push %rdx\n"
        "    mov __sel4_ipc_buffer@gottpoff(%rip), %rax\n"
        "    mov %fs:(%rax), %rax\n"
        "    push $0\n"
        "    push $0\n"
        "    push $0\n"
        "    push $1024\n"
        "    push %rax\n"
        "    push $" MAKE_DEFINED "\n"
        "    mov %rsp, %rax\n"
        "    xor %edx, %edx\n" ASK "    add $48, %rsp\n"
        "    pop %rdx\n"
        "    lea 128(%rsp), %rsp\n"
        "    lea valgrind_gate(%rip), %rax\n"
        "    jmp *valgrind_next_gate(%rip)\n"
        ".size valgrind_gate, . - valgrind_gate\n"
        ".popsection\n");
