/* keeper.h: keeps a run's checkpoints while it trains.
 *
 *     workers   ... step | copy | step  step  step ...
 *     writer                 \\ order, hash, write, fsync, rename, remove old ones
 *
 * All workers copy weights and state as they lie; a thread of rank 0 does the rest. So training
 * stands still for no longer than copying the bytes. There is one copy: a checkpoint that falls due
 * while the writer is at work is taken at the first step after.
 */
#ifndef TRAIN_KEEPER_H
#define TRAIN_KEEPER_H

#include "train/checkpoint.h"
#include "train/trainer.h"

struct keeper;

/* With the memory for the copy. job->checkpoints.kept must hold. Collective. STATUS_NO_RESOURCE. */
enum status keeper_create(struct keeper **keeper, const struct job *job, struct step *step,
    struct teams *teams, struct error *error);

/* Bytes that it takes in a team, `best`: with the best weights; and, of the first team, more while it
 * writes. */
int64_t keeper_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best);
int64_t keeper_writing_bytes(const struct settings *settings);

/* Takes NULL. Nothing may be under way. Collective over each team. */
void keeper_destroy(struct keeper *keeper);

/* Whether one is to be taken after the step at hand, `elapsed_s` after some beginning. First thread
 * of rank 0. */
bool keeper_due(const struct keeper *keeper, int64_t step, double elapsed_s);

/* Takes one, whose state is, on rank 0, *state; best [mlp.parameters] in canonical order, as
 * job->parameters, or NULL. The state's rating is brought up to date. Waits for the writer, if it
 * is still at work. `record` is filled on rank 0's first thread. Call from all workers, between
 * barriers. */
void keeper_take(struct keeper *keeper, const struct worker *worker, struct run_state *state,
    const float *best, double elapsed_s, struct checkpoint_record *record);

/* How the last one went, as far as it is known; and once it is over. First thread of rank 0. */
enum status keeper_ask(struct keeper *keeper, struct error *error);
enum status keeper_wait(struct keeper *keeper, struct error *error);

/* What is to be said of checkpoints without ending the run, as of an old one that cannot be removed:
 * each text once, until the next call; NULL: nothing. First thread of rank 0. */
const char *keeper_warning(struct keeper *keeper);

#endif
