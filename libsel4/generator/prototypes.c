/* SPDX-License-Identifier: BSD-2-Clause */
/* What libsel4's prototypes say beyond the kernel's tables: names, order and C types. */
#include "generator.h"

#include <base/bits.h>
#include <string.h>

static const struct {
    const char *method;
    const char *order;
    const char *order_mcs; /* NULL: the same */
} prototypes[] = {
    {"Untyped_Retype", "type size_bits root node_index node_depth node_offset num_objects", NULL},
    {"TCB_Configure",
     "fault_ep cspace_root cspace_root_data vspace_root vspace_root_data buffer bufferFrame",
     "cspace_root cspace_root_data vspace_root vspace_root_data buffer bufferFrame"},
    {"TCB_SetSpace", "fault_ep cspace_root cspace_root_data vspace_root vspace_root_data", NULL},
    {"TCB_SetSchedParams", "authority mcp priority",
     "authority mcp priority sched_context fault_ep"},
    {"TCB_SetIPCBuffer", "buffer bufferFrame", NULL},
    {"CNode_Copy", "dest_index dest_depth src_root src_index src_depth rights", NULL},
    {"CNode_Mint", "dest_index dest_depth src_root src_index src_depth rights badge", NULL},
    {"CNode_Move", "dest_index dest_depth src_root src_index src_depth", NULL},
    {"CNode_Mutate", "dest_index dest_depth src_root src_index src_depth badge", NULL},
    {"CNode_Rotate",
     "dest_index dest_depth dest_badge pivot_root pivot_index pivot_depth pivot_badge "
     "src_root src_index src_depth",
     NULL},
    {"IRQControl_Get", "irq root index depth", NULL},
    {"DomainSet_Set", "domain thread", NULL},
    {"X86_IOPortControl_Issue", "first_port last_port root index depth", NULL},
};

/* By name, of one method or (NULL) of all; the first that fits. */
static const struct {
    const char *method;
    const char *name;
    const char *type;
} types[] = {
    {"X86_VCPU_WriteRegisters", "regs", "seL4_VCPUContext *"},
    {"X86_Page_MapEPT", "attr", "seL4_X86_EPT_VMAttributes"},
    {"X86_EPTPDPT_Map", "attr", "seL4_X86_EPT_VMAttributes"},
    {"X86_EPTPD_Map", "attr", "seL4_X86_EPT_VMAttributes"},
    {"X86_EPTPT_Map", "attr", "seL4_X86_EPT_VMAttributes"},
    {NULL, "rights", "seL4_CapRights_t"},
    {NULL, "attr", "seL4_X86_VMAttributes"},
    {NULL, "regs", "seL4_UserContext *"},
};

/* Labels whose names are not the methods'. */
static const struct {
    const char *method;
    const char *label;
} labels[] = {
    {"IRQControl_Get", "IRQIssueIRQHandler"},
    {"IRQHandler_Ack", "IRQAckIRQ"},
    {"IRQHandler_SetNotification", "IRQSetIRQHandler"},
    {"IRQHandler_Clear", "IRQClearIRQHandler"},
    {"IRQControl_GetIOAPIC", "X86IRQIssueIRQHandlerIOAPIC"},
    {"IRQControl_GetMSI", "X86IRQIssueIRQHandlerMSI"},
    {"DomainSet_ScheduleConfigure", "DomainScheduleConfigure"},
    {"DomainSet_ScheduleSetStart", "DomainScheduleSetStart"},
};

const char *prototype_order(const char *method, bool mcs)
{
    for (size_t i = 0; i < ARRAY_LENGTH(prototypes); i++) {
        if (strcmp(prototypes[i].method, method) != 0)
            continue;
        return mcs && prototypes[i].order_mcs != NULL ? prototypes[i].order_mcs
                                                      : prototypes[i].order;
    }
    return NULL;
}

void service_type(const char *method, char *ret_type, size_t size)
{
    snprintf(ret_type, size, "seL4_%.*s", (int)(strrchr(method, '_') - method), method);
}

const char *parameter_type(const char *method, const char *name, size_t name_length, unsigned bits)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strlen(types[i].name) == name_length && memcmp(types[i].name, name, name_length) == 0 &&
            (types[i].method == NULL || strcmp(types[i].method, method) == 0))
            return types[i].type;
    switch (bits) {
    case 1:
        return "seL4_Bool";
    case 8:
        return "seL4_Uint8";
    case 16:
        return "seL4_Uint16";
    case 32:
        return "seL4_Uint32";
    default:
        return "seL4_Word";
    }
}

void label_name(const char *method, char *ret_name, size_t size)
{
    for (size_t i = 0; i < ARRAY_LENGTH(labels); i++) {
        if (strcmp(labels[i].method, method) == 0) {
            snprintf(ret_name, size, "%s", labels[i].label);
            return;
        }
    }
    for (; *method != '\0' && size > 1; method++) {
        if (*method != '_') {
            *ret_name++ = *method;
            size--;
        }
    }
    *ret_name = '\0';
}
