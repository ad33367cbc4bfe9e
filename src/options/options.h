/* options.h: everything a command line can say, as plain data, and the ways to come by it.
 *
 * Rank 0 reads command line, environment and config file (options_read), writes the outcome as the
 * text of a config file (options_to_text) and sends that; every other rank reads the text
 * (options_from_text). So all ranks hold the same bytes, whatever their own environments say, but
 * for `threads`, which may be a rank's own (agreed_options.h).
 *
 * Threads: any. Collective: no.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/status.h"
#include "comm/reduce.h"
#include "comm/teams.h"
#include "data/scale.h"
#include "data/source.h"
#include "net/init.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/plateau.h"
#include "optim/schedule.h"
#include "report/predictions.h"
#include "study/layout.h"
#include "run/trainer.h"

enum command {
    COMMAND_NONE = 0,
    COMMAND_TRAIN = 1,
    COMMAND_PLAN = 2,
    COMMAND_INFO = 4,
    COMMAND_BENCH = 8,
    COMMAND_EVAL = 16,
    COMMAND_PREDICT = 32,
    COMMAND_SWEEP = 64,
    COMMAND_REPORT = 128,
    COMMAND_HELP = 256, /* of `topic` */
    COMMAND_VERSION = 512,
    COMMAND_WORDS = 1024, /* as a topic: the glossary */
};

enum { OPTION_LIST_MAX = MLP_LAYERS_MAX, OPTION_NAME_MAX = 16, OPTION_PATHS_MAX = 1 << 16 };

struct int_list {
    int n;
    int64_t item[OPTION_LIST_MAX];
};

/* Numbers, or one of the option's words. */
struct real_list {
    int64_t n; /* 0: the first word; -1: the second */
    double item[OPTION_LIST_MAX];
};

/* Steps, or epochs of the training data; one of them is 0. */
struct length {
    int64_t steps, epochs;
};

struct length_list {
    int64_t n;
    struct length item[OPTION_LIST_MAX];
};

/* Batch sizes and the epochs after which they begin; the first begins with the run. */
struct stage_list {
    int64_t n;
    struct batch_change item[PLAN_STAGES_MAX];
};

/* A part of the samples: a fraction in (0, 1), or else a count. */
struct split_size {
    double fraction; /* 0: it is a count */
    int64_t count;
};

/* LOSS_CHOICE_AUTO, or 1 + enum loss_kind. */
enum { LOSS_CHOICE_AUTO };
enum target_scale { TARGET_SCALE_NONE, TARGET_SCALE_STANDARD };
enum schedule_by { SCHEDULE_BY_STEP, SCHEDULE_BY_EPOCH };
enum progress_kind { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_OFF };

enum bench_what { BENCH_PEAK, BENCH_KERNEL, BENCH_REDUCE, BENCH_STEP, BENCH_SCALING };
enum bind_choice { BIND_AUTO, BIND_NONE };
enum budget { BUDGET_EPOCHS, BUDGET_STEPS }; /* what all batch sizes of a sweep have alike */

/* Something is done every `count` epochs, steps or seconds, or as the unit says. */
struct interval {
    enum eval_unit unit;
    int64_t count;
};

/* Of a real number, until it follows from the other options. */
#define OPTION_AUTO (-1.0)

/* Texts that were not given are "". Reading leaves 0 in bytes that no option uses. */
struct options {
    enum command command, topic;

    char data[FILE_PATH_MAX], val_data[FILE_PATH_MAX], test_data[FILE_PATH_MAX];
    char labels[FILE_PATH_MAX], label[FILE_PATH_MAX];
    enum header_choice header;
    struct split_size val_split;
    enum scale_kind scale;
    enum target_scale normalize_target;
    bool shuffle;
    bool noise_scale;

    struct int_list hidden;     /* empty: a linear model */
    struct int_list activation; /* enum activation_kind: one, or one a hidden layer */
    double leaky_slope;
    double dropout, dropout_input;
    int loss;
    double huber_delta, label_smoothing;
    struct real_list class_weights; /* n = -1: balanced */
    enum init_kind init;
    char init_from[FILE_PATH_MAX];

    struct int_list batch;            /* train: one; plan, bench and sweep: several */
    struct stage_list batch_schedule; /* empty, or begins with `batch` */
    int64_t epochs;                   /* 0: no limit; then there is max_steps */
    int64_t max_steps;                /* 0: no limit */
    bool drop_last;
    enum optimizer_kind optimizer;
    double lr, weight_decay; /* not OPTION_AUTO once read, as all below that serve */
    double momentum, dampening, beta1, beta2, alpha, eps;
    bool nesterov;
    double clip_norm, clip_value; /* 0: none */
    enum lr_scale lr_scale;
    int64_t base_batch;

