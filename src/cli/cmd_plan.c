#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/recipe.h"
#include "cli/session.h"
#include "net/cost.h"
#include "report/plan_table.h"
#include "report/recipe_lines.h"
#include "report/team_lines.h"

/* What the plan is about. */
struct subject {
    int64_t samples, n_validation; /* before the split; taken out by it */
    struct mlp mlp;                /* layers 0: no data were read, so there is no network */
};

/* With --samples nothing is read. Else all is read and prepared as `train` would, so that what
 * train would refuse is refused here. */
static enum status find_subject(
    const struct options *options, struct subject *subject, struct error *error)
{
    *subject = (struct subject){.samples = options->samples};
    if (options->samples > 0)
        return options_split(options, subject->samples, &subject->n_validation, error);
    struct session session;
    enum status status = session_prepare(&session, options, comm_self(), error);
    if (status)
        return status;
    subject->samples = session.train.samples;
    subject->n_validation = session.train.samples - session.train_part.size;
    subject->mlp = session.job.settings.mlp;
    session_clear(&session);
    return STATUS_OK;
}

/* The ranks as those of one machine. */
static enum status make_plans(const struct options *options, const struct subject *subject,
    struct plan plan[OPTION_LIST_MAX], struct schedule schedule[OPTION_LIST_MAX],
    struct error *error)
{
    struct plan_request request = {
        .samples = subject->samples - subject->n_validation,
        .sample_flops = cost_train_flops(&subject->mlp),
        .epochs = options->epochs,
        .max_steps = options->max_steps,
        .drop_last = options->drop_last,
        .slices = options->slices,
        .threads = options->threads > 0 ? (int)options->threads : 1,
        .ranks = (int)options->ranks,
        .team_ranks = teams_width((int)options->ranks, options->team),
    };
    recipe_batches(options, &request);
    request.teams = (int)divide_up(request.ranks, request.team_ranks);
    enum status status = STATUS_OK;
    for (int i = 0; i < options->batch.n && !status; i++) {
        request.batch = options->batch.item[i];
        status = plan_make(&plan[i], &request, error);
        if (!status)
            status = recipe_schedule(options, &plan[i], &schedule[i], error);
    }
    return status;
}

static enum status print_json(const struct options *options, const struct plan *plan,
    const struct schedule *schedule, const struct subject *subject, struct error *error)
{
    int64_t samples = subject->samples, n_validation = subject->n_validation;
    struct json *report = js_object();
    js_set_text(report, "data", options->samples > 0 ? NULL : options->data);
    js_set_int(report, "samples", samples);
    js_set_int(report, "val_samples", n_validation);
    js_set_int(report, "train_samples", samples - n_validation);
    team_set_json(report, "team", options->team);
    js_set(report, "plans", plan_json(plan, schedule, options->batch.n));
    char *text = js_text(report, true);
    js_destroy(report);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the plan as JSON");
    puts(text);
    free(text);
    return STATUS_OK;
}

static void print_subject(const struct options *options, const struct subject *subject)
{
    char all[32], validation[32], bytes[32];
    const struct mlp *mlp = &subject->mlp;
    if (options->samples == 0)
        printf("data %s: %s samples\n", options->data, text_grouped(subject->samples, all));
    if (subject->n_validation > 0)
        printf("of %s samples %s are for validation\n", text_grouped(subject->samples, all),
            text_grouped(subject->n_validation, validation));
    if (mlp->layers == 0)
        return;
    printf("network ");
    for (int l = 0; l <= mlp->layers; l++)
        printf(l ? "-%" PRId64 : "%" PRId64, mlp->width[l]);
    printf(": %s parameters, %s\n", text_grouped(mlp->parameters, all),
        text_bytes(4.0 * (double)mlp->parameters, bytes));
}

static void print_teams(struct team_request request)
{
    if (request.kind == TEAM_RANKS)
        return;
    puts("teams: all ranks counted as those of one machine; on several, each has teams of its own");
    if (request.kind == TEAM_NUMA)
        puts("--team numa: counted as if it were one NUMA domain");
}

/* Nothing where every batch size has the one rate of --lr. */
static void print_rates(
    const struct options *options, const struct plan *plan, const struct schedule *schedule)
{
    char rate[400], batch[32];
    if (options->schedule == SCHEDULE_CONSTANT && options->lr_scale == LR_SCALE_NONE &&
        schedule->warmup == 0)
        return;
    for (int i = 0; i < options->batch.n; i++) {
        recipe_rate_text(&schedule[i], rate, sizeof rate);
        printf("batch %s: learning rate %s\n", text_grouped(plan[i].stage[0].batch, batch), rate);
    }
}

static void print_text(const struct options *options, const struct plan *plan,
    const struct schedule *schedule, const struct subject *subject)
{
    print_subject(options, subject);
    if (!options->explain) {
        plan_table_print(stdout, plan, options->batch.n);
        print_rates(options, plan, schedule);
        if (options->threads == 0)
            puts("threads: counted as one a rank; a run takes the cores it finds, or --threads");
        if (options->ranks > 1)
            print_teams(options->team);
        return;
    }
    for (int i = 0; i < options->batch.n; i++) {
        if (i > 0)
            putchar('\n');
        plan_explain(stdout, &plan[i]);
    }
}

enum status command_plan(const struct options *options, struct error *error)
{
    struct plan plan[OPTION_LIST_MAX];
    struct schedule schedule[OPTION_LIST_MAX];
    struct subject subject;
    enum status status = find_subject(options, &subject, error);
    if (!status)
        status = make_plans(options, &subject, plan, schedule, error);
    if (status)
        return status;
    if (options->json)
        status = print_json(options, plan, schedule, &subject, error);
    else
        print_text(options, plan, schedule, &subject);
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(error, STATUS_IO, "cannot write the plan to stdout");
    return status;
}
