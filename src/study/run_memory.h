/* run_memory.h: computes the memory of a run, part by part, and checks that the machine has enough.
 *
 * Some parts exist once per team, others once per rank; figures are for whole teams, including all
 * of their ranks. The sizes come from the code that allocates the memory, so they are exact, except
 * MEMORY_PROCESS, which was measured on one machine. The first team needs the most: its first rank
 * writes the checkpoints.
 *
 * Data shared by the ranks of a team exists twice while it is read into shared memory, before the
 * other parts are allocated; `reading` is the memory needed at that time. Values mapped from a file
 * count as data but need not be in memory: the system drops them when it needs the space.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "comm/memory_limits.h"
#include "data/dataset.h"
#include "data/subset.h"
#include "run/stop.h"
#include "step/settings.h"

enum memory_part {
    MEMORY_WEIGHTS,     /* in panels, for forward and backward, and in file order; with --ema, also
                           the average in panels */
    MEMORY_GRADIENTS,   /* partial sums of the team itself and of other teams */
    MEMORY_OPTIMIZER,   /* the optimizer state for the parameters that a team owns */
    MEMORY_ACTIVATIONS, /* activations and labels of a pass */
    MEMORY_DATA,        /* all sets in their stored type, and the sample numbers of each split */
    MEMORY_BEST,        /* the best or averaged weights, if they are the result */
    MEMORY_CHECKPOINTS, /* the copies that are written to disk during training */
    MEMORY_EVALUATION,
    MEMORY_PROCESS, /* program, libraries, MPI: approximate */
    N_MEMORY_PARTS
};
const char *memory_part_name(enum memory_part part); /* "weights" */

/* The data of a run, and options that are not part of its settings. */
struct run_sets {
    int64_t bytes;            /* all sets: values in their stored type, labels, targets */
    int64_t mapped;           /* the part of `bytes` in mapped files, which need not be in memory */
    int64_t largest;          /* the largest set, without mapped values */
    int64_t reader_bytes;     /* working memory of a reader until the set is complete */
    int64_t numbers;          /* bytes per rank for the sample numbers of each split */
    int64_t validation, test; /* samples to evaluate; 0: none */
    bool evaluates;           /* --eval-every is not "never" */
    bool checkpoints, resumes;
    bool keeps_best;    /* the best weights, if they are the result ... */
    bool keeps_average; /* ... or the averaged ones */
};

/* Sets the weights that a run by these rules keeps. */
void run_sets_keep(struct run_sets *sets, const struct stop_rules *rules);

/* Add a dataset, given by its shape, which exists once per team; or the sample numbers of a subset,
 * which exist on every rank. */
void run_sets_add(struct run_sets *sets, const struct dataset *dataset);
void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset);

struct run_memory {
    int64_t part[N_MEMORY_PARTS]; /* bytes */
    int64_t writing;              /* extra while a checkpoint is written */
    int64_t starting;             /* extra while a checkpoint is read */
    int64_t reading;              /* total for the data while it is being read */
    int64_t mapped;               /* data that need not be in memory */
    int64_t pass_rows;            /* rows of the largest pass */
    int64_t all;                  /* the sum of the parts */
    int64_t most;                 /* the peak over the whole run, without mapped data */
    const char *cure; /* options that reduce the memory; NULL: those for the largest part */
};

/* Returns the total memory of one machine, whose teams are [teams.first, teams.end) of
 * settings->plan. */
struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams);

/* Adds a team of `ranks` ranks to a machine's memory, which starts as zeros. `several`: the program
 * has more than one rank. If `settings` is NULL, counts only data and program. */
void run_memory_add(struct run_memory *memory, const struct settings *settings,
    const struct run_sets *sets, int team, int64_t ranks, bool several);

/* Sets `all` and `most` from the other members. */
void run_memory_sum(struct run_memory *memory);

/* Returns a text that names the options that reduce the memory. */
const char *run_memory_cure(const struct run_memory *memory);

/* Returns STATUS_NO_RESOURCE, with the parts and the cure in the message, if the peak exceeds the
 * machine's limit. `what`: the beginning of the message, e.g. "data.csv, 7 samples", or "". */
enum status run_memory_check(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, struct error *error);

/* True if the free memory may not be enough, since the estimate may be off by 10 %. `error` then
 * holds a warning. */
bool run_memory_is_scarce(
    const struct run_memory *memory, const struct memory_limits *limits, struct error *error);
