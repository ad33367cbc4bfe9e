/* clock.h: seconds on the monotonic clock; only differences are meaningful. Threads: any. */
#pragma once

#include <time.h>

static inline double clock_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
