/* options.h: all options of a command line, as plain data.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/status.h"
#include "comm/reduce.h"
#include "comm/teams.h"
#include "data/encoding_fit.h"
#include "data/source.h"
#include "net/mlp.h"
#include "net/loss.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "options/command.h"
#include "report/predictions.h"
#include "report/progress.h"
#include "study/scaling_rules.h"
#include "run/job.h"

enum { OPTION_LIST_MAX = MLP_LAYERS_MAX, OPTION_PATHS_MAX = 1 << 16 };

/* Lists (option_value.c). n: 0 for the option's first word, such as "none"; -1 for its second. */
struct int_list {
    int n;
    int64_t item[OPTION_LIST_MAX];
};

struct real_list {
    int n;
    double item[OPTION_LIST_MAX];
};

/* A list of enum values. */
struct word_list {
    int n;
    _Alignas(8) int item[OPTION_LIST_MAX];
};

/* Steps or epochs of the training data; one of them is 0. `bare`, only while options are read: a
 * number of steps without a unit, which are epochs if the schedule counts epochs. */
struct length {
    int64_t steps, epochs;
    bool bare;
};

struct length_list {
    int n;
    struct length item[OPTION_LIST_MAX];
};

/* Batch sizes, each with the number of epochs after which it begins; the first begins with the
 * run. */
struct stage_list {
    int n;
    struct batch_change item[PLAN_STAGES_MAX];
};

/* A part of the samples: a fraction in (0, 1), or a count. */
struct split_size {
    double fraction; /* 0: `count` applies */
    int64_t count;
};

enum bench_what { BENCH_PEAK, BENCH_KERNEL, BENCH_REDUCE, BENCH_STEP, BENCH_SCALING };
enum bind_choice { BIND_AUTO, BIND_NONE };
enum separator {
    SEPARATOR_AUTO,
    SEPARATOR_COMMA,
    SEPARATOR_TAB,
    SEPARATOR_SEMICOLON,
    SEPARATOR_PIPE,
    SEPARATOR_COLON
};
enum decimal_separator { DECIMAL_POINT, DECIMAL_COMMA };
enum target_scaling { TARGETS_UNSCALED, TARGETS_STANDARD, TARGETS_AUTO };
enum preset { PRESET_NONE, PRESET_TABLE };
enum stratify_choice { STRATIFY_AUTO, STRATIFY_ON, STRATIFY_OFF };
/* The options that `tune` searches; their names are the words of --search. */
enum searched {
    SEARCH_HIDDEN,
    SEARCH_LR,
    SEARCH_DROPOUT,
    SEARCH_WEIGHT_DECAY,
    SEARCH_ENCODE,
    SEARCH_BINS,
    SEARCH_SCALE,
    N_SEARCHED
};
enum budget { BUDGET_EPOCHS, BUDGET_STEPS }; /* the quantity that all runs of a sweep share */

/* The value of a real option, and of `epochs`, that is to be derived from other options or from the
 * data (data_defaults.h). */
#define OPTION_AUTO (-1.0)
#define EPOCHS_AUTO INT64_MAX

/* Copies of this struct share their texts, which live until options_clear() is called for one of
 * the copies. A text that was not given is "". */
struct options {
    struct option_texts *texts; /* owns all texts that are not constants */
    enum command command;
    const char *topic; /* help: the page to print */

    enum preset preset; /* its values are those of the other options */
    const char *data, *val_data, *test_data;
    const char *labels, *label;
    const char *ignore, *categorical, *weight, *group, *split_by, *id, *missing;
    enum header_choice header;
    enum separator separator;
    enum decimal_separator decimal;
    struct split_size val_split, test_split;
    enum stratify_choice stratify;
    const char *fold; /* "2/5": the second of five; "": no folds */
    int64_t folds;    /* of a cross-validation, or of each try of tune, 0: none */
    enum scale_kind scale;
    enum impute impute;
    int64_t max_levels;
    enum encode encode;
    int64_t bins;
    enum target_scaling normalize_target;
    bool shuffle;
    enum noise_scale noise_scale;

    struct int_list hidden;      /* empty: a linear model */
    struct word_list activation; /* enum activation_kind: one for all layers, or one for each */
    double leaky_slope;
    double dropout, dropout_input;
    enum loss_kind loss;
    double huber_delta, label_smoothing;
    struct real_list class_weights; /* n = -1: balanced */
    enum init_kind init;
    const char *init_from;

