/* options.h: everything a command line can say, as plain data, and the ways to come by it.
 *
 * Rank 0 reads command line, environment and config file (options_read), writes the outcome as the
 * text of a config file (options_to_text) and sends that; every other rank reads the text
 * (options_from_text). So all ranks hold the same bytes, whatever their own environments say.
 *
 * Threads: any. Collective: no.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/status.h"
#include "comm/reduce.h"
#include "comm/teams.h"
#include "data/scale.h"
#include "net/init.h"
#include "train/layout.h"
#include "train/trainer.h"

enum command {
    COMMAND_NONE = 0,
    COMMAND_TRAIN = 1,
    COMMAND_PLAN = 2,
    COMMAND_INFO = 4,
    COMMAND_BENCH = 8,
    COMMAND_HELP = 16, /* of `topic` */
    COMMAND_VERSION = 32,
    COMMAND_WORDS = 64, /* as a topic: the glossary */
};

enum { OPTION_LIST_MAX = MLP_LAYERS_MAX, OPTION_NAME_MAX = 16 };

struct int_list {
    int n;
    int64_t item[OPTION_LIST_MAX];
};

/* A part of the samples: a fraction in (0, 1), or else a count. */
struct split_size {
    double fraction; /* 0: it is a count */
    int64_t count;
};

enum loss_choice { LOSS_CHOICE_AUTO, LOSS_CHOICE_CROSS_ENTROPY, LOSS_CHOICE_MSE };
enum progress_kind { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_OFF };

enum bench_what { BENCH_PEAK, BENCH_KERNEL, BENCH_REDUCE, BENCH_STEP, BENCH_SCALING };
enum bind_choice { BIND_AUTO, BIND_NONE };

/* Something is done every `count` epochs, steps or seconds, or as the unit says. */
struct interval {
    enum eval_unit unit;
    int64_t count;
};

/* Texts that were not given are "". Reading leaves 0 in bytes that no option uses. */
struct options {
    enum command command, topic;

    char data[FILE_PATH_MAX], val_data[FILE_PATH_MAX], test_data[FILE_PATH_MAX];
    struct split_size val_split;
    enum scale_kind scale;
    bool shuffle;

    struct int_list hidden; /* empty: a linear model */
    char activation[OPTION_NAME_MAX];
    enum loss_choice loss;
    enum init_kind init;
    char init_from[FILE_PATH_MAX];

    struct int_list batch; /* train: one; plan and bench: several */
    int64_t epochs;        /* 0: no limit; then there is max_steps */
    int64_t max_steps;     /* 0: no limit */
    bool drop_last;
    char optimizer[OPTION_NAME_MAX];
    double lr, momentum, weight_decay;
    int64_t seed;

    int64_t threads; /* a rank; 0: auto */
    struct team_request team;
    char kernel[OPTION_NAME_MAX];
    int64_t slices;    /* 0: auto */
    int64_t pass_rows; /* 0: auto; INT64_MAX: all; not yet rounded to blocks */
    int64_t memory;    /* bytes; 0: auto */
    enum reduce_kind reduce;

    char early_stop[FILE_PATH_MAX], target[FILE_PATH_MAX]; /* a metric; METRIC=VALUE */
    int64_t patience;                                      /* evaluations */
    double min_delta;
    int64_t max_time; /* seconds; 0: no limit */

    struct interval eval_every;
    int64_t log_every; /* iterations */
    struct interval checkpoint_every;
    int64_t keep;
    /* a run's directory or a checkpoint in it, that is, `out` is the former; auto: `out` has none */
    char resume[FILE_PATH_MAX];
    char out[FILE_PATH_MAX];
    bool overwrite;
    enum progress_kind progress;

    int64_t samples; /* plan: 0: those of the data */
    int64_t ranks;   /* plan */
    enum bench_what what;
    double seconds; /* bench, of one measurement; 0: auto */
    int64_t repeats;
    struct layout_list layouts; /* bench scaling; empty: auto */
    enum bind_choice bind;
    bool json, explain;
};

/* Reads `argv` (argv[0] is the program), then for what it leaves open `environment` (LOCKSTEP_NAME,
 * as in environ; NULL: none), the config file that --config names, or that of the run to resume, and
 * the defaults. STATUS_USAGE,
 * STATUS_CONFIG (naming file and line), STATUS_NO_INPUT or STATUS_IO of the config file. With
 * COMMAND_HELP and COMMAND_VERSION nothing but the topic is read. */
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
