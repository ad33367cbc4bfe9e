#include "net/kernel_portable.h"

#include <stddef.h>

typedef void block_function(const struct kernel *, int64_t, int64_t, int64_t, struct matrix,
    struct matrix, bool, float *, int64_t);

extern block_function portable_block_base, portable_block_v3, portable_block_v4;

struct kernel kernel_portable(void)
{
    struct kernel kernel = {"portable", LEVEL_BASE, portable_block_base, NULL};
    if (level_runs(LEVEL_V3))
        kernel = (struct kernel){"portable", LEVEL_V3, portable_block_v3, NULL};
    if (level_runs(LEVEL_V4))
        kernel = (struct kernel){"portable", LEVEL_V4, portable_block_v4, NULL};
    return kernel;
}
