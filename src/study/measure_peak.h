/* measure_peak.h: the peak performance of the machine: multiply-adds, and bytes from caches and
 * memory.
 *
 * Every figure is measured on one core (worker 0 of rank 0, while the others sleep), and on all
 * workers of all ranks at once, each with its own data that it was the first to touch.
 */
#ifndef STUDY_MEASURE_PEAK_H
#define STUDY_MEASURE_PEAK_H

#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "comm/machine.h"
#include "net/peak.h"
#include "study/bench_timer.h"

/* Repeated measurements of the multiply-adds of all workers of a timer. */
struct fma_peak {
    struct bench_timer timer;
    enum level level;
    int workers;
    int64_t turns;
};
void fma_peak_init(struct fma_peak *peak, struct bench_timer timer, double seconds);
double fma_peak_gflops(const struct fma_peak *peak); /* collective over the timer's comm */

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

/* Collective over timer.comm. STATUS_NO_RESOURCE. */
enum status measure_peak(struct peak_report *report, struct bench_timer timer,
    const struct machine *machine, struct repetitions repetitions, struct error *error);

/* Bytes of each worker's data for L1, L2, L3 and memory, such that they fit there but not in the
 * level before. 0: the level does not exist, or cannot be distinguished from the one before. */
enum { N_PLACES = 4 };
void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers);

#endif
