/* option_table.h: the one table of options, behind parsing, help, config file and record. Internal
 * to cli/. */
#ifndef OPTIONS_OPTION_TABLE_H
#define OPTIONS_OPTION_TABLE_H

#include "options/options.h"

enum option_kind {
    KIND_TEXT,    /* const char *, as of the next two; shorter than FILE_PATH_MAX */
    KIND_PATHS,   /* one or several, a line each; shorter than OPTION_PATHS_MAX */
    KIND_NAME,    /* one of `words` */
    KIND_CHOICE,  /* an enum: the position in `words` */
    KIND_FLAG,    /* bool: --name, --no-name */
    KIND_SWITCH,  /* bool: --name on|off */
    KIND_INT,     /* int64_t; words[0] means 0, words[1] INT64_MAX */
    KIND_BYTES,   /* int64_t: 512MiB, 100000; words[0] means 0 */
    KIND_SECONDS, /* int64_t: 90s, 10min, 2h, 1d; words[0] means 0 */
    KIND_REAL,   /* double, in bounds once rounded to float32; "none" means 0, "auto" OPTION_AUTO */
    KIND_SPLIT,  /* struct split_size: 0.1, 500 */
    KIND_LENGTH, /* struct length: 5ep, 500; words[0] means none */
    KIND_INTERVAL, /* struct interval: 3ep, 500; words[0] EVAL_END, words[1] never; if `timed`, 10min */
    KIND_STAGE,   /* struct batch_change: 128, 256@10ep */
    KIND_TEAM,    /* struct team_request: words[] by kind, the last for 1; or a number of ranks */
    KIND_LAYOUTS, /* struct layout_list: 1x1,2x4; words[0] means the empty one */
    KIND_CONFIG,  /* the config file: stored nowhere */
    KIND_HELP,    /* stored nowhere */
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
const char *option_group_name(enum option_group group);

struct option {
    const char *name; /* --name, LOCKSTEP_NAME, the key `name` */
    enum option_kind kind;
    int list; /* at most this many values, separated by commas; words[] for n = 0 and n = -1.
                           0: one value */
    const char *ranges; /* of a list: an example of a range, doubling; NULL: it has none */
    unsigned one_for;   /* commands that take one value of the list */
    enum option_group group;
    unsigned commands;    /* those that take it */
    unsigned needed_by;   /* those of them that do not go by its default: it must be given */
    unsigned measures;    /* of bench: bit 1 << BENCH_...; 0: all of them */
    size_t offset;        /* in struct options */
    const char *fallback; /* the default, as a user would write it; NULL: not set */
    const char *value;    /* how help writes the value */
    const char *unit;     /* of numbers */
    int64_t least, most;  /* of integers */
    double from, to;      /* of reals: from <= x < to; without from itself if `open` */
    bool open;
    bool positional;          /* given by its value alone, once (or more), and must be */
    bool place;               /* of one start alone, as where it goes: a comment in its record */
    bool loose;               /* may be another when a run is resumed */
    bool timed;               /* of an interval */
    const char *const *words; /* ended by NULL */
    /* It means something only where option `with` has one of the values `when`, "step,multistep",
     * or, NULL, any; if `needed`, it must be given then. */
    const char *with, *when;
    bool needed;
    const char *help;
};

enum { OPTION_COUNT_MAX = 128 };
extern const struct option option_table[];
extern const int option_count; /* at most OPTION_COUNT_MAX */

static inline bool option_serves(const struct option *option, enum command command)
{
    return option->commands & (unsigned)command;
}

static inline bool option_is_text(const struct option *option)
{
    return option->kind == KIND_TEXT || option->kind == KIND_PATHS || option->kind == KIND_NAME;
}

/* By long name; NULL: there is none. */
const struct option *option_find(const char *name);

/* The command's option that is given by its value alone; NULL: none. */
const struct option *option_positional(enum command command);

/* The name that the command takes and that is meant by what others call it (batch-size), or NULL.
 */
const char *option_alias(const char *name, enum command command);

/* The name that the command takes and that is meant by an alias (batch-size) or nearest, or NULL.
 */
const char *option_nearest(const char *name, enum command command);

/* Names of the commands, bit i of enum command at place i; the first COMMAND_COUNT are commands
 * that take options. COMMAND_NONE: there is no such command. */
enum { COMMAND_COUNT = 8 };
extern const char *const command_words[];
enum command command_find(const char *word);

/* Whether what bench measures makes use of an option that bench takes. */
static inline bool option_is_measured(const struct option *option, enum bench_what what)
{
    return option->measures == 0 || (option->measures & 1U << what);
}

/* Commands that take the option, "plan, info and bench", and the measurements of bench that make
 * use of it, "step and scaling" ("": all of them), into `out`; both return it. */
enum { OPTION_LIST_TEXT = 80 };
const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT]);
const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT]);

/* How its value is written, "N|none" or "auto|unit", into out[64]; returns out. */
const char *option_form(const struct option *option, char out[64]);

#endif
