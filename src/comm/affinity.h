/* affinity.h: determines the number of threads that a rank can really use.
 *
 * The number is the first of these that is given: --threads, OMP_NUM_THREADS, SLURM_CPUS_PER_TASK,
 * or the number of cores in the rank's affinity mask, divided among the ranks of this machine that
 * share them. All hardware threads of a core count as one.
 */
#pragma once

#include <stdint.h>

#include "comm/comm.h"

struct affinity {
    int threads;       /* to use, at least 1 */
    char reason[64];   /* "--threads", "OMP_NUM_THREADS", "cores / local ranks", ... */
    int mask_cores;    /* cores in this rank's mask */
    int machine_cores; /* cores of the machine that any process here may use */
    int sharing_ranks; /* local ranks whose masks overlap, this one included */
    char warning[512]; /* "", or the lowest rank's message with the option that fixes it */
};

/* Determines the threads of this rank. `asked`: --threads, or 0 for the default. Collective. */
enum status affinity_settle(
    struct affinity *affinity, struct comm *comm, int asked, struct error *error);

/* Returns the mask as text for `info`: "cores 0-3"; a long one ends in "...". */
const char *affinity_mask(char out[256]);

/* A set of cores or hardware threads by number; numbers from AFFINITY_BITS on share one bit. */
enum { AFFINITY_WORDS = 64, AFFINITY_BITS = 64 * AFFINITY_WORDS };
struct affinity_set {
    uint64_t word[AFFINITY_WORDS];
};
int affinity_count(const struct affinity_set *set);
void affinity_join(struct affinity_set *set, const struct affinity_set *other);

/* The hardware that this process may run on. The numbers are hwloc's logical ones on the whole
 * machine, so numbers from different processes can be compared even if each process has a cgroup of
 * its own. If nothing is known, the sets are empty and the domain is -1. */
struct affinity_place {
    struct affinity_set cores;  /* in its mask; hardware threads where hwloc sees no cores */
    struct affinity_set usable; /* cores that its cgroup allows, whatever its mask */
    struct affinity_set cpus;   /* hardware threads in its mask */
    int domain; /* the smallest NUMA domain that contains all of them; -1: none does */
};
void affinity_place(struct affinity_place *place);

/* The arithmetic of affinity_settle() without communication: determines the threads of rank `own`
 * of `ranks`, and its own warning. Reads the environment. */
struct affinity_rank {
    int machine; /* equal for ranks of one machine */
    struct affinity_place place;
};
void affinity_decide(
    struct affinity *affinity, const struct affinity_rank *rank, int ranks, int own, int asked);
