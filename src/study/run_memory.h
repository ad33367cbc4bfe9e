/* run_memory.h: the memory that a run needs, part by part, and whether it is available.
 *
 * Some parts exist once per team, others once per rank; the figures are for whole teams with all their
 * ranks. The sizes come from the functions that allocate the memory, so they are exact, except
 * MEMORY_PROCESS, which was measured on one machine. The first team needs most: its first ranks keep
 * the checkpoints.
 *
 * Data that the ranks of a team share exist twice while they are copied into shared memory, before the
 * other parts are allocated: `reading`. Values that are mapped from a file count as data, but need not
 * stay in memory: the system can drop them.
 *
 * Threads: any. Collective: no.
 */
#ifndef STUDY_RUN_MEMORY_H
#define STUDY_RUN_MEMORY_H

#include "comm/memory_limits.h"
#include "data/dataset.h"
#include "data/subset.h"
#include "step/settings.h"

enum memory_part {
    MEMORY_WEIGHTS,     /* in panels, for forward and backward, and in the order of files */
    MEMORY_GRADIENTS,   /* partial sums of this and other teams */
    MEMORY_OPTIMIZER,   /* its state for the parameters that a team owns */
    MEMORY_ACTIVATIONS, /* one pass, and its labels */
    MEMORY_DATA,        /* all sets as stored, and the split of the samples */
    MEMORY_BEST,        /* the best weights, for --early-stop */
    MEMORY_CHECKPOINTS, /* copies that are written during training */
    MEMORY_EVALUATION,
    MEMORY_PROCESS, /* program, libraries, MPI (approximate) */
    N_MEMORY_PARTS
};
const char *memory_part_name(enum memory_part part); /* "weights" */

/* Facts about a run other than its settings. */
struct run_sets {
    int64_t bytes;            /* all sets: values as stored, labels, targets */
    int64_t mapped;           /* the mapped part of them, which may be dropped from memory */
    int64_t largest;          /* the largest set of the rest */
    int64_t besides;          /* temporary memory of a reader */
    int64_t numbers;          /* bytes per rank for the split of the samples */
    int64_t validation, test; /* samples that are evaluated; 0: none */
    bool evaluates;           /* at all */
    bool checkpoints, resumes;
    bool keeps_best; /* weights, for --early-stop */
};

/* Adds a dataset (only its shape is used), as a team holds it; the sample numbers of a subset, as a rank
 * holds them. */
void run_sets_add(struct run_sets *sets, const struct dataset *dataset);
void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset);

struct run_memory {
    int64_t part[N_MEMORY_PARTS]; /* bytes */
    int64_t writing;              /* additional while a checkpoint is written */
    int64_t starting;             /* additional while a run resumes from a checkpoint */
    int64_t reading;              /* all memory for the data while they are read */
    int64_t mapped;               /* the part of the data that need not be in memory */
    int64_t pass_rows;            /* rows of the largest pass */
    int64_t all;                  /* the sum of the parts */
    int64_t most;                 /* maximum at any time, without the mapped part */
    const char *cure;             /* how to reduce it; NULL: depends on the largest part */
};

/* The memory of teams [teams.first, teams.end) of settings->plan, those of a machine. */
struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams);

/* Adds a team with `ranks` ranks to a machine's memory, which begins as zeros. `several`: the program has
 * more than one rank. Without settings (NULL) only data and program count. */
void run_memory_add(struct run_memory *memory, const struct settings *settings,
    const struct run_sets *sets, int team, int64_t ranks, bool several);

/* Computes `all` and `most`. */
void run_memory_sum(struct run_memory *memory);

/* Options that reduce the largest part. */
const char *run_memory_cure(const struct run_memory *memory);

/* STATUS_NO_RESOURCE, with the parts and the cure, if the limit of the machine is lower than the need.
 * `what`: the subject of the message, "data.csv, 7 samples", or "". */
enum status run_memory_check(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, struct error *error);

/* True if the free memory may not suffice, given an estimate within a tenth: then `error` has the
 * warning. */
bool run_memory_is_scarce(
    const struct run_memory *memory, const struct memory_limits *limits, struct error *error);

#endif
