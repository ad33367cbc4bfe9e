#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/shown.h"
#include "base/text.h"
#include "api/planning.h"
#include "options/training_settings.h"
#include "report/plan_explain.h"
#include "report/plan_explain_costs.h"
#include "report/plan_report.h"
#include "report/rows.h"
#include "report/team_lines.h"

/* --- output ----------------------------------------------------------------------------------- */

static void print_part(int64_t n, int64_t samples, const char *purpose)
{
    char part[32], all[32];
    if (n > 0)
        printf("%s of %s samples are for %s\n", text_grouped(n, part), text_grouped(samples, all),
            purpose);
}

/* Prints the data and the network. */
static void print_input(const struct planning *planning)
{
    const struct options *options = planning->options;
    const struct plan_input *input = &planning->input;
    const struct mlp *mlp = &input->figures.settings.mlp;
    char all[32], bytes[32], text[NETWORK_TEXT];
    if (options->samples == 0)
        printf("data %s: %s samples", SHOWN(options->data), text_grouped(input->samples, all));
    if (input->columns > 0 && input->columns != mlp->width[0])
        printf(", %s column%s, %s inputs", GROUPED(input->columns), input->columns == 1 ? "" : "s",
            GROUPED(mlp->width[0]));
    if (options->samples == 0)
        putchar('\n');
    print_part(input->split.validation, input->samples, "validation");
    print_part(input->split.test, input->samples, "test");
    if (input->figures.network)
        printf("network %s: %s parameters, %s\n", network_text(mlp, text),
            text_grouped(mlp->parameters, all), text_bytes(4.0 * (double)mlp->parameters, bytes));
}

/* Prints a note about each quantity that the figures omit, and the option that would add it. */
static void print_notes(const struct planning *planning)
{
    const struct options *options = planning->options;
    bool network = planning->input.figures.network, measured = options->measure;
    int teams = planning->report.run[0].plan.teams;
    bool shared = options->team.kind != TEAM_RANKS && planning->input.request.ranks > 1;
    const struct {
        bool shown;
        const char *text;
    } note[] = {
        {!network, "for memory and work, give --features F and --outputs K, or --data "
                   "without --samples"},
        {network && options->samples > 0, "data: counted as 32-bit floats"},
        {network && teams == 1, "messages: none; the ranks and threads of a team share memory"},
        {network && teams > 1 && options->reduce == REDUCE_ALLREDUCE,
            "messages: not counted; --reduce allreduce leaves them to MPI"},
        {measured || *options->figures, "times: training only, without evaluation and checkpoints"},
        {*planning->note, planning->note},
        {options->threads == 0 && !measured,
            "threads: one per rank is assumed; a run uses all cores, or --threads"},
        {shared && !measured && options->hosts == 1,
            "teams: all ranks are assumed to be on one machine; --hosts N spreads them over N "
            "machines"},
        {shared && !measured && options->team.kind == TEAM_NUMA,
            "--team numa: each machine is assumed to be one NUMA domain"},
    };
    putchar('\n');
    for (int i = 0; i < planning->merged.n; i++)
        printf("%s%s", i > 0 ? ", " : "B = ", GROUPED(planning->merged.item[i]));
    if (planning->merged.n > 0)
        puts(": also the whole training set, so without a row");
    for (size_t i = 0; i < sizeof note / sizeof *note; i++)
        if (note[i].shown)
            puts(note[i].text);
}

static void print_text(const struct planning *planning)
{
    const struct plan_report *report = &planning->report;
    print_input(planning);
    if (!planning->options->explain) {
        plan_report_print(stdout, report);
        print_notes(planning);
    }
    for (int i = 0; planning->options->explain && i < report->runs; i++) {
        fputs(i > 0 ? "\n" : "", stdout);
        plan_explain(stdout, &report->run[i].plan);
        plan_explain_costs(stdout, report->input, &report->run[i]);
    }
}

static enum status print_plan(const struct planning *planning, struct error *error)
{
    enum status status = STATUS_OK;
    if (planning->options->json)
        status = row_print(planning_json(planning), error);
    else if (planning->options->csv)
        plan_report_csv(stdout, &planning->report);
    else
        print_text(planning);
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(error, STATUS_IO, "cannot write the plan to stdout");
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct planning planning = {.options = options, .comm = options->measure ? comm : comm_self()};
    bool works = options->measure || comm->rank == 0;
    enum status status = works ? planning_make(&planning, error) : STATUS_OK;
    if (!status && comm->rank == 0)
        status = print_plan(&planning, error);
    planning_clear(&planning);
    return comm_agree(comm, status, error);
}

const struct command_row command_plan = {
    .arguments = "[options]",
    .summary = "effects of batch sizes, before a run: steps, tails, memory, messages",
    .help = "  lockstep plan --samples 10000 --batch 32,64 --epochs 5\n"
            "  lockstep plan --data fashion-mnist --val-split 0.1 --batch 32..8192 --ranks 4\n"
            "  lockstep plan --samples 10000 --batch 32 --epochs 5 --explain\n"
            "\n"
            "For a dry run, write plan in place of train in the command line of the run. Before\n"
            "the data exist, --samples N --features F --outputs K replace them. --max-steps N\n"
            "shows how many epochs N steps are, and how often a sample is visited. --measure adds\n"
            "times by training some steps at each batch size; --figures FILE takes them from the\n"
            "output of lockstep bench step --json. Times of one host are also predicted for more\n"
            "hosts, on a network of --bandwidth and --latency. Memory is that of the run, within\n"
            "a tenth; next to it is the memory needed to compute the whole batch at once.\n",
    .run = run,
};
