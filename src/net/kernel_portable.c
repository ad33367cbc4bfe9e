#include "net/kernel_portable.h"

typedef void tile_function(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride);

extern tile_function portable_tile_base, portable_tile_v3, portable_tile_v4;

struct kernel kernel_portable(void)
{
    static tile_function *const table[N_LEVELS] = {
        portable_tile_base, portable_tile_v3, portable_tile_v4};
    enum level level = level_runs(LEVEL_V4)   ? LEVEL_V4
                       : level_runs(LEVEL_V3) ? LEVEL_V3
                                              : LEVEL_BASE;
    return (struct kernel){.name = "portable",
        .level = level,
        .lanes = PORTABLE_LANES,
        .rows = PORTABLE_ROWS,
        .tile = table[level]};
}
