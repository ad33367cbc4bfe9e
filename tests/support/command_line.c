#include "support/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 40, LINE = 600 };

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
    return options_read(options, argc, argv, environment, error);
}
