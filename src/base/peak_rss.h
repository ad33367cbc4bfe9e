/* peak_rss.h: the memory of this process in RAM. Threads: any. */
#ifndef BASE_PEAK_RSS_H
#define BASE_PEAK_RSS_H

#include <stdbool.h>
#include <stdint.h>

/* The peak in bytes, so far or since the last peak_rss_reset(). */
int64_t peak_rss_read(void);

/* Restarts the peak at the present size (Linux: /proc/self/clear_refs, proc(5)). False: the system
 * cannot, and the old peak stays. */
bool peak_rss_reset(void);

#endif
