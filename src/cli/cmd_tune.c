#include "cli/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/split.h"
#include "cli/tune_results.h"
#include "cli/tune_try.h"
#include "run/rank_agreement.h"

static const struct study study = {
    "tuning study", COMMAND_TUNE, OUT_TUNE, OF_TUNE, TUNE_JSON, tune_run_is_name};

/* --- a run ------------------------------------------------------------------------------------ */

static enum status do_run(struct tune *tune, int try, int part, int rung, struct error *error)
{
    struct study_runner *runner = &tune->runner;
    char name[TUNE_NAME], fold[TUNE_FOLD], directory[FILE_PATH_MAX];
    enum study_run_state state;
    int64_t limit = halving_steps(tune->total_steps[part], rung);
    TRY(study_runner_find(
        runner, tune_name(tune, try, part, name), &limit, directory, &state, error));
    struct options train = tune_run_options(tune, try, part, fold, directory);
    train.stop.give_up_steps = limit;
    if (state == STUDY_RUN_BEGUN)
        train.resume = train.out;
    if (state != STUDY_RUN_DONE)
        TRY(session_renew(&runner->session, &train, error));
    TRY(study_runner_train(runner, state, error));
    enum status status = STATUS_OK;
    if (runner->leads)
        status = tune_run_read(&tune->run[try * tune->parts + part], directory, &train.stop,
            tune->total_steps[part], error);
    return comm_agree(runner->comm, status, error);
}

/* Trains a try to the end of a rung, in all its parts. Collective. */
static enum status do_try(struct tune *tune, int try, int rung, struct error *error)
{
    const struct study_runner *runner = &tune->runner;
    enum status status = STATUS_OK;
    for (int part = 0; part < tune->parts; part++)
        TRY(do_run(tune, try, part, rung, error));
    tune->rung[try] = rung;
    if (runner->leads) {
        tune->score[try] = tune_score(tune, try, rung);
        status = tune_write(tune, error);
    }
    if (runner->prints)
        tune_print_try(tune, try, rung);
    return comm_agree(runner->comm, status, error);
}

/* Chooses the tries of the next rung: those that would be in it if the study had begun with this
 * number of tries, and those that have already begun it, when there were fewer. The latter take
 * nobody's place, so the best try is never worse for them. Rank 0 only. */
static void choose(struct tune *tune, int rung)
{
    struct halving halving = tune_halving(tune);
    halving.on = tune->due;
    halving_choose(tune->next, &halving);
    memcpy(tune->due, tune->next, (size_t)tune->n * sizeof *tune->due);
    for (int try = 0; try < tune->n; try++)
        for (int k = 0; k < tune->parts && tune->on[try]; k++)
            tune->next[try] |= tune_runs(tune, try)[k].last_rung > rung;
}

/* --- all tries -------------------------------------------------------------------------------- */

static enum status take_memory(struct tune *tune, struct error *error)
{
    size_t n = (size_t)tune->n, parts = (size_t)tune->parts;
    TRY(memory_take(&tune->total_steps, parts, sizeof *tune->total_steps, "the folds", error));
    TRY(memory_take(&tune->run, n * parts, sizeof *tune->run, "the runs", error));
    TRY(memory_take(&tune->score, n, sizeof *tune->score, "the tries", error));
    TRY(memory_take(&tune->on, n, sizeof *tune->on, "the tries", error));
    TRY(memory_take(&tune->due, n, sizeof *tune->due, "the tries", error));
    TRY(memory_take(&tune->next, n, sizeof *tune->next, "the tries", error));
    return memory_take(&tune->rung, n, sizeof *tune->rung, "the tries", error);
}

/* Refuses a run that has no evaluations at which to compare tries: the first two rungs must end at
 * different evaluations, before the last one. */
static enum status check_rungs(const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    const struct interval *every = &session->job.run.eval_every;
    int64_t total = plan->total_steps, steps = every->count;
    if (every->unit == EVAL_EPOCHS)
        steps = plan_steps_of(plan, steps);
    int64_t first = divide_up(halving_steps(total, 0), steps),
            second = divide_up(halving_steps(total, 1), steps);
    if (first < second && second * steps < total)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "lockstep tune compares its tries after 1/9 and 1/3 of a run, but a run has %" PRId64
        " steps and an evaluation every %" PRId64 "; give more --epochs, or --eval-every N",
        total, steps);
}

static enum status check_search(const struct tune *tune, struct error *error)
{
    bool any = false;
    for (int which = 0; which < N_SEARCHED; which++)
        any |= tune_searches(tune->runner.options, &tune->facts, (enum searched)which);
    return any ? STATUS_OK
               : fail(error, STATUS_USAGE,
                     "nothing to search: the options of --search (default: all) are given by this "
                     "command, or without effect on %s; omit --hidden, --lr or another one that it "
                     "gives",
                     tune->runner.session.train.name);
}

