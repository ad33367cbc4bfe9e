#include "train/pass_memory.h"

#include "net/workspace.h"

int64_t pass_bytes(const struct panels *panels, int64_t rows)
{
    return workspace_floats(panels, rows, true) * (int64_t)sizeof(float);
}

int64_t pass_rows_within(const struct panels *panels, int64_t bytes)
{
    /* Bytes grow evenly with rows in whole panels. */
    int64_t some = 64 * (int64_t)panels->kernel.rows;
    int64_t row_bytes = (pass_bytes(panels, 2 * some) - pass_bytes(panels, some)) / some;
    int64_t blocks = bytes / row_bytes / KERNEL_BLOCK;
    while (blocks > 1 && pass_bytes(panels, blocks * KERNEL_BLOCK) > bytes)
        blocks--; /* for what does not grow, and the last panel */
    return (blocks > 1 ? blocks : 1) * KERNEL_BLOCK;
}
