/* pages.c: writes the manual pages and the script for bash's completion into a directory; a step of the build.
 *
 *     pages DIR      DIR/lockstep.1, DIR/lockstep-train.1, ... DIR/lockstep
 */
#include <stdio.h>

#include "cli/completion.h"
#include "cli/man_page.h"
#include "options/option_find.h"

static FILE *begin(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/lockstep%s", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        perror(path);
    return file;
}

static int end(FILE *file)
{
    int failed = ferror(file);
    return fclose(file) != 0 || failed;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 1;
    FILE *file = begin(argv[1], "");
    if (!file)
        return 1;
    completion_print(file);
    int failed = end(file);
    for (int i = -1; !failed && i < NUMBER_OF_HELP; i++) {
        char name[64] = ".1";
        if (i >= 0)
            snprintf(name, sizeof name, "-%s.1", command_words[i]);
        file = begin(argv[1], name);
        if (!file)
            return 1;
        if (i < 0)
            man_page_print_program(file);
        else
            man_page_print_command(file, (enum command)(1 << i));
        failed = end(file);
    }
    return failed;
}
