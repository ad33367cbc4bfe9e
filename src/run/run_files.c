#include "run/run_files.h"

#include <string.h>

static const struct {
    const char *name;
    int owners;
} table[] = {
    {RUN_CONFIG, OF_RUN | OF_SWEEP},
    {RUN_LOG, OF_RUN},
    {RUN_SUMMARY, OF_RUN},
    {RUN_MODEL, OF_RUN | OF_CHECKPOINT},
    {CHECKPOINT_OPTIMIZER, OF_CHECKPOINT},
    {CHECKPOINT_BEST, OF_CHECKPOINT},
    {CHECKPOINT_STATE, OF_CHECKPOINT},
    {SWEEP_JSON, OF_SWEEP},
    {SWEEP_CSV, OF_SWEEP},
    {RUN_REPORT, OF_REPORT},
};
enum { N_FILES = sizeof table / sizeof *table };

bool run_file_is(const char *name, int owners)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners && strcmp(name, table[i].name) == 0)
            return true;
    return false;
}

bool run_file_is_temporary(const char *name, int owners)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners && directory_is_temporary(name, table[i].name))
            return true;
    return false;
}

enum status run_files_expect(const struct directory *directory, int owners, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < N_FILES; i++)
        if (table[i].owners & owners)
            status = directory_expect(directory, table[i].name, ENTRY_FILE, error);
    return status;
}
