# SPDX-License-Identifier: BSD-2-Clause
#
# sel4emu_add_program(NAME SOURCE...): a root task on libsel4 and the small runtime, built with the
# project's compiler; it begins at main(). ./NAME runs it under the emulator. SEL4EMU_SETTINGS
# (release=15.0;KernelIsMCS=ON) says which kernel it is for.

function(sel4emu_add_program name)
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/${name}-libsel4")
    execute_process(COMMAND "${SEL4EMU_LIBSEL4_GENERATE}" --config "${generated}" ${SEL4EMU_SETTINGS}
                    COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-file-name=include
                    OUTPUT_VARIABLE headers OUTPUT_STRIP_TRAILING_WHITESPACE)
    foreach(list sources compile-flags link-flags)
        file(STRINGS "${sel4emu_RUNTIME}/standalone/${list}" ${list} REGEX "^[^#]")
    endforeach()
    list(TRANSFORM sources PREPEND "${sel4emu_RUNTIME}/")
    set(settings "")
    foreach(setting IN LISTS SEL4EMU_SETTINGS)
        string(APPEND settings "\"--set\",\"${setting}\",")
    endforeach()
    set_source_files_properties("${sel4emu_RUNTIME}/standalone/launch.c" PROPERTIES
        COMPILE_DEFINITIONS "SEL4EMU_PATH=\"${SEL4EMU_EXECUTABLE}\";SEL4EMU_SETTINGS=${settings}")

    add_executable(${name} ${ARGN} ${sources} "${sel4emu_LIBSEL4}/src/libsel4.c")
    target_compile_options(${name} PRIVATE ${compile-flags} -nostdinc -isystem "${headers}")
    target_include_directories(${name} PRIVATE "${sel4emu_RUNTIME}/common"
                               "${sel4emu_LIBSEL4}/include" "${sel4emu_LIBSEL4}/trapping"
                               "${generated}")
    target_link_options(${name} PRIVATE ${link-flags} "-Wl,-T,${sel4emu_RUNTIME}/common/guest.ld")
    target_link_libraries(${name} PRIVATE gcc)
endfunction()

# sel4emu_add_linked_program(NAME SOURCE...): a program of Linux's, on its libc, that has the kernel in
# its own process: for sanitizers, coverage, fuzzers. It begins at main().
function(sel4emu_add_linked_program name)
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/${name}-libsel4")
    execute_process(COMMAND "${SEL4EMU_LIBSEL4_GENERATE}" --config "${generated}" ${SEL4EMU_SETTINGS}
                    COMMAND_ERROR_IS_FATAL ANY)
    foreach(list sources link-flags)
        file(STRINGS "${sel4emu_RUNTIME}/linked/${list}" ${list} REGEX "^[^#]")
    endforeach()
    list(TRANSFORM sources PREPEND "${sel4emu_RUNTIME}/")
    set(settings "")
    foreach(setting IN LISTS SEL4EMU_SETTINGS)
        string(APPEND settings "\"--set\",\"${setting}\",")
    endforeach()
    find_package(Threads REQUIRED)
    add_executable(${name} ${ARGN} ${sources} "${sel4emu_LIBSEL4}/src/libsel4.c"
                   "${sel4emu_LIBSEL4}/linked/src/launch.c")
    set_source_files_properties("${sel4emu_LIBSEL4}/linked/src/launch.c" PROPERTIES
        COMPILE_DEFINITIONS "SEL4EMU_PATH=\"${SEL4EMU_EXECUTABLE}\";SEL4EMU_SETTINGS=${settings}")
    target_include_directories(${name} PRIVATE "${sel4emu_RUNTIME}/common" "${sel4emu_LIBSEL4}/include"
                               "${sel4emu_LIBSEL4}/linked" "${generated}")
    target_link_options(${name} PRIVATE ${link-flags})
    target_link_libraries(${name} PRIVATE "${sel4emu_LIBSEL4_EMU}" Threads::Threads)
endfunction()
