#include "step/pass_memory.h"

#include "net/workspace.h"

enum { FEW_PANELS = 20, DEFAULT_BYTES = 16 << 20, DEFAULT_LEAST = 1024, DEFAULT_MOST = 8192 };
enum { SEVERAL_TEAMS = 4 };

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool pass_by_rows(int64_t row_panels, int workers)
{
    int64_t longest = divide_up(row_panels, workers);
    return workers == 1 || FEW_PANELS * row_panels >= (FEW_PANELS - 1) * longest * workers;
}

int64_t pass_rows_at_once(const struct panels *panels, int64_t rows, int workers)
{
    int64_t own = workspace_panels_at_once(panels) * workers;
    int64_t few = least(panel_count(rows, panels->kernel.rows), (int64_t)FEW_PANELS * workers);
    return most(own, few) * panels->kernel.rows;
}

int64_t pass_bytes(const struct panels *panels, int64_t rows, int workers)
{
    int64_t at_once = pass_rows_at_once(panels, rows, workers);
    return workspace_bytes(panels, rows, at_once, true);
}

/* Returns the bytes that each row of a pass adds. */
static int64_t row_bytes(const struct panels *panels)
{
    int64_t some = 64 * (int64_t)panels->kernel.rows;
    int64_t bytes =
        workspace_bytes(panels, 2 * some, 0, true) - workspace_bytes(panels, some, 0, true);
    return bytes / some;
}

int64_t pass_rows_within(const struct panels *panels, int64_t bytes, int workers)
{
    int64_t blocks = bytes / row_bytes(panels) / KERNEL_BLOCK;
    while (blocks > 1 && pass_bytes(panels, blocks * KERNEL_BLOCK, workers) > bytes)
        blocks--; /* room for the constant part, and for the last panel */
    return most(blocks, 1) * KERNEL_BLOCK;
}

int64_t pass_rows_default(const struct panels *panels, int teams)
{
    int64_t rows = least(most(DEFAULT_BYTES / row_bytes(panels), DEFAULT_LEAST), DEFAULT_MOST);
    return teams > 1 ? SEVERAL_TEAMS * rows : rows;
}
