/* comparison.h: compares a model with its baseline (model/baseline.h). For a model that is not
 * better, it also names the causes that apply, each with the options to try:
 *
 *   inputs      the root mean square of a scaled input is above 10, or of all of them below 0.1
 *   targets     the same for the targets of a regression
 *   constants   every input is the same for all samples
 *   dead units  otherwise, a network with hidden layers has the same outputs for all samples
 *   rate        the training loss at least doubled, or has hardly fallen
 *   overfit     the training loss is below that of the baseline, the loss of the held-out set is not
 *
 * Where the metric cannot show a difference (R2 with a constant target, the accuracy on samples of one class),
 * the losses are compared. A model whose outputs are the same for all samples is never better, although by chance its metric
 * may be. The first four are measured on 256 samples drawn at random, or on all if there are fewer; the
 * last two are known only for a run. Threads: one at a time. Collective: no.
 */
#pragma once

#include "net/kernel.h"
#include "run/job.h"

enum { COMPARISON_CAUSES = 4, COMPARISON_TEXT = 320 };

struct comparison {
    bool known; /* both have the metric, and that of the baseline can be exceeded */
    bool better;
    char metric[METRIC_NAME_MAX]; /* e.g. "val_accuracy" (baseline_metric()) or "val_loss" */
    double value, baseline;
    int causes; /* 0 if the model is better */
    char cause[COMPARISON_CAUSES][COMPARISON_TEXT];
};

/* Compares the result of a run, whose weights are in job->parameters, on its validation data, else
 * its test data, else by its training loss. Not known if the run did not end as planned.
 * STATUS_NO_RESOURCE. */
enum status comparison_of_run(struct comparison *comparison, const struct job *job,
    const struct result *result, struct error *error);

struct model_on_set {
    const struct mlp *mlp;
    const struct criterion *criterion;
    const struct kernel *kernel;
    const float *parameters;  /* [mlp->parameters] */
    const struct loader *set; /* has at least one sample */
};

/* Compares a model that was evaluated on a set. A baseline without samples is not known.
 * STATUS_NO_RESOURCE. */
enum status comparison_of_model(struct comparison *comparison, const struct model_on_set *model,
    const struct metrics *metrics, const struct metrics *baseline, struct error *error);
