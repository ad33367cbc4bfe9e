#include "base/level.h"

const char *level_name(enum level level)
{
    static const char *const name[N_LEVELS] = {"baseline", "x86-64-v3", "x86-64-v4"};
    return name[level];
}

#if defined(__x86_64__)
bool level_runs(enum level level)
{
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return level == LEVEL_BASE || (level == LEVEL_V3 && v3) || (level == LEVEL_V4 && v4);
}
#else
/* On other architectures the three objects are compiled identically, so one is enough. */
bool level_runs(enum level level)
{
    return level == LEVEL_BASE;
}
#endif

enum level level_highest(void)
{
    return level_runs(LEVEL_V4) ? LEVEL_V4 : level_runs(LEVEL_V3) ? LEVEL_V3 : LEVEL_BASE;
}
