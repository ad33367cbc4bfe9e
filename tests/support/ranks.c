#include "support/ranks.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "comm/world.h"

struct comm *world;

int ranks_run(CMFixtureFunction begin, CMFixtureFunction end)
{
    struct error error;
    if (world_open(&world, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    comm_check_collectives(world, true);
    if (world->rank > 0 &&
        (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
        return 1;
    int failed = unit_run(begin, end);
    world_close(world);
    return failed;
}

bool ranks_agree(bool ok, const char *format, ...)
{
    struct error error = {.status = STATUS_OK};
    if (!ok) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error.text, sizeof error.text, format, arguments);
        va_end(arguments);
    }
    enum status status = comm_agree(world, ok ? STATUS_OK : STATUS_BUG, &error);
    if (status)
        print_message("%s\n", error.text);
    return status == STATUS_OK;
}
