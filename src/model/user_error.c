/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/user_error.h>

#include <base/text.h>
#include <model/console.h>
#include <stdarg.h>

#define BOLD   "\033[0m\033[1m"
#define GREEN  "\033[0m\033[32m"
#define NORMAL "\033[0m"

#define LINE_FORMAT BOLD "<<" GREEN "seL4(CPU %u)" BOLD " [%s T0x%lx \"%s\" @%lx]: %s>>" NORMAL "\n"

/* Only a debug kernel knows names. */
static const char *thread_name(const struct kernel *k, const struct tcb *tcb)
{
    return k->config.debug_build ? tcb->name : "";
}

void user_error(struct kernel *k, const char *where, const char *format, ...)
{
    const struct tcb *tcb = tcb_at(k, k->cores[k->running_core].current);
    struct user_error_text *error = &k->user_error;
    if (!tcb)
        return;

    va_list arguments;
    va_start(arguments, format);
    text_format_list(error->reason, sizeof(error->reason), format, arguments);
    va_end(arguments);
    error->count++;

    uint64_t address = console_tcb_address(k, tcb);
    word_t ip = tcb->context.reg[UREG_RIP];
    if (k->config.report_error_ipc)
        text_format(error->line, sizeof(error->line), LINE_FORMAT, k->running_core, where, address,
                    thread_name(k, tcb), ip, error->reason);
    else
        console_print(k, LINE_FORMAT, k->running_core, where, address, thread_name(k, tcb), ip,
                      error->reason);
}
