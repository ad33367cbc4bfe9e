#include "options/data_defaults.h"

#include "base/split.h"

enum { BATCH_LEAST = 16, BATCH_MOST = 128, EPOCHS_LEAST = 10, STEPS_LEAST = 600 };

static int64_t batch_for(const struct data_facts *facts)
{
    int64_t batch = facts->table ? BATCH_LEAST : BATCH_MOST;
    while (batch < BATCH_MOST && 32 * batch < facts->samples)
        batch *= 2;
    return batch;
}

static int64_t epochs_for(const struct data_facts *facts)
{
    int64_t steps = divide_up(facts->samples, batch_for(facts));
    int64_t epochs = facts->table ? divide_up(STEPS_LEAST, steps) : 0;
    return epochs > EPOCHS_LEAST ? epochs : EPOCHS_LEAST;
}

enum status data_defaults_stratify(
    struct options *options, const struct dataset *dataset, struct error *error)
{
    const struct split_size *validation = &options->val_split, *test = &options->test_split;
    bool splits =
        validation->fraction > 0 || validation->count > 0 || test->fraction > 0 || test->count > 0;
    const char *obstacle = dataset->classes == 0 ? "the labels are not classes"
                           : dataset->when       ? "--split-by takes the last samples"
                           : dataset->group      ? "--group keeps groups together"
                                                 : NULL;
    if (options->stratify == STRATIFY_AUTO)
        options->stratify = splits && dataset->table && !obstacle ? STRATIFY_ON : STRATIFY_OFF;
    if (options->stratify == STRATIFY_ON && splits && obstacle)
        return fail(error, STATUS_USAGE, "%s: --stratify on, but %s; use off or auto",
            dataset->name, obstacle);
    return STATUS_OK;
}

void data_defaults_settle(struct options *options, const struct data_facts *facts)
{
    if (options->batch.n == 0)
        options->batch =
            (struct int_list){.n = 1, .item = {least(batch_for(facts), facts->samples)}};
    if (options->epochs == EPOCHS_AUTO)
        options->epochs = epochs_for(facts);
    if (options->dropout == OPTION_AUTO)
        options->dropout = facts->table && options->hidden.n > 0 ? 0.2 : 0;
    if (options->init == INIT_AUTO)
        options->init = facts->table ? INIT_PYTORCH : INIT_BY_ACTIVATION;
    if (options->scale == SCALE_AUTO)
        options->scale = facts->bytes ? SCALE_UNIT : SCALE_BOUNDED;
    if (options->loss == LOSS_AUTO)
        options->loss = facts->classes ? LOSS_CROSS_ENTROPY : LOSS_MSE;
    bool distance = options->loss != LOSS_CROSS_ENTROPY && options->loss != LOSS_BCE;
    if (options->normalize_target == TARGETS_AUTO)
        options->normalize_target =
            distance && !facts->classes ? TARGETS_STANDARD : TARGETS_UNSCALED;
}
