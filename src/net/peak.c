#include "net/peak.h"

extern const struct peak_loops peak_loops_base, peak_loops_v3, peak_loops_v4;

const struct peak_loops *peak_loops_of(enum level level)
{
    static const struct peak_loops *const table[N_LEVELS] = {
        &peak_loops_base, &peak_loops_v3, &peak_loops_v4};
    return table[level];
}

enum level peak_level(void)
{
    return level_runs(LEVEL_V4) ? LEVEL_V4 : level_runs(LEVEL_V3) ? LEVEL_V3 : LEVEL_BASE;
}
