/* affinity.h: how many threads a rank may really use.
 *
 * First of: --threads, OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, and else the cores of the rank's
 * affinity mask, divided among the ranks of this machine that share it. Hardware threads of a core
 * count once.
 */
#ifndef COMM_AFFINITY_H
#define COMM_AFFINITY_H

#include <stdint.h>

#include "comm/comm.h"

struct affinity {
    int threads;       /* to use, at least 1 */
    char reason[64];   /* "--threads", "OMP_NUM_THREADS", "cores / local ranks", ... */
    int mask_cores;    /* cores in this rank's mask */
    int machine_cores; /* cores of the machine that any process here may use */
    int sharing_ranks; /* local ranks whose mask overlaps this one, itself included */
    char warning[512]; /* "" or one message with the flag that mends it: the lowest rank's */
};

/* `asked`: --threads, or 0 for the default. Collective over comm. */
enum status affinity_settle(
    struct affinity *affinity, struct comm *comm, int asked, struct error *error);

/* The mask as text: "cores 0-3", for info; a long one ends in "...". */
const char *affinity_mask(char out[256]);

/* Numbers of cores or hardware threads; those from AFFINITY_BITS on are not told apart. */
enum { AFFINITY_WORDS = 64, AFFINITY_BITS = 64 * AFFINITY_WORDS };
struct affinity_set {
    uint64_t word[AFFINITY_WORDS];
};
int affinity_count(const struct affinity_set *set);
void affinity_join(struct affinity_set *set, const struct affinity_set *other);

/* Where this process may run. Numbers are hwloc's logical ones, on the whole machine, so that those
 * of all its processes can be compared, also where each has a cgroup of its own. Nothing known: all
 * empty, -1. */
struct affinity_place {
    struct affinity_set cores;  /* of its mask; hardware threads, where hwloc sees no cores */
    struct affinity_set usable; /* cores that its cgroup leaves it, whatever its mask */
    struct affinity_set cpus;   /* hardware threads of its mask */
    int domain; /* the smallest NUMA domain in which all of them lie, -1: there is no such one */
};
void affinity_place(struct affinity_place *place);

/* The arithmetic of affinity_settle(), local: the threads of rank `own` of `ranks`, and its own
 * warning. Reads the environment. */
struct affinity_rank {
    int machine; /* ranks with equal numbers are of one machine */
    struct affinity_place place;
};
void affinity_decide(
    struct affinity *affinity, const struct affinity_rank *rank, int ranks, int own, int asked);

#endif
