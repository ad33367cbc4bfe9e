#include "options/option_table.h"

#include <math.h>

#include "study/repetitions.h"

#define AT(member) .offset = offsetof(struct options, member)
/* The kind of the value, where it is stored, and its default. */
#define KIND(name, member, default) .kind = KIND_##name, AT(member), .fallback = (default)
#define FLAG(member) KIND(FLAG, member, "off")
#define TEXT(member) .kind = KIND_TEXT, AT(member)
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
/* The option has an effect only if the option `name` has one of these values; NULL: any value. */
#define WITH(name, values) .with = (name), .when = (values)

/* Bounds and units. */
#define NUMBER(what, least_, most_) .unit = (what), .least = (least_), .most = (most_)
#define COUNT(what) NUMBER(what, 1, INT64_MAX)
#define BATCH NUMBER("samples", 1, INT64_C(1) << 62)
#define STEPS NUMBER("steps, or epochs", 1, INT64_C(1) << 40)
#define SIZE NUMBER("bytes, or KiB, MiB, GiB", 1, INT64_C(1) << 60)
#define FRACTION .unit = "fraction", .to = 1
#define FACTOR .unit = "factor", .to = INFINITY
#define POSITIVE(what) .unit = (what), .to = INFINITY, .open = true

enum {
    BOTH = COMMAND_TRAIN | COMMAND_PLAN | COMMAND_SWEEP | COMMAND_FOLDS | COMMAND_TUNE,
    FREE = BOTH & ~COMMAND_TUNE, /* tune decides itself */
    RUNS = BOTH | COMMAND_BENCH,
    MODELS = COMMAND_EVAL | COMMAND_PREDICT, /* commands for an existing model */
    TABLES = RUNS | MODELS | COMMAND_DATA,   /* commands that read tables */
    RANKED = RUNS | COMMAND_INFO | MODELS,   /* commands that use several ranks */
    ALL = RANKED | COMMAND_EXPORT | COMMAND_REPORT | COMMAND_DATA,
    MOST = ALL & ~(COMMAND_PLAN | COMMAND_BENCH | COMMAND_TUNE), /* for `common` */
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
#define TRAINS .commands = RUNS, .measures = TRAINING

/* clang-format off */
const struct option option_table[] = {
#define ROW(name_, commands_) .name = (name_), .group = GROUP_DATA, .commands = (commands_)
    {ROW("data", RUNS | MODELS), .aliases = "dataset", KIND(TEXT, data, "fashion-mnist"),
     .needed_by = MODELS, .measures = TRAINING, .value = "SOURCE", .scope = SCOPE_RUN,
     .common = ALL,
     .help = "Training data, or the data for a model: fashion-mnist, a directory of IDX files, "
             "CSV, TSV or LIBSVM data, NPY or IDX files as INPUTS,LABELS, or "
             "synthetic:samples=1000,features=10,classes=2,labels=random"},
    {ROW("preset", BOTH), KIND(CHOICE, preset, "none"), WORDS("none", "table"), .scope = SCOPE_RUN,
     .common = COMMAND_TUNE,
     .help = "Values of several options at once, for those that are not given. table: --val-split 0.2 "
             "--encode piecewise --scale robust --activation gelu --batch 32 "
             "--epochs 80 --ema 1ep --early-stop val_ema_loss --patience 16"},
    {ROW("labels", RUNS | COMMAND_EVAL | COMMAND_DATA), .aliases = "y", TEXT(labels), .measures = TRAINING,
     .value = "FILE", .scope = SCOPE_RUN,
     .help = "File with the labels or targets of an NPY file; the same as --data INPUTS,LABELS"},
    {ROW("label", TABLES), .aliases = "label-column,target-column", TEXT(label),
     .measures = TRAINING, .value = "NAME|N", .scope = SCOPE_RUN, .common = ALL,
     .help = "Label column of a table, by name or by number from 1; several are separated by "
             "commas; if not given, that of the model (eval), or the last one that no option "
             "names. For predict: columns to ignore"},
    {ROW("header", TABLES), KIND(CHOICE, header, "auto"), .measures = TRAINING,
     WORDS("auto", "on", "off"), .scope = SCOPE_RUN,
     .help = "The first line of a table has the names of its columns; auto: yes if none of its "
             "input fields is a number"},
    {ROW("separator", TABLES), .aliases = "delimiter,sep", KIND(CHOICE, separator, "auto"),
     .measures = TRAINING, WORDS("auto", ",", "tab", ";", "|", ":"), .scope = SCOPE_RUN,
     .help = "Separator of the fields of a table; auto: comma, tab or semicolon, as found in its "
             "first line, or blanks if it has none of them"},
    {ROW("decimal", TABLES), KIND(CHOICE, decimal, "."), .measures = TRAINING,
     WORDS(".", ","), .scope = SCOPE_RUN, .help = "Decimal separator of the numbers of a table"},
    {ROW("ignore", TABLES), .aliases = "drop-columns", TEXT(ignore), .measures = TRAINING,
     .value = "NAME|N,...", .scope = SCOPE_RUN,
     .help = "Columns of a table that are neither inputs nor labels, by name or by number from 1"},
    {ROW("categorical", RUNS | COMMAND_DATA), TEXT(categorical), .measures = TRAINING, .value = "NAME|N,...",
     .scope = SCOPE_RUN,
     .help = "Columns of a table that are categories, even if they look like numbers; columns of "
             "words are categories anyway"},
    {ROW("weight", RUNS | COMMAND_EVAL | COMMAND_DATA), .aliases = "weight-column,sample-weight", TEXT(weight),
     .measures = TRAINING, .value = "NAME|N", .scope = SCOPE_RUN,
     .help = "Column of a table with the weight of each sample in the loss and in all metrics"},
    {ROW("group", BOTH | COMMAND_DATA), TEXT(group), .value = "NAME|N", .scope = SCOPE_RUN,
     .help = "Column of a table whose samples with the same value stay together when the data are "
             "split"},
    {ROW("split-by", BOTH | COMMAND_DATA), TEXT(split_by), .value = "NAME|N", .scope = SCOPE_RUN,
     .help = "Column of a table, numbers or dates such as 2024-01-31, by which the last samples become validation and test "
             "samples, instead of random ones"},
    {ROW("id", TABLES), TEXT(id), .measures = TRAINING, .value = "NAME|N",
     .scope = SCOPE_RUN,
     .help = "Column of a table that names the samples; predict repeats it beside its predictions"},
    {ROW("missing", TABLES), TEXT(missing), .measures = TRAINING, .value = "TEXT,...",
     .scope = SCOPE_RUN,
     .help = "Texts of a table that mean a missing value, in addition to empty fields, NA, N/A, NaN, "
             "null, None and ?"},
    {ROW("val-data", BOTH), TEXT(val_data), .value = "SOURCE", .scope = SCOPE_RUN,
     .common = COMMAND_TRAIN, .help = "Validation data from a separate source"},
    {ROW("test-data", BOTH), TEXT(test_data), .value = "SOURCE", .scope = SCOPE_RUN,
     .common = COMMAND_TRAIN, .help = "Test data, in place of the test files of --data"},
    {ROW("val-split", BOTH), .aliases = "validation-split", KIND(SPLIT, val_split, "0"),
     .value = "F|N", NUMBER("samples", 0, INT64_C(1) << 62), .common = ALL,
     .help = "Validation samples taken from the training data by --seed: 0.1, or a count"},
    {ROW("test-split", BOTH), KIND(SPLIT, test_split, "0"), .value = "F|N",
     NUMBER("samples", 0, INT64_C(1) << 62),
     .help = "Test samples taken from the training data, in place of the test files of --data"},
    {ROW("stratify", BOTH), KIND(CHOICE, stratify, "auto"), WORDS("auto", "on", "off"),
     .former = "off",
     .help = "--val-split and --test-split take the same part of every class; auto: on for the "
             "classes of tables"},
    {ROW("fold", COMMAND_TRAIN | COMMAND_PLAN), TEXT(fold), .value = "N/K",
     .help = "Train without fold N of K, and test on it, as one of the runs of lockstep folds K"},
    {ROW("scale", RUNS), KIND(CHOICE, scale, "auto"), .measures = TRAINING, .words = scale_words,
     .common = MOST,
     .former = "by-type", .former_auto = "by-type",
     .help = "Scaling of the inputs, fitted to training samples. unit: [0, 1]; standard: mean 0, "
             "variance 1; bounded: the same, at most 100; robust: by quartiles, at most 3"},
    {ROW("encode", RUNS), KIND(CHOICE, encode, "none"), .measures = TRAINING,
     .words = encode_words,
     .help = "Coding of numbers in place of --scale; piecewise: one input per bin, linear in it "
             "(Gorishniy et al. 2022), with bins that separate the labels or targets"},
    {ROW("bins", RUNS), KIND(INT, bins, "48"), .measures = TRAINING, .value = "N",
     NUMBER("bins", 2, 4096), WITH("encode", "piecewise"),
     .help = "Bins of a column at most, for --encode piecewise"},
    {ROW("impute", RUNS), KIND(CHOICE, impute, "median"), .measures = TRAINING,
     .words = impute_words,
     .help = "Number in place of a missing value: a statistic of the training samples of its "
             "column, or 0; refuse accepts no missing numbers. If training samples have missing "
             "values in a column, another input marks them"},
    {ROW("max-levels", RUNS), KIND(INT, max_levels, "64"), .measures = TRAINING, .value = "N",
     NUMBER("inputs", 2, 1 << 20),
     .help = "Inputs of a category at most: one per level; of more levels, the N - 1 most frequent "
             "have one each, and all others share one"},
    {ROW("normalize-target", RUNS), KIND(CHOICE, normalize_target, "auto"), .measures = TRAINING,
     WORDS("none", "standard", "auto"),
     .former = "none",
     .help = "Scaling of regression targets, fitted to the training samples; metrics and "
             "predictions keep the original units. auto is standard; none for bce"},
    {ROW("shuffle", RUNS), KIND(SWITCH, shuffle, "on"), .measures = TRAINING,
     .help = "A new order of the samples in every epoch, by --seed"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_NETWORK, TRAINS
    {ROW("hidden"), .aliases = "layers", KIND(INT, hidden, "256,128"), .list = OPTION_LIST_MAX - 1,
     .value = "N,N,...|none", NUMBER("units", 1, MOST_WIDTH), WORDS("none"), .common = ALL,
     .help = "Widths of the hidden layers; none: a linear model"},
    {ROW("activation"), KIND(CHOICE, activation, "relu"), .list = OPTION_LIST_MAX,
     .words = activation_words, .common = MOST,
     .help = "Activation of the hidden layers: one for all, or one for each, separated by commas"},
    {ROW("leaky-slope"), KIND(REAL, leaky_slope, "0.01"), POSITIVE("factor"),
     WITH("activation", "leaky-relu"), .help = "Slope of leaky-relu below 0"},
    {ROW("dropout"), .aliases = "drop-rate", KIND(REAL, dropout, "auto"), .value = "auto|P", FRACTION,
     WORDS("auto"),
     .common = MOST,
     .former = "0",
     .help = "Fraction of the outputs of each hidden layer that are set to 0 in a step, chosen by "
             "--seed; the others are multiplied by 1/(1-P)"},
    {ROW("dropout-input"), KIND(REAL, dropout_input, "0"), .value = "P", FRACTION,
     .help = "The same for the inputs"},
    {.name = "loss", .group = GROUP_NETWORK, .commands = RUNS | COMMAND_DATA, .measures = TRAINING,
     .aliases = "criterion", KIND(CHOICE, loss, "auto"), .value = "NAME",
     .words = loss_words, .common = MOST,
     .help = "cross-entropy (softmax) for classes; for targets the squared error (mse), the "
             "absolute error (mae) or huber; bce (binary cross-entropy) for several yes-or-no "
             "labels per sample"},
    {ROW("huber-delta"), KIND(REAL, huber_delta, "1"), POSITIVE("scaled target"),
     WITH("loss", "huber"), .help = "Error at which huber changes from squared to absolute"},
    {ROW("label-smoothing"), KIND(REAL, label_smoothing, "0"), .value = "E", FRACTION,
     WITH("loss", "auto,cross-entropy"),
     .help = "Part of each label that is distributed evenly over all classes"},
    {ROW("class-weights"), .aliases = "class-weight", KIND(REAL, class_weights, "none"),
     .list = OPTION_LIST_MAX, .value = "none|balanced|W,W,...", .unit = "factors", .from = 1e-20,
     .to = 1e20, WORDS("none", "balanced"), WITH("loss", "auto,cross-entropy"),
     .help = "Weight of the samples of each class; balanced gives all classes the same total "
             "weight: samples / (classes x samples of the class)"},
    {ROW("init"), KIND(CHOICE, init, "auto"), .words = init_words,
     .former = "by-activation", .former_auto = "by-activation",
     .help = "Initial weights: He, for relu and similar; Xavier (Glorot), for tanh and sigmoid; "
             "the default of torch.nn.Linear; by-activation is He or Xavier, depending on the "
             "activation of each layer"},
#undef ROW
    {.name = "init-from", .group = GROUP_NETWORK, TEXT(init_from), .commands = FREE,
     .value = "FILE", .help = "Initial weights from a .safetensors file, in place of --init"},

#define ROW(name_, commands_) .name = (name_), .group = GROUP_TRAINING, .commands = (commands_)
    {ROW("batch", RUNS),
     .aliases = "batch-size,mini-batch,minibatch,bs,global-batch,global-batch-size,local-batch",
     KIND(INT, batch, "auto"), .list = OPTION_LIST_MAX - 1, .ranges = "32..8192",
     .one_for = COMMAND_TRAIN | COMMAND_FOLDS | COMMAND_TUNE, .measures = TRAINING, .value = "N", BATCH, WORDS("auto"),
     .needed_by = COMMAND_SWEEP, .scope = SCOPE_SWEEP, .common = ALL,
     .former = "128",
     .help = "Global batch size: the samples of one optimizer step, over all ranks and threads. "
             "plan, bench and sweep take several: 32,64 or, doubling, 32..8192"},
    {ROW("batch-schedule", COMMAND_TRAIN | COMMAND_PLAN), KIND(STAGE, batch_schedule, "none"),
     .list = PLAN_STAGES_MAX, .value = "N,N@Nep,...|none", BATCH, WORDS("none"),
     .help = "Batch sizes that change during the run, in place of --batch: 128,256@10ep,512@20ep "
             "begins with 128, continues with 256 after 10 epochs and with 512 after 20. "
             "--lr-scale uses the first"},
    {ROW("epochs", BOTH), .aliases = "num-epochs,n-epochs", KIND(INT, epochs, "auto"),
     COUNT("epochs"), .former = "10",
     .value = "auto|N|none", WORDS("none", "auto"), .scope = SCOPE_RUN, .common = ALL,
     .help = "Number of times that all training data are visited. --max-steps without --epochs "
             "does not limit the epochs"},
    {ROW("max-steps", BOTH), .aliases = "iterations,steps,num-steps", KIND(INT, max_steps, "none"),
     COUNT("steps"), .value = "N|none", WORDS("none"), .scope = SCOPE_RUN, .common = ALL,
     .help = "Stop after N steps, unless the run ends earlier"},
    {ROW("drop-last", BOTH), FLAG(drop_last), .common = ALL,
     .help = "Omit the smaller last batch of every epoch (--no-drop-last keeps it)"},
    {ROW("early-stop", BOTH), .aliases = "early-stopping", .kind = KIND_METRIC, AT(stop.watched),
     .value = "METRIC", .scope = SCOPE_RUN, .common = MOST | COMMAND_TUNE,
     .help = "Stop when this metric of the evaluations, e.g. val_loss or val_accuracy, no longer "
             "improves, and keep the best model"},
    {ROW("patience", BOTH), KIND(INT, stop.patience, "5"), NUMBER("evaluations", 0, INT64_MAX),
     .scope = SCOPE_RUN, WITH("early-stop", NULL), .common = MOST,
     .help = "Consecutive evaluations without improvement after which --early-stop ends the run; 0 "
             "means 1"},
    {ROW("min-delta", BOTH), KIND(REAL, stop.min_delta, "0"), .unit = "difference", .to = INFINITY,
     .scope = SCOPE_RUN, WITH("early-stop", NULL),
     .help = "A change of the metric is an improvement only if it is larger than this"},
    {ROW("final-weights", FREE), KIND(CHOICE, stop.final_weights, "auto"),
     .words = final_weights_words,
     .help = "Weights in the model file: the last ones; the best ones, by the metric of --early-stop "
             "or by val_loss (of equal ones the last); or the average of --ema at the end. auto is "
             "best with --early-stop, else last. A metric such as val_ema_loss keeps the best average"},
    {ROW("target", FREE), .kind = KIND_TARGET, AT(stop), .value = "METRIC=X", .scope = SCOPE_RUN,
     .common = MOST,
     .help = "Stop at the first evaluation that reaches this, e.g. val_accuracy=0.88"},
    {ROW("target-steps", COMMAND_TRAIN | COMMAND_PLAN), KIND(INT, stop.give_up_steps, "none"),
     COUNT("steps"), .value = "N|none", WORDS("none"), .scope = SCOPE_RUN,
     .help = "Stop at the first evaluation from step N on, whether --target was reached or not; "
             "unlike --max-steps, this does not change the schedule"},
    {ROW("divergence", BOTH), KIND(REAL, stop.divergence, "1000"), .value = "FACTOR|off",
     .unit = "factor", .from = 1, .to = INFINITY, WORDS("off"), .scope = SCOPE_RUN,
     .help = "Stop with exit code 3 if the mean training loss of an epoch is above this times the "
             "larger of the first step's loss and that of a constant prediction"},
    {ROW("max-time", COMMAND_TRAIN | COMMAND_PLAN), .aliases = "time-limit",
     KIND(SECONDS, max_time, "none"), .value = "TIME|none", .unit = "s, min, h, d", WORDS("none"),
     .scope = SCOPE_RUN, .help = "Stop after this time, summed over all starts of the run"},
    {ROW("seed", RUNS), .aliases = "random-seed", KIND(INT, seed, "1"), .measures = TRAINING,
     NUMBER("number", 0, INT64_MAX), .common = MOST | COMMAND_TUNE,
     .help = "Seed of initial weights, order of the samples, validation split and dropout"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_OPTIMIZER, TRAINS
    {ROW("optimizer"), .aliases = "optim,solver", KIND(CHOICE, optimizer.kind, "adamw"),
     .words = optimizer_words, .common = ALL,
     .former = "sgd",
     .help = "Optimizer, as torch.optim defines it, or lion as its authors do (arXiv:2302.06675)"},
    {ROW("lr"), .aliases = "learning-rate,eta,max-lr", KIND(REAL, lr, "auto"), POSITIVE("factor"),
     WORDS("auto"), .common = ALL,
     .help = "Learning rate, the highest of the schedule. auto is 0.02 for sgd, 0.001 for adam, "
             "adamw (0.02 for linear models) and rmsprop, 0.01 for adagrad, 0.0001 for lion"},
    {ROW("lr-scale"), KIND(CHOICE, lr_scale, "none"), .words = lr_scale_words,
     .help = "Scaling of the learning rate with the batch size: --lr is the rate at --base-batch; it "
             "grows in proportion to --batch (linear) or to its square root (sqrt)"},
    {ROW("base-batch"), KIND(INT, base_batch, "128"), BATCH, WITH("lr-scale", "linear,sqrt"),
     .help = "Batch size for which --lr was chosen"},
    {ROW("momentum"), KIND(REAL, optimizer.momentum, "auto"), FRACTION, WORDS("auto"),
     WITH("optimizer", "sgd,rmsprop"), .common = MOST,
     .help = "Decay of the sum of past steps; auto is 0.9 for sgd, 0 for rmsprop"},
    {ROW("dampening"), KIND(REAL, optimizer.dampening, "0"), FRACTION, WITH("optimizer", "sgd"),
     .help = "Part of the gradient that does not enter the momentum"},
    {ROW("nesterov"), FLAG(optimizer.nesterov), WITH("optimizer", "sgd"),
     .help = "Nesterov's momentum"},
    {ROW("beta1"), KIND(REAL, optimizer.beta1, "0.9"), FRACTION,
     WITH("optimizer", "adam,adamw,lion"),
     .help = "Decay of the mean of gradients; with lion, the weight of that mean in a step"},
    {ROW("beta2"), KIND(REAL, optimizer.beta2, "auto"), FRACTION, WORDS("auto"),
     WITH("optimizer", "adam,adamw,lion"),
     .help = "Decay of the mean of squared gradients; with lion, of the mean of gradients. auto is "
             "0.999, and 0.99 for lion"},
    {ROW("alpha"), KIND(REAL, optimizer.alpha, "0.99"), FRACTION, WITH("optimizer", "rmsprop"),
     .help = "Decay of the mean of squared gradients"},
    {ROW("eps"), KIND(REAL, optimizer.eps, "auto"), .unit = "gradient", .from = 0x1p-126,
     .to = INFINITY, WORDS("auto"), WITH("optimizer", "adam,adamw,rmsprop,adagrad"),
     .help = "Added to the square root that divides a step; auto is 1e-8, and 1e-10 for adagrad"},
    {ROW("weight-decay"), .aliases = "wd,l2", KIND(REAL, optimizer.weight_decay, "auto"), FACTOR,
     WORDS("auto"), .common = MOST,
     .help = "Adds X times each parameter to its gradient; adamw and lion subtract lr times X "
             "times the parameter from the parameter itself. auto is 0, and 0.01 for adamw"},
    {ROW("clip-norm"), .aliases = "grad-clip,clip-grad-norm,max-grad-norm",
     KIND(REAL, clip.norm, "none"), POSITIVE("gradient"), WORDS("none"), .common = MOST,
     .help = "Scales the gradient down to this norm, over all parameters, if it is larger"},
    {ROW("clip-value"), KIND(REAL, clip.value, "none"), POSITIVE("gradient"), WORDS("none"),
     .help = "Clamps each element of the gradient to -X ... X"},
    {ROW("ema"), .aliases = "ema-decay,weight-averaging,swa", KIND(LENGTH, ema, "off"),
     .value = "off|N|Nep", STEPS, WORDS("off"),
     .help = "Keep an exponential moving average of the weights and evaluate it too (val_ema_loss "
             "...). Steps (500st) or epochs (1ep) after which weights count half as much; see "
             "--final-weights"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_SCHEDULE, .commands = BOTH
    {ROW("schedule"), .aliases = "scheduler,lr-scheduler,lr-schedule",
     KIND(CHOICE, schedule.kind, "cosine"), .value = "NAME", .words = schedule_words,
     .common = ALL,
     .former = "constant",
     .help = "Learning rate over the run: constant; multiplied by --gamma every --step-size "
             "(step), at each of --milestones (multistep) or at every epoch or step (exponential); "
             "from --lr to --lr-end over the run (linear, cosine) or to 0 (polynomial); up and "
             "down (one-cycle); or reduced when a metric no longer improves (plateau)"},
    {ROW("schedule-by"), KIND(SWITCH, schedule.by_epoch, "step"), WORDS("step", "epoch"),
     .help = "The rate changes at every step, or is constant within an epoch; this is also the unit "
             "of lengths that have none"},
    {ROW("warmup"), .aliases = "warmup-steps,warmup-epochs", KIND(LENGTH, warmup, "none"),
     .value = "none|N|Nep", STEPS, WORDS("none"), .common = MOST,
     .help = "Steps (500st) or epochs (5ep) in which the rate first grows linearly to --lr"},
    {ROW("step-size"), KIND(LENGTH, step_size, "none"), .value = "N|Nep", STEPS, WORDS("none"),
     WITH("schedule", "step"), .needed = true,
     .help = "Steps (100st) or epochs (5ep) between reductions of the rate"},
    {ROW("milestones"), KIND(LENGTH, milestones, "none"), .list = OPTION_LIST_MAX,
     .value = "N,N,...", STEPS, WORDS("none"), WITH("schedule", "multistep"), .needed = true,
     .help = "Steps (1000st,2000st) or epochs (10ep,15ep) at which the rate is reduced"},
    {ROW("gamma"), KIND(REAL, schedule.gamma, "auto"), POSITIVE("factor"), WORDS("auto"),
     WITH("schedule", "step,multistep,exponential"),
     .help = "Factor by which the rate is multiplied; auto is 0.1; exponential needs a number"},
    {ROW("lr-end"), .aliases = "min-lr,end-lr", KIND(REAL, schedule.min_lr, "0"), FACTOR,
     WITH("schedule", "linear,cosine,plateau"),
     .help = "Rate at the end of the run; for plateau the lowest"},
    {ROW("power"), KIND(REAL, schedule.power, "1"), POSITIVE("exponent"),
     WITH("schedule", "polynomial"), .help = "Exponent of the polynomial; 1 is linear"},
    {ROW("pct-start"), KIND(REAL, schedule.pct_start, "0.3"), FRACTION, .open = true,
     WITH("schedule", "one-cycle"), .help = "Part of the run in which the rate grows"},
    {ROW("div-factor"), KIND(REAL, schedule.div_factor, "25"), FACTOR, .from = 1,
     WITH("schedule", "one-cycle"), .help = "The cycle begins at --lr divided by this"},
    {ROW("final-div-factor"), KIND(REAL, schedule.final_div_factor, "10000"), FACTOR, .from = 1,
     WITH("schedule", "one-cycle"), .help = "The cycle ends at its first rate divided by this"},
    {ROW("plateau-metric"), KIND(METRIC, plateau_metric, "val_loss"), .value = "METRIC",
     WITH("schedule", "plateau"),
     .help = "Metric of the evaluations that plateau watches: val_loss, val_accuracy, ..."},
    {ROW("plateau-patience"), KIND(INT, plateau.patience, "10"),
     NUMBER("evaluations", 0, INT64_MAX), WITH("schedule", "plateau"),
     .help = "Evaluations without improvement before the rate is reduced"},
    {ROW("plateau-factor"), KIND(REAL, plateau.factor, "0.1"), .unit = "factor", .to = 1,
     .open = true, WITH("schedule", "plateau"),
     .help = "Factor by which plateau multiplies the rate"},
#undef ROW

#define ROW(name_, commands_, scope_)                                                              \
    .name = (name_), .group = GROUP_MACHINE, .commands = (commands_), .scope = (scope_)
    {ROW("threads", RUNS | MODELS | COMMAND_DATA, SCOPE_MACHINE), .aliases = "workers,num-workers,num-threads",
     KIND(INT, threads, "auto"), .measures = PEAK | TRAINING,
     .per_rank = (RUNS | MODELS) & ~COMMAND_PLAN, NUMBER("threads", 1, MOST_THREADS), WORDS("auto"),
     .common = ALL,
     .help = "Worker threads per rank; auto is one for each core that the rank may use. May differ "
             "between ranks. No effect on results"},
    {ROW("team", RANKED, SCOPE_MACHINE), KIND(TEAM, team, "node"), .value = "node|numa|rank|N",
     NUMBER("ranks", 1, MOST_RANKS), WORDS("node", "numa", "rank"),
     .help = "Ranks that share memory and compute as one: those of a node, those of a NUMA domain, "
             "each rank by itself, or N ranks of a node. No effect on results"},
    {ROW("kernel", RUNS | MODELS, SCOPE_MACHINE), KIND(TEXT, kernel, "auto"),
     .measures = KERNEL | REDUCE | TRAINING,
     WORDS("auto", "skx", "haswell", "zen3", "zen2", "portable"),
     .help = "Matrix kernel; auto is the fastest that the CPUs of all ranks can run. No effect on "
             "results"},
    {ROW("slices", RUNS, SCOPE_MODEL), KIND(INT, slices, "auto"), .measures = TRAINING,
     NUMBER("slices", 1, MOST_SLICES), WORDS("auto"),
     .help = "Parts of a batch that are summed separately and distributed to the ranks; auto "
             "derives their number from the batch size. Changing it changes the last bits of the "
             "results"},
    {ROW("pass-rows", RUNS, SCOPE_MACHINE), .aliases = "micro-batch,micro-batch-size",
     KIND(INT, pass_rows, "auto"), .measures = TRAINING, COUNT("rows"), WORDS("auto", "all"),
     .help = "Rows in memory at once, in whole blocks of 256: less memory, same results"},
    {ROW("memory", RUNS, SCOPE_MACHINE), .aliases = "memory-limit,max-memory",
     KIND(BYTES, memory, "auto"), .measures = TRAINING, SIZE, WORDS("auto"),
     .help = "Memory for the activations of a team, e.g. 512MiB, which determines --pass-rows (at "
             "least one block). Weights, data and partial sums come in addition"},
    {ROW("force-memory", RUNS | MODELS, SCOPE_PLACE), FLAG(force_memory), .measures = TRAINING,
     .help = "Run even if data, network and everything else need more memory than the machine, or "
             "the control group of its job or container, has; the system may then kill the run "
             "without a message"},
    {ROW("reduce", RUNS, SCOPE_RUN), KIND(CHOICE, reduce, "ordered"), .measures = TRAINING,
     WORDS("ordered", "allreduce"),
     .help = "Sum of the gradients of all ranks: ordered gives the same bits on any number of "
             "ranks; allreduce (MPI_Allreduce) does not, and sends 1.5 times the bytes of a ring "
             "allreduce (help cluster)"},
    {ROW("exchange", RUNS, SCOPE_MACHINE), KIND(CHOICE, exchange, "auto"), .measures = TRAINING,
     WORDS("halving", "direct", "auto"),
     .help = "Way of the gradients' sums between teams: joined on the way (recursive halving), or "
             "each straight to its owner (direct); auto measures the network at start and takes "
             "the faster. No effect on results"},
    {ROW("stall-warn", RUNS, SCOPE_MACHINE), KIND(SECONDS, stall_warn, "60s"),
     .value = "TIME|never", .unit = "s, min, h, d", WORDS("never"),
     .help = "Report a run without progress after this time, or after 5 times its slowest step if "
             "that is longer: since when, in which phase, and which rank it waits for"},
    {ROW("stall-timeout", RUNS, SCOPE_MACHINE), KIND(SECONDS, stall_timeout, "never"),
     .value = "TIME|never", .unit = "s, min, h, d", WORDS("never"),
     .help = "End a run without progress after this time, on every rank and with exit code 75, so "
             "that a job script can resume it; choose a longer time than a rank needs to read the "
             "data"},
#undef ROW

#define ROW(name_, commands_, scope_)                                                              \
    .name = (name_), .group = GROUP_OUTPUT, .commands = (commands_), .scope = (scope_)
    {ROW("eval-every", BOTH, SCOPE_RUN), KIND(INTERVAL, eval_every, "auto"),
     COUNT("epochs, or steps"), .value = "auto|Nep|N|end|never", WORDS("end", "never", "auto"),
     .common = MOST,
     .help = "Evaluate validation and test data every N epochs (1ep) or steps (500); auto is 1ep, "
             "and for sweep a quarter of an epoch, in whole steps"},
    {ROW("log-every", BOTH, SCOPE_MACHINE), KIND(INT, log_every, "100"), COUNT("iterations"),
     .common = COMMAND_TRAIN,
     .help = "Print and log a line at every Nth step of an epoch, and at its last step"},
    {ROW("noise-scale", RUNS, SCOPE_RUN), KIND(CHOICE, noise_scale, "on"), .measures = TRAINING,
     .value = "on|trailing|off", WORDS("off", "trailing", "on"),
     .help = "Measure the gradient noise scale while training and, with on, of the final weights; "
             "the weights are bit-identical with and without it (`lockstep help words`)"},
    {ROW("out", BOTH | COMMAND_PREDICT | COMMAND_REPORT, SCOPE_PLACE), .aliases = "output",
     TEXT(out), .value = "DIR", .common = MOST | COMMAND_TUNE,
     .help = "Directory for the results; runs/DATE-TIME if not given. sweep and tune require it, "
             "and continue the same study in it. For predict and report: the file, written whole or "
             "not at all, or - for standard output, the default of predict; that of report is "
             "report.html in its directory, or, if it reads several, in the current directory"},
    {ROW("overwrite", BOTH, SCOPE_PLACE), FLAG(overwrite), .common = MOST | COMMAND_TUNE,
     .help = "Replace the run or study in --out; files that lockstep did not write are kept, and "
             "any other directory is refused"},
    {ROW("checkpoint-every", BOTH, SCOPE_MACHINE), .aliases = "save-every",
     KIND(INTERVAL, checkpoint_every, "10min"), COUNT("s, min, h; epochs; steps"),
     .value = "TIME|Nep|N|end|never", WORDS("end", "never"), .timed = true, .common = COMMAND_TRAIN,
     .help = "Write a checkpoint at this interval, and at the end: 10min, 1ep, 500. Even with "
             "never, one is written after a signal"},
    {ROW("verify-every", BOTH, SCOPE_MACHINE), KIND(INTERVAL, verify_every, "checkpoint"),
     COUNT("epochs, or steps"), .value = "checkpoint|Nep|N|never", WORDS("checkpoint", "never"),
     .help = "Verify the weights in memory before every checkpoint and at the end, and also every "
             "N epochs (1ep) or steps (500): all teams must have the same weights, and none may "
             "change until the next update. A wrong bit ends the run with exit code 71 and the "
             "last good checkpoint; the team is named where it is known. Only 1 detects every "
             "change between updates"},
    {ROW("keep", BOTH, SCOPE_MACHINE), KIND(INT, keep, "2"), NUMBER("checkpoints", 1, 1000),
     .help = "Number of most recent checkpoints to keep, in addition to the best one (by the "
             "metric of --early-stop, or val_loss)"},
    {ROW("resume", COMMAND_TRAIN | COMMAND_PLAN, SCOPE_PLACE), .aliases = "continue,restart",
     TEXT(resume), .value = "DIR|auto", .common = MOST,
     .help = "Continue the run in this directory from its newest checkpoint, or from the "
             "checkpoint named; options not given keep the values of the run. auto: continue the "
             "run in --out, if it has a checkpoint"},
    {ROW("tensorboard", BOTH, SCOPE_PLACE), .aliases = "tensorboard-dir,logdir,log-dir", TEXT(tensorboard),
     .value = "DIR",
     .help = "Also write the steps, epochs and evaluations to a new event file in this directory, "
             "for TensorBoard; each run of sweep, folds and tune in a directory of its own. Give it again "
             "with --resume"},
    {ROW("log-csv", COMMAND_TRAIN | COMMAND_PLAN, SCOPE_PLACE), .aliases = "csv-logger,csv-log", TEXT(log_csv),
     .value = "FILE",
     .help = "Also write the evaluations and epochs to this CSV table, one row each. Give it again "
             "with --resume"},
    {ROW("progress", RUNS, SCOPE_MACHINE), KIND(CHOICE, progress, "auto"),
     WORDS("auto", "bar", "lines", "off"), .common = MOST,
     .help = "auto is a bar on a terminal and lines elsewhere, those of epochs on stdout; for sweep "
             "one line per run"},
    {ROW("verbose", COMMAND_TRAIN | COMMAND_PLAN, SCOPE_PLACE), FLAG(verbose),
     .common = COMMAND_TRAIN, .help = "Print all settings before the first step"},
#undef ROW

#define ROW(name_, commands_)                                                                      \
    .name = (name_), .group = GROUP_COMMAND, .commands = (commands_), .common = ALL
    {ROW("model", MODELS | COMMAND_EXPORT), TEXT(model), .value = "MODEL",
     .positional = MODELS | COMMAND_EXPORT,
     .help = "Directory of a run, or a .safetensors file that train wrote"},
    {ROW("onnx", COMMAND_EXPORT), TEXT(onnx), .value = "FILE", .needed_by = COMMAND_EXPORT,
     .help = "File to be written; - is standard output"},
    {ROW("tries", COMMAND_TUNE), KIND(INT, tries, "50"), .value = "N", NUMBER("tries", 2, 1000),
     .needed_by = COMMAND_TUNE, .positional = COMMAND_TUNE, .scope = SCOPE_SWEEP,
     .help = "Number of tries; a larger one continues a study with the same first tries"},
    {ROW("folds", COMMAND_FOLDS | COMMAND_TUNE), KIND(INT, folds, "none"), .value = "K",
     NUMBER("folds", 2, 1000), WORDS("none"), .needed_by = COMMAND_FOLDS,
     .positional = COMMAND_FOLDS,
     .help = "Number of folds. For tune: each try is K runs, one without each fold, and its score "
             "is their mean; the folds are test samples, which are not used to choose"},
    {.name = "search", .group = GROUP_COMMAND, .commands = COMMAND_TUNE,
     KIND(CHOICE, search, "hidden,lr,dropout,weight-decay,encode,bins,scale"), .list = N_SEARCHED,
     .value = "NAME,...",
     WORDS("hidden", "lr", "dropout", "weight-decay", "encode", "bins", "scale"),
     .help = "Options to search, from the values that they have; without it, those of these that are "
             "not given. config.ini records it, so tune --config repeats a study"},
    {ROW("source", COMMAND_DATA), TEXT(data), .value = "SOURCE", .needed_by = COMMAND_DATA,
     .positional = COMMAND_DATA, .help = "Data, as for --data of train"},
    {ROW("paths", COMMAND_REPORT), .kind = KIND_PATHS, AT(paths), .value = "DIR|FILE...",
     .positional = COMMAND_REPORT,
     .help = "Directories of runs or sweeps, or directories that contain several of these, and "
             "files written by lockstep bench ... --json"},
    {ROW("what", COMMAND_BENCH), .kind = KIND_CHOICE, AT(what),
     WORDS("peak", "kernel", "reduce", "step", "scaling"), .positional = COMMAND_BENCH,
     .help = "Measurement"},
    {ROW("seconds", COMMAND_BENCH), KIND(REAL, seconds, "auto"), POSITIVE("seconds"), WORDS("auto"),
     .help = "Time of one measurement; auto is 0.1 for peak, kernel and reduce, and 2 for step and "
             "scaling"},
    {ROW("repeats", COMMAND_BENCH), KIND(INT, repeats, "5"), NUMBER("measurements", 1, REPEATS_MAX),
     .help = "Number of times that everything is measured; figures are medians"},
    {ROW("layouts", COMMAND_BENCH), KIND(LAYOUT, layouts, "auto"), .list = LAYOUTS_MAX,
     .measures = SCALING, .value = "RxT,...|auto", .unit = "ranks x threads", WORDS("auto"),
     .help = "Layouts that scaling compares, within the ranks that mpirun started; speed-ups are "
             "relative to the first. auto: 1, 2, 4, ... all machines, then threads and ranks inside "
             "one, doubled up to all"},
    {ROW("bind", COMMAND_BENCH), KIND(CHOICE, bind, "auto"), .measures = SCALING,
     WORDS("auto", "none"),
     .help = "auto: bind a rank to cores of its own where the launcher gave it too few for a "
             "layout; none: keep the CPU masks"},
    {ROW("lr-grid", COMMAND_SWEEP), KIND(REAL, lr_grid, "none"), .list = OPTION_LIST_MAX,
     .ranges = "0.01..0.64", .value = "X,X,...|none", POSITIVE("factors"), WORDS("none"),
     .scope = SCOPE_SWEEP,
     .help = "Learning rates to try; the best is chosen for each batch size: 0.02,0.05,0.1 or, "
             "doubling, 0.01..0.64. none: the rate follows --lr and --lr-scale"},
    {ROW("seeds", COMMAND_SWEEP), KIND(INT, seeds, "1"), .value = "K", NUMBER("seeds", 1, 1000),
     .scope = SCOPE_SWEEP,
     .help = "Seeds per batch size: --seed, --seed + 1, and so on. Of four or more, every second "
             "one chooses the rate, and the others give the results; fewer do both"},
    {ROW("give-up", COMMAND_SWEEP), KIND(REAL, give_up, "4"), .value = "X|off", .unit = "factor",
     .from = 1, .to = INFINITY, WORDS("off"), .scope = SCOPE_SWEEP,
     .help = "End runs that take X times the steps of the best rate so far to --target"},
    {.name = "budget", .group = GROUP_COMMAND, KIND(CHOICE, budget, "epochs"),
     .commands = COMMAND_SWEEP, WORDS("epochs", "steps"),
     .help = "Budget that is equal for all batch sizes: --epochs, or --max-steps"},
    {ROW("samples", COMMAND_PLAN), KIND(INT, samples, "data"), .value = "N", BATCH, WORDS("data"),
     .help = "Number of samples before --val-split; no data are read"},
    {ROW("ranks", COMMAND_PLAN), .aliases = "world-size,nproc", KIND(INT, ranks, "1"),
     NUMBER("ranks", 1, MOST_RANKS), .help = "MPI ranks to plan for"},
    {ROW("features", COMMAND_PLAN), KIND(INT, features, "data"), .value = "N",
     NUMBER("inputs", 1, MOST_WIDTH), WORDS("data"),
     .help = "Inputs per sample, with --samples and --outputs: memory, operations and messages are "
             "then computed without data"},
    {ROW("outputs", COMMAND_PLAN), KIND(INT, outputs, "data"), .value = "N",
     NUMBER("classes or targets", 1, MOST_WIDTH), WORDS("data"),
     .help = "Classes, or, with --loss mse and similar, targets; with --samples and --features"},
    {ROW("hosts", COMMAND_PLAN), KIND(INT, hosts, "1"), NUMBER("machines", 1, MOST_RANKS),
     .help = "Machines over which the ranks are distributed evenly"},
    {ROW("host-memory", COMMAND_PLAN), KIND(BYTES, host_memory, "auto"), SIZE, WORDS("auto"),
     .help = "Memory of each machine, e.g. 64GiB; auto is that of this one. A plan that needs more "
             "gets a warning"},
    {ROW("latency", COMMAND_PLAN), KIND(REAL, latency, "auto"), POSITIVE("microseconds"),
     WORDS("auto"),
     .help = "Time of a short message between hosts; auto is measured with --measure, and 20 "
             "without"},
    {ROW("bandwidth", COMMAND_PLAN), KIND(REAL, bandwidth, "auto"), POSITIVE("Gbit/s"),
     WORDS("auto"),
     .help = "Speed of long messages between hosts; auto is measured with --measure, and 10 "
             "without"},
    {ROW("measure", COMMAND_PLAN), FLAG(measure),
     .help = "Train some steps at each batch size, on the ranks that mpirun started, to measure "
             "seconds per step, per epoch and of the run"},
    {ROW("figures", COMMAND_PLAN), TEXT(figures), .value = "FILE",
     .help = "Take the times of --measure from the output of lockstep bench step --json, for the "
             "batch sizes measured there"},
    {ROW("csv", COMMAND_PLAN | COMMAND_BENCH), FLAG(csv), .measures = REDUCE | SCALING,
     .help = "Print comma-separated values, one line per row"},
    {ROW("explain", COMMAND_PLAN), FLAG(explain), .help = "Show the calculation"},
    {ROW("json", COMMAND_PLAN | COMMAND_INFO | COMMAND_BENCH | COMMAND_EVAL | COMMAND_DATA), FLAG(json),
     .help = "Print JSON"},
    {ROW("top-k", COMMAND_EVAL), KIND(INT, top_k, "5"), .value = "K",
     NUMBER("classes", 1, INT32_MAX),
     .help = "Also report how often the label is among the K most probable classes"},
#undef ROW

#define ROW(name_)                                                                                 \
    .name = (name_), .group = GROUP_OUTPUT, .commands = COMMAND_PREDICT, .common = ALL
    {ROW("output"), KIND(CHOICE, output, "auto"),
     WORDS("auto", "classes", "probabilities", "values", "logits"),
     .help = "Columns per sample: auto is the class and all probabilities (csv) or the "
             "probabilities (npy), and for regression the values, in the units of the targets"},
    {ROW("threshold"), KIND(REAL, threshold, "auto"), .value = "auto|P", FRACTION, WORDS("auto"),
     .help = "Probability from which the second of two classes, or a yes-or-no label, is predicted; "
             "auto is the more probable"},
    {ROW("format"), KIND(CHOICE, format, "csv"), WORDS("csv", "npy"),
     .help = "csv has a header, and numbers that read back as the same float32"},
    {ROW("allow-nonfinite"), FLAG(allow_nonfinite),
     .help = "Write predictions that are not finite (nan, inf) with a warning, instead of ending "
             "with an error"},
#undef ROW

    {.name = "config", .kind = KIND_CONFIG, .group = GROUP_COMMAND, .commands = RUNS,
     .value = "FILE", .scope = SCOPE_PLACE, .common = ALL,
     .help = "Read options from a file of lines `name = value`"},
    {.name = "help", .kind = KIND_HELP, .group = GROUP_COMMAND, .commands = ALL,
     .scope = SCOPE_PLACE, .common = ALL, .help = "Show this page"},
};
/* clang-format on */
const int option_count = sizeof option_table / sizeof *option_table;
_Static_assert(sizeof option_table / sizeof *option_table <= OPTION_COUNT_MAX, "too many options");