    enum schedule_kind schedule;
    enum schedule_by schedule_by;
    struct length warmup, step_size;
    struct length_list milestones;
    double gamma, lr_end, power;
    double pct_start, div_factor, final_div_factor;
    char plateau_metric[FILE_PATH_MAX];
    int64_t plateau_patience;
    double plateau_factor;
    int64_t seed;

    int64_t threads; /* a rank; 0: auto */
    struct team_request team;
    char kernel[OPTION_NAME_MAX];
    int64_t slices;    /* 0: auto */
    int64_t pass_rows; /* 0: auto; INT64_MAX: all; not yet rounded to blocks */
    int64_t memory;    /* bytes; 0: auto */
    bool force_memory;
    enum reduce_kind reduce;
    int64_t stall_warn, stall_timeout; /* seconds; 0: never */

    char early_stop[FILE_PATH_MAX], target[FILE_PATH_MAX]; /* a metric; METRIC=VALUE */
    int64_t patience;                                      /* evaluations */
    double min_delta;
    int64_t max_time; /* seconds; 0: no limit */

    struct interval eval_every; /* sweep: count 0 until the batch size is known */
    int64_t log_every;          /* iterations */
    struct interval checkpoint_every;
    struct interval verify_every; /* EVAL_END: at checkpoints and at the end alone */
    int64_t keep;
    /* a run's directory or a checkpoint in it, that is, `out` is the former; auto: `out` has none
     */
    char resume[FILE_PATH_MAX];
    char out[FILE_PATH_MAX];
    bool overwrite;
    enum progress_kind progress;

    int64_t samples;           /* plan: 0: those of the data */
    int64_t features, outputs; /* plan, beside samples; 0: not known */
    int64_t ranks, hosts;      /* plan */
    int64_t host_memory;       /* plan: bytes; 0: as this machine has */
    bool measure, csv;         /* plan */
    char figures[FILE_PATH_MAX];
    enum bench_what what;
    double seconds; /* bench, of one measurement; or OPTION_AUTO */
    int64_t repeats;
    struct layout_list layouts; /* bench scaling; empty: auto */
    enum bind_choice bind;
    bool json, explain;

    struct real_list lr_grid; /* sweep; empty: --lr by --lr-scale */
    int64_t seeds;
    enum budget budget;

    char model[FILE_PATH_MAX]; /* eval, predict: a file, or a run's directory */
    int64_t top_k;             /* eval */
    enum prediction_output output;
    enum prediction_format format;
    bool allow_nonfinite;

    char paths[OPTION_PATHS_MAX]; /* report: a line each, without a newline after the last */
};

/* Reads `argv` (argv[0] is the program), then for what it leaves open `environment` (LOCKSTEP_NAME,
 * as in environ; NULL: none), the config file that --config names, or that of the run to resume,
 * and the defaults. STATUS_USAGE, STATUS_CONFIG (naming file and line), STATUS_NO_INPUT or
 * STATUS_IO of the config file. With COMMAND_HELP and COMMAND_VERSION nothing but the topic is
 * read. */
enum status options_read(struct options *options, int argc, char *const *argv,
    char *const *environment, struct error *error);

enum text_purpose {
    TEXT_EXACT, /* every option: options_from_text() gives the same struct */
    TEXT_RECORD /* config.ini of a run: --out, --overwrite and --resume are comments, so that it can
                   be repeated */
};

/* The options as the text of a config file; the caller frees it. STATUS_NO_RESOURCE. */
enum status options_to_text(
    const struct options *options, enum text_purpose purpose, char **text, struct error *error);

/* Reads such a text. Its section, e.g. [train], is the command. `name` is for messages. Looks
 * neither at the environment nor at any file. STATUS_CONFIG. */
enum status options_from_text(
    struct options *options, const char *text, const char *name, struct error *error);

/* The validation samples that --val-split takes from `samples`: llround(fraction * samples), or the
 * count. STATUS_USAGE if that leaves no training sample, or a fraction gives none. */
enum status options_split(
    const struct options *options, int64_t samples, int64_t *n_validation, struct error *error);

/* "train"; "" for none. */
const char *command_name(enum command command);

#endif
