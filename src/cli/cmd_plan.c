#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "data/source.h"
#include "report/plan_table.h"

/* The samples that the plan is about, before the split. */
static enum status count_samples(
    const struct options *options, int64_t *samples, struct error *error)
{
    if (options->samples > 0) {
        *samples = options->samples;
        return STATUS_OK;
    }
    struct dataset train = {0}, test = {0};
    enum status status = source_read_train(options->data, &train, &test, error);
    *samples = train.samples;
    dataset_clear(&train);
    dataset_clear(&test);
    return status;
}

static enum status make_plans(const struct options *options, int64_t samples,
    struct plan plan[OPTION_LIST_MAX], struct error *error)
{
    struct plan_request request = {
        .samples = samples,
        .epochs = options->epochs,
        .max_steps = options->max_steps,
        .drop_last = options->drop_last,
        .slices = options->slices,
        .teams = (int)options->ranks,
        .threads = options->threads > 0 ? (int)options->threads : 1,
    };
    enum status status = STATUS_OK;
    for (int i = 0; i < options->batch.n && !status; i++) {
        request.batch = options->batch.item[i];
        status = plan_make(&plan[i], &request, error);
    }
    return status;
}

static enum status print_json(const struct options *options, const struct plan *plan,
    int64_t samples, int64_t n_validation, struct error *error)
{
    struct json *report = js_object();
    js_set_text(report, "data", options->samples > 0 ? NULL : options->data);
    js_set_int(report, "samples", samples);
    js_set_int(report, "val_samples", n_validation);
    js_set_int(report, "train_samples", samples - n_validation);
    js_set(report, "plans", plan_json(plan, options->batch.n));
    char *text = js_text(report, true);
    js_destroy(report);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the plan as JSON");
    puts(text);
    free(text);
    return STATUS_OK;
}

static void print_split(const struct options *options, int64_t samples, int64_t n_validation)
{
    char all[32], validation[32];
    if (options->samples == 0)
        printf("data %s: %s samples\n", options->data, text_grouped(samples, all));
    if (n_validation > 0)
        printf("of %s samples %s are for validation\n", text_grouped(samples, all),
            text_grouped(n_validation, validation));
}

static void print_text(
    const struct options *options, const struct plan *plan, int64_t samples, int64_t n_validation)
{
    print_split(options, samples, n_validation);
    if (!options->explain) {
        plan_table_print(stdout, plan, options->batch.n);
        if (options->threads == 0)
            puts("threads: counted as one a rank; a run takes the cores it finds, or --threads");
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
    int64_t samples, n_validation;
    enum status status = count_samples(options, &samples, error);
    if (!status)
        status = options_split(options, samples, &n_validation, error);
    if (!status)
        status = make_plans(options, samples - n_validation, plan, error);
    if (status)
        return status;
    if (options->json)
        status = print_json(options, plan, samples, n_validation, error);
    else
        print_text(options, plan, samples, n_validation);
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(error, STATUS_IO, "cannot write the plan to stdout");
    return status;
}
