# SPDX-License-Identifier: BSD-2-Clause
#
# sel4emu_runtime_layer(NAME)
#
# Makes src/NAME a layer on top of the whole pure part whose sources are linked together with the
# pure part into one freestanding image (build/NAME.elf; as it lies in memory, build/NAME.bin). What
# the layers above link is the image as bytes, from embedded.c. After sel4emu_pure_part().
#
# All of it is compiled anew here: the image is the same in every kind of build, without sanitizers
# and counters, which call into libraries that are not there. With frame pointers a debugger that
# knows nothing of the image finds its way through it, to the guest's own stack. build/NAME.symbols is
# what a debugger needs of the image, itself in no need of a file: names of functions, under which the
# handler's return address goes by libc's name for it, and how to unwind them.
#
# gcc compiles all of it as one (build/NAME.o): most of a call are small functions of several files, and
# a call takes a fifth less so. Then the compiler may see that one piece of guest memory is used as
# two types in turn: no strict aliasing. Other compilers make an object of each file.
function(sel4emu_runtime_layer name)
    get_property(below GLOBAL PROPERTY sel4emu_pure_layers)
    set_property(GLOBAL PROPERTY sel4emu_below_${name} ${below})
    set_property(GLOBAL APPEND PROPERTY sel4emu_layers ${name})
    sel4emu_include_directory(${layers_dir}/${name} ${name} ${below})

    set(directory ${CMAKE_SOURCE_DIR}/src/${name})
    set(sources)
    foreach(layer ${below} ${name})
        file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*.c)
        list(APPEND sources ${found})
    endforeach()
    list(FILTER sources EXCLUDE REGEX "/((test|testkit|fuzz|timing)_[^/]*|embedded.c)$")

    add_library(sel4emu_${name}_image OBJECT ${sources})
    target_include_directories(sel4emu_${name}_image PRIVATE ${layers_dir}/${name})
    target_link_libraries(sel4emu_${name}_image PRIVATE sel4emu_flags sel4emu_pure_flags)
    set(options -fno-sanitize=all -fno-profile-arcs -fno-test-coverage
        -fno-asynchronous-unwind-tables -g -fpie -fno-strict-aliasing -fno-omit-frame-pointer
        -fno-optimize-sibling-calls -Wframe-larger-than=2048)
    target_compile_options(sel4emu_${name}_image PRIVATE
                           ${options} $<IF:$<C_COMPILER_ID:GNU>,-O3;-flto,-O2>)

    set(objects "$<TARGET_OBJECTS:sel4emu_${name}_image>")
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        set(whole ${CMAKE_BINARY_DIR}/${name}.o)
        add_custom_command(OUTPUT ${whole}
            COMMAND ${CMAKE_C_COMPILER} ${options} -O2 $<$<BOOL:${SEL4EMU_WERROR}>:-Werror>
                    "$<TARGET_PROPERTY:sel4emu_pure_flags,INTERFACE_COMPILE_OPTIONS>"
                    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}/=
                    -r -nostdlib -flto -flto-partition=one -flinker-output=nolto-rel
                    -o ${whole} ${objects}
            DEPENDS sel4emu_${name}_image ${objects}
            COMMAND_EXPAND_LISTS VERBATIM)
        set(objects ${whole})
    endif()

    set(elf ${CMAKE_BINARY_DIR}/${name}.elf)
    set(image ${CMAKE_BINARY_DIR}/${name}.bin)
    set(symbols ${CMAKE_BINARY_DIR}/${name}.symbols)
    add_custom_command(OUTPUT ${elf} ${image} ${symbols}
        COMMAND ${CMAKE_LINKER} -pie --no-dynamic-linker --no-undefined -z text -z norelro
                -z noexecstack --build-id=none -T ${directory}/image.ld -o ${elf} ${objects}
        COMMAND ${CMAKE_OBJCOPY} -O binary ${elf} ${image}
        COMMAND ${CMAKE_OBJCOPY} --only-keep-debug -w --remove-section=.debug_[!f]*
                --redefine-sym linux_rt_sigreturn_call=__restore_rt ${elf} ${symbols}
        DEPENDS sel4emu_${name}_image ${objects} ${directory}/image.ld
        COMMAND_EXPAND_LISTS VERBATIM)

    add_library(sel4emu_${name} STATIC ${directory}/embedded.c)
    target_include_directories(sel4emu_${name} PRIVATE ${layers_dir}/${name})
    target_link_libraries(sel4emu_${name} PRIVATE sel4emu_flags)
    target_compile_definitions(sel4emu_${name} PRIVATE RUNTIME_IMAGE_FILE="${image}"
                               RUNTIME_SYMBOLS_FILE="${symbols}")
    set_source_files_properties(${directory}/embedded.c PROPERTIES OBJECT_DEPENDS
                                "${image};${symbols}")
    add_library(sel4emu_testkit_${name} INTERFACE)
    add_test(NAME style/image-check
             COMMAND ${CMAKE_SOURCE_DIR}/tests/style/image-check ${CMAKE_BINARY_DIR})
endfunction()
