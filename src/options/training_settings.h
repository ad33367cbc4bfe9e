/* training_settings.h: converts options to the settings of training: network, loss, optimizer and
 * the rate of every step. Threads: any. Collective: no. */
#pragma once

#include "options/options.h"

/* Sets the activations and dropout of a network whose widths are already set. */
void training_settings_network(const struct options *options, struct mlp *mlp);

/* Sets all settings that depend on the options alone: those of training_settings_network(),
 * optimizer, clipping, and how a step is computed. The widths of the network must be set. */
void training_settings_settings(const struct options *options, struct settings *settings);

/* Returns the request for the plan of a run on `samples` training samples; its ranks, teams and
 * threads are not set. `mlp`: its network, or NULL if it is not known. */
struct plan_request training_settings_request(
    const struct options *options, int64_t samples, const struct mlp *mlp);

/* Makes the schedule of a run with this plan, and converts lengths in epochs to steps. STATUS_USAGE
 * if the warm-up is longer than the run, the milestones do not ascend, or the last rate is above
 * the first. */
enum status training_settings_schedule(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error);

/* Like training_settings_schedule(), but the warm-up may be longer than the run. */
enum status training_settings_course(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error);

/* The sets that a run evaluates, and the outputs of its network. */
struct evaluated {
    enum prediction_kind kind;
    int64_t outputs;
    bool validation, test;
};

/* Rejects --early-stop, --target and --plateau-metric if the run does not compute the metric that
 * they name. STATUS_USAGE. */
enum status training_settings_check_metrics(
    const struct options *options, const struct evaluated *evaluated, struct error *error);

/* Returns the options of the same run for a benchmark: without an end, without evaluations, and
 * without anything that would stop it or change its learning rate. */
struct options training_settings_endless(const struct options *options);

/* Returns the kind of labels to read, which depends on --loss. */
enum task training_settings_task(const struct options *options);

/* Sets the loss for a dataset to that of --loss, or to one that suits the data. Does not set class
 * weights. STATUS_USAGE if the loss does not fit the labels or targets, or if an option has no
 * effect on it. */
enum status training_settings_loss(const struct options *options, const struct dataset *train,
    struct criterion *criterion, struct error *error);

/* Checks that all targets are probabilities, as binary cross-entropy requires. STATUS_USAGE. */
enum status training_settings_check_probabilities(const struct dataset *train, struct error *error);
