/* run_state.h: what a run knows after a step, besides its weights and its optimizer's state.
 *
 * Plain data, from which a run goes on as if it had never stopped; everything else follows from
 * data, settings and step. No number of ranks or threads is among it.
 *
 * It is taken before what ends an epoch or a run is told: with a step that ends an epoch the
 * epoch's line is still to come.
 */
#ifndef RUN_RUN_STATE_H
#define RUN_RUN_STATE_H

#include "base/json.h"
#include "optim/schedule.h"
#include "step/noise.h"
#include "run/records.h"
#include "run/stop.h"

struct run_state {
    int64_t step, epoch, iteration; /* the last ones done */
    int64_t samples_seen;
    int64_t epoch_samples;                    /* of this epoch so far ... */
    double epoch_loss, epoch_weight;          /* ... the sum of their losses, and their weight */
    double train_loss;                        /* of the last epoch record; NaN: there was none */
    struct evaluation_record evaluation;      /* the last one; step 0: none */
    struct evaluation_record best_evaluation; /* that of stop.best_step */
    struct stop_state stop;
    struct plateau plateau;
    struct noise_state noise;
    double seconds;     /* of training, evaluation not counted */
    double clock_s;     /* all in all */
    int64_t log_bytes;  /* of the observer's log, so far */
    int64_t rated_step; /* the checkpoint with the best rating; 0: none has one */
    double rating;      /* its metric at the last evaluation before it */
};

/* The other form; reading refuses what is missing or of another type, naming it. Doubles keep
 * their bits. STATUS_BAD_DATA. A checkpoint from before the noise was measured has no part "noise":
 * its run begins to measure where it goes on. */
struct json *run_state_to_json(const struct run_state *state);
enum status run_state_from_json(
    struct run_state *state, const struct json *json, const char *name, struct error *error);

#endif
