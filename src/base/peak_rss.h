/* peak_rss.h: the memory that this process has, or had, in RAM. Threads: any. */
#ifndef BASE_PEAK_RSS_H
#define BASE_PEAK_RSS_H

#include <stdbool.h>
#include <stdint.h>

/* The most bytes so far, or since the last peak_rss_reset(). */
int64_t peak_rss_read(void);

/* The peak is from now on that of what comes (Linux: /proc/self/clear_refs, proc(5)). False: the
 * system cannot, and it goes on from before. */
bool peak_rss_reset(void);

#endif
