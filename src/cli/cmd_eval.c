#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/model_session.h"
#include "comm/threads.h"
#include "report/evaluation.h"
#include "report/rows.h"
#include "model/evaluate.h"

struct evaluation {
    struct evaluator *evaluator;
    struct metrics metrics;
    struct not_finite not_finite;
};

static void work(const struct worker *worker, void *argument)
{
    struct evaluation *evaluation = argument;
    struct metrics metrics = evaluator_run(evaluation->evaluator, worker, NULL);
    if (!worker_speaks(worker))
        return;
    evaluation->metrics = metrics;
    evaluation->not_finite = evaluator_not_finite(evaluation->evaluator);
}

static enum status print(const struct evaluation_report *report, bool as_json, struct error *error)
{
    struct json *json = evaluation_json(report);
    if (as_json)
        return row_print(json, error);
    evaluation_print(stdout, json);
    js_destroy(json);
    return STATUS_OK;
}

static enum status evaluate(struct model_session *session, struct class_metrics *class_metrics,
    struct evaluation *evaluation, struct comm *comm, struct error *error)
{
    const struct session_base *base = &session->base;
    TRY(evaluator_create(&evaluation->evaluator, &session->settings.criterion, &session->loader,
        &session->panels, &session->weights, session->settings.plan.threads, comm, error));
    TRY(evaluator_ask_class_metrics(evaluation->evaluator, class_metrics, error));
    TRY(team_run(base->teams, base->affinity.threads, work, evaluation, error));
    return comm_agree(comm, dataset_check(&session->data, STATUS_OK, error), error);
}

static enum status report(struct model_session *session, const struct options *options,
    struct class_metrics *class_metrics, struct comm *comm, struct error *error)
{
    struct evaluation evaluation = {.evaluator = NULL};
    struct not_finite *found = &evaluation.not_finite;
    char place[DATASET_PLACE];
    enum status status = evaluate(session, class_metrics, &evaluation, comm, error);
    evaluator_destroy(evaluation.evaluator);
    if (status)
        return status;
    if (found->samples > 0)
        return model_session_check_answers(session, session->data.name, session->data.samples,
            found->samples, dataset_place(&session->data, found->first, place), "", error);
    struct evaluation_report report = {
        session->path, session->data.name, &session->model, &evaluation.metrics, class_metrics};
    if (comm_rank(comm) == 0)
        status = print(&report, options->json, error);
    return comm_agree(comm, status, error);
}

static enum status read_and_report(struct model_session *session, const struct options *options,
    struct class_metrics *class_metrics, struct comm *comm, struct error *error)
{
    TRY(model_session_read(session, options, true, comm, error));
    const struct mlp *mlp = &session->model.mlp;
    enum status status =
        class_metrics_create(class_metrics, prediction_kind_of(session->model.criterion.kind),
            mlp->width[mlp->layers], (int)options->top_k, error);
    TRY(comm_agree(comm, status, error));
    return report(session, options, class_metrics, comm, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct model_session session;
    struct class_metrics class_metrics = {.of = NULL};
    TRY(model_session_open(&session, options, comm, error));
    enum status status = read_and_report(&session, options, &class_metrics, comm, error);
    class_metrics_clear(&class_metrics);
    model_session_close(&session);
    return status;
}

const struct command_row command_eval = {
    .arguments = "MODEL --data SOURCE [options]",
    .summary = "metrics of a model on data, as a table or JSON",
    .help =
        "  lockstep eval runs/first --data fashion-mnist\n"
        "  mpirun -n 2 lockstep eval model.safetensors --data held-out.csv --json\n"
        "\n"
        "Of a directory its test files are used, of synthetic data the test samples. The\n"
        "figures are the same bits on any ranks and threads: those of the run, if the data are\n"
        "its test data.\n",
    .run = run,
};
