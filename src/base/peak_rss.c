#include "base/peak_rss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Returns the peak since the process began, which peak_rss_reset() does not affect. It includes the
 * launcher's peak before exec(). */
static int64_t lifelong_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_maxrss * 1024;
}

int64_t peak_rss_read(void)
{
    static const char key[] = "VmHWM:";
    char line[256];
    long long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && kilobytes == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, sizeof key - 1) == 0)
            kilobytes = strtoll(line + sizeof key - 1, NULL, 10);
    if (file)
        fclose(file);
    return kilobytes > 0 ? kilobytes * 1024 : lifelong_peak_bytes();
}

bool peak_rss_reset(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file)
        return false;
    bool written = fputs("5", file) >= 0;
    return fclose(file) == 0 && written;
}
