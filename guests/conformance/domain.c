/* SPDX-License-Identifier: BSD-2-Clause */
/* The domain capability, on a kernel with one domain. */
#include "check.h"

static void set(void)
{
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, NONE));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(1)));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(0)));
    say_error(seL4_DomainSet_Set(seL4_CapDomain, 0, ROOT));
    say_error(seL4_DomainSet_Set(seL4_CapDomain, 0, object_new(seL4_TCBObject, 0)));
    say_error(invoke(seL4_CapDomain, Label_TCB_Suspend, NONE, NONE));
}

#ifdef Label_DomainSet_ScheduleConfigure
static void schedule(void)
{
    say_error(invoke(seL4_CapDomain, Label_DomainSet_ScheduleConfigure, NONE, WORDS(0, 0)));
    say_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 99, 0, 5));
    say_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 1, 5));
    say_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, (seL4_Word)1 << 56));
    say_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, 0));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_ScheduleSetStart, NONE, NONE));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 99));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 1));
}
#endif

#ifdef Label_DomainSet_ScheduleConfigure
static void schedule_set(void)
{
    say_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, 5));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0));
}
#endif

static const struct check checks[] = {
    {"DOMAIN0001", "Set: too short, bad domain, no thread, a CNode, a thread; a bad label", set},
#ifdef Label_DomainSet_ScheduleConfigure
    {"DOMAIN0002", "ScheduleConfigure and ScheduleSetStart: what is refused", schedule},
#endif
#ifdef Label_DomainSet_ScheduleConfigure
    {"DOMAIN0003", "ScheduleConfigure and ScheduleSetStart of the one entry", schedule_set},
#endif
};

const struct check_table domain_checks = CHECK_TABLE(checks);
