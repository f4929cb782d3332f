# SPDX-License-Identifier: BSD-2-Clause
#
# Before project(): the one platform there is, x86_64 on pc99, and the toolchain. KERNEL_CONFIG_PATH.

include("${CMAKE_CURRENT_LIST_DIR}/helpers.cmake")

set(configure_string "")

config_choice(KernelSel4Arch SEL4_ARCH "Architecture, and its mode"
              "x86_64;KernelSel4ArchX86_64;ARCH_X86_64")
config_choice(KernelArch ARCH "Architecture" "x86;KernelArchX86;ARCH_X86")
config_set(KernelWordSize WORD_SIZE 64)
set(Kernel64 ON CACHE INTERNAL "")
set(Kernel32 OFF CACHE INTERNAL "")
config_choice(KernelPlatform PLAT "Machine" "pc99;KernelPlatPC99;PLAT_PC99")
set(KernelPlatformSupportsMCS ON)

if(NOT CMAKE_TOOLCHAIN_FILE)
    set(CMAKE_TOOLCHAIN_FILE "${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake" CACHE PATH "")
endif()
mark_as_advanced(FORCE CMAKE_TOOLCHAIN_FILE)
