/* run_state.h: the state of a run after a step, except its weights and its optimizer's state.
 *
 * The state is plain data from which a run resumes as if it had never stopped; everything else
 * follows from data, settings and step. It does not contain the number of ranks or threads.
 *
 * It is captured before the end of an epoch or run is reported. So if the step ended an epoch, the
 * resumed run still has to report that epoch.
 */
#pragma once

#include "base/json.h"
#include "optim/schedule.h"
#include "step/noise.h"
#include "run/records.h"
#include "run/stop.h"

/* Within an epoch, the weights of the last epoch that ended well, which remain if this one diverges. */
struct fallback {
    int64_t saved; /* 1 if the checkpoint has them, else 0 */
    int64_t step;  /* after which they were the weights; 0: the initial ones */
};

struct run_state {
    int64_t step, epoch, iteration; /* the last step */
    int64_t samples_seen;
    int64_t epoch_samples;               /* samples in this epoch so far ... */
    double epoch_loss, epoch_weight;     /* ... the sums of their losses and of their weights */
    double train_loss;                   /* from the last epoch record; NaN: none */
    struct evaluation_record evaluation; /* the last one; step 0: none */
    struct evaluation_record best_evaluation; /* the evaluation at stop.best_step */
    struct stop_state stop;
    struct divergence divergence;
    struct fallback fallback; /* set when a checkpoint is taken */
    struct plateau plateau;
    struct noise_state noise;
    double seconds;     /* training time, without evaluation */
    double clock_s;     /* wall-clock time of the run, total over all starts */
    int64_t log_bytes;  /* length of the observer's log */
    int64_t rated_step; /* step of the checkpoint with the best rating; 0: none is rated */
    double rating;      /* its metric in the last evaluation before it */
};

/* Returns the mean loss of the epoch so far, which has samples; 0 if they all have weight 0. */
static inline double run_state_epoch_loss(const struct run_state *state)
{
    return state->epoch_weight > 0 ? state->epoch_loss / state->epoch_weight : 0;
}

/* Convert a state to and from JSON. Doubles keep their bits. If an entry is missing or has the
 * wrong type, reading fails with STATUS_BAD_DATA and a message that names the entry. Checkpoints
 * written by earlier versions may have no part "noise", and the noise is then measured from the
 * resumed step on (likewise "noise_recent"), or no part "divergence", and the loss of the first step
 * is then not known, or no part "fallback", and the weights of the checkpoint then take its place, or no metrics of averaged weights, of
 * which such a run had none. */
struct json *run_state_to_json(const struct run_state *state);
enum status run_state_from_json(
    struct run_state *state, const struct json *json, const char *name, struct error *error);
