/* clock.h: seconds on the monotonic clock; only differences are meaningful. Threads: any. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_now_s(void);

#endif
