#include "api/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_rules.h"
#include "options/option_value.h"
#include "api/resolved_options.h"
#include "run/rank_agreement.h"

/* Takes over the value, which free() frees. */
static enum status add(struct identity *identity, const char *name, char *value, enum status status,
    struct error *error)
{
    if (!value || identity->n == TRAITS_MAX) {
        free(value);
        return fail(error, value ? STATUS_BUG : STATUS_NO_RESOURCE, "no room for trait %s", name);
    }
    struct trait *trait = &identity->trait[identity->n++];
    snprintf(trait->name, sizeof trait->name, "%.*s", (int)sizeof trait->name - 1, name);
    trait->value = value;
    trait->status = status;
    trait->usual = false;
    return STATUS_OK;
}

/* `record` has the resolved values, `options` the given ones. */
static enum status add_options(struct identity *identity, const struct options *options,
    const struct options *record, struct error *error)
{
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char name[48];
        if (!option_serves(option, COMMAND_TRAIN) || !option_is_fixed_on_resume(option))
            continue;
        snprintf(name, sizeof name, "--%.40s", option->name);
        TRY(add(identity, name, option_text(option, record), STATUS_USAGE, error));
        identity->trait[identity->n - 1].usual = option_is_usual(option, options);
    }
    return STATUS_OK;
}

static enum status add_data(
    struct identity *identity, const char *name, const struct loader *set, struct error *error)
{
    char text[160] = "none";
    if (set) {
        snprintf(text, sizeof text, "%" PRId64 " x %" PRId64 " with XXH3 %016" PRIx64,
            set->subset->size, set->dataset->features, rank_agreement_set_hash(set));
        TRY(dataset_check(set->dataset, STATUS_OK, error));
    }
    return add(identity, name, strdup(text), STATUS_BAD_DATA, error);
}

/* With these the rate of a step depends on the length of the run, which then must not change. */
static bool length_matters(enum schedule_kind kind)
{
    return kind == SCHEDULE_LINEAR || kind == SCHEDULE_POLYNOMIAL || kind == SCHEDULE_COSINE ||
           kind == SCHEDULE_ONE_CYCLE;
}

enum status identity_make(struct identity *identity, const struct options *options,
    const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    const struct job *job = &session->job;
    struct options record;
    char number[32];
    identity->n = 0;
    TRY(options_resolve(&record, options, session, error));
    if (plan->stages == 1) /* several stages: they follow from the batch sizes */
        record.slices = plan->stage[0].slices;
    TRY(add_options(identity, options, &record, error));
    TRY(add_data(identity, "the training data", &job->train, error));
    TRY(add_data(identity, "the validation data", job->validation, error));
    TRY(add_data(identity, "the test data", job->test, error));
    /* With one team both orders are the same. */
    bool ordered = job->settings.reduce == REDUCE_ORDERED || plan->teams == 1;
    TRY(add(identity, "the order of sums (--reduce)", strdup(ordered ? "ordered" : "allreduce"),
        STATUS_USAGE, error));
    if (!length_matters(job->run.schedule.kind))
        return STATUS_OK;
    snprintf(number, sizeof number, "%" PRId64, plan->total_steps);
    return add(identity, "the length, which the schedule goes by, in steps", strdup(number),
        STATUS_USAGE, error);
}

void identity_clear(struct identity *identity)
{
    for (int i = 0; i < identity->n; i++)
        free(identity->trait[i].value);
    identity->n = 0;
}