    struct int_list batch; /* train: one size; plan, bench and sweep: several; n 0: auto */
    struct stage_list batch_schedule; /* empty, or begins with `batch` */
    int64_t epochs;                   /* 0: no limit; max_steps is then set; or EPOCHS_AUTO */
    int64_t max_steps;                /* 0: no limit */
    bool drop_last;
    /* Once the options are read, no value in `optimizer`, whose average is set by
     * training_settings.h, is OPTION_AUTO; the same holds for lr and
     * schedule.gamma, and no length is bare. */
    struct optimizer_settings optimizer;
    double lr;
    struct length ema; /* half-life of the average of the weights; 0: none */
    struct clip clip;
    enum lr_scale lr_scale;
    int64_t base_batch;

    struct schedule schedule; /* its rate and lengths are set by training_settings.h */
    struct length warmup, step_size;
    struct length_list milestones;
    struct plateau_settings plateau;
    struct metric_choice plateau_metric;
    int64_t seed;

    int64_t threads; /* per rank; 0: auto */
    struct team_request team;
    const char *kernel;
    int64_t slices;    /* 0: auto */
    int64_t pass_rows; /* 0: auto; INT64_MAX: all rows; not yet rounded to blocks */
    int64_t memory;    /* bytes; 0: auto */
    bool force_memory;
    enum reduce_kind reduce;
    enum route_kind exchange;
    int64_t stall_warn, stall_timeout; /* seconds; 0: never */

    struct stop_rules stop;
    int64_t max_time; /* seconds; 0: no limit */

    struct interval eval_every; /* sweep: count 0 until the batch size is known */
    int64_t log_every;          /* iterations */
    struct interval checkpoint_every;
    struct interval verify_every; /* EVAL_END: only at checkpoints and at the end */
    int64_t keep;
    /* The directory of a run, or a checkpoint in it; `out` is then the run's directory. Once the
     * options are read, "auto" means that `out` has no checkpoint. */
    const char *resume;
    const char *out;
    bool overwrite;
    const char *tensorboard, *log_csv; /* "": none */
    enum progress_kind progress;
    bool verbose;

    int64_t samples;           /* plan; 0: the number in the data */
    int64_t features, outputs; /* plan, with samples; 0: unknown */
    int64_t ranks, hosts;      /* plan */
    int64_t host_memory;       /* plan: bytes; 0: the memory of this machine */
    double latency, bandwidth; /* plan: microseconds, Gbit/s; or OPTION_AUTO */
    bool measure;              /* plan */
    bool csv;                  /* plan, bench */
    const char *figures;
    enum bench_what what;
    double seconds; /* bench: duration of a measurement, or OPTION_AUTO */
    int64_t repeats;
    struct layout_list layouts; /* bench scaling; empty: auto */
    enum bind_choice bind;
    bool json, explain;

    struct real_list lr_grid; /* sweep; empty: the rate given by --lr and --lr-scale */
    int64_t seeds;
    double give_up; /* 0: off */
    enum budget budget;

    int64_t tries; /* tune */
    /* enum searched. Once the options are read: those that are searched, none of which was given */
    struct word_list search;

    const char *model; /* eval, predict, export: the model's file, or a run's directory */
    const char *onnx;  /* export */
    int64_t top_k;     /* eval */
    enum prediction_output output;
    enum prediction_format format;
    bool allow_nonfinite;
    double threshold; /* OPTION_AUTO: the more probable */

    const char *paths; /* report: one path per line, without a newline after the last */
};

/* Sets all options to their defaults; a text without a default is "". The caller must call
 * options_clear(), even on failure. STATUS_NO_RESOURCE. */
enum status options_init(struct options *options, struct error *error);

/* options_room() returns zeroed room for a text, options_keep() a copy of a text. Both results live
 * as long as the other texts of these options. NULL: no memory. */
char *options_room(const struct options *options, size_t size);
const char *options_keep(const struct options *options, const char *text);

/* Frees the texts. Does nothing if the options are all zero. */
void options_clear(struct options *options);

extern const char *const command_words[COMMAND_COUNT];
const char *command_name(enum command command); /* "train"; "" for none */
enum command command_find(const char *word);    /* COMMAND_NONE: unknown */

/* The fold of --fold, from 1, and the number of folds; 0: none. */
struct fold_choice {
    int64_t fold, folds;
};

/* Reads --fold. STATUS_USAGE if it is not N/K with 1 <= N <= K and K >= 2, or if test data are
 * requested, too. */
enum status options_fold(
    const struct options *options, struct fold_choice *choice, struct error *error);

/* Numbers of samples that are taken from the training data. */
struct split_counts {
    int64_t validation, test;
};

/* Computes the numbers of samples that --val-split and --test-split take: llround(fraction *
 * samples), or the count. STATUS_USAGE if no training sample is left, or if a fraction gives no
 * sample. */
enum status options_split(const struct options *options, int64_t samples,
    struct split_counts *counts, struct error *error);
