#include "api/resumption.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "api/run_directory.h"
#include "options/option_rules.h"
#include "options/option_value.h"
#include "options/resume_place.h"
#include "report/rows.h"
#include "run/rank_agreement.h"
#include "run/run_reader.h"

/* --- the identity of a run ------------------------------------------------------------------ */

/* Adds a trait. Takes ownership of `value`, which must have been allocated with malloc(). */
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
    trait->same = NULL;
    trait->cure = NULL;
    return STATUS_OK;
}

/* Compares by value, since older versions wrote some values differently. An automatic value can only
 * come from lockstep 0.1, since later versions write the value that was chosen. */
static bool same_option(const char *name, const char *one, const char *other)
{
    const struct option *option = option_find(name + strlen("--"));
    bool former = option->former_auto && strcmp(one, "auto") == 0;
    return option_same_value(option, former ? option->former_auto : one, other);
}

/* Adds the options that must not change. `record` has the resolved values, and `options` has the
 * values as given. */
static enum status add_options(struct identity *identity, const struct options *options,
    const struct options *record, struct error *error)
{
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char name[48], *value;
        if (!option_serves(option, COMMAND_TRAIN) || !option_is_fixed_on_resume(option))
            continue;
        snprintf(name, sizeof name, "--%.40s", option->name);
        TRY(option_text(&value, option, record, error));
        TRY(add(identity, name, value, STATUS_USAGE, error));
        struct trait *trait = &identity->trait[identity->n - 1];
        trait->usual = option->former ? strcmp(trait->value, option->former) == 0
                                      : option_is_default(option, options);
        trait->same = same_option;
    }
    return STATUS_OK;
}

static enum status add_data(
    struct identity *identity, const char *name, const struct loader *set, struct error *error)
{
    char text[160] = "none";
    if (set) {
        snprintf(text, sizeof text, "%" PRId64 " x %" PRId64 " with XXH3 %016" PRIx64,
            set->subset->size, set->dataset->features, rank_agreement_set_hash(set, 0));
        TRY(dataset_check(set->dataset, STATUS_OK, error));
    }
    return add(identity, name, strdup(text), STATUS_BAD_DATA, error);
}

/* True if the rate of a step depends on the length of the run. That length must then not change. */
static bool length_matters(enum schedule_kind kind)
{
    return kind == SCHEDULE_LINEAR || kind == SCHEDULE_POLYNOMIAL || kind == SCHEDULE_COSINE ||
           kind == SCHEDULE_ONE_CYCLE;
}

/* Collects every option that must not change when a run is resumed (option_is_fixed_on_resume()),
 * with its resolved value, and the fingerprints of the data. */
static enum status identity_make(struct identity *identity, const struct options *options,
    const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    const struct job *job = &session->job;
    struct options record;
    char number[32];
    identity->n = 0;
    TRY(options_resolve(&record, options, session, error));
    if (plan->stages == 1) /* with more, the slices follow from the batch sizes */
        record.slices = plan->stage[0].slices;
    TRY(add_options(identity, options, &record, error));
    TRY(add_data(identity, "the training data", &job->train, error));
    TRY(add_data(identity, "the validation data", job->validation, error));
    TRY(add_data(identity, "the test data", job->test, error));
    /* With one team, --reduce ordered and allreduce give the same sums. */
    bool ordered = job->settings.reduce == REDUCE_ORDERED || plan->teams == 1;
    TRY(add(identity, "the order of sums (--reduce)", strdup(ordered ? "ordered" : "allreduce"),
        STATUS_USAGE, error));
    if (!length_matters(job->run.schedule.kind))
        return STATUS_OK;
    snprintf(number, sizeof number, "%" PRId64, plan->total_steps);
    TRY(add(identity, "the length, which the schedule goes by, in steps", strdup(number),
        STATUS_USAGE, error));
    identity->trait[identity->n - 1].cure =
        "; a run whose rate depends on its length cannot be extended: begin a new one with "
        "--init-from MODEL, or, to extend runs later, with --schedule constant";
    return STATUS_OK;
}

/* --- the state to resume from --------------------------------------------------------------- */

