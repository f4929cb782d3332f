# SPDX-License-Identifier: BSD-2-Clause
#
# find_package(seL4) where sel4emu stands for the kernel: what a project asks of the kernel's
# directory, from ours. First in CMAKE_MODULE_PATH it is found before the real one.

get_filename_component(sel4emu_kernel "${CMAKE_CURRENT_LIST_DIR}/../kernel" ABSOLUTE)
set(KERNEL_PATH "${sel4emu_kernel}" CACHE STRING "The kernel: sel4emu's package" FORCE)
set(KERNEL_HELPERS_PATH "${sel4emu_kernel}/helpers.cmake" CACHE STRING "" FORCE)
set(KERNEL_CONFIG_PATH "${sel4emu_kernel}/platform.cmake" CACHE STRING "" FORCE)
mark_as_advanced(KERNEL_PATH KERNEL_HELPERS_PATH KERNEL_CONFIG_PATH)

# To be called before project(): the platform's settings and the toolchain.
macro(sel4_configure_platform_settings)
    include("${KERNEL_CONFIG_PATH}")
endmacro()

# The kernel's options, and the target kernel.elf.
macro(sel4_import_kernel)
    add_subdirectory("${KERNEL_PATH}" "${CMAKE_BINARY_DIR}/kernel")
endmacro()

# The library sel4.
macro(sel4_import_libsel4)
    add_subdirectory("${KERNEL_PATH}/libsel4" "${CMAKE_BINARY_DIR}/libsel4")
endmacro()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(seL4 DEFAULT_MSG KERNEL_PATH KERNEL_HELPERS_PATH
                                  KERNEL_CONFIG_PATH)
