#include "cli/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "options/benchmark_options.h"
#include "api/session.h"

static enum status measure_steps(struct bench *bench, struct session *session, struct error *error)
{
    const struct int_list *batch = &bench->options->batch;
    struct step_row row[OPTION_LIST_MAX];
    struct step_report report = {.row = row};
    enum status status = measure_step(&report, &session->job, session->base.teams, batch->item,
        batch->n, bench->head.repetitions, error);
    if (!bench_ends(bench, status))
        return status;
    return bench_report(bench, bench_step_json(&report, bench->options->data), error);
}

/* --- scaling ------------------------------------------------------------------------------- */

/* Where ranks are bound anew, their present masks do not say how many threads they may have. */
static struct layout_list layouts_of(const struct bench *bench)
{
    struct layout_list list = bench->options->layouts;
    const struct affinity *affinity = &bench->affinity;
    bool rebinds = bench->options->bind == BIND_AUTO && bench->options->threads == 0;
    int cores = affinity->machine_cores, share = cores / comm_local_size(bench->comm);
    if (list.n == 0 && rebinds)
        scaling_default_layouts(&list, comm_size(bench->comm), cores, share > 1 ? share : 1);
    else if (list.n == 0)
        scaling_default_layouts(
            &list, comm_size(bench->comm), affinity->threads, affinity->threads);
    return list;
}

static enum status measure_layouts(
    struct bench *bench, struct session *session, struct error *error)
{
    const struct int_list *batch = &bench->options->batch;
    struct scaling_report report = {.row = NULL};
    struct layout_list list = layouts_of(bench);
    comm_broadcast(bench->comm, &list, sizeof list); /* hosts may differ */
    enum status status = comm_agree(bench->comm,
        memory_take(&report.row, (size_t)scaling_rows(batch->n, list.n), sizeof *report.row,
            "the rows", error),
        error);
    if (!status)
        status = measure_scaling(&report, &session->job, session->base.teams, batch->item, batch->n,
            &list, bench->options->bind == BIND_AUTO, bench->head.repetitions, error);
    if (bench_ends(bench, status))
        status = bench_report(bench, bench_scaling_json(&report, bench->options->data), error);
    free(report.row);
    return status;
}

/* --- both ---------------------------------------------------------------------------------- */

typedef enum status measurement(struct bench *bench, struct session *session, struct error *error);

static enum status with_session(struct bench *bench, measurement *measure, struct error *error)
{
    struct options run = benchmark_options(bench->options);
    struct session session;
    enum status status = session_prepare(&session, &run, bench->comm, error);
    if (status)
        return status;
    if (bench->speaks)
        session_base_print_notes(stderr, &session.base);
    status = measure(bench, &session, error);
    session_clear(&session);
    return status;
}

enum status bench_step(struct bench *bench, struct error *error)
{
    return with_session(bench, measure_steps, error);
}

enum status bench_scaling(struct bench *bench, struct error *error)
{
    return with_session(bench, measure_layouts, error);
}
