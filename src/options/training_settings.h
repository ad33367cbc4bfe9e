/* training_settings.h: from options to the settings of training: network, loss, optimizer, and the
 * rate of every step. Threads: any. Collective: no. */
#ifndef OPTIONS_TRAINING_SETTINGS_H
#define OPTIONS_TRAINING_SETTINGS_H

#include "options/options.h"

/* Sets activations and dropout of a network whose widths are set. */
void training_settings_network(const struct options *options, struct mlp *mlp);

/* Sets all settings that depend on the options alone, for a network whose widths are set:
 * training_settings_network(), optimizer, clipping, and how a step is computed. */
void training_settings_settings(const struct options *options, struct settings *settings);

/* The batch sizes of --batch-schedule, or the one of --batch. */
void training_settings_batches(const struct options *options, struct plan_request *request);

/* The schedule of a run by this plan; lengths in epochs become steps. STATUS_USAGE: a warm-up that
 * is longer than the run, milestones that do not ascend, a last rate above the first. */
enum status training_settings_schedule(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error);

/* The same, but a warm-up may be longer than the run. */
enum status training_settings_course(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error);

/* The sets that a run evaluates, and the outputs of its network. */
struct evaluated {
    enum prediction_kind kind;
    int64_t outputs;
    bool validation, test;
};

/* Refuses metrics of --early-stop, --target and --plateau-metric that such a run does not have.
 * STATUS_USAGE. */
enum status training_settings_check_metrics(
    const struct options *options, const struct evaluated *evaluated, struct error *error);

/* The kind of labels to read, by --loss. */
enum task training_settings_task(const struct options *options);

/* The loss for a dataset: that of --loss, or by the data. Class weights are not set. STATUS_USAGE:
 * a loss that does not fit the labels or targets, options without effect on it. */
enum status training_settings_loss(const struct options *options, const struct dataset *train,
    struct criterion *criterion, struct error *error);

/* Checks that all targets are probabilities, as binary cross-entropy requires. STATUS_USAGE. */
enum status training_settings_check_probabilities(const struct dataset *train, struct error *error);

#endif
