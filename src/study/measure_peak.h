/* measure_peak.h: what the machine can do at most: multiply-adds, and bytes from caches and memory.
 *
 * Every figure twice: of one core (worker 0 of rank 0, the others asleep), and of all workers of
 * all ranks at once, each with data of its own that it was the first to touch.
 */
#ifndef STUDY_MEASURE_PEAK_H
#define STUDY_MEASURE_PEAK_H

#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "comm/machine.h"
#include "net/peak.h"
#include "study/bench_timer.h"

/* Multiply-adds of a crew, to be measured again and again. */
struct fma_peak {
    struct bench_timer timer;
    enum level level;
    int workers;
    int64_t turns;
};
void fma_peak_init(struct fma_peak *peak, struct bench_timer timer, double seconds);
double fma_peak_gflops(const struct fma_peak *peak); /* collective over the crew's comm */

enum { PEAK_ROWS_MAX = 9 };

struct peak_row {
    const char *place; /* "registers", "L1", "L2", "L3", "memory" */
    const char *work;  /* "multiply-add", "read", "update" (each float read and written) */
    int64_t bytes;     /* a worker's data; 0 for registers */
    struct repeat_stats one, all; /* GFLOP/s or GB/s; an update moves each byte twice */
};

struct peak_report {
    enum level level;
    int workers;
    int rows;
    struct peak_row row[PEAK_ROWS_MAX];
};

/* Collective over crew.comm. STATUS_NO_RESOURCE. */
enum status measure_peak(struct peak_report *report, struct bench_timer timer,
    const struct machine *machine, struct repetitions repetitions, struct error *error);

/* Bytes of each worker's data in a place, so that it fits there and not in the place before: L1,
 * L2, L3, memory. 0: no such place, or not told apart from the one before. */
enum { N_PLACES = 4 };
void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers);

#endif
