#include "support/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 40, LINE = 600 };

/* All options that were read, whose texts are freed when the program ends. */
static struct options kept[1024];
static int n_kept;

static void clear_all(void)
{
    while (n_kept > 0)
        options_clear(&kept[--n_kept]);
}

static void keep(const struct options *options)
{
    if (n_kept == sizeof kept / sizeof *kept || (n_kept == 0 && atexit(clear_all) != 0))
        abort();
    kept[n_kept++] = *options;
}

enum status command_line_read(
    struct options *options, const char *line, char *const *environment, struct error *error)
{
    char copy[LINE], *argv[ARGUMENTS_MAX] = {copy}, *save = NULL;
    int argc = 1;
    if (strlen(line) >= sizeof copy)
        abort();
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (argc == ARGUMENTS_MAX)
            abort();
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    enum status status = options_read(options, argc, argv, environment, error);
    keep(options);
    return status;
}
