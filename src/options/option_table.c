#include "options/option_table.h"

#include <math.h>

#include "study/repetitions.h"

#define AT(member) .offset = offsetof(struct options, member)
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
/* The option has an effect only if the option `name` has one of these values; NULL: any value. */
#define WITH(name, values) .with = (name), .when = (values)

/* Bounds and units. */
#define COUNT(what) .unit = (what), .least = 1, .most = INT64_MAX
#define BATCH .unit = "samples", .least = 1, .most = INT64_C(1) << 62
#define STEPS .unit = "steps, or epochs", .least = 1, .most = INT64_C(1) << 40
#define SIZE                                                                                       \
    .value = "auto|SIZE", .unit = "bytes, or KiB, MiB, GiB", .least = 1, .most = INT64_C(1) << 60
#define FRACTION .unit = "fraction", .to = 1
#define FACTOR .unit = "factor", .to = INFINITY
#define POSITIVE .to = INFINITY, .open = true

enum {
    BOTH = COMMAND_TRAIN | COMMAND_PLAN | COMMAND_SWEEP,
    RUNS = BOTH | COMMAND_BENCH,
    MODELS = COMMAND_EVAL | COMMAND_PREDICT, /* commands for an existing model */
    RANKED = RUNS | COMMAND_INFO | MODELS,   /* commands that use several ranks */
    ALL = RANKED | COMMAND_REPORT,
    MOST = ALL & ~(COMMAND_PLAN | COMMAND_BENCH), /* for `common` */
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
#define ROW(name_) .name = (name_), .group = GROUP_DATA
    {ROW("data"), .aliases = "dataset", .kind = KIND_TEXT, AT(data), .commands = RUNS | MODELS,
     .needed_by = MODELS, .measures = TRAINING, .fallback = "fashion-mnist", .value = "SOURCE",
     .scope = SCOPE_RUN, .common = ALL,
     .help = "Training data, or the data for a model: fashion-mnist, a directory of IDX files, "
             "CSV, TSV or LIBSVM data, NPY or IDX files as INPUTS,LABELS, or "
             "synthetic:samples=1000,features=10,classes=2,labels=random"},
    {ROW("labels"), .aliases = "y", .kind = KIND_TEXT, AT(labels), .commands = RUNS | COMMAND_EVAL,
     .measures = TRAINING, .value = "FILE", .scope = SCOPE_RUN,
     .help = "File with the labels or targets of an NPY file; the same as --data INPUTS,LABELS"},
    {ROW("label"), .aliases = "label-column,target-column", .kind = KIND_TEXT, AT(label),
     .commands = RUNS | MODELS, .measures = TRAINING, .value = "NAME|N", .scope = SCOPE_RUN,
     .common = ALL,
     .help = "Label column of a table, by name or by number from 1; several are separated by "
             "commas; if not given, the last column. For predict: columns to ignore"},
    {ROW("header"), .kind = KIND_CHOICE, AT(header), .commands = RUNS | MODELS,
     .measures = TRAINING, .fallback = "auto", WORDS("auto", "on", "off"), .scope = SCOPE_RUN,
     .help = "The first line of a table has the names of its columns; auto: yes if none of "
             "its input fields is a number"},
    {ROW("val-data"), .kind = KIND_TEXT, AT(val_data), .commands = BOTH, .value = "SOURCE",
     .scope = SCOPE_RUN, .common = COMMAND_TRAIN, .help = "Validation data from a separate source"},
    {ROW("test-data"), .kind = KIND_TEXT, AT(test_data), .commands = BOTH, .value = "SOURCE",
     .scope = SCOPE_RUN, .common = COMMAND_TRAIN,
     .help = "Test data, in place of the test files of --data"},
    {ROW("val-split"), .aliases = "validation-split", .kind = KIND_SPLIT, AT(val_split),
     .commands = BOTH, .fallback = "0", .value = "F|N", .unit = "samples", .most = INT64_C(1) << 62,
     .common = ALL,
     .help = "Validation samples taken from the training data, chosen by --seed: a fraction "
             "such as 0.1, or a count"},
    {ROW("scale"), .kind = KIND_CHOICE, AT(scale), TRAINS, .fallback = "auto", .words = scale_words,
     .common = MOST,
     .help = "Scaling of the inputs, fitted to the training samples: unit gives [0, 1], "
             "standard gives mean 0 and variance 1; auto is unit for bytes and none for floats"},
    {ROW("normalize-target"), .kind = KIND_SWITCH, AT(normalize_target), TRAINS, .fallback = "none",
     WORDS("none", "standard"),
     .help = "Scaling of regression targets, fitted to the training samples; metrics and "
             "predictions keep the original units"},
    {ROW("shuffle"), .kind = KIND_SWITCH, AT(shuffle), TRAINS, .fallback = "on", .value = "on|off",
     .help = "A new order of the samples in every epoch, by --seed"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_NETWORK, TRAINS
    {ROW("hidden"), .aliases = "layers", .kind = KIND_INT, .list = OPTION_LIST_MAX - 1, AT(hidden),
     .fallback = "256,128", .value = "N,N,...|none", .unit = "units", .least = 1,
     .most = MOST_WIDTH, WORDS("none"), .common = ALL,
     .help = "Widths of the hidden layers; none: a linear model"},
    {ROW("activation"), .kind = KIND_CHOICE, .list = OPTION_LIST_MAX, AT(activation),
     .fallback = "relu", .words = activation_words, .common = MOST,
     .help = "Activation of the hidden layers: one for all, or one for each, separated by commas"},
    {ROW("leaky-slope"), .kind = KIND_REAL, AT(leaky_slope), .fallback = "0.01", .value = "X",
     .unit = "factor", POSITIVE, WITH("activation", "leaky-relu"),
     .help = "Slope of leaky-relu below 0"},
    {ROW("dropout"), .aliases = "drop-rate", .kind = KIND_REAL, AT(dropout), .fallback = "0",
     .value = "P", FRACTION, .common = MOST,
     .help = "Fraction of the outputs of each hidden layer that are set to 0 in a step, chosen "
             "by --seed; the others are multiplied by 1/(1-P)"},
    {ROW("dropout-input"), .kind = KIND_REAL, AT(dropout_input), .fallback = "0", .value = "P",
     FRACTION, .help = "The same for the inputs"},
    {ROW("loss"), .aliases = "criterion", .kind = KIND_CHOICE, AT(loss), .fallback = "auto",
     .value = "NAME", .words = loss_words, .common = MOST,
     .help = "cross-entropy (softmax) for classes; for targets the squared error (mse), the "
             "absolute error (mae) or huber; bce (binary cross-entropy) for several yes-or-no "
             "labels per sample; auto is cross-entropy or mse, as the data require"},
    {ROW("huber-delta"), .kind = KIND_REAL, AT(huber_delta), .fallback = "1", .value = "X",
     .unit = "scaled target", POSITIVE, WITH("loss", "huber"),
     .help = "Error at which huber changes from squared to absolute"},
    {ROW("label-smoothing"), .kind = KIND_REAL, AT(label_smoothing), .fallback = "0", .value = "E",
     FRACTION, WITH("loss", "auto,cross-entropy"),
     .help = "Part of each label that is distributed evenly over all classes"},
    {ROW("class-weights"), .aliases = "class-weight", .kind = KIND_REAL, .list = OPTION_LIST_MAX,
     AT(class_weights), .fallback = "none", .value = "none|balanced|W,W,...", .unit = "factors",
     .from = 1e-20, .to = 1e20, WORDS("none", "balanced"), WITH("loss", "auto,cross-entropy"),
     .help = "Weight of the samples of each class; balanced gives all classes the same total "
             "weight: samples / (classes x samples of the class)"},
    {ROW("init"), .kind = KIND_CHOICE, AT(init), .fallback = "auto", .words = init_words,
     .help = "Initial weights: He, for relu and similar; Xavier (Glorot), for tanh and sigmoid; "
             "the default of torch.nn.Linear; auto is He or Xavier, depending on the activation "
             "of each layer"},
#undef ROW
    {.name = "init-from", .group = GROUP_NETWORK, .kind = KIND_TEXT, AT(init_from),
     .commands = BOTH, .value = "FILE",
     .help = "Initial weights from a .safetensors file, in place of --init"},

#define ROW(name_) .name = (name_), .group = GROUP_TRAINING
    {ROW("batch"),
     .aliases = "batch-size,mini-batch,minibatch,bs,global-batch,global-batch-size,local-batch",
     .kind = KIND_INT, .list = OPTION_LIST_MAX - 1, .ranges = "32..8192", .one_for = COMMAND_TRAIN,
     AT(batch), TRAINS, .fallback = "128", .value = "N", BATCH, .needed_by = COMMAND_SWEEP,
     .scope = SCOPE_SWEEP, .common = ALL,
     .help = "Global batch size: the samples of one optimizer step, over all ranks and threads. "
             "plan, bench and sweep take several: 32,64 or, doubling, 32..8192"},
    {ROW("batch-schedule"), .kind = KIND_STAGE, .list = PLAN_STAGES_MAX, AT(batch_schedule),
     .commands = COMMAND_TRAIN | COMMAND_PLAN, .fallback = "none", .value = "N,N@Nep,...|none",
     BATCH, WORDS("none"),
     .help = "Batch sizes that change during the run, in place of --batch: "
             "128,256@10ep,512@20ep begins with 128, continues with 256 after 10 epochs and with "
             "512 after 20. --lr-scale uses the first"},
    {ROW("epochs"), .aliases = "num-epochs,n-epochs", .kind = KIND_INT, AT(epochs),
     .commands = BOTH, .fallback = "10", COUNT("epochs"), .value = "N|none", WORDS("none"),
     .scope = SCOPE_RUN, .common = ALL,
     .help = "Number of times that all training data are visited. --max-steps without --epochs "
             "does not limit the epochs"},
    {ROW("max-steps"), .aliases = "iterations,steps,num-steps", .kind = KIND_INT, AT(max_steps),
     .commands = BOTH, .fallback = "none", COUNT("steps"), .value = "N|none", WORDS("none"),
     .scope = SCOPE_RUN, .common = ALL,
     .help = "Stop after N steps, unless the run ends earlier"},
    {ROW("drop-last"), .kind = KIND_FLAG, AT(drop_last), .commands = BOTH, .fallback = "off",
     .common = ALL, .help = "Omit the smaller last batch of every epoch (--no-drop-last keeps it)"},
    {ROW("early-stop"), .aliases = "early-stopping", .kind = KIND_METRIC, AT(stop.watched),
     .commands = BOTH, .value = "METRIC", .scope = SCOPE_RUN, .common = MOST,
     .help = "Stop when this metric of the evaluations, e.g. val_loss or val_accuracy, no "
             "longer improves, and keep the best model"},
    {ROW("patience"), .kind = KIND_INT, AT(stop.patience), .commands = BOTH, .fallback = "5",
     .value = "N", .unit = "evaluations", .most = INT64_MAX, .scope = SCOPE_RUN,
     WITH("early-stop", NULL), .common = MOST,
     .help = "Consecutive evaluations without improvement after which --early-stop ends the "
             "run; 0 means 1"},
    {ROW("min-delta"), .kind = KIND_REAL, AT(stop.min_delta), .commands = BOTH, .fallback = "0",
     .value = "X", .unit = "difference", .to = INFINITY, .scope = SCOPE_RUN,
     WITH("early-stop", NULL),
     .help = "A change of the metric is an improvement only if it is larger than this"},
    {ROW("target"), .kind = KIND_TARGET, AT(stop), .commands = BOTH, .value = "METRIC=X",
     .scope = SCOPE_RUN, .common = MOST,
     .help = "Stop at the first evaluation that reaches this, e.g. val_accuracy=0.88"},
    {ROW("max-time"), .aliases = "time-limit", .kind = KIND_SECONDS, AT(max_time),
     .commands = COMMAND_TRAIN | COMMAND_PLAN, .fallback = "none", .value = "TIME|none",
     .unit = "s, min, h, d", WORDS("none"), .scope = SCOPE_RUN,
     .help = "Stop after this time, summed over all starts of the run"},
    {ROW("seed"), .aliases = "random-seed", .kind = KIND_INT, AT(seed), TRAINS, .fallback = "1",
     .value = "N", .unit = "number", .most = INT64_MAX, .common = MOST,
     .help = "Seed of initial weights, order of the samples, validation split and dropout"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_OPTIMIZER, TRAINS
    {ROW("optimizer"), .aliases = "optim,solver", .kind = KIND_CHOICE, AT(optimizer.kind),
     .fallback = "sgd", .words = optimizer_words, .common = ALL,
     .help = "Optimizer, as torch.optim defines it, or lion as its authors do (arXiv:2302.06675)"},
    {ROW("lr"), .aliases = "learning-rate,eta,max-lr", .kind = KIND_REAL, AT(lr),
     .fallback = "auto", .value = "auto|X", .unit = "factor", POSITIVE, WORDS("auto"),
     .common = ALL,
     .help = "Learning rate, the highest of the schedule. auto is 0.02 for sgd, 0.001 for adam, "
             "adamw and rmsprop, 0.01 for adagrad, 0.0001 for lion"},
    {ROW("lr-scale"), .kind = KIND_CHOICE, AT(lr_scale), .fallback = "none",
     .words = lr_scale_words,
     .help = "Learning rate by batch size: --lr applies to --base-batch, and grows with "
             "--batch, or with its square root"},
    {ROW("base-batch"), .kind = KIND_INT, AT(base_batch), .fallback = "128", .value = "N", BATCH,
     WITH("lr-scale", "linear,sqrt"), .help = "Batch size for which --lr was chosen"},
    {ROW("momentum"), .kind = KIND_REAL, AT(optimizer.momentum), .fallback = "auto",
     .value = "auto|X", FRACTION, WORDS("auto"), WITH("optimizer", "sgd,rmsprop"), .common = MOST,
     .help = "Decay of the sum of past steps; auto is 0.9 for sgd, 0 for rmsprop"},
    {ROW("dampening"), .kind = KIND_REAL, AT(optimizer.dampening), .fallback = "0", .value = "X",
     FRACTION, WITH("optimizer", "sgd"),
     .help = "Part of the gradient that does not enter the momentum"},
    {ROW("nesterov"), .kind = KIND_FLAG, AT(optimizer.nesterov), .fallback = "off",
     WITH("optimizer", "sgd"), .help = "Nesterov's momentum"},
    {ROW("beta1"), .kind = KIND_REAL, AT(optimizer.beta1), .fallback = "0.9", .value = "X",
     FRACTION, WITH("optimizer", "adam,adamw,lion"),
     .help = "Decay of the mean of gradients; with lion, the weight of that mean in a step"},
    {ROW("beta2"), .kind = KIND_REAL, AT(optimizer.beta2), .fallback = "auto", .value = "auto|X",
     FRACTION, WORDS("auto"), WITH("optimizer", "adam,adamw,lion"),
     .help = "Decay of the mean of squared gradients; with lion, of the mean of gradients. auto is "
             "0.999, and 0.99 for lion"},
    {ROW("alpha"), .kind = KIND_REAL, AT(optimizer.alpha), .fallback = "0.99", .value = "X",
     FRACTION, WITH("optimizer", "rmsprop"), .help = "Decay of the mean of squared gradients"},
    {ROW("eps"), .kind = KIND_REAL, AT(optimizer.eps), .fallback = "auto", .value = "auto|X",
     .unit = "gradient", .from = 0x1p-126, .to = INFINITY, WORDS("auto"),
     WITH("optimizer", "adam,adamw,rmsprop,adagrad"),
     .help = "Added to the square root that divides a step; auto is 1e-8, and 1e-10 for adagrad"},
    {ROW("weight-decay"), .aliases = "wd,l2", .kind = KIND_REAL, AT(optimizer.weight_decay),
     .fallback = "auto", .value = "auto|X", FACTOR, WORDS("auto"), .common = MOST,
     .help = "Adds X times each parameter to its gradient; adamw and lion subtract lr times X "
             "times the parameter from the parameter itself. auto is 0, and 0.01 for adamw"},
    {ROW("clip-norm"), .aliases = "grad-clip,clip-grad-norm,max-grad-norm", .kind = KIND_REAL,
     AT(clip.norm), .fallback = "none", .value = "none|X", .unit = "gradient", POSITIVE,
     WORDS("none"), .common = MOST,
     .help = "Scales the gradient down to this norm, over all parameters, if it is larger"},
    {ROW("clip-value"), .kind = KIND_REAL, AT(clip.value), .fallback = "none", .value = "none|X",
     .unit = "gradient", POSITIVE, WORDS("none"),
     .help = "Clamps each element of the gradient to -X ... X"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_SCHEDULE, .commands = BOTH
    {ROW("schedule"), .aliases = "scheduler,lr-scheduler,lr-schedule", .kind = KIND_CHOICE,
     AT(schedule.kind), .fallback = "constant", .value = "NAME", .words = schedule_words,
     .common = ALL,
     .help = "Learning rate over the run: constant; multiplied by --gamma every --step-size "
             "(step), at each of --milestones (multistep) or at every epoch or step "
             "(exponential); from --lr to --lr-end over the run (linear, cosine) or to 0 "
             "(polynomial); up and down (one-cycle); or reduced when a metric no longer improves "
             "(plateau)"},
    {ROW("schedule-by"), .kind = KIND_SWITCH, AT(schedule.by_epoch), .fallback = "step",
     WORDS("step", "epoch"),
     .help = "The rate changes at every step, or is constant within an epoch"},
    {ROW("warmup"), .aliases = "warmup-steps,warmup-epochs", .kind = KIND_LENGTH, AT(warmup),
     .fallback = "none", .value = "none|N|Nep", STEPS, WORDS("none"), .common = MOST,
     .help = "Steps (500) or epochs (5ep) in which the rate grows linearly to --lr, before the "
             "schedule begins"},
    {ROW("step-size"), .kind = KIND_LENGTH, AT(step_size), .fallback = "none", .value = "N|Nep",
     STEPS, WORDS("none"), WITH("schedule", "step"), .needed = true,
     .help = "Steps (100) or epochs (5ep) between reductions of the rate"},
    {ROW("milestones"), .kind = KIND_LENGTH, .list = OPTION_LIST_MAX, AT(milestones),
     .fallback = "none", .value = "N,N,...", STEPS, WORDS("none"), WITH("schedule", "multistep"),
     .needed = true,
     .help = "Steps (1000,2000) or epochs (10ep,15ep) at which the rate is reduced"},
    {ROW("gamma"), .kind = KIND_REAL, AT(schedule.gamma), .fallback = "auto", .value = "auto|X",
     .unit = "factor", POSITIVE, WORDS("auto"), WITH("schedule", "step,multistep,exponential"),
     .help = "Factor by which the rate is multiplied; auto is 0.1; exponential needs a "
             "number"},
    {ROW("lr-end"), .aliases = "min-lr,end-lr", .kind = KIND_REAL, AT(schedule.min_lr),
     .fallback = "0", .value = "X", FACTOR, WITH("schedule", "linear,cosine,plateau"),
     .help = "Rate at the end of the run; for plateau the lowest"},
    {ROW("power"), .kind = KIND_REAL, AT(schedule.power), .fallback = "1", .value = "X",
     .unit = "exponent", POSITIVE, WITH("schedule", "polynomial"),
     .help = "Exponent of the polynomial; 1 is linear"},
    {ROW("pct-start"), .kind = KIND_REAL, AT(schedule.pct_start), .fallback = "0.3", .value = "X",
     FRACTION, .open = true, WITH("schedule", "one-cycle"),
     .help = "Part of the run in which the rate grows"},
    {ROW("div-factor"), .kind = KIND_REAL, AT(schedule.div_factor), .fallback = "25", .value = "X",
     FACTOR, .from = 1, WITH("schedule", "one-cycle"),
     .help = "The cycle begins at --lr divided by this"},
    {ROW("final-div-factor"), .kind = KIND_REAL, AT(schedule.final_div_factor), .fallback = "10000",
     .value = "X", FACTOR, .from = 1, WITH("schedule", "one-cycle"),
     .help = "The cycle ends at its first rate divided by this"},
    {ROW("plateau-metric"), .kind = KIND_METRIC, AT(plateau_metric), .fallback = "val_loss",
     .value = "METRIC", WITH("schedule", "plateau"),
     .help = "Metric of the evaluations that plateau watches: val_loss, val_accuracy, ..."},
    {ROW("plateau-patience"), .kind = KIND_INT, AT(plateau.patience), .fallback = "10",
     .value = "N", .unit = "evaluations", .most = INT64_MAX, WITH("schedule", "plateau"),
     .help = "Evaluations without improvement before the rate is reduced"},
    {ROW("plateau-factor"), .kind = KIND_REAL, AT(plateau.factor), .fallback = "0.1", .value = "X",
     .unit = "factor", .to = 1, .open = true, WITH("schedule", "plateau"),
     .help = "Factor by which plateau multiplies the rate"},
#undef ROW

#define ROW(name_, scope_) .name = (name_), .group = GROUP_MACHINE, .scope = (scope_)
    {ROW("threads", SCOPE_MACHINE), .aliases = "workers,num-workers,num-threads", .kind = KIND_INT,
     AT(threads), .commands = RUNS | MODELS, .measures = PEAK | TRAINING,
     .per_rank = (RUNS | MODELS) & ~COMMAND_PLAN, .fallback = "auto", .value = "auto|N",
     .unit = "threads", .least = 1, .most = MOST_THREADS, WORDS("auto"), .common = ALL,
     .help = "Worker threads per rank; auto is one for each core that the rank may use. May "
             "differ between ranks. No effect on results"},
    {ROW("team", SCOPE_MACHINE), .kind = KIND_TEAM, AT(team), .commands = RANKED,
     .fallback = "node", .value = "node|numa|rank|N", .unit = "ranks", .least = 1,
     .most = MOST_RANKS, WORDS("node", "numa", "rank"),
     .help = "Ranks that share memory and compute as one: those of a node, those of a NUMA "
             "domain, each rank by itself, or N ranks of a node. No effect on results"},
    {ROW("kernel", SCOPE_MACHINE), .kind = KIND_NAME, AT(kernel), .commands = RUNS | MODELS,
     .measures = KERNEL | REDUCE | TRAINING, .fallback = "auto",
     WORDS("auto", "skx", "haswell", "zen3", "zen2", "portable"),
     .help = "Matrix kernel; auto is the fastest that the CPUs of all ranks can run. No effect "
             "on results"},
    {ROW("slices", SCOPE_MODEL), .kind = KIND_INT, AT(slices), TRAINS, .fallback = "auto",
     .value = "auto|N", .unit = "slices", .least = 1, .most = MOST_SLICES, WORDS("auto"),
     .help = "Parts of a batch that are summed separately and distributed to the ranks; auto "
             "derives it from the batch size. Changing it changes the last bits of the results"},
    {ROW("pass-rows", SCOPE_MACHINE), .aliases = "micro-batch,micro-batch-size", .kind = KIND_INT,
     AT(pass_rows), TRAINS, .fallback = "auto", COUNT("rows"), .value = "auto|all|N",
     WORDS("auto", "all"),
     .help = "Rows in memory at once, in whole blocks of 256: less memory, same results"},
    {ROW("memory", SCOPE_MACHINE), .aliases = "memory-limit,max-memory", .kind = KIND_BYTES,
     AT(memory), TRAINS, .fallback = "auto", SIZE, WORDS("auto"),
     .help = "Memory for the activations of a team, e.g. 512MiB, which determines --pass-rows (at "
             "least one block). Weights, data and partial sums are additional"},
    {ROW("force-memory", SCOPE_PLACE), .kind = KIND_FLAG, AT(force_memory),
     .commands = RUNS | MODELS, .measures = TRAINING, .fallback = "off",
     .help = "Run even if data, network and everything else need more memory than the machine, "
             "or the control group of its job or container, has; the system may then kill the "
             "run without a message"},
    {ROW("reduce", SCOPE_RUN), .kind = KIND_CHOICE, AT(reduce), TRAINS, .fallback = "ordered",
     WORDS("ordered", "allreduce"),
     .help = "Sum of the gradients of all ranks: ordered gives the same bits on any number of "
             "ranks, allreduce (MPI_Allreduce) does not"},
    {ROW("stall-warn", SCOPE_MACHINE), .kind = KIND_SECONDS, AT(stall_warn), .commands = RUNS,
     .fallback = "60s", .value = "TIME|never", .unit = "s, min, h, d", WORDS("never"),
     .help = "Report a run without progress after this time, or after 5 times its slowest step "
             "if that is longer: since when, in which phase, and which rank it waits for"},
    {ROW("stall-timeout", SCOPE_MACHINE), .kind = KIND_SECONDS, AT(stall_timeout), .commands = RUNS,
     .fallback = "never", .value = "TIME|never", .unit = "s, min, h, d", WORDS("never"),
     .help = "End a run without progress after this time, on every rank and with exit code 75, "
             "so that a job script can resume it; choose a longer time than a rank needs to read "
             "the data"},
#undef ROW

#define ROW(name_, scope_) .name = (name_), .group = GROUP_OUTPUT, .scope = (scope_)
    {ROW("eval-every", SCOPE_RUN), .kind = KIND_INTERVAL, AT(eval_every), .commands = BOTH,
     .fallback = "auto", COUNT("epochs, or steps"), .value = "auto|Nep|N|end|never",
     WORDS("end", "never", "auto"), .common = MOST,
     .help = "Evaluate validation and test data every N epochs (1ep) or steps (500); auto is "
             "1ep, and for sweep a quarter of an epoch, in whole steps"},
    {ROW("log-every", SCOPE_MACHINE), .kind = KIND_INT, AT(log_every), .commands = BOTH,
     .fallback = "100", COUNT("iterations"), .value = "N", .common = COMMAND_TRAIN,
     .help = "Print and log a line at every Nth step of an epoch, and at its last step"},
    {ROW("noise-scale", SCOPE_RUN), .kind = KIND_SWITCH, AT(noise_scale), TRAINS, .fallback = "on",
     .value = "on|off",
     .help = "Measure the gradient noise scale, an estimate of the critical batch size, while "
             "training; the weights are the same bits without it"},
    {ROW("out", SCOPE_PLACE), .aliases = "output", .kind = KIND_TEXT, AT(out),
     .commands = BOTH | COMMAND_PREDICT | COMMAND_REPORT, .value = "DIR", .common = MOST,
     .help = "Directory for the results; runs/DATE-TIME if not given. sweep requires it, and "
             "continues the same sweep in it. For predict and report: the file, written whole or "
             "not at all, - for standard output; if not given, predict writes to standard "
             "output, and report to report.html in its directory, or, if it reads several, in "
             "the current directory"},
    {ROW("overwrite", SCOPE_PLACE), .kind = KIND_FLAG, AT(overwrite), .commands = BOTH,
     .fallback = "off", .common = MOST,
     .help = "Replace the run or sweep in --out. Files that lockstep did not write are kept; a "
             "directory that is neither empty nor a run or sweep of lockstep is refused"},
    {ROW("checkpoint-every", SCOPE_MACHINE), .aliases = "save-every", .kind = KIND_INTERVAL,
     AT(checkpoint_every), .commands = BOTH, .fallback = "10min", COUNT("s, min, h; epochs; steps"),
     .value = "TIME|Nep|N|end|never", WORDS("end", "never"), .timed = true, .common = COMMAND_TRAIN,
     .help = "Write a checkpoint at this interval, and at the end: 10min, 1ep, 500. After a "
             "signal one is written even with never"},
    {ROW("verify-every", SCOPE_MACHINE), .kind = KIND_INTERVAL, AT(verify_every), .commands = BOTH,
     .fallback = "checkpoint", COUNT("epochs, or steps"), .value = "checkpoint|Nep|N|never",
     WORDS("checkpoint", "never"),
     .help = "Verify the weights in memory before every checkpoint and at the end, and also "
             "every N epochs (1ep) or steps (500): all teams must have the same weights, and "
             "none may change until the next update. A wrong bit ends the run with exit code 71 "
             "and the last good checkpoint; the team is named where it is known. Only 1 detects "
             "every change between updates"},
    {ROW("keep", SCOPE_MACHINE), .kind = KIND_INT, AT(keep), .commands = BOTH, .fallback = "2",
     .value = "N", .unit = "checkpoints", .least = 1, .most = 1000,
     .help = "Number of the newest checkpoints to keep, in addition to the best one (by the "
             "metric of --early-stop, or val_loss)"},
    {ROW("resume", SCOPE_PLACE), .aliases = "continue,restart", .kind = KIND_TEXT, AT(resume),
     .commands = COMMAND_TRAIN | COMMAND_PLAN, .value = "DIR|auto", .common = MOST,
     .help = "Continue the run in this directory from its newest checkpoint, or from the "
             "checkpoint named; options not given keep the values of the run. auto: continue the "
             "run in --out, if it has a checkpoint"},
    {ROW("progress", SCOPE_MACHINE), .kind = KIND_CHOICE, AT(progress), .commands = RUNS,
     .fallback = "auto", WORDS("auto", "bar", "lines", "off"), .common = MOST,
     .help = "auto is a bar on a terminal and lines elsewhere; for sweep one line per run, and "
             "no progress of the runs themselves"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_COMMAND, .common = ALL
    {ROW("model"), .kind = KIND_TEXT, AT(model), .commands = MODELS, .value = "MODEL",
     .positional = true, .help = "Directory of a run, or a .safetensors file that train wrote"},
    {ROW("paths"), .kind = KIND_PATHS, AT(paths), .commands = COMMAND_REPORT,
     .value = "DIR|FILE...", .positional = true,
     .help = "Directories of runs or sweeps, or directories that contain several of these, and "
             "files written by lockstep bench ... --json"},
    {ROW("what"), .kind = KIND_CHOICE, AT(what), .commands = COMMAND_BENCH,
     WORDS("peak", "kernel", "reduce", "step", "scaling"), .positional = true,
     .help = "Measurement"},
    {ROW("seconds"), .kind = KIND_REAL, AT(seconds), .commands = COMMAND_BENCH, .fallback = "auto",
     .value = "auto|X", .unit = "seconds", POSITIVE, WORDS("auto"),
     .help = "Time of one measurement; auto is 0.1 for peak, kernel and reduce, and 2 for step "
             "and scaling"},
    {ROW("repeats"), .kind = KIND_INT, AT(repeats), .commands = COMMAND_BENCH, .fallback = "5",
     .value = "N", .unit = "measurements", .least = 1, .most = REPEATS_MAX,
     .help = "Number of times that everything is measured; figures are medians"},
    {ROW("layouts"), .kind = KIND_LAYOUT, .list = LAYOUTS_MAX, AT(layouts),
     .commands = COMMAND_BENCH, .measures = SCALING, .fallback = "auto", .value = "RxT,...|auto",
     .unit = "ranks x threads", WORDS("auto"),
     .help = "Layouts that scaling compares, within the ranks that mpirun started; speed-ups "
             "are relative to the first. auto doubles threads up to --threads, then ranks up to "
             "all"},
    {ROW("bind"), .kind = KIND_CHOICE, AT(bind), .commands = COMMAND_BENCH, .measures = SCALING,
     .fallback = "auto", WORDS("auto", "none"),
     .help = "auto: bind a rank to cores of its own where the launcher gave it too few for a "
             "layout; none: keep the CPU masks"},
    {ROW("lr-grid"), .kind = KIND_REAL, .list = OPTION_LIST_MAX, .ranges = "0.01..0.64",
     AT(lr_grid), .commands = COMMAND_SWEEP, .fallback = "none", .value = "X,X,...|none",
     .unit = "factors", POSITIVE, WORDS("none"), .scope = SCOPE_SWEEP,
     .help = "Learning rates to try with the first seed; the best is chosen for each batch size: "
             "0.02,0.05,0.1 or, doubling, 0.01..0.64. none: the rate follows --lr and "
             "--lr-scale"},
    {ROW("seeds"), .kind = KIND_INT, AT(seeds), .commands = COMMAND_SWEEP, .fallback = "1",
     .value = "K", .unit = "seeds", .least = 1, .most = 1000, .scope = SCOPE_SWEEP,
     .help = "Runs per batch size at its best rate: --seed and the numbers after it"},
    {ROW("budget"), .kind = KIND_CHOICE, AT(budget), .commands = COMMAND_SWEEP,
     .fallback = "epochs", WORDS("epochs", "steps"),
     .help = "Budget that is equal for all batch sizes: --epochs, or --max-steps"},
    {ROW("samples"), .kind = KIND_INT, AT(samples), .commands = COMMAND_PLAN, .fallback = "data",
     .value = "N", BATCH, WORDS("data"),
     .help = "Number of samples before --val-split; no data are read"},
    {ROW("ranks"), .aliases = "world-size,nproc", .kind = KIND_INT, AT(ranks),
     .commands = COMMAND_PLAN, .fallback = "1", .value = "N", .unit = "ranks", .least = 1,
     .most = MOST_RANKS, .help = "MPI ranks to plan for"},
    {ROW("features"), .kind = KIND_INT, AT(features), .commands = COMMAND_PLAN, .fallback = "data",
     .value = "N", .unit = "inputs", .least = 1, .most = MOST_WIDTH, WORDS("data"),
     .help = "Inputs per sample, with --samples and --outputs: memory, operations and messages "
             "are then computed without data"},
    {ROW("outputs"), .kind = KIND_INT, AT(outputs), .commands = COMMAND_PLAN, .fallback = "data",
     .value = "N", .unit = "classes or targets", .least = 1, .most = MOST_WIDTH, WORDS("data"),
     .help = "Classes, or, with --loss mse and similar, targets; with --samples and --features"},
    {ROW("hosts"), .kind = KIND_INT, AT(hosts), .commands = COMMAND_PLAN, .fallback = "1",
     .value = "N", .unit = "machines", .least = 1, .most = MOST_RANKS,
     .help = "Machines over which the ranks are distributed evenly"},
    {ROW("host-memory"), .kind = KIND_BYTES, AT(host_memory), .commands = COMMAND_PLAN,
     .fallback = "auto", SIZE, WORDS("auto"),
     .help = "Memory of each machine, e.g. 64GiB; auto is that of this one. A plan that needs "
             "more gets a warning"},
    {ROW("measure"), .kind = KIND_FLAG, AT(measure), .commands = COMMAND_PLAN, .fallback = "off",
     .help = "Train some steps at each batch size, on the ranks that mpirun started, to measure "
             "seconds per step, per epoch and of the run"},
    {ROW("figures"), .kind = KIND_TEXT, AT(figures), .commands = COMMAND_PLAN, .value = "FILE",
     .help = "Take the times of --measure from the output of lockstep bench step --json, for the "
             "batch sizes measured there"},
    {ROW("csv"), .kind = KIND_FLAG, AT(csv), .commands = COMMAND_PLAN, .fallback = "off",
     .help = "Print comma-separated values, one row per batch size"},
    {ROW("explain"), .kind = KIND_FLAG, AT(explain), .commands = COMMAND_PLAN, .fallback = "off",
     .help = "Show the calculation"},
    {ROW("json"), .kind = KIND_FLAG, AT(json),
     .commands = COMMAND_PLAN | COMMAND_INFO | COMMAND_BENCH | COMMAND_EVAL, .fallback = "off",
     .help = "Print JSON"},
    {ROW("top-k"), .kind = KIND_INT, AT(top_k), .commands = COMMAND_EVAL, .fallback = "5",
     .value = "K", .unit = "classes", .least = 1, .most = INT32_MAX,
     .help = "Also report how often the label is among the K most probable classes"},
#undef ROW

#define ROW(name_) .name = (name_), .group = GROUP_OUTPUT, .commands = COMMAND_PREDICT, .common = ALL
    {ROW("output"), .kind = KIND_CHOICE, AT(output), .fallback = "auto",
     WORDS("auto", "classes", "probabilities", "values", "logits"),
     .help = "Columns per sample: auto is the class and all probabilities (csv) or the "
             "probabilities (npy), and for regression the values, in the units of the targets"},
    {ROW("format"), .kind = KIND_CHOICE, AT(format), .fallback = "csv", WORDS("csv", "npy"),
     .help = "csv has a header, and numbers that read back as the same float32"},
    {ROW("allow-nonfinite"), .kind = KIND_FLAG, AT(allow_nonfinite), .fallback = "off",
     .help = "Write predictions that are not finite (nan, inf) with a warning, instead of "
             "ending with an error"},
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
