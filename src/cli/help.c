#include "cli/help.h"

#include <string.h>

#include "options/option_table.h"

enum { WIDTH = 96, OPTION_INDENT = 26, WORD_INDENT = 20, LINE_MAX_LENGTH = 800 };

/* Words from column `indent` on, broken before WIDTH but not in brackets; `column` is where the
 * line stands. */
static void print_wrapped(FILE *file, const char *text, int indent, int column)
{
    while (*text) {
        size_t bracket = *text == '[' ? strcspn(text, "]") : 0;
        int length = (int)(bracket + strcspn(text + bracket, " "));
        if (column > indent && column + 1 + length > WIDTH) {
            fputc('\n', file);
            column = 0;
        }
        int blanks = column < indent ? indent - column : column > indent;
        fprintf(file, "%*s%.*s", blanks, "", length, text);
        column += blanks + length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', file);
}

static void append_note(char *out, size_t size, const char *before, const char *note)
{
    size_t used = strlen(out);
    if (note && *note)
        snprintf(out + used, size - used, "%s%s%s", used > 0 ? "; " : " [", before, note);
}

/* " [units; default 4; for step and scaling]": unit, default and which measurements use it. */
static void bracket_text(char *out, size_t size, const struct option *option, enum command command)
{
    char list[OPTION_LIST_TEXT];
    out[0] = '\0';
    append_note(out, size, "", option->unit);
    if (option->needed_by & (unsigned)command)
        append_note(out, size, "", "must be given");
    else
        append_note(out, size, "default ", option->fallback);
    if (command == COMMAND_BENCH)
        append_note(out, size, "for ", option_measurements(option, list));
    if (*out)
        strncat(out, "]", size - strlen(out) - 1);
}

static void print_option(FILE *file, const struct option *option, enum command command)
{
    char form[64], text[LINE_MAX_LENGTH], with[128] = "", bracket[128];
    option_form(option, form);
    int column = option->positional
                     ? fprintf(file, "  %s", form)
                     : fprintf(file, "  --%s%s%s", option->name, *form ? " " : "", form);
    if (column >= OPTION_INDENT) {
        fputc('\n', file);
        column = 0;
    }
    bracket_text(bracket, sizeof bracket, option, command);
    if (option->with)
        snprintf(with, sizeof with, " (with --%s%s%s)", option->with, option->when ? " " : "",
            option->when ? option->when : "");
    snprintf(text, sizeof text, "%s%s%s", option->help, with, bracket);
    print_wrapped(file, text, OPTION_INDENT, column);
}

static void print_groups(FILE *file, enum command command)
{
    for (int group = 0; group < N_GROUPS; group++) {
        bool titled = false;
        for (int i = 0; i < option_count; i++) {
            const struct option *option = &option_table[i];
            if ((int)option->group != group || !option_serves(option, command))
                continue;
            if (!titled)
                fprintf(file, "\n%s\n", option_group_name(option->group));
            titled = true;
            print_option(file, option, command);
        }
    }
}

/* What others say for our words, so that each finds them. */
static const struct {
    const char *word, *text;
} glossary[] = {
    {"batch",
        "B, the samples behind one optimizer step, over all ranks and threads together. Others: "
        "global batch, mini-batch, effective batch. It is never the batch of one rank"},
    {"local batch",
        "The rows of a batch that one rank computes; `plan` shows rows per team and per worker. "
        "Not an option: adding ranks leaves the batch, and so the model, as it is"},
    {"tail", "The smaller last batch of an epoch, N mod B samples. Kept, unless --drop-last"},
    {"epoch",
        "One visit of every training sample (those left after --val-split). Others: pass over "
        "the data"},
    {"step", "One update of the weights, counted from 1 over all epochs. Others: global step, "
             "optimization step, update; often iteration"},
    {"iteration",
        "The step within its epoch: `Iter [50/313]`. Others: batch number, `Batch [50/313]`"},
    {"steps per epoch",
        "ceil(N/B); floor(N/B) with --drop-last. Others: iterations per epoch, length "
        "of the data loader"},
    {"pass",
        "The rows in memory at once (--pass-rows, or --memory); several passes make one batch and "
        "one step. "
        "Others: micro-batch, gradient accumulation"},
    {"slice",
        "A fixed part of a batch (--slices), within which gradients are summed first. Slices are "
        "dealt to the teams"},
    {"rank",
        "One process of an MPI job: mpirun -n RANKS lockstep train ... Others: process, replica; "
        "often worker or node"},
    {"world size", "The number of ranks, MPI's size; a rank has several threads, so it is not the "
                   "number of cores"},
    {"worker",
        "One thread of a rank (--threads). In other programs: a process, or one that loads data"},
    {"node", "A machine; it may hold several ranks"},
    {"team", "The workers that share memory and compute on the same weights"},
    {"noise scale",
        "How many samples a batch needs until the noise in its gradient is no larger than the "
        "gradient (--noise-scale): the critical batch size of the moment. Larger batches save few "
        "steps"},
    {"critical batch", "E_min / S_min of steps = S_min + E_min / B: below it twice the batch takes "
                       "almost half the "
                       "steps, above it hardly fewer (`lockstep sweep`)"},
};

static void print_glossary(FILE *file)
{
    fputs("\nWords, and what others call them\n", file);
    for (size_t i = 0; i < sizeof glossary / sizeof *glossary; i++)
        print_wrapped(file, glossary[i].text, WORD_INDENT, fprintf(file, "  %s", glossary[i].word));
}

static const char general[] =
    "lockstep trains multilayer perceptrons on CPUs, data-parallel over MPI ranks and threads: "
    "for\n"
    "given data, options and seed the weights are the same bits on any number of them.\n"
    "\n"
    "  lockstep plan [options]    what a batch size means: steps, tails, rows; trains nothing\n"
    "  lockstep train [options]   trains; mpirun -n RANKS lockstep train ... on several ranks\n"
    "  lockstep sweep [options]   trains at several batch sizes: how large a batch still pays\n"
    "  lockstep info [--json]     build, kernel, ranks, threads and binding\n"
    "  lockstep bench WHAT        measures the machine and the program: peak, kernel, reduce, "
    "step, scaling\n"
    "  lockstep eval MODEL        how well a model does on --data: metrics as a table or JSON\n"
    "  lockstep predict MODEL     what it says of --data: classes, probabilities, values\n"
    "  lockstep report PATH...    one HTML page of runs, sweeps and measurements\n"
    "  lockstep help COMMAND      its options; also lockstep COMMAND --help\n"
    "  lockstep help words        what batch, step, epoch, rank ... mean here and elsewhere\n"
    "  lockstep --version\n"
    "\n"
    "For a start, 784-256-128-10 on Fashion-MNIST:\n"
    "\n"
    "  lockstep plan --batch 32..8192 --epochs 5\n"
    "  mpirun -n 2 lockstep train --batch 128 --epochs 5\n";

static const char train_head[] =
    "lockstep train [options]: trains a network\n"
    "\n"
    "  lockstep train --data fashion-mnist --hidden 256,128 --batch 128 --epochs 5\n"
    "  mpirun -n 4 lockstep train --data fashion-mnist --val-split 0.1 --threads 2\n"
    "  lockstep train --config runs/first/config.ini --out runs/again\n"
    "  lockstep train --resume runs/first --epochs 20\n";

static const char plan_head[] =
    "lockstep plan [options]: what batch sizes mean, before anything runs\n"
    "\n"
    "  lockstep plan --samples 10000 --batch 32,64 --epochs 5\n"
    "  lockstep plan --data fashion-mnist --val-split 0.1 --batch 32..8192 --ranks 4 --threads 2\n"
    "  lockstep plan --samples 10000 --batch 32 --epochs 5 --explain\n"
    "\n"
    "It takes the options of train too, so that `plan` in the place of `train` is a dry run.\n";

static const char sweep_head[] =
    "lockstep sweep --batch LIST --out DIR [options]: how large a batch still pays\n"
    "\n"
    "  lockstep sweep --data fashion-mnist --val-split 0.1 --batch 32..8192 --lr-grid 0.01..0.64 "
    "\\\n"
    "      --seeds 3 --target val_accuracy=0.87 --out runs/sweep\n"
    "  mpirun -n 2 lockstep sweep --data table.csv --val-split 0.2 --batch 16..1024 --lr 0.01 \\\n"
    "      --lr-scale sqrt --budget steps --max-steps 2000 --out runs/rule\n"
    "  lockstep report runs/sweep\n"
    "\n"
    "It trains at every batch size of --batch, with every rate of --lr-grid and, at the best of "
    "them,\n"
    "with --seeds seeds; all other options are those of train. DIR gets sweep.json, sweep.csv and "
    "a\n"
    "run's directory for each run. The same command goes on where it was stopped.\n";

static const char info_head[] =
    "lockstep info [--json]: build, kernel, ranks, threads and binding\n"
    "\n"
    "  mpirun -n 2 lockstep info\n";

static const char bench_head[] =
    "lockstep bench WHAT [options]: measures the machine and the program on it\n"
    "\n"
    "  lockstep bench peak       multiply-adds and bytes a second, of one core and of all workers\n"
    "  lockstep bench kernel     every kernel on one core, beside the peak; or the one of "
    "--kernel\n"
    "  mpirun -n 2 lockstep bench reduce\n"
    "                            the ordered sum against MPI_Allreduce, 4 KiB to 64 MiB\n"
    "  lockstep bench step --data fashion-mnist --hidden 512,256 --batch 32,128,1024\n"
    "                            training: samples/s, GFLOP/s, share of the peak and of the\n"
    "                            kernel alone, phases\n"
    "  mpirun -n 2 lockstep bench scaling --layouts 1x1,1x2,2x1 --batch 1024\n"
    "                            the same on ranks x threads: speed-up at a fixed batch, and at a\n"
    "                            fixed batch per worker, which is another model\n"
    "\n"
    "What is compared is measured in turn, and every figure is a median with its least and most.\n"
    "An option that a measurement makes no use of is refused on the command line, and passed over\n"
    "in the environment and in a config file. No run directory is made.\n";

static const char eval_head[] =
    "lockstep eval MODEL --data SOURCE [options]: how well a model does on data\n"
    "\n"
    "  lockstep eval runs/first --data fashion-mnist\n"
    "  mpirun -n 2 lockstep eval model.safetensors --data held-out.csv --json\n"
    "\n"
    "A directory gives its test files, synthetic data their test samples. The figures are the "
    "same\n"
    "bits on any ranks and threads: those that the run had, if the data are its test data.\n";

static const char predict_head[] =
    "lockstep predict MODEL --data SOURCE [options]: what a model says of data\n"
    "\n"
    "  lockstep predict runs/first --data new.csv > answers.csv\n"
    "  lockstep predict runs/first --data images-idx3-ubyte --format npy --out answers.npy\n"
    "  produce | lockstep predict runs/first --data - | consume\n"
    "\n"
    "Data need no labels. Where a model's inputs have names, a table with these in its header may\n"
    "have other columns too. --data - takes a table from standard input, and the name of a FIFO "
    "one\n"
    "from there, without mpirun, and answers as soon as 256 rows have come, or the end. If nobody\n"
    "reads the answers any more (| head), that is the end, and no failure.\n";

static const char report_head[] =
    "lockstep report DIR|FILE... [--out FILE]: runs, sweeps and measurements as one HTML page\n"
    "\n"
    "  lockstep report runs/first                  into runs/first/report.html\n"
    "  lockstep report runs --out all.html         every run in runs/\n"
    "  lockstep bench scaling --json > scaling.json; lockstep report runs/sweep scaling.json\n"
    "\n"
    "The page is one file that opens from a disk; nothing is fetched. A run that is still\n"
    "running, or was killed, is shown as far as it has logged.\n";

static const char sources[] =
    "\nEvery option may also be an environment variable (--val-split: LOCKSTEP_VAL_SPLIT) or a "
    "line of\n"
    "the --config file (val-split = 0.1). The command line comes before the environment, that "
    "before\n"
    "the file, that before the default. Flags are on or off there: drop-last = on.\n"
    "\n"
    "Exit codes: 0 done, 3 diverged, 64 wrong command line, 65 bad data, 66 no such input, 70 a "
    "bug,\n"
    "71 too little memory, threads or MPI, or weights that changed in memory, 73 cannot create a "
    "file,\n"
    "74 cannot read or write, 75 stopped by a signal or --stall-timeout (--resume continues from "
    "the\n"
    "newest checkpoint), 78 wrong config file.\n"
    "Open MPI's mpirun returns 1 once it gets SIGINT or SIGTERM, whatever lockstep returns. Send "
    "it\n"
    "SIGUSR1, which it passes on: it returns 75 then, as srun does. MPICH's mpiexec may return 0\n"
    "after any signal. stopped_by in summary.json is right under every launcher.\n";

static const char *head_of(enum command topic)
{
    switch (topic) {
    case COMMAND_TRAIN:
        return train_head;
    case COMMAND_PLAN:
        return plan_head;
    case COMMAND_BENCH:
        return bench_head;
    case COMMAND_SWEEP:
        return sweep_head;
    case COMMAND_INFO:
        return info_head;
    case COMMAND_EVAL:
        return eval_head;
    case COMMAND_PREDICT:
        return predict_head;
    case COMMAND_REPORT:
        return report_head;
    default:
        return general;
    }
}

void help_print(FILE *file, enum command topic)
{
    bool configurable = option_serves(option_find("config"), topic);
    if (topic != COMMAND_WORDS)
        fputs(head_of(topic), file);
    if (topic != COMMAND_NONE && topic < COMMAND_HELP)
        print_groups(file, topic);
    if (configurable)
        fputs(sources, file);
    if (configurable || topic == COMMAND_WORDS)
        print_glossary(file);
}
