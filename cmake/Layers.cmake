# SPDX-License-Identifier: BSD-2-Clause
#
# sel4emu_layer(NAME [PURE [JOINED]] [DEPENDS layer...] [LIBS library...] [EXECUTABLE command])
#
# Makes src/NAME a build target. Its only include path is build/layers/NAME/, which holds links to
# src/NAME and to the layers below it: including any other layer is a compile error. Files:
#   *.c            the layer: static library sel4emu_NAME
#   main.c         of the layer with EXECUTABLE: build/<command>
#   test_*.c       one test binary each, build/tests/NAME/test_*
#   testkit_*.c    what several tests share; linked with every test of this layer and of those above
#   timing_*.c     programs that time the layer, build/timing/NAME/timing_*, run by hand
#   fuzz_*.c       fuzz targets (LLVMFuzzerTestOneInput), build/fuzz/fuzz_*; without libFuzzer each
#                  is a test that runs its seeds
# PURE layers are freestanding. JOINED ones use what a layer above them defines (the operation tables
# that cap/ declares stand in object/), so they link with the whole pure part, sel4emu_pure; their
# tests may include any pure layer. A layer without sources is legal.

set(layers_dir ${CMAKE_BINARY_DIR}/layers)
set(harness_dir ${CMAKE_SOURCE_DIR}/tests/harness)

