/* peak_rss.h: the peak resident memory of this process. Threads: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Returns the peak in bytes since the process began or since the last peak_rss_reset(). */
int64_t peak_rss_read(void);

/* Resets the peak to the current size (Linux: /proc/self/clear_refs, proc(5)). False if the system
 * cannot do this; the old peak then stays. */
bool peak_rss_reset(void);
