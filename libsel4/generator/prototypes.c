/* SPDX-License-Identifier: BSD-2-Clause */
/* What libsel4's prototypes say beyond the kernel's tables: order and C types of parameters. */
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

static const struct {
    const char *name;
    const char *type;
} types[] = {
    {"rights", "seL4_CapRights_t"},
    {"attr", "seL4_X86_VMAttributes"},
    {"regs", "seL4_UserContext *"},
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

const char *parameter_type(const char *name, size_t name_length)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strlen(types[i].name) == name_length && memcmp(types[i].name, name, name_length) == 0)
            return types[i].type;
    return "seL4_Word";
}
