#include "cli/option_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/spread.h"
#include "base/text.h"

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define AT(member) offsetof(struct options, member)
#define MOST_SAMPLES (INT64_C(1) << 62)

enum {
    BOTH = COMMAND_TRAIN | COMMAND_PLAN,
    RUNS = BOTH | COMMAND_BENCH,
    ALL = RUNS | COMMAND_INFO,
    MOST_THREADS = 4096,
    MOST_RANKS = 1 << 24,
    MOST_WIDTH = 1 << 30,
    MOST_SLICES = 1 << 24,
};

/* Measurements of bench, for `measures`. */
enum {
    PEAK = 1 << BENCH_PEAK,
    KERNEL = 1 << BENCH_KERNEL,
    REDUCE = 1 << BENCH_REDUCE,
    SCALING = 1 << BENCH_SCALING,
    TRAINING = 1 << BENCH_STEP | SCALING,
};

/* clang-format off */
const struct option option_table[] = {
    {.name = "data", .kind = KIND_TEXT, .group = GROUP_DATA, .commands = RUNS, .measures = TRAINING,
     .offset = AT(data), .fallback = "fashion-mnist", .value = "SOURCE",
     .loose = true,
     .help = "Training data: fashion-mnist, a directory of IDX files, IMAGES,LABELS, or "
             "synthetic:samples=1000,features=10,classes=2,labels=random"},
    {.name = "val-data", .kind = KIND_TEXT, .group = GROUP_DATA, .commands = BOTH,
     .offset = AT(val_data), .value = "SOURCE", .loose = true,
     .help = "Validation data of their own"},
    {.name = "test-data", .kind = KIND_TEXT, .group = GROUP_DATA, .commands = BOTH,
     .offset = AT(test_data), .value = "SOURCE",
     .loose = true,
     .help = "Test data, in place of those that come with --data"},
    {.name = "val-split", .kind = KIND_SPLIT, .group = GROUP_DATA, .commands = BOTH,
     .offset = AT(val_split), .fallback = "0", .value = "F|N", .unit = "samples",
     .most = MOST_SAMPLES,
     .help = "Validation samples taken out of the training data, drawn by --seed: a fraction as "
             "0.1, or a count"},
    {.name = "scale", .kind = KIND_CHOICE, .group = GROUP_DATA, .commands = RUNS,
     .measures = TRAINING, .offset = AT(scale), .fallback = "auto",
     .words = WORDS("auto", "none", "unit", "standard"),
     .help = "Scaling of the inputs, fitted on the training samples: unit is [0, 1], standard is "
             "mean 0 and variance 1, auto is unit for bytes and none for floats"},
    {.name = "shuffle", .kind = KIND_SWITCH, .group = GROUP_DATA, .commands = RUNS,
     .measures = TRAINING, .offset = AT(shuffle), .fallback = "on", .value = "on|off",
     .help = "A new order of the samples in every epoch, by --seed"},

    {.name = "hidden", .kind = KIND_WIDTHS, .group = GROUP_NETWORK, .commands = RUNS,
     .measures = TRAINING, .offset = AT(hidden), .fallback = "256,128", .value = "N,N,...|none",
     .unit = "units", .least = 1, .most = MOST_WIDTH, .words = WORDS("none"),
     .help = "Widths of the hidden layers; none is a linear model"},
    {.name = "activation", .kind = KIND_NAME, .group = GROUP_NETWORK, .commands = RUNS,
     .measures = TRAINING, .offset = AT(activation), .fallback = "relu", .words = WORDS("relu"),
     .help = "After each hidden layer"},
    {.name = "loss", .kind = KIND_CHOICE, .group = GROUP_NETWORK, .commands = RUNS,
     .measures = TRAINING, .offset = AT(loss), .fallback = "auto",
     .words = WORDS("auto", "cross-entropy", "mse"),
     .help = "Softmax cross-entropy for classes, mean squared error for targets; auto asks "
             "the data"},
    {.name = "init", .kind = KIND_CHOICE, .group = GROUP_NETWORK, .commands = RUNS,
     .measures = TRAINING, .offset = AT(init), .fallback = "he", .words = WORDS("he", "pytorch"),
     .help = "Initial weights: He's for relu, or torch.nn.Linear's default"},
    {.name = "init-from", .kind = KIND_TEXT, .group = GROUP_NETWORK, .commands = BOTH,
     .offset = AT(init_from), .value = "FILE",
     .help = "Initial weights from a .safetensors file, in place of --init"},

    {.name = "batch", .kind = KIND_BATCHES, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(batch), .fallback = "128", .value = "N", .unit = "samples",
     .least = 1, .most = MOST_SAMPLES,
     .help = "Global batch: the samples behind one optimizer step, over all ranks and threads. "
             "plan and bench take several: 32,64 or, doubling, 32..8192"},
    {.name = "epochs", .kind = KIND_INT, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(epochs), .fallback = "10", .value = "N|none", .unit = "epochs", .least = 1,
     .most = INT64_MAX, .words = WORDS("none"),
     .loose = true,
     .help = "Visits of the whole training data. --max-steps without --epochs has no epoch limit"},
    {.name = "max-steps", .kind = KIND_INT, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(max_steps), .fallback = "none", .value = "N|none", .unit = "steps", .least = 1,
     .most = INT64_MAX, .words = WORDS("none"),
     .loose = true,
     .help = "Ends the run after so many steps, if the epochs have not ended it"},
    {.name = "drop-last", .kind = KIND_FLAG, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(drop_last), .fallback = "off",
     .help = "Leave out the smaller last batch of every epoch (--no-drop-last keeps it)"},
    {.name = "optimizer", .kind = KIND_NAME, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(optimizer), .fallback = "sgd", .words = WORDS("sgd"),
     .help = "As torch.optim.SGD defines it"},
    {.name = "lr", .kind = KIND_REAL, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(lr), .fallback = "0.02", .value = "X", .unit = "factor",
     .to = INFINITY, .open = true,
     .help = "Learning rate"},
    {.name = "momentum", .kind = KIND_REAL, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(momentum), .fallback = "0.9", .value = "X",
     .unit = "fraction", .to = 1,
     .help = "What is kept of the last step's direction, below 1"},
    {.name = "weight-decay", .kind = KIND_REAL, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(weight_decay), .fallback = "0", .value = "X",
     .unit = "factor", .to = INFINITY,
     .help = "Adds so much of each parameter to its gradient"},
    {.name = "seed", .kind = KIND_INT, .group = GROUP_TRAINING, .commands = RUNS,
     .measures = TRAINING, .offset = AT(seed), .fallback = "1", .value = "N", .unit = "number",
     .most = INT64_MAX,
     .help = "Of initial weights, order of the samples and split"},

    {.name = "threads", .kind = KIND_INT, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = PEAK | TRAINING, .offset = AT(threads), .fallback = "auto", .value = "auto|N",
     .unit = "threads", .least = 1, .most = MOST_THREADS, .words = WORDS("auto"),
     .loose = true,
     .help = "Worker threads of each rank; auto is what it may really use. No effect on results"},
    {.name = "team", .kind = KIND_TEAM, .group = GROUP_MACHINE, .commands = ALL,
     .offset = AT(team), .fallback = "node", .value = "node|numa|rank|N", .unit = "ranks",
     .least = 1, .most = MOST_RANKS, .words = WORDS("node", "numa", "rank"),
     .loose = true,
     .help = "Who shares memory and computes as one: the ranks of a node, those of a NUMA domain, "
             "each rank by itself, or N ranks of a node. No effect on results"},
    {.name = "kernel", .kind = KIND_NAME, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = KERNEL | REDUCE | TRAINING, .offset = AT(kernel), .fallback = "auto",
     .words = WORDS("auto", "skx", "haswell", "zen3", "zen2", "portable"),
     .loose = true,
     .help = "Matrix kernel; auto is the fastest that the CPUs of all ranks run. No effect on "
             "results"},
    {.name = "slices", .kind = KIND_INT, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = TRAINING, .offset = AT(slices), .fallback = "auto", .value = "auto|N",
     .unit = "slices", .least = 1, .most = MOST_SLICES, .words = WORDS("auto"),
     .help = "Parts of a batch that are summed apart and dealt to the ranks; auto follows from the "
             "batch. Another number changes the last bits of the results"},
    {.name = "pass-rows", .kind = KIND_INT, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = TRAINING, .offset = AT(pass_rows), .fallback = "auto", .value = "auto|all|N",
     .unit = "rows", .least = 1, .most = INT64_MAX, .words = WORDS("auto", "all"),
     .loose = true,
     .help = "Rows held in memory at once, in whole blocks of 256: less memory, same results"},
    {.name = "memory", .kind = KIND_BYTES, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = TRAINING, .offset = AT(memory), .fallback = "auto", .value = "auto|SIZE",
     .unit = "bytes, or KiB, MiB, GiB", .least = 1, .most = INT64_C(1) << 60,
     .words = WORDS("auto"),
     .loose = true,
     .help = "Memory that the activations may take in a team, as 512MiB, from which --pass-rows "
             "then follows (one block at least). Weights, data and partial sums come on top"},
    {.name = "reduce", .kind = KIND_CHOICE, .group = GROUP_MACHINE, .commands = RUNS,
     .measures = TRAINING, .offset = AT(reduce), .fallback = "ordered",
     .words = WORDS("ordered", "allreduce"),
     .loose = true,
     .help = "Sum of the ranks' gradients: ordered gives the same bits on any number of ranks, "
             "allreduce is MPI's own and does not"},

    {.name = "eval-every", .kind = KIND_INTERVAL, .group = GROUP_OUTPUT, .commands = BOTH,
     .offset = AT(eval_every), .fallback = "1ep", .value = "Nep|N|end|never",
     .unit = "epochs, or steps", .least = 1, .most = INT64_MAX, .words = WORDS("end", "never"),
     .loose = true,
     .help = "Evaluate validation and test data every N epochs (1ep) or steps (500)"},
    {.name = "log-every", .kind = KIND_INT, .group = GROUP_OUTPUT, .commands = BOTH,
     .offset = AT(log_every), .fallback = "100", .value = "N", .unit = "iterations", .least = 1,
     .most = INT64_MAX,
     .loose = true,
     .help = "A line of progress at every Nth step of an epoch, and at its last"},
    {.name = "out", .kind = KIND_TEXT, .group = GROUP_OUTPUT, .commands = BOTH, .offset = AT(out),
     .value = "DIR", .place = true,
     .help = "Directory for the results; runs/DATE-TIME when not given"},
    {.name = "overwrite", .kind = KIND_FLAG, .group = GROUP_OUTPUT, .commands = BOTH,
     .offset = AT(overwrite), .fallback = "off", .place = true,
     .help = "Allow an --out that holds files"},
    {.name = "early-stop", .kind = KIND_TEXT, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(early_stop), .value = "METRIC", .loose = true,
     .help = "Ends the run when this metric of the evaluations, as val_loss or val_accuracy, improves "
             "no more; the model is then the best one"},
    {.name = "patience", .kind = KIND_INT, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(patience), .fallback = "5", .value = "N", .unit = "evaluations",
     .most = INT64_MAX, .loose = true,
     .help = "Evaluations in a row without improvement after which --early-stop ends the run; 0 is "
             "as 1"},
    {.name = "min-delta", .kind = KIND_REAL, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(min_delta), .fallback = "0", .value = "X", .unit = "difference", .to = INFINITY,
     .loose = true, .help = "What --early-stop takes for an improvement is more than this"},
    {.name = "target", .kind = KIND_TEXT, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(target), .value = "METRIC=X", .loose = true,
     .help = "Ends the run when an evaluation is as good, as val_accuracy=0.88"},
    {.name = "max-time", .kind = KIND_SECONDS, .group = GROUP_TRAINING, .commands = BOTH,
     .offset = AT(max_time), .fallback = "none", .value = "TIME|none", .unit = "s, min, h, d",
     .words = WORDS("none"), .loose = true,
     .help = "Ends the run after so long, all its starts together"},
    {.name = "checkpoint-every", .kind = KIND_INTERVAL, .group = GROUP_OUTPUT, .commands = BOTH,
     .offset = AT(checkpoint_every), .fallback = "10min", .value = "TIME|Nep|N|end|never",
     .unit = "s, min, h; epochs; steps", .least = 1, .most = INT64_MAX,
     .words = WORDS("end", "never"), .loose = true, .timed = true,
     .help = "Write a checkpoint so often, and at the end: 10min, 1ep, 500. A signal has one written "
             "even with never"},
    {.name = "keep", .kind = KIND_INT, .group = GROUP_OUTPUT, .commands = BOTH, .offset = AT(keep),
     .fallback = "2", .value = "N", .unit = "checkpoints", .least = 1, .most = 1000, .loose = true,
     .help = "Newest checkpoints that are kept, besides the best one (of --early-stop's metric, or "
             "val_loss)"},
    {.name = "resume", .kind = KIND_TEXT, .group = GROUP_OUTPUT, .commands = BOTH,
     .offset = AT(resume), .value = "DIR|auto", .place = true, .loose = true,
     .help = "Go on with the run in this directory, from its newest checkpoint, or from the one named; "
             "options not given are the run's. auto: with that in --out, if it has a checkpoint"},
    {.name = "progress", .kind = KIND_CHOICE, .group = GROUP_OUTPUT, .commands = RUNS,
     .offset = AT(progress), .fallback = "auto", .words = WORDS("auto", "bar", "lines", "off"),
     .loose = true,
     .help = "auto is a bar on a terminal and lines elsewhere"},

    {.name = "what", .kind = KIND_CHOICE, .group = GROUP_COMMAND, .commands = COMMAND_BENCH,
     .offset = AT(what), .words = WORDS("peak", "kernel", "reduce", "step", "scaling"),
     .positional = true, .help = "What to measure"},
    {.name = "seconds", .kind = KIND_REAL, .group = GROUP_COMMAND, .commands = COMMAND_BENCH,
     .offset = AT(seconds), .fallback = "auto", .value = "auto|X", .unit = "seconds",
     .to = INFINITY, .open = true, .words = WORDS("auto"),
     .help = "Of one measurement; auto is 0.1 for peak, kernel and reduce, and 2 for step and "
             "scaling"},
    {.name = "repeats", .kind = KIND_INT, .group = GROUP_COMMAND, .commands = COMMAND_BENCH,
     .offset = AT(repeats), .fallback = "5", .value = "N", .unit = "measurements", .least = 1,
     .most = SPREAD_VALUES_MAX,
     .help = "Rounds, in each of which everything is measured once; figures are their medians"},
    {.name = "layouts", .kind = KIND_LAYOUTS, .group = GROUP_COMMAND, .commands = COMMAND_BENCH,
     .measures = SCALING, .offset = AT(layouts), .fallback = "auto", .value = "RxT,...|auto",
     .unit = "ranks x threads", .words = WORDS("auto"),
     .help = "What scaling compares, within the ranks that mpirun started; the first is the "
             "measure of the others. auto goes up to --threads, then up to all ranks"},
    {.name = "bind", .kind = KIND_CHOICE, .group = GROUP_COMMAND, .commands = COMMAND_BENCH,
     .measures = SCALING, .offset = AT(bind), .fallback = "auto", .words = WORDS("auto", "none"),
     .help = "auto: a rank is bound to cores of its own where the launcher gave it too few for a "
             "layout; none: masks stay as they are"},
    {.name = "samples", .kind = KIND_INT, .group = GROUP_COMMAND, .commands = COMMAND_PLAN,
     .offset = AT(samples), .fallback = "data", .value = "N", .unit = "samples", .least = 1,
     .most = MOST_SAMPLES, .words = WORDS("data"),
     .help = "Samples, before --val-split, in place of counting those of --data"},
    {.name = "ranks", .kind = KIND_INT, .group = GROUP_COMMAND, .commands = COMMAND_PLAN,
     .offset = AT(ranks), .fallback = "1", .value = "N", .unit = "ranks", .least = 1,
     .most = MOST_RANKS, .help = "MPI ranks to plan for"},
    {.name = "explain", .kind = KIND_FLAG, .group = GROUP_COMMAND, .commands = COMMAND_PLAN,
     .offset = AT(explain), .fallback = "off", .help = "Write the reckoning out"},
    {.name = "json", .kind = KIND_FLAG, .group = GROUP_COMMAND,
     .commands = COMMAND_PLAN | COMMAND_INFO | COMMAND_BENCH, .offset = AT(json),
     .fallback = "off",
     .help = "As JSON, for programs"},
    {.name = "config", .kind = KIND_CONFIG, .group = GROUP_COMMAND, .commands = RUNS,
     .value = "FILE", .help = "Read options from a file of lines `name = value`"},
    {.name = "help", .kind = KIND_HELP, .group = GROUP_COMMAND, .commands = ALL,
     .help = "This page"},
};
/* clang-format on */
const int option_count = sizeof option_table / sizeof *option_table;
_Static_assert(sizeof option_table / sizeof *option_table <= OPTION_COUNT_MAX, "too many options");

