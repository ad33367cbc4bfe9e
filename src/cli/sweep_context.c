#include "cli/sweep_context.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "options/option_table.h"
#include "cli/sweep_runs.h"
#include "comm/world.h"
#include "run/rank_agreement.h"

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

void sweep_context_order(struct sweep_context *context)
{
    const struct options *options = context->options;
    const struct real_list *grid = &options->lr_grid;
    context->n_rates = grid->n > 0 ? (int)grid->n : 1;
    for (int64_t i = 0; i < grid->n; i++)
        context->rate[i] = sweep_rate(grid->item[i]);
    memcpy(context->batch, options->batch.item, sizeof options->batch.item);
    qsort(context->rate, (size_t)context->n_rates, sizeof *context->rate, compare_reals);
    qsort(context->batch, (size_t)options->batch.n, sizeof *context->batch, compare_wholes);
}

/* Runs are compared by the target's metric, or by the best there is. */
static void choose_metric(struct sweep_context *context)
{
    struct sweep_facts *facts = &context->sweep.facts;
    const struct stop_rules *rules = &context->options->stop;
    bool validates = context->session.job.validation != NULL;
    bool values =
        prediction_kind_of(context->session.job.settings.criterion.kind) == PREDICTION_VALUES;
    facts->aims = rules->aims;
    facts->goal = rules->goal;
    facts->metric = rules->aims ? rules->target
                    : validates ? (struct metric_choice){METRIC_VALIDATION,
                                      values ? METRIC_LOSS : METRIC_ACCURACY}
                                : (struct metric_choice){METRIC_TRAIN, METRIC_LOSS};
}

/* All sets, with their split and scaling. */
static uint64_t hash_of_data(const struct job *job)
{
    const uint64_t each[] = {rank_agreement_set_hash(&job->train),
        rank_agreement_set_hash(job->validation), rank_agreement_set_hash(job->test)};
    return hash_bytes(each, sizeof each, 0);
}

enum status sweep_context_note_facts(struct sweep_context *context, struct error *error)
{
    const struct options *options = context->options;
    const struct session *session = &context->session;
    context->sweep.facts = (struct sweep_facts){.command = context->invocation.command_line,
        .data = options->data,
        .optimizer = optimizer_name(options->optimizer.kind),
        .lr_scale = lr_scale_words[options->lr_scale],
        .kernel = session->job.settings.kernel.name,
        .mpi = world_library(),
        .train_samples = session->train_part.size,
        .val_samples = session->validation_part.size,
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
        .rates = options->lr_grid.n > 0 ? context->n_rates : 0,
        .rate = context->rate,
        .hosts = comm_hosts(context->comm),
        .teams = teams_count(session->base.teams),
        .ranks = comm_size(context->comm),
        .threads = session->base.affinity.threads,
        .data_xxh3 = hash_of_data(&session->job)};
    choose_metric(context);
    return rank_agreement_check_data(&session->job, STATUS_OK, error);
}

enum status sweep_context_take_records(struct sweep_context *context, struct error *error)
{
    struct sweep *sweep = &context->sweep;
    sweep->batches = context->options->batch.n;
    sweep->runs_planned = sweep->batches * (context->n_rates + (int)context->options->seeds - 1);
    enum status status = memory_take(&sweep->run, (size_t)sweep->runs_planned, sizeof *sweep->run,
        "the records of all runs", error);
    if (!status)
        status = memory_take(&sweep->batch, (size_t)sweep->batches, sizeof *sweep->batch,
            "the records of all batch sizes", error);
    for (int i = 0; !status && i < sweep->batches; i++)
        sweep->batch[i].batch = context->batch[i];
    return status;
}
