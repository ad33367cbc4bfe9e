/* run_memory.h: what a run takes in memory, part by part, and whether there is so much.
 *
 * Some parts exist once in every team, others once in every rank; what is told is of whole teams,
 * that is, with all their ranks. The sizes come from the functions that those use who take the
 * memory, so they are what a run takes; but for MEMORY_PROCESS, which was looked up on one machine.
 * The first team has most: its first ranks keep the checkpoints.
 *
 * Data that ranks of a team share are held twice while they are brought into the memory of all,
 * before the other parts are there: `reading`. Values that are mapped from a file are counted among
 * the data, but need not be in memory: the system drops them when it wants room.
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
    MEMORY_GRADIENTS,   /* partial sums, own and of other teams */
    MEMORY_OPTIMIZER,   /* its state, of the parameters that a team owns */
    MEMORY_ACTIVATIONS, /* of a pass, and its labels */
    MEMORY_DATA,        /* all sets as they are stored, and who is in which split */
    MEMORY_BEST,        /* the best weights, for --early-stop */
    MEMORY_CHECKPOINTS, /* the copies that are written while training goes on */
    MEMORY_EVALUATION,
    MEMORY_PROCESS, /* program, libraries, MPI: about */
    N_MEMORY_PARTS
};
const char *memory_part_name(enum memory_part part); /* "weights" */

/* What settings do not say. */
struct run_sets {
    int64_t bytes;   /* of all sets: values as they are stored, labels, targets */
    int64_t mapped;  /* of them: values that lie in files, of which less may be in memory */
    int64_t largest; /* of the rest, those of one set */
    int64_t besides; /* that a reader takes for itself, until the set is there */
    int64_t numbers; /* bytes that every rank needs to tell the splits apart */
    int64_t validation, test; /* samples that are evaluated; 0: none */
    bool evaluates;           /* at all */
    bool checkpoints, resumes;
    bool keeps_best; /* weights, for --early-stop */
};

/* Adds a dataset, as a team holds it, of which the shape alone is looked at; and the numbers of a
 * subset, as a rank holds them. */
void run_sets_add(struct run_sets *sets, const struct dataset *dataset);
void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset);

struct run_memory {
    int64_t part[N_MEMORY_PARTS]; /* bytes */
    int64_t writing;              /* besides, while a checkpoint is written */
    int64_t starting;             /* besides, while a run begins from a checkpoint */
    int64_t reading;              /* of the data, all that is there while they are read */
    int64_t mapped;               /* of the data, what need not be in memory */
    int64_t pass_rows;            /* rows of the largest pass */
    int64_t all;                  /* the sum of the parts */
    int64_t most;                 /* that has to be there at any time: without what is mapped */
    const char *cure;             /* what makes it less; NULL: it follows from the largest part */
};

/* Of the teams [teams.first, teams.end) of settings->plan, together: those of a machine. */
struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams);

/* Adds one team of so many ranks, of which the program has several in all or just that one, to a
 * machine's memory, which begins as zeros. Without settings (NULL) it is data and program alone. */
void run_memory_add(struct run_memory *memory, const struct settings *settings,
    const struct run_sets *sets, int team, int64_t ranks, bool several);

/* Sets `all` and `most` by the rest. */
void run_memory_sum(struct run_memory *memory);

/* What makes the largest part smaller: options, in words. */
const char *run_memory_cure(const struct run_memory *memory);

/* STATUS_NO_RESOURCE if a machine's limit is lower than what is needed at one time: with the parts
 * and the cure. `what`: for what it is asked, "data.csv, 7 samples", or "". */
enum status run_memory_check(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, struct error *error);

/* Whether what is free now may not do, the estimate being right within a tenth: then `error` says
 * so, as a warning. */
bool run_memory_is_scarce(
    const struct run_memory *memory, const struct memory_limits *limits, struct error *error);

#endif
