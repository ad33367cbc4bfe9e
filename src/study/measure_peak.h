/* measure_peak.h: the most that the machine can do: multiply-adds, and bytes from caches and memory.
 *
 * Every figure twice: of one core (worker 0 of rank 0, while the others sleep), and of all workers
 * of all ranks at once, each with data of its own that it was the first to touch.
 */
#ifndef STUDY_MEASURE_PEAK_H
#define STUDY_MEASURE_PEAK_H

#include "comm/machine.h"
#include "net/peak.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

/* Multiply-adds in registers, in operations. */
struct workload peak_workload(struct bench_timer timer, double seconds);

/* Sets the results: "level" of the code, "workers", and "rows", complete on rank 0. Collective over
 * the timer's comm. STATUS_NO_RESOURCE. */
enum status measure_peak(struct json *results, struct bench_timer timer,
    const struct machine *machine, struct repetitions *repetitions, struct error *error);

/* Bytes of each worker's data in a place, so that it fits there and not in the place before: L1,
 * L2, L3, memory. 0: no such place, or not to be distinguished from the one before. */
enum { N_PLACES = 4 };
void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers);

#endif
