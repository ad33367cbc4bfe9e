# Writes commit.h with the version, the commit of the source tree ("unknown" outside a git checkout) and its date (there the
# date of CHANGELOG.md), and the compiler flags.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE} log -1 --format=%cs
    OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
    set(commit unknown)
    file(TIMESTAMP ${SOURCE}/CHANGELOG.md date "%Y-%m-%d" UTC)
endif()
string(REPLACE "\"" "\\\"" FLAGS "${FLAGS}")
string(CONCAT text "#define LOCKSTEP_VERSION \"${VERSION}\"\n#define LOCKSTEP_COMMIT \"${commit}\"\n"
    "#define LOCKSTEP_DATE \"${date}\"\n#define LOCKSTEP_FLAGS \"${FLAGS}\"\n")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
    file(WRITE ${OUTPUT} "${text}")
endif()