const char *option_group_name(enum option_group group)
{
    static const char *const name[N_GROUPS] = {
        "This command", "Data", "Network", "Training", "Machine", "Output"};
    return name[group];
}

const struct option *option_find(const char *name)
{
    for (int i = 0; i < option_count; i++)
        if (strcmp(option_table[i].name, name) == 0)
            return &option_table[i];
    return NULL;
}

const struct option *option_positional(enum command command)
{
    for (int i = 0; i < option_count; i++)
        if (option_table[i].positional && option_serves(&option_table[i], command))
            return &option_table[i];
    return NULL;
}

/* What other programs call these options. */
static const char *const alias[][2] = {
    {"batch-size", "batch"},
    {"mini-batch", "batch"},
    {"minibatch", "batch"},
    {"bs", "batch"},
    {"global-batch", "batch"},
    {"global-batch-size", "batch"},
    {"local-batch", "batch"},
    {"learning-rate", "lr"},
    {"eta", "lr"},
    {"num-epochs", "epochs"},
    {"n-epochs", "epochs"},
    {"iterations", "max-steps"},
    {"steps", "max-steps"},
    {"num-steps", "max-steps"},
    {"wd", "weight-decay"},
    {"l2", "weight-decay"},
    {"dataset", "data"},
    {"layers", "hidden"},
    {"validation-split", "val-split"},
    {"workers", "threads"},
    {"num-workers", "threads"},
    {"num-threads", "threads"},
    {"micro-batch", "pass-rows"},
    {"micro-batch-size", "pass-rows"},
    {"memory-limit", "memory"},
    {"max-memory", "memory"},
    {"output", "out"},
    {"random-seed", "seed"},
    {"world-size", "ranks"},
    {"continue", "resume"},
    {"restart", "resume"},
    {"early-stopping", "early-stop"},
    {"save-every", "checkpoint-every"},
    {"time-limit", "max-time"},
    {"nproc", "ranks"},
};

