# SPDX-License-Identifier: BSD-2-Clause
include(GNUInstallDirs)
if(TARGET sel4emu)
    install(TARGETS sel4emu RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    # The name under which it takes QEMU's options.
    add_custom_command(TARGET sel4emu POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E create_symlink sel4emu sel4emu-qemu
        WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    install(PROGRAMS ${CMAKE_BINARY_DIR}/sel4emu-qemu DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/docs/sel4emu.1 ${CMAKE_SOURCE_DIR}/docs/sel4emu-qemu.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_SOURCE_DIR}/scripts/completion/sel4emu
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)

# What programs are built with: libsel4 and its generator, the guests' runtime, the CMake package, and
# the commands that are scripts. The build directory holds the same, so that it can stand for an
# installed sel4emu.
set(share ${CMAKE_INSTALL_DATADIR}/sel4emu)
install(TARGETS libsel4_generate RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/sel4emu)
install(PROGRAMS cmake/package/commands/cc cmake/package/commands/new
        DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/sel4emu)
install(DIRECTORY libsel4/include libsel4/linked libsel4/trapping libsel4/word libsel4/src
        DESTINATION ${share}/libsel4)
install(DIRECTORY guests/common guests/linked guests/standalone DESTINATION ${share}/runtime)
install(TARGETS sel4_emu ARCHIVE DESTINATION lib/sel4emu)
install(DIRECTORY cmake/package/ DESTINATION lib/cmake/sel4emu PATTERN commands EXCLUDE)

function(sel4emu_link_into_build target path)
    get_filename_component(directory ${CMAKE_BINARY_DIR}/${path} DIRECTORY)
    file(MAKE_DIRECTORY ${directory})
    file(CREATE_LINK ${target} ${CMAKE_BINARY_DIR}/${path} SYMBOLIC)
endfunction()
sel4emu_link_into_build(${CMAKE_SOURCE_DIR}/cmake/package lib/cmake/sel4emu)
sel4emu_link_into_build(${CMAKE_SOURCE_DIR}/libsel4 share/sel4emu/libsel4)
sel4emu_link_into_build(${CMAKE_SOURCE_DIR}/guests share/sel4emu/runtime)
sel4emu_link_into_build(${CMAKE_SOURCE_DIR}/cmake/package/commands/cc libexec/sel4emu/cc)
sel4emu_link_into_build(${CMAKE_SOURCE_DIR}/cmake/package/commands/new libexec/sel4emu/new)
sel4emu_link_into_build(${CMAKE_BINARY_DIR}/libsel4/libsel4-generate
                        libexec/sel4emu/libsel4-generate)
sel4emu_link_into_build(${CMAKE_BINARY_DIR}/sel4emu bin/sel4emu)
