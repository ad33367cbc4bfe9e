# The Debian package: `cmake --build build --target package` writes build/lockstep_VERSION-1_ARCHITECTURE.deb, with the program,
# its manual pages and its completion. The library for other programs is not in it.
#
# Whoever distributes the package gives an address: -DLOCKSTEP_CONTACT="Name <name@domain>".
set(LOCKSTEP_CONTACT "The Lockstep developers <developers@lockstep.example>" CACHE STRING "Maintainer of the Debian package")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT ${LOCKSTEP_CONTACT})
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "The global batch size, and not the number of ranks and threads, determines
the result: for given data, options and seed, the weights are bit-identical
on any number of them. Lockstep also plans runs, compares batch sizes,
cross-validates, predicts and writes reports.")
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lockstep)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(LOCKSTEP_MPI)
    set(CPACK_DEBIAN_PACKAGE_RECOMMENDS mpi-default-bin)
endif()
set(CPACK_DEBIAN_PACKAGE_SUGGESTS dataset-fashion-mnist)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/prepare.cmake)
include(CPack)
