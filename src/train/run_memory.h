/* run_memory.h: what a run takes in memory, part by part.
 *
 * Some parts exist once in every team, others once in every rank; what is told is of whole teams,
 * that is, with all their ranks. The sizes come from the functions that those use who take the
 * memory, so they are what a run takes; but for MEMORY_PROCESS, which was looked up on one machine.
 * The first team has most: its first ranks keep the checkpoints.
 *
 * Data that ranks of a team share are held twice while they are brought into the memory of all,
 * before the other parts are there: `reading`.
 *
 * Threads: any. Collective: no.
 */
#ifndef TRAIN_RUN_MEMORY_H
#define TRAIN_RUN_MEMORY_H

#include "train/trainer.h"

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
    int64_t largest; /* of the other values, those of one set */
    int64_t numbers; /* bytes that every rank needs to tell the splits apart */
    int64_t validation, test; /* samples that are evaluated; 0: none */
    bool checkpoints;
};

/* Adds a dataset, as a team holds it; and the numbers of a subset, as a rank holds them. */
void run_sets_add(struct run_sets *sets, const struct dataset *dataset);
void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset);

struct run_memory {
    int64_t part[N_MEMORY_PARTS]; /* bytes */
    int64_t all;                  /* their sum */
    int64_t writing;              /* besides, while a checkpoint is written */
    int64_t reading;              /* all that is there while data are read */
    int64_t most;                 /* that has to be there at any time: without what is mapped */
    int64_t pass_rows;            /* rows of the largest pass */
};

/* Of the teams [teams.first, teams.end) of settings->plan, together: those of a machine. */
struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams);

#endif
