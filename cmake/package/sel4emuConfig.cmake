# SPDX-License-Identifier: BSD-2-Clause
#
# find_package(sel4emu): the emulator and its libsel4 in place of an seL4 kernel.
#
# After it find_package(seL4) finds the package's kernel, which has the options, targets and macros of
# the real one (KERNEL_PATH, sel4_import_kernel(), kernel.elf, sel4 ...) but is not built. A project
# that cannot be changed gets the same with -DCMAKE_MODULE_PATH=${sel4emu_MODULE_PATH}.
#
#   SEL4EMU_EXECUTABLE          the command
#   SEL4EMU_LIBSEL4_GENERATE    the program that writes libsel4's generated headers
#   sel4emu_MODULE_PATH         the directory of FindseL4.cmake
#   sel4emu_add_program(NAME SOURCE...)
#                               a root task on libsel4 and the small runtime: no project around it
#   sel4emu_add_linked_program(NAME SOURCE...)
#                               the same as a program of Linux's (sel4emu's docs/linked.md)

get_filename_component(sel4emu_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(sel4emu_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/modules")
set(sel4emu_LIBSEL4 "${sel4emu_prefix}/share/sel4emu/libsel4")
set(sel4emu_LIBSEL4_EMU "${sel4emu_prefix}/lib/sel4emu/libsel4-emu.a")
set(sel4emu_RUNTIME "${sel4emu_prefix}/share/sel4emu/runtime")

find_program(SEL4EMU_EXECUTABLE sel4emu HINTS "${sel4emu_prefix}/bin" NO_CMAKE_FIND_ROOT_PATH)
find_program(SEL4EMU_LIBSEL4_GENERATE libsel4-generate
             HINTS "${sel4emu_prefix}/libexec/sel4emu" NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(SEL4EMU_EXECUTABLE SEL4EMU_LIBSEL4_GENERATE)

if(NOT sel4emu_MODULE_PATH IN_LIST CMAKE_MODULE_PATH)
    list(PREPEND CMAKE_MODULE_PATH "${sel4emu_MODULE_PATH}")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/program.cmake")
