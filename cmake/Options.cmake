# SPDX-License-Identifier: BSD-2-Clause
# Build options and the compiler flags that every file of ours is built with.

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

option(SEL4EMU_WERROR "Treat warnings as errors" ON)
option(SEL4EMU_TESTS "Build the unit tests" ON)
option(SEL4EMU_COVERAGE "Count executed lines (gcov)" OFF)
option(SEL4EMU_FUZZ "Build the fuzz targets with libFuzzer (clang only)" OFF)
set(SEL4EMU_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Assertions stay in every build: they guard the host too.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")

add_compile_definitions(SEL4EMU_VERSION="${PROJECT_VERSION}")
add_library(sel4emu_flags INTERFACE)
target_compile_options(sel4emu_flags INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wpointer-arith
    -Wwrite-strings
    # gcc's -Wconversion objects to every assignment to a bit field and takes no cast for an answer;
    # clang's does not. So clang does the looking: tests/style/clang, which compiles all of src/.
    $<IF:$<C_COMPILER_ID:Clang>,-Wconversion,-Wsign-conversion>
    # gcc cannot see that an out-parameter which stays untouched on failure is not used then.
    $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    $<$<BOOL:${SEL4EMU_WERROR}>:-Werror>
    # Paths in assertions and debug information are those of the source tree, wherever it lies.
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}/=)

if(SEL4EMU_SANITIZE)
    add_compile_options(-fsanitize=${SEL4EMU_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SEL4EMU_SANITIZE})
endif()
if(SEL4EMU_COVERAGE)
    # not --coverage: gcc lets nothing take that back for the runtime image
    add_compile_options(-fprofile-arcs -ftest-coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
if(SEL4EMU_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "SEL4EMU_FUZZ needs clang: cmake --preset fuzz")
    endif()
endif()
# What fuzzers steer by and count as covered: the layers, and nothing that tests them.
add_library(sel4emu_layer_flags INTERFACE)
target_compile_options(sel4emu_layer_flags INTERFACE
    $<$<BOOL:${SEL4EMU_FUZZ}>:-fsanitize=fuzzer-no-link>)

# The pure part: freestanding, no libc header in reach, no vector registers (they belong to the
# guest when the kernel runs in its process), no thread-local storage, no calls that the compiler
# invents.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
                OUTPUT_VARIABLE compiler_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
add_library(sel4emu_pure_flags INTERFACE)
target_compile_options(sel4emu_pure_flags INTERFACE
    -ffreestanding -fno-builtin -mgeneral-regs-only -nostdinc -isystem ${compiler_headers}
    -fvisibility=hidden -fno-stack-protector -fcf-protection=none
    $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>
    # what rep would have to be started for costs more than the moves: answers, calls, registers
    $<$<C_COMPILER_ID:GNU>:-minline-all-stringops>
    $<$<C_COMPILER_ID:GNU>:-mmemcpy-strategy=unrolled_loop:256:noalign$<COMMA>rep_8byte:-1:noalign>
    $<$<C_COMPILER_ID:GNU>:-mmemset-strategy=unrolled_loop:256:noalign$<COMMA>rep_8byte:-1:noalign>)
