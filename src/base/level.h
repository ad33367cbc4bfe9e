/* level.h: instruction-set levels for the elementwise code.
 *
 * Elementwise sources are compiled once per level, as plain C, and called through a table indexed
 * by `enum level`. All levels give the same bits: no contraction, no reassociation, no libm.
 *
 * Each such source defines its functions as LEVEL_NAME(name) and is built with -DLEVEL=v4 and so on
 * (CMakeLists.txt), so that name_v4, name_v3 and name_base exist side by side.
 */
#pragma once

#include <stdbool.h>

enum level { LEVEL_BASE, LEVEL_V3, LEVEL_V4, N_LEVELS };

const char *level_name(enum level level); /* "baseline", "x86-64-v3", "x86-64-v4" */

/* True if the level is compiled in and this CPU can run it. */
bool level_runs(enum level level);

enum level level_highest(void); /* the highest that this CPU can run */

/* Declares name_base, name_v3 and name_v4, each a function or a table of this type, and name_of(),
 * which returns the address of the one for a level. */
#define LEVEL_TABLE(type, name)                                                                    \
    extern type name##_base, name##_v3, name##_v4;                                                 \
    static inline __typeof__(type) *name##_of(enum level level)                                    \
    {                                                                                              \
        static __typeof__(type) *const table[N_LEVELS] = {&name##_base, &name##_v3, &name##_v4};   \
        return table[level];                                                                       \
    }

#define LEVEL_PASTE2(name, level) name##_##level
#define LEVEL_PASTE(name, level) LEVEL_PASTE2(name, level)
#define LEVEL_NAME(name) LEVEL_PASTE(name, LEVEL)
