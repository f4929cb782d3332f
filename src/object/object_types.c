/* SPDX-License-Identifier: BSD-2-Clause */
#include <object/object_types.h>

const struct object_type *const object_types[CAP_TYPE_COUNT] = {
    [CAP_NULL] = &null_object_type,
    [CAP_UNTYPED] = &untyped_object_type,
    [CAP_ENDPOINT] = &endpoint_object_type,
    [CAP_NOTIFICATION] = &notification_object_type,
    [CAP_REPLY] = &reply_object_type,
    [CAP_CNODE] = &cnode_object_type,
    [CAP_TCB] = &tcb_object_type,
    [CAP_IRQ_CONTROL] = &irq_control_object_type,
    [CAP_IRQ_HANDLER] = &irq_handler_object_type,
    [CAP_ZOMBIE] = &zombie_object_type,
    [CAP_DOMAIN_SET] = &domain_set_object_type,
    [CAP_FRAME] = &page_object_type,
    [CAP_PAGE_TABLE] = &page_table_object_type,
    [CAP_PAGE_DIRECTORY] = &page_directory_object_type,
    [CAP_PDPT] = &pdpt_object_type,
    [CAP_PML4] = &vspace_object_type,
    [CAP_ASID_CONTROL] = &asid_control_object_type,
    [CAP_ASID_POOL] = &asid_pool_object_type,
    [CAP_IO_SPACE] = &io_space_object_type,
    [CAP_IO_PAGE_TABLE] = &io_page_table_object_type,
    [CAP_IO_PORT] = &io_port_object_type,
    [CAP_IO_PORT_CONTROL] = &io_port_control_object_type,
};
