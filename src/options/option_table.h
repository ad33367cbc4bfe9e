/* option_table.h: the table of options, used for parsing, help, config files and records. */
#pragma once

#include "options/options.h"

enum option_kind {
    KIND_TEXT,     /* const char *; shorter than FILE_PATH_MAX; one of `words`, if there are any */
    KIND_PATHS,    /* const char *: paths, one per line; shorter than OPTION_PATHS_MAX */
    KIND_CHOICE,   /* an enum: the position in `words` */
    KIND_FLAG,     /* bool: --name, --no-name */
    KIND_SWITCH,   /* bool: --name on|off, or words[0] for false and words[1] for true */
    KIND_INT,      /* int64_t; words[0] means 0, words[1] means INT64_MAX */
    KIND_BYTES,    /* int64_t: 512MiB, 100000; words[0] means 0 */
    KIND_SECONDS,  /* int64_t: 90s, 10min, 2h, 1d; words[0] means 0 */
    KIND_REAL,     /* double, in bounds as float32; "none" means 0, "auto" means OPTION_AUTO */
    KIND_SPLIT,    /* struct split_size: 0.1, 500 */
    KIND_LENGTH,   /* struct length: 5ep, 500st, 500; words[0] means none */
    KIND_INTERVAL, /* struct interval: 3ep, 500st, 500; words: end, never; also 10min if `timed` */
    KIND_STAGE,    /* struct batch_change: 128, 256@10ep */
    KIND_METRIC,   /* struct metric_choice: val_loss; the set METRIC_TRAIN means not given */
    KIND_TARGET,   /* the target of struct stop_rules: val_accuracy=0.88 */
    KIND_TEAM,     /* struct team_request: a word (the last one means 1) or a number of ranks */
    KIND_LAYOUT,   /* struct layout: 2x4 */
    KIND_CONFIG,   /* the path of the config file: not stored in struct options */
    KIND_HELP,     /* not stored */
    N_KINDS
};

enum option_group {
    GROUP_COMMAND,
    GROUP_DATA,
    GROUP_NETWORK,
    GROUP_TRAINING,
    GROUP_OPTIMIZER,
    GROUP_SCHEDULE,
    GROUP_MACHINE,
    GROUP_OUTPUT,
    N_GROUPS
};

/* The part of a run that an option affects, which determines when the option may change. */
enum option_scope {
    SCOPE_MODEL,   /* affects the weights: must not change during a run or a sweep */
    SCOPE_RUN,     /* length and data of a run: may change on resume, but not in a sweep */
    SCOPE_SWEEP,   /* weights of a run, runs of a sweep: may change between starts of a sweep */
    SCOPE_MACHINE, /* machine, storage and display of a run: may change at every start */
    SCOPE_PLACE,   /* a single start, e.g. --out: only a comment in config.ini of a run */
};

struct option {
    const char *name;    /* --name, LOCKSTEP_NAME, the key `name` */
    const char *aliases; /* names in other programs, for messages, e.g. "batch-size,bs" */
    const char *help;
    enum option_group group;
    enum option_scope scope;
    unsigned common; /* commands whose short help page shows it */

    enum option_kind kind;
    size_t offset; /* in struct options */
    int list;      /* maximum number of values, which are separated by commas; words[0] means n = 0,
                           words[1] means n = -1. 0: not a list */
    const char *ranges; /* for a list: an example of a range that doubles; NULL: no ranges */
    bool timed;         /* for an interval: may be given as a time */

    const char *fallback;    /* the default, as a user would write it; NULL: not set */
    const char *former;      /* the default in lockstep 0.1; NULL: the same */
    const char *former_auto; /* the value that `auto` meant in lockstep 0.1; NULL: the same */
    const char *value;       /* form of the value in help; NULL: that of its kind (option_form()) */
    const char *unit;        /* unit of numbers */
    int64_t least, most;     /* bounds of integers */
    double from, to;         /* for reals: from <= x < to, or from < x < to if `open` */
    bool open;
    const char *const *words; /* ended by NULL */

    unsigned commands;   /* commands that take it */
    unsigned needed_by;  /* commands that require it */
    unsigned one_for;    /* commands that take only one value of a list */
    unsigned per_rank;   /* commands for which ranks may have different values */
    unsigned measures;   /* measurements of bench: bits 1 << BENCH_...; 0: all of them */
    unsigned positional; /* commands that require it, given by its value alone; KIND_PATHS: several
                            times */

    /* The option has an effect only if the option `with` has one of the values in `when`, e.g.
     * "step,multistep" (NULL: any value). If `needed`, the option is required in that case. */
    const char *with, *when;
    bool needed;
};

enum { OPTION_COUNT_MAX = 192 };
extern const struct option option_table[];
extern const int option_count; /* at most OPTION_COUNT_MAX */

static inline bool option_serves(const struct option *option, enum command command)
{
    return option->commands & (unsigned)command;
}

static inline bool option_is_text(const struct option *option)
{
    return option->kind == KIND_TEXT || option->kind == KIND_PATHS;
}

/* True if the measurement of bench uses the option. */
static inline bool option_is_measured(const struct option *option, enum bench_what what)
{
    return option->measures == 0 || (option->measures & 1U << what);
}

static inline bool option_is_fixed_on_resume(const struct option *option)
{
    return option->scope == SCOPE_MODEL || option->scope == SCOPE_SWEEP;
}

/* True if all starts of a study of this command must have the same value: also if it is that of
 * every run because the command takes only one, as folds and tune do of --batch. */
static inline bool option_is_fixed_in_study(const struct option *option, enum command command)
{
    return option->scope == SCOPE_MODEL || option->scope == SCOPE_RUN ||
           (option->scope == SCOPE_SWEEP && (option->one_for & (unsigned)command));
}
