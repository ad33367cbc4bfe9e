/* measure_reduce.h: compares the ordered sum with MPI_Allreduce, by vector size.
 *
 * Every rank has one slice. The ordered sum does what a step does, without the update: exchange the
 * slices, sum the owned part, and send that part to every rank. MPI_Allreduce gets the same vector.
 * Both results are compared with the true sum before anything is timed.
 */
#ifndef STUDY_MEASURE_REDUCE_H
#define STUDY_MEASURE_REDUCE_H

#include "base/vector.h"
#include "comm/comm.h"
#include "study/repetitions.h"

enum { REDUCE_SIZES = 8 }; /* 4 KiB, 16 KiB, ... 64 MiB */

/* Sets the results: "ranks" and "rows", whose "ratio" is allreduce_s / ordered_s in each round,
 * above 1 if the ordered sum is faster. Collective. STATUS_USAGE with a single rank,
 * STATUS_NO_RESOURCE, STATUS_BUG if a sum is wrong. */
enum status measure_reduce(struct json *results, struct comm *comm, const struct vector *vector,
    struct repetitions *repetitions, struct error *error);

#endif