/* Adds how a run without checkpoints ended, and what can be done with it. */
static void add_ending(const char *run, struct error *error)
{
    struct json *summary;
    struct error ignored;
    run_read_summary(run, &summary, &ignored);
    const char *reason = row_text(summary, "stopped_by");
    if (reason)
        text_append(error->text, sizeof error->text,
            "; the run ended after step %" PRId64 ", stopped by %s, without one "
            "(--checkpoint-every): %s",
            run_int(summary, "steps_done"), SHOWN(reason),
            strcmp(reason, stop_reason_name(STOP_DIVERGED)) == 0
                ? "begin it again, with a smaller --lr and --overwrite"
                : "begin a new one from its weights, with --init-from");
    js_destroy(summary);
}

static enum status find(
    struct resumption *resumption, const struct resume_place *place, struct error *error)
{
    enum { REPORT = 4000 };
    char report[REPORT], *line, *save = NULL;
    if (place->checkpoint[0]) {
        memcpy(resumption->path, place->checkpoint, sizeof resumption->path);
        return checkpoint_check(resumption->path, error);
    }
    enum status status =
        checkpoint_find(place->run, resumption->path, report, sizeof report, error);
    if (status == STATUS_NO_INPUT)
        add_ending(place->run, error);
    for (line = strtok_r(report, "\n", &save); !status && line; line = strtok_r(NULL, "\n", &save))
        fprintf(stderr, "lockstep: warning: %s; an earlier checkpoint is used\n", line);
    return status;
}

/* True if a run that has ended has written its results. A signal or crash may prevent that. */
static bool has_results(const struct resume_place *place, enum stop_reason reason, int64_t step)
{
    struct json *summary;
    struct error ignored;
    run_read_summary(place->run, &summary, &ignored);
    bool same = row_is(summary, "stopped_by", stop_reason_name(reason)) &&
                run_int(summary, "steps_done") == step;
    js_destroy(summary);
    return same;
}

/* Finds the checkpoint and reads the state from it. Rank 0 only. */
static enum status read_start(struct resumption *resumption, const char *directory,
    struct session *session, struct error *error)
{
    const struct settings *settings = &session->job.settings;
    struct checkpoint *start = &resumption->start;
    struct resume_place place = resume_place_of(directory);
    enum stop_reason reason;
    TRY(find(resumption, &place, error));
    TRY(checkpoint_read(resumption->path, settings, &resumption->identity, start, error));
    if (start->state.step > settings->plan.total_steps)
        return fail(error, STATUS_USAGE,
            "--resume %s: %s is past the end of the run, which is at step %lld by --epochs and "
            "--max-steps",
            directory, resumption->path, (long long)settings->plan.total_steps);
    if (!stop_is_over(&session->job.run.stop, &settings->plan, &start->state, &reason) ||
        !has_results(&place, reason, start->state.step))
        return STATUS_OK;
    resumption->nothing_left = true;
    printf("nothing left to do: the run in %s ended at step %lld, stopped by %s\n",
        SHOWN(place.run), (long long)start->state.step, stop_reason_name(reason));
    return STATUS_OK;
}

/* Rank 0 only. */
static enum status prepare(struct resumption *resumption, const struct options *options,
    struct session *session, struct error *error)
{
    TRY(identity_make(&resumption->identity, options, session, error));
    return resumption->resumes ? read_start(resumption, options->resume, session, error)
                               : STATUS_OK;
}

enum status resumption_prepare(
    struct resumption *resumption, struct session *session, struct error *error)
{
    const struct options *options = &session->options;
    struct teams *teams = session->base.teams;
    struct comm *comm = teams->comm;
    bool leads = comm->rank == 0;
    *resumption = (struct resumption){
        .resumes = resume_wanted(options), .start.weights = session->job.parameters};
    TRY(comm_agree(comm, leads ? prepare(resumption, options, session, error) : STATUS_OK, error));
    if (!resumption->resumes)
        return STATUS_OK;
    comm_broadcast(comm, &resumption->nothing_left, sizeof resumption->nothing_left);
    return checkpoint_share(&resumption->start, &session->job.settings, teams, error);
}

void resumption_clear(struct resumption *resumption)
{
    for (int i = 0; i < resumption->identity.n; i++)
        free(resumption->identity.trait[i].value);
    resumption->identity.n = 0;
    checkpoint_drop_arrays(&resumption->start);
}
