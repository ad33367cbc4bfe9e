#include "support/own_directory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int own_directory_enter(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/lockstep-test-XXXXXX", parent ? parent : "/tmp") < 0)
        return -1;
    *state = path;
    return mkdtemp(path) && chdir(path) == 0 ? 0 : -1;
}

int own_directory_leave(void **state)
{
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    free(*state);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

int own_directory_entries(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return -1;
    int n = 0;
    while (readdir(directory))
        n++;
    closedir(directory);
    return n - 2;
}
