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

/* The mask as text: "cores 0-3", for info. */
const char *affinity_mask(char out[256]);

/* Where this process may run: its hardware threads by logical number, and the NUMA domain in which
 * all of them lie, -1 when there is no such one. Nothing known: no threads, -1. */
enum { AFFINITY_WORDS = 32 };
struct affinity_place {
    uint64_t cpu[AFFINITY_WORDS];
    int domain;
};
void affinity_place(struct affinity_place *place);

#endif