static const char *find_alias(const char *name)
{
    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++)
        if (strcmp(alias[i][0], name) == 0)
            return alias[i][1];
    return NULL;
}

const char *option_nearest(const char *name, enum command command)
{
    const char *names[OPTION_COUNT_MAX], *meant = find_alias(name);
    int n = 0;
    for (int i = 0; i < option_count; i++) {
        if (!option_serves(&option_table[i], command))
            continue;
        if (meant && strcmp(option_table[i].name, meant) == 0)
            return meant;
        names[n++] = option_table[i].name;
    }
    return text_nearest(name, names, n);
}

const char *const command_words[] = {"train", "plan", "info", "bench", "help", "version", "words"};
enum { N_WORDS = sizeof command_words / sizeof *command_words };

enum command command_find(const char *word)
{
    for (int i = 0; i < N_WORDS; i++)
        if (strcmp(command_words[i], word) == 0)
            return (enum command)(1 << i);
    return COMMAND_NONE;
}

const char *command_name(enum command command)
{
    for (int i = 0; i < N_WORDS; i++)
        if (command == (enum command)(1 << i))
            return command_words[i];
    return "";
}

/* The words whose bits are set, "a, b and c". */
static const char *list_words(const char *const *words, unsigned bits, char out[OPTION_LIST_TEXT])
{
    int left = __builtin_popcount(bits);
    out[0] = '\0';
    for (int i = 0; left > 0; i++)
        if (bits & 1U << i) {
            size_t used = strlen(out);
            left--;
            snprintf(out + used, OPTION_LIST_TEXT - used, "%s%s", words[i],
                left > 1    ? ", "
                : left == 1 ? " and "
                            : "");
        }
    return out;
}

const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return list_words(command_words, option->commands, out);
}

const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return list_words(option_positional(COMMAND_BENCH)->words, option->measures, out);
}

const char *option_form(const struct option *option, char out[64])
{
    out[0] = '\0';
    if (option->value)
        snprintf(out, 64, "%s", option->value);
    for (int i = 0; !option->value && option->words && option->words[i]; i++) {
        size_t used = strlen(out);
        snprintf(out + used, 64 - used, "%s%s", i ? "|" : "", option->words[i]);
    }
    return out;
}
