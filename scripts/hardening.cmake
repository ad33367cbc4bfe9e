# Makes a fault in our code that a damaged file could reach end the program instead of running what the
# file says. Sets hardening_compile_options and hardening_link_options to those flags that this compiler
# and this linker take for this CPU; tests/meta/test_hardening.py reads the outcome in what was built.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

set(hardening_compile_options -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
set(hardening_link_options "")

# -fPIE rather than CMake's -fPIC for libraries, which forbids the compiler to inline across functions;
# but whoever wants the library in a shared object asks for that by CMAKE_POSITION_INDEPENDENT_CODE.
check_pie_supported(LANGUAGES C)
if(CMAKE_C_LINK_PIE_SUPPORTED AND NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
    list(APPEND hardening_compile_options -fPIE)
    list(APPEND hardening_link_options -pie)
endif()

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER "HARDEN${flag}" taken)
    check_c_compiler_flag(${flag} ${taken})
    if(${taken})
        list(APPEND hardening_compile_options ${flag})
    endif()
endforeach()
foreach(keyword relro now noexecstack)
    check_linker_flag(C "LINKER:-z,${keyword}" HARDEN_z_${keyword})
    if(HARDEN_z_${keyword})
        list(APPEND hardening_link_options "LINKER:-z,${keyword}")
    endif()
endforeach()
