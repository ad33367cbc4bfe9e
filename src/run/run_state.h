/* run_state.h: the state of a run after a step, except its weights and its optimizer's state.
 *
 * Plain data, from which a run continues as if it had never stopped; everything else follows from
 * data, settings and step. It does not contain the number of ranks or threads.
 *
 * It is taken before the end of an epoch or a run is reported: after a step that ends an epoch, the
 * epoch's record is still to come.
 */
#ifndef RUN_RUN_STATE_H
#define RUN_RUN_STATE_H

#include "base/json.h"
#include "optim/schedule.h"
#include "step/noise.h"
#include "run/records.h"
#include "run/stop.h"

struct run_state {
    int64_t step, epoch, iteration; /* the last step */
    int64_t samples_seen;
    int64_t epoch_samples;                    /* in this epoch so far ... */
    double epoch_loss, epoch_weight;          /* ... the sum of their losses, and their weight */
    double train_loss;                        /* that of the last epoch record; NaN: none */
    struct evaluation_record evaluation;      /* the last one; step 0: none */
    struct evaluation_record best_evaluation; /* that of stop.best_step */
    struct stop_state stop;
    struct plateau plateau;
    struct noise_state noise;
    double seconds;     /* training time, without evaluation */
    double clock_s;     /* time of the run, all starts together */
    int64_t log_bytes;  /* length of the observer's log */
    int64_t rated_step; /* step of the checkpoint with the best rating; 0: none is rated */
    double rating;      /* its metric at the last evaluation before it */
};

/* As JSON; reading refuses an entry that is missing or of another type, naming it. Doubles keep
 * their bits. STATUS_BAD_DATA. A checkpoint older than the noise scale has no part "noise": its
 * measurement then begins where the run is resumed. */
struct json *run_state_to_json(const struct run_state *state);
enum status run_state_from_json(
    struct run_state *state, const struct json *json, const char *name, struct error *error);

#endif