# Makes `directory` hold links to the named layers and nothing else.
function(sel4emu_include_directory directory)
    file(GLOB present LIST_DIRECTORIES true ${directory}/*)
    foreach(entry ${present})
        get_filename_component(name ${entry} NAME)
        if(NOT name IN_LIST ARGN)
            file(REMOVE ${entry})
        endif()
    endforeach()
    file(MAKE_DIRECTORY ${directory})
    foreach(name ${ARGN})
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${name} ${directory}/${name} SYMBOLIC)
    endforeach()
endfunction()

function(sel4emu_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PURE;JOINED" "EXECUTABLE" "DEPENDS;LIBS")

    set(below)
    foreach(dependency ${arg_DEPENDS})
        get_property(closure GLOBAL PROPERTY sel4emu_below_${dependency})
        list(APPEND below ${closure} ${dependency})
    endforeach()
    list(REMOVE_DUPLICATES below)
    set_property(GLOBAL PROPERTY sel4emu_below_${name} ${below})
    set_property(GLOBAL APPEND PROPERTY sel4emu_layers ${name})
    sel4emu_include_directory(${layers_dir}/${name} ${name} ${below})

    set(directory ${CMAKE_SOURCE_DIR}/src/${name})
    file(GLOB sources CONFIGURE_DEPENDS ${directory}/*.c ${directory}/*.S)
    set(testkits ${sources})
    list(FILTER testkits INCLUDE REGEX "/testkit_[^/]*$")
    list(FILTER sources EXCLUDE REGEX "/(test|testkit|fuzz|timing)_[^/]*$")

    if(arg_EXECUTABLE)
        list(FILTER sources EXCLUDE REGEX "/main.c$")
    endif()

    if(arg_PURE)
        set_property(GLOBAL PROPERTY sel4emu_is_pure_${name} TRUE)
        set_property(GLOBAL PROPERTY sel4emu_is_joined_${name} ${arg_JOINED})
        set_property(GLOBAL APPEND PROPERTY sel4emu_pure_layers ${name})
    endif()
    if(sources)
        add_library(sel4emu_${name} STATIC ${sources})
        target_link_libraries(sel4emu_${name} PRIVATE sel4emu_layer_flags)
        if(arg_PURE)
            target_link_libraries(sel4emu_${name} PRIVATE sel4emu_pure_flags)
            set_property(GLOBAL APPEND PROPERTY sel4emu_pure_targets sel4emu_${name})
        endif()
    else()
        add_library(sel4emu_${name} INTERFACE)
    endif()
    if(testkits)
        add_library(sel4emu_testkit_${name} STATIC ${testkits})
    else()
        add_library(sel4emu_testkit_${name} INTERFACE)
    endif()

    if(arg_PURE)
        if(sources)
            target_include_directories(sel4emu_${name} PRIVATE ${layers_dir}/${name})
            target_link_libraries(sel4emu_${name} PRIVATE sel4emu_flags)
        endif()
        return() # its tests are made by sel4emu_pure_part(), when all pure layers are known
    endif()
    sel4emu_layer_settings(sel4emu_${name} ${name} "${sources}" "${arg_DEPENDS}" "${arg_LIBS}")
    sel4emu_layer_tests(${name} ${layers_dir}/${name} sel4emu_${name})

    if(arg_EXECUTABLE AND EXISTS ${directory}/main.c)
        add_executable(${arg_EXECUTABLE} ${directory}/main.c)
        target_include_directories(${arg_EXECUTABLE} PRIVATE ${layers_dir}/${name})
        target_compile_definitions(${arg_EXECUTABLE} PRIVATE _GNU_SOURCE)
        target_link_libraries(${arg_EXECUTABLE} PRIVATE sel4emu_flags sel4emu_${name})
        set_target_properties(${arg_EXECUTABLE} PROPERTIES
                              RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    endif()
endfunction()

# What to link for the named layers.
function(sel4emu_link_targets ret_targets)
    set(targets)
    foreach(layer ${ARGN})
        get_property(is_pure GLOBAL PROPERTY sel4emu_is_pure_${layer})
        get_property(is_joined GLOBAL PROPERTY sel4emu_is_joined_${layer})
        if(is_joined)
            list(APPEND targets sel4emu_pure)
            continue()
        endif()
        list(APPEND targets sel4emu_${layer})
        if(is_pure)
            get_property(below GLOBAL PROPERTY sel4emu_below_${layer})
            list(REVERSE below)
            list(TRANSFORM below PREPEND sel4emu_)
            list(APPEND targets ${below})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES targets)
    set(${ret_targets} ${targets} PARENT_SCOPE)
endfunction()

# Include path and link dependencies of a layer outside the pure part. `sources` may be empty.
function(sel4emu_layer_settings target name sources depends libs)
    sel4emu_link_targets(targets ${depends})
    if(NOT sources)
        target_link_libraries(${target} INTERFACE ${targets} ${libs})
        return()
    endif()
    target_include_directories(${target} PRIVATE ${layers_dir}/${name})
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_link_libraries(${target} PRIVATE sel4emu_flags PUBLIC ${targets} ${libs})
endfunction()

# Test binaries and fuzz targets of one layer.
function(sel4emu_layer_tests name include_directory libraries)
    if(NOT SEL4EMU_TESTS)
        return()
    endif()
    get_property(below GLOBAL PROPERTY sel4emu_below_${name})
    list(REVERSE below) # a kit uses those of lower layers
    set(kits)
    foreach(layer ${name} ${below})
        list(APPEND kits sel4emu_testkit_${layer})
    endforeach()
    get_target_property(kit_type sel4emu_testkit_${name} TYPE)
    if(kit_type STREQUAL "STATIC_LIBRARY")
        target_include_directories(sel4emu_testkit_${name}
                                   PRIVATE ${include_directory} ${harness_dir})
        target_compile_definitions(sel4emu_testkit_${name} PRIVATE _GNU_SOURCE)
        target_link_libraries(sel4emu_testkit_${name} PRIVATE sel4emu_flags PUBLIC ${libraries})
    endif()

    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/test_*.c)
    foreach(source ${tests})
        get_filename_component(test ${source} NAME_WE)
        sel4emu_test_binary(${name} ${test} ${source} ${CMAKE_BINARY_DIR}/tests/${name}
                            ${include_directory} "${libraries}" "${kits}" sel4emu_harness)
        add_test(NAME ${name}/${test} COMMAND ${name}.${test})
    endforeach()

    file(GLOB timings CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/timing_*.c)
    foreach(source ${timings})
        get_filename_component(test ${source} NAME_WE)
        sel4emu_test_binary(${name} ${test} ${source} ${CMAKE_BINARY_DIR}/timing/${name}
                            ${include_directory} "${libraries}" "${kits}" sel4emu_harness)
    endforeach()

    file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/fuzz_*.c)
    foreach(source ${fuzzers})
        get_filename_component(test ${source} NAME_WE)
        sel4emu_test_binary(${name} ${test} ${source} ${CMAKE_BINARY_DIR}/fuzz/${name}
                            ${include_directory} "${libraries}" "${kits}" sel4emu_fuzz_driver)
        if(NOT SEL4EMU_FUZZ)
            add_test(NAME ${name}/${test} COMMAND ${name}.${test}
                     ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}/${test})
        endif()
    endforeach()
endfunction()

function(sel4emu_test_binary layer test source directory include_directory libraries kits driver)
    add_executable(${layer}.${test} ${source})
    target_include_directories(${layer}.${test} PRIVATE ${include_directory} ${harness_dir})
    target_compile_definitions(${layer}.${test} PRIVATE _GNU_SOURCE)
    target_link_libraries(${layer}.${test} PRIVATE sel4emu_flags ${driver} ${kits} ${libraries})
    set_target_properties(${layer}.${test} PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${directory} OUTPUT_NAME ${test})
endfunction()

# Called once, after the last pure layer: target sel4emu_pure, the tests of the pure layers, and the
# relocatable object for the link check.
function(sel4emu_pure_part)
    get_property(layers GLOBAL PROPERTY sel4emu_pure_layers)
    get_property(targets GLOBAL PROPERTY sel4emu_pure_targets)
    add_library(sel4emu_pure INTERFACE)
    if(targets)
        list(JOIN targets "," joined)
        target_link_libraries(sel4emu_pure INTERFACE "$<LINK_GROUP:RESCAN,${joined}>")
    endif()

    add_library(sel4emu_harness OBJECT ${harness_dir}/test_main.c)
    target_link_libraries(sel4emu_harness PRIVATE sel4emu_flags)
    target_include_directories(sel4emu_harness PRIVATE ${harness_dir})
    if(SEL4EMU_FUZZ)
        add_library(sel4emu_fuzz_driver OBJECT ${harness_dir}/fuzz_assert.c)
        target_link_options(sel4emu_fuzz_driver INTERFACE -fsanitize=fuzzer)
    else()
        add_library(sel4emu_fuzz_driver OBJECT
                    ${harness_dir}/fuzz_assert.c ${harness_dir}/fuzz_main.c)
    endif()
    target_link_libraries(sel4emu_fuzz_driver PRIVATE sel4emu_flags)

    sel4emu_include_directory(${layers_dir}/pure-tests ${layers})
    foreach(layer ${layers})
        get_property(is_joined GLOBAL PROPERTY sel4emu_is_joined_${layer})
        sel4emu_link_targets(libraries ${layer})
        if(is_joined)
            sel4emu_layer_tests(${layer} ${layers_dir}/pure-tests "${libraries}")
        else()
            sel4emu_layer_tests(${layer} ${layers_dir}/${layer} "${libraries}")
        endif()
    endforeach()

    # Sanitizers and counters call into their own libraries, and clang calls memcpy() for large
    # structs whatever it is told: there is nothing to check then.
    if(targets AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT SEL4EMU_SANITIZE
       AND NOT SEL4EMU_COVERAGE)
        set(archives)
        foreach(target ${targets})
            list(APPEND archives $<TARGET_FILE:${target}>)
        endforeach()
        add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/pure.o
            COMMAND ${CMAKE_LINKER} -r -o ${CMAKE_BINARY_DIR}/pure.o
                    --whole-archive ${archives} --no-whole-archive
            DEPENDS ${targets} VERBATIM)
        add_custom_target(pure_part ALL DEPENDS ${CMAKE_BINARY_DIR}/pure.o)
        add_test(NAME style/link-check
                 COMMAND ${CMAKE_SOURCE_DIR}/tests/style/link-check ${CMAKE_BINARY_DIR})
    endif()
endfunction()
