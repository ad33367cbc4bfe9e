/* resident.h: the memory of this process in RAM. Threads: any. */
#ifndef BASE_RESIDENT_H
#define BASE_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

/* The peak in bytes, so far or since the last resident_forget_peak(). */
int64_t resident_peak_bytes(void);

/* Restarts the peak at the present size (Linux: /proc/self/clear_refs, proc(5)). False: the system
 * cannot, and the old peak stays. */
bool resident_forget_peak(void);

#endif
