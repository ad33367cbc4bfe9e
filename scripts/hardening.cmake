# Hardens the program: if a damaged file triggers a memory error in our code, the program ends
# instead of running code from the file. Sets hardening_compile_options and hardening_link_options
# to the flags that this compiler and linker accept for this CPU; tests/meta/test_hardening.py
# checks the built program.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(hardening_compile_options -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
set(hardening_link_options "")

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
