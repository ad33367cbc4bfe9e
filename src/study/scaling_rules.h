/* scaling_rules.h: the arithmetic of `bench scaling`: layouts, batch sizes, efficiencies. Threads:
 * any.
 */
#pragma once

#include <stdint.h>

enum { LAYOUTS_MAX = 32 };

struct layout {
    int ranks, threads; /* threads per rank */
};

struct layout_list {
    int n;
    _Alignas(8) struct layout item[LAYOUTS_MAX];
};

int64_t layout_workers(struct layout layout);

/* --- which ranks --------------------------------------------------------------------------- */

/* The ranks of a job are numbered anew, machine by machine, so that layouts fill one machine after
 * the other, however the launcher has placed the ranks. machine[r] is the lowest rank on rank r's
 * machine (comm.h). layout_position() returns the new number of a rank; layout_machines() the ranks
 * on the first n machines. */
int layout_position(const int *machine, int ranks, int rank);
int layout_ranks_of(const int *machine, int ranks, int n);

/* Fills the default layouts, used without --layouts. On several machines: all ranks of 1, 2, 4, ...
 * all machines, with `rank_threads` each. Then inside the first machine: 1x1, 1x2, ...
 * 1 x most_threads, then 2, 4, ... all of its ranks with `rank_threads` each. */
void layouts_default(
    struct layout_list *list, const int *machine, int ranks, int most_threads, int rank_threads);

/* --- figures ------------------------------------------------------------------------------- */

/* Returns the global batch with which a worker gets as many samples as a worker of the first layout
 * gets with `batch`. */
int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first);

/* Returns the speed-up per unit (workers or machines), relative to the units of the first layout. */
double scaling_efficiency(double speed_up, int64_t units, int64_t first_units);

/* The standard metrics of the POP Centre of Excellence (pop-coe.eu), with workers as processes. Each
 * is 1 at best, and a product of the next two:
 *
 *     global efficiency      = parallel efficiency x computation scaling
 *     parallel efficiency    = load balance x communication efficiency
 *     load balance             = mean / most over workers of the time that they compute
 *     communication efficiency = most over workers of the time that they compute / run time
 *     computation scaling      = time per sample that all workers compute, in the first layout / here
 *
 * Computing is all phases except reduce and wait. A sample costs a worker more time where workers
 * share caches, memory and power, so computation scaling falls without any communication. */
struct scaling_times {
    double mean_s, most_s; /* computing: over the workers */
    double run_s;
    int64_t workers, samples;
};
double scaling_load_balance(const struct scaling_times *times);
double scaling_communication(const struct scaling_times *times);
double scaling_sample_s(const struct scaling_times *times); /* of all workers */
