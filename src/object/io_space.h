/* SPDX-License-Identifier: BSD-2-Clause */
/* What a frame does in the I/O space of a device. */
#ifndef OBJECT_IO_SPACE_H
#define OBJECT_IO_SPACE_H

#include <cap/object_type.h>

/* X86_Page_MapIO on a frame. */
struct answer io_space_map_page(struct call *call);

/* Takes the mapping that the frame capability says it has out of its device's tables. */
void io_space_unmap_page(struct kernel *k, union cap frame);

#endif
