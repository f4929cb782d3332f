# SPDX-License-Identifier: BSD-2-Clause
#
# The compiler flags that the kernel and all programs for it share (KERNEL_FLAGS_PATH).

foreach(language C CXX ASM)
    string(APPEND CMAKE_${language}_FLAGS " ${BASE_${language}_FLAGS}")
endforeach()
string(APPEND CMAKE_EXE_LINKER_FLAGS " ${BASE_EXE_LINKER_FLAGS}")
