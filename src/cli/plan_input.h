/* plan_input.h: what `lockstep plan` is about: samples, network, ranks. */
#ifndef CLI_PLAN_INPUT_H
#define CLI_PLAN_INPUT_H

#include "api/session.h"
#include "study/run_estimate.h"

struct plan_input {
    struct estimate_input figures;
    int64_t samples, n_validation; /* before the split; taken out by it */
    struct plan_request request;   /* of all plans, but for their batches */
    bool measurable;
    struct session session; /* if so: data, ranks and a job without end, to be measured */
};

/* With --samples nothing is read. Else all is read and prepared as `train` would, so that what
 * `train` would refuse is refused here; but a warm-up may be longer than the run. With --measure
 * the ranks are those of `comm`, which is then collective; else they are those asked for, counted
 * as spread evenly over --hosts. Errors as session_prepare(); STATUS_USAGE: ranks that do not fit
 * the hosts, or are not those that were started. On failure there is nothing to clear. */
enum status plan_input_find(struct plan_input *input, const struct options *options,
    struct comm *comm, struct error *error);

/* Collective if it was found so. */
void plan_input_clear(struct plan_input *input);

#endif
