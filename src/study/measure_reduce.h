/* measure_reduce.h: measures communication between ranks, each of which is a team: a message from
 * one to another, the ordered sum, and MPI_Allreduce of the same vectors.
 *
 * The ordered sum does what a step does, without the update: exchange the partial sums, add them,
 * and send every rank the result. Both sums are compared with the true sum before anything is
 * timed.
 */
#pragma once

#include "base/vector.h"
#include "comm/comm.h"
#include "study/repetitions.h"

enum { REDUCE_SIZES = 8 }; /* 4 KiB, 16 KiB, ... 64 MiB */

/* Sets the results:
 *
 *     ranks
 *     message    between rank 0 and the last rank, on another machine if there are several:
 *       from, to, same_host      host names
 *       latency_s                of one float, one way
 *       gb_per_s                 the highest of all sizes
 *     rows       first one for each size, with kind "size", all ranks, and one slice each; then,
 *                with kind "teams", 1 MiB on 2, 3, 4, 6, 8, 12, ... and all ranks, with 1, 3 and 4
 *                slices each:
 *       kind, teams, slices (of a team), bytes
 *       message_s, message_gb_per_s      one way; only with kind "size"
 *       ordered_s, ordered_gb_per_s, allreduce_s, allreduce_gb_per_s
 *       ratio                            allreduce_s / ordered_s in each round
 *
 * Collective; complete on rank 0. STATUS_USAGE with a single rank, STATUS_NO_RESOURCE, STATUS_BUG
 * if a sum is wrong. */
enum status measure_reduce(struct json *results, struct comm *comm, const struct vector *vector,
    struct repetitions *repetitions, struct error *error);
