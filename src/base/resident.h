/* resident.h: the memory that this process has, or had, in RAM. Threads: any. */
#ifndef BASE_RESIDENT_H
#define BASE_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

/* The most bytes so far, or since the last resident_forget_peak(). */
int64_t resident_peak_bytes(void);

/* The peak is from now on that of what comes (Linux: /proc/self/clear_refs, proc(5)). False: the
 * system cannot, and it goes on from before. */
bool resident_forget_peak(void);

#endif