/* Prepares the session of each run of the first try: the first one reads the data. Collective. */
static enum status prepare(struct tune *tune, struct error *error)
{
    struct study_runner *runner = &tune->runner;
    struct session *session = &runner->session;
    char fold[TUNE_FOLD];
    TRY(comm_agree(runner->comm, take_memory(tune, error), error));
    struct options first = tune_run_options(tune, 0, 0, fold, runner->options->out);
    TRY(study_runner_prepare(runner, &first, error));
    tune->facts = session->facts;
    tune->data_xxh3 = study_runner_data_hash(runner);
    tune->metric = stop_watched(&runner->options->stop);
    enum status status = check_search(tune, error);
    if (!status)
        status = rank_agreement_check_data(&session->job, error);
    TRY(comm_agree(runner->comm, status, error));
    for (int k = 0; k < tune->parts; k++) {
        first = tune_run_options(tune, 0, k, fold, runner->options->out);
        if (k > 0)
            TRY(session_renew(session, &first, error));
        TRY(comm_agree(runner->comm, check_rungs(session, error), error));
        tune->total_steps[k] = session->job.settings.plan.total_steps;
    }
    return STATUS_OK;
}

/* Trains all tries of a rung, and chooses those of the next. Collective. */
static enum status do_rung(struct tune *tune, int rung, struct error *error)
{
    struct study_runner *runner = &tune->runner;
    size_t n = (size_t)tune->n;
    for (int try = 0; try < tune->n; try++)
        if (tune->on[try])
            TRY(do_try(tune, try, rung, error));
    if (rung == HALVING_RUNGS - 1)
        return STATUS_OK;
    if (runner->leads)
        choose(tune, rung);
    comm_broadcast(runner->comm, tune->next, n * sizeof *tune->next);
    memcpy(tune->on, tune->next, n * sizeof *tune->on);
    return STATUS_OK;
}

static enum status do_all(struct tune *tune, struct error *error)
{
    struct study_runner *runner = &tune->runner;
    enum status status = STATUS_OK;
    TRY(prepare(tune, error));
    if (runner->leads)
        status = study_runner_begin(runner, tune->data_xxh3, error);
    TRY(comm_agree(runner->comm, status, error));
    for (int try = 0; try < tune->n; try++)
        tune->on[try] = tune->due[try] = true;
    for (int rung = 0; rung < HALVING_RUNGS && !status; rung++)
        status = do_rung(tune, rung, error);
    TRY(study_runner_result(runner, status, error));
    return comm_agree(runner->comm, runner->leads ? tune_finish(tune, error) : STATUS_OK, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct tune tune = {
        .n = (int)options->tries, .parts = options->folds > 0 ? (int)options->folds : 1};
    study_runner_init(&tune.runner, &study, options, invocation, comm);
    enum status status = do_all(&tune, error);
    study_runner_close(&tune.runner);
    free(tune.total_steps);
    free(tune.run);
    free(tune.score);
    free(tune.on);
    free(tune.due);
    free(tune.next);
    free(tune.rung);
    return status;
}

const struct command_row command_tune = {
    .arguments = "N --out DIR [options]",
    .summary = "search for the best options: N tries, the worse ones of which end early",
    .help =
        "  lockstep tune 50 --data table.csv --preset table --out runs/tuned\n"
        "  mpirun -n 2 lockstep tune 100 --data table.csv --preset table --folds 5 --lr 0.002 \\\n"
        "      --out runs/tuned\n"
        "  lockstep predict runs/tuned --data new.csv\n"
        "\n"
        "Each of these options that is not given, by a flag, a variable or --config, is searched "
        "at\n"
        "random; all others keep their values, also those of a --preset:\n"
        "\n"
        "  hidden           1 to 4 layers of one width, 32 to 512 in multiples of 16\n"
        "  lr               from a tenth to ten times its default\n"
        "  dropout          0, or up to 0.5\n"
        "  weight-decay     0, or 1e-4 to 1 (adamw, lion), 1e-6 to 1e-2 (other optimizers)\n"
        "  encode           none or piecewise, for tables\n"
        "  bins             8 to 64, with piecewise\n"
        "  scale            standard, robust or quantile, without piecewise\n"
        "\n"
        "Widths, rates, weight decays and bins are log-uniform. Try 1 has the options as they "
        "are.\n"
        "What a try draws depends on --seed and its number alone.\n"
        "\n"
        "The score is the best value of the metric of --early-stop, or of val_loss, on the same\n"
        "validation samples for all tries; test samples never choose. All tries are trained for\n"
        "1/9 of their steps, the best third of them to 1/3, and the best third of these, and try "
        "1,\n"
        "to the end: each along the schedule of its whole length.\n"
        "\n"
        "Writes tune.json, tune.csv, best.ini (for train --config), the model of the best try, "
        "and\n"
        "a directory for each run into DIR. The same command continues a study that was stopped;\n"
        "with a larger N it adds tries, and trains each at least as far as with that N from the\n"
        "start. Tries that had come further with the smaller N stay in the study, so its best try\n"
        "is as good or better, but may be another. --noise-scale is off unless given.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
