/* measure_peak.h: measures the peak performance of the machine: multiply-adds, and the bandwidth of
 * caches and memory.
 *
 * Every figure is measured on one core (worker 0 of rank 0, while all other workers sleep) and on
 * all workers of all ranks at once. Each worker has its own data and was the first to touch it.
 */
#ifndef STUDY_MEASURE_PEAK_H
#define STUDY_MEASURE_PEAK_H

#include "comm/machine.h"
#include "net/peak.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

/* Makes a workload of multiply-adds in registers; its amount is in operations. */
struct workload peak_workload(struct bench_timer timer, double seconds);

/* Sets the results: "level" of the code, "workers" and "rows", complete on rank 0. Collective over
 * the timer's comm. STATUS_NO_RESOURCE. */
enum status measure_peak(struct json *results, struct bench_timer timer,
    const struct machine *machine, struct repetitions *repetitions, struct error *error);

/* Computes the bytes of each worker's data for L1, L2, L3 and memory, so that the data fits in that
 * level but not in the previous one. 0: the level does not exist or cannot be told apart from the
 * previous one. */
enum { N_PLACES = 4 };
void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers);

#endif
