#include "base/peak_rss.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/file.h"

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
    char kilobytes[64] = "";
    file_value("/proc/self/status", "VmHWM", kilobytes, sizeof kilobytes);
    int64_t bytes = 1024 * strtoll(kilobytes, NULL, 10);
    return bytes > 0 ? bytes : lifelong_peak_bytes();
}

bool peak_rss_reset(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file)
        return false;
    bool written = fputs("5", file) >= 0;
    return fclose(file) == 0 && written;
}
