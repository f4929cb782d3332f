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
