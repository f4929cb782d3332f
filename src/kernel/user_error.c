/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/user_error.h>

#include <base/text.h>
#include <model/console.h>
#include <stdarg.h>

#define BOLD   "\033[0m\033[1m"
#define GREEN  "\033[0m\033[32m"
#define NORMAL "\033[0m"

void user_error(struct kernel *k, unsigned core, const struct tcb *tcb, const char *where,
                const char *format, ...)
{
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(what, sizeof(what), format, arguments);
    va_end(arguments);
    console_print(
        k, BOLD "<<" GREEN "seL4(CPU %u)" BOLD " [%s T0x%lx \"%s\" @%lx]: %s>>" NORMAL "\n", core,
        where, console_tcb_address(k, tcb), tcb->name, tcb->context.reg[UREG_RIP], what);
}
