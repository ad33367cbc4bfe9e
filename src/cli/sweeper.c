#include "cli/sweeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "cli/option_table.h"
#include "cli/stop_options.h"
#include "cli/sweep_runs.h"
#include "comm/world.h"
#include "train/consent.h"

static int compare_reals(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static int compare_wholes(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

void sweeper_order(struct sweeper *sweeper)
{
    const struct options *options = sweeper->options;
    const struct real_list *grid = &options->lr_grid;
    sweeper->n_rates = grid->n > 0 ? (int)grid->n : 1;
    for (int64_t i = 0; i < grid->n; i++)
        sweeper->rate[i] = sweep_rate(grid->item[i]);
    memcpy(sweeper->batch, options->batch.item, sizeof options->batch.item);
    qsort(sweeper->rate, (size_t)sweeper->n_rates, sizeof *sweeper->rate, compare_reals);
    qsort(sweeper->batch, (size_t)options->batch.n, sizeof *sweeper->batch, compare_wholes);
}

/* By what runs are compared: the target's metric, or the best there is. */
static enum status choose_metric(struct sweeper *sweeper, struct error *error)
{
    struct sweep_facts *facts = &sweeper->sweep.facts;
    const struct criterion *criterion = &sweeper->session.job.settings.criterion;
    struct stop_rules rules;
    bool validates = sweeper->session.job.validation != NULL;
    bool values = answer_kind_of(criterion->kind) == ANSWER_VALUES;
    enum status status = stop_options(&rules, sweeper->options, error);
    facts->aims = rules.aims;
    facts->goal = rules.goal;
    facts->metric = rules.aims  ? rules.target
                    : validates ? (struct metric_choice){METRIC_VALIDATION,
                                      values ? METRIC_LOSS : METRIC_ACCURACY}
                                : (struct metric_choice){METRIC_TRAIN, METRIC_LOSS};
    return status;
}

static const char *word_of(const char *option, int word)
{
    return option_find(option)->words[word];
}

/* Of all sets, with their split and scaling. */
static uint64_t hash_of_data(const struct job *job)
{
    const uint64_t each[] = {consent_set_hash(&job->train), consent_set_hash(job->validation),
        consent_set_hash(job->test)};
    return hash_bytes(each, sizeof each, 0);
}

enum status sweeper_note_facts(struct sweeper *sweeper, struct error *error)
{
    const struct options *options = sweeper->options;
    const struct session *session = &sweeper->session;
    sweeper->sweep.facts = (struct sweep_facts){.command = sweeper->invocation.command_line,
        .data = options->data,
        .optimizer = word_of("optimizer", (int)options->optimizer),
        .lr_scale = word_of("lr-scale", (int)options->lr_scale),
        .kernel = session->job.settings.kernel.name,
        .mpi = world_library(),
        .train_samples = session->train_part.size,
        .val_samples = session_validation_samples(session),
        .features = session->train.features,
        .classes = session->train.classes,
        .parameters = session->job.settings.mlp.parameters,
        .mlp = &session->job.settings.mlp,
        .epochs = options->epochs,
        .max_steps = options->max_steps,
        .base_batch = options->base_batch,
        .drop_last = options->drop_last,
        .equal_steps = options->budget == BUDGET_STEPS,
        .first_seed = options->seed,
        .seeds = (int)options->seeds,
        .rates = options->lr_grid.n > 0 ? sweeper->n_rates : 0,
        .rate = sweeper->rate,
        .hosts = comm_hosts(sweeper->comm),
        .teams = teams_count(session->teams),
        .ranks = comm_size(sweeper->comm),
        .threads = session->affinity.threads,
        .data_xxh3 = hash_of_data(&session->job)};
    enum status status = consent_check_data(&session->job, STATUS_OK, error);
    return status ? status : choose_metric(sweeper, error);
}

enum status sweeper_take_records(struct sweeper *sweeper, struct error *error)
{
    struct sweep *sweep = &sweeper->sweep;
    sweep->batches = sweeper->options->batch.n;
    sweep->runs_planned = sweep->batches * (sweeper->n_rates + (int)sweeper->options->seeds - 1);
    enum status status = memory_take(&sweep->run, (size_t)sweep->runs_planned, sizeof *sweep->run,
        "the records of all runs", error);
    if (!status)
        status = memory_take(&sweep->batch, (size_t)sweep->batches, sizeof *sweep->batch,
            "the records of all batch sizes", error);
    for (int i = 0; !status && i < sweep->batches; i++)
        sweep->batch[i].batch = sweeper->batch[i];
    return status;
}
