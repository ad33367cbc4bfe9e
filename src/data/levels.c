#include "data/levels.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

enum status levels_copy(struct levels *levels, const struct levels *from, struct error *error)
{
    size_t n = (size_t)from->columns + 1;
    *levels = (struct levels){0};
    if (from->columns == 0)
        return STATUS_OK;
    TRY(memory_take(&levels->first, n, sizeof *levels->first, "the levels", error));
    memcpy(levels->first, from->first, n * sizeof *levels->first);
    levels->columns = from->columns;
    enum status status =
        names_copy(&levels->name, from->name, from->first[from->columns], "the levels", error);
    if (status)
        levels_clear(levels);
    return status;
}

void levels_clear(struct levels *levels)
{
    free(levels->first);
    free(levels->name);
    *levels = (struct levels){0};
}
