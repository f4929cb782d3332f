/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_CONFIG_H
#define SEL4_CONFIG_H

#include <autoconf.h>

#endif
