#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/model_session.h"
#include "comm/threads.h"
#include "report/evaluation.h"
#include "report/rows.h"
#include "model/evaluate.h"

struct evaluation {
    struct model_session session;
    struct evaluator *evaluator;
    struct evaluation_result result;
};

static void work(const struct worker *worker, void *argument)
{
    struct evaluation *evaluation = argument;
    struct metrics metrics = evaluator_run(evaluation->evaluator, worker, NULL);
    if (worker_speaks(worker))
        evaluation->result.metrics = metrics;
}

/* Compares the model with its baseline, if the model's file has it. */
static enum status compare(struct evaluation *evaluation, struct error *error)
{
    const struct model_session *session = &evaluation->session;
    const struct model *model = &session->model;
    struct evaluation_result *result = &evaluation->result;
    struct model_on_set on_set = {&model->mlp, &model->criterion, &session->settings.kernel,
        model->parameters, &session->loader};
    result->baseline = metrics_none();
    if (model->baseline)
        TRY(baseline_evaluate(
            &result->baseline, model->baseline, &model->criterion, &session->loader, error));
    return comparison_of_model(
        &result->comparison, &on_set, &result->metrics, &result->baseline, error);
}

static enum status print(const struct evaluation *evaluation, bool as_json, struct error *error)
{
    const struct model_session *session = &evaluation->session;
    struct json *json =
        evaluation_json(session->path, &session->model, session->data.name, &evaluation->result);
    if (as_json)
        return row_print(json, error);
    evaluation_print(stdout, json, &session->model, &evaluation->result);
    js_destroy(json);
    return STATUS_OK;
}

/* Reads the model and the data, and prepares their evaluation. Collective. */
static enum status prepare(struct evaluation *evaluation, const struct options *options,
    struct comm *comm, struct error *error)
{
    struct model_session *session = &evaluation->session;
    struct class_metrics *class_metrics = &evaluation->result.class_metrics;
    TRY(model_session_open(session, options, comm, error));
    TRY(model_session_read(session, options, true, comm, error));
    TRY(subset_check_weights(session->loader.subset, &session->data, "evaluated", error));
    const struct mlp *mlp = &session->model.mlp;
    enum status status =
        class_metrics_create(class_metrics, prediction_kind_of(session->model.criterion.kind),
            mlp->width[mlp->layers], (int)options->top_k, error);
    TRY(comm_agree(comm, status, error));
    return evaluator_create(&evaluation->evaluator, &session->settings.criterion, &session->loader,
        &session->panels, &session->weights, session->settings.plan.threads, comm, class_metrics,
        error);
}

/* Evaluates the model and prints the metrics. */
static enum status evaluate(struct evaluation *evaluation, const struct options *options,
    struct comm *comm, struct error *error)
{
    struct model_session *session = &evaluation->session;
    const struct dataset *data = &session->data;
    const struct not_finite *found = &evaluation->result.class_metrics.not_finite;
    char place[DATASET_PLACE];
    TRY(prepare(evaluation, options, comm, error));
    TRY(team_run(session->base.teams, session->base.affinity.threads, work, evaluation, error));
    TRY(comm_agree(comm, dataset_check(data, STATUS_OK, error), error));
    if (found->samples > 0)
        TRY(model_session_check_predictions(session, data->name, data->samples, found->samples,
            dataset_place(data, found->first, place), "", error));
    bool leads = comm->rank == 0;
    TRY(comm_agree(comm, leads ? compare(evaluation, error) : STATUS_OK, error));
    return comm_agree(comm, leads ? print(evaluation, options->json, error) : STATUS_OK, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct evaluation evaluation = {.evaluator = NULL};
    enum status status = evaluate(&evaluation, options, comm, error);
    evaluator_destroy(evaluation.evaluator);
    class_metrics_clear(&evaluation.result.class_metrics);
    model_session_close(&evaluation.session);
    return status;
}

const struct command_row command_eval = {
    .arguments = "MODEL --data SOURCE [options]",
    .summary = "metrics of a model on data, as a table or JSON",
    .help =
        "  lockstep eval runs/first --data fashion-mnist\n"
        "  mpirun -n 2 lockstep eval model.safetensors --data held-out.csv --json\n"
        "\n"
        "In a directory eval uses the test files, in synthetic data the test samples. The figures\n"
        "are bit-identical on any number of ranks and threads, and equal those of the run if the\n"
        "data are its test data.\n",
    .run = run,
};
