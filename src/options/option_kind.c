#include "options/option_kind.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

_Static_assert(sizeof(enum scale_kind) == sizeof(int), "KIND_CHOICE stores an enum as an int");

/* --- texts and words -------------------------------------------------------------------------- */

static bool read_text(const struct option *option, void *place, const char *text, char *reason)
{
    size_t size = option->kind == KIND_PATHS ? OPTION_PATHS_MAX : FILE_PATH_MAX;
    if (strlen(text) >= size)
        return option_refuse(reason, "longer than %zu characters", size - 1);
    if (option->words && option_find_word(option, text) < 0)
        return option_refuse_word(option, text, reason);
    *(const char **)place = text;
    return true;
}

static void print_text(FILE *file, const struct option *option, const void *place)
{
    (void)option;
    fputs(*(const char *const *)place, file);
}

static bool read_choice(const struct option *option, void *place, const char *text, char *reason)
{
    int word = option_find_word(option, text);
    if (word < 0)
        return option_refuse_word(option, text, reason);
    memcpy(place, &word, sizeof word);
    return true;
}

static void print_choice(FILE *file, const struct option *option, const void *place)
{
    int word;
    memcpy(&word, place, sizeof word);
    fputs(option->words[word], file);
}

static bool read_bool(const struct option *option, void *place, const char *text, char *reason)
{
    static const char *const word[] = {"off", "false", "0", "on", "true", "1"};
    int found = option_find_word(option, text);
    *(bool *)place = found == 1;
    if (option->words)
        return found >= 0 || option_refuse_word(option, text, reason);
    for (int i = 0; i < 6; i++)
        if (strcmp(text, word[i]) == 0) {
            *(bool *)place = i >= 3;
            return true;
        }
    return option_refuse(reason, "must be on or off");
}

static void print_bool(FILE *file, const struct option *option, const void *place)
{
    bool value = *(const bool *)place;
    fputs(option->words ? option->words[value] : value ? "on" : "off", file);
}

/* --- steps and epochs ------------------------------------------------------------------------- */

enum count_unit { COUNT_BARE, COUNT_STEPS, COUNT_EPOCHS, COUNT_UNITS };
static const char *const count_unit_words[COUNT_UNITS] = {"", "st", "ep"};

/* Returns the unit of digits that may be followed by a unit; COUNT_UNITS: the text is anything
 * else. */
static enum count_unit unit_of(const char *text)
{
    size_t letters = strcspn(text, "abcdefghijklmnopqrstuvwxyz");
    int unit = isdigit((unsigned char)*text) ? COUNT_BARE : COUNT_UNITS;
    while (unit < COUNT_UNITS && strcmp(text + letters, count_unit_words[unit]) != 0)
        unit++;
    return (enum count_unit)unit;
}

/* Reads "5ep", "500st" or "500". */
static bool read_count(const struct option *option, const char *text, int64_t *count,
    enum count_unit *unit, char *reason)
{
    char number[64];
    size_t length = strlen(text);
    *unit = unit_of(text);
    if (length >= sizeof number || *unit == COUNT_UNITS)
        return option_refuse(reason, "must be epochs (5ep) or steps (500st)%s%s",
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    length -= strlen(count_unit_words[*unit]);
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    return option_read_number(option, number, count, reason);
}

static void print_count(FILE *file, int64_t count, enum count_unit unit)
{
    fprintf(file, "%" PRId64 "%s", count, count_unit_words[unit]);
}

static bool read_length(const struct option *option, void *place, const char *text, char *reason)
{
    int64_t count = 0;
    enum count_unit unit = COUNT_STEPS;
    if (!option_is_zero_word(option, text) && !read_count(option, text, &count, &unit, reason))
        return false;
    bool epochs = unit == COUNT_EPOCHS;
    *(struct length *)place =
        (struct length){epochs ? 0 : count, epochs ? count : 0, unit == COUNT_BARE};
    return true;
}

static void print_length(FILE *file, const struct option *option, const void *place)
{
    const struct length *length = place;
    if (length->steps == 0 && length->epochs == 0)
        fputs(option->words[0], file);
    else
        print_count(
            file, length->steps + length->epochs, length->epochs > 0 ? COUNT_EPOCHS : COUNT_STEPS);
}

/* The first word means "at the end", the second "never". A third word, which not all options have,
 * means "automatic" and is stored as 0 epochs. */
static bool read_interval(const struct option *option, void *place, const char *text, char *reason)
{
    static const enum eval_unit of_word[] = {EVAL_END, EVAL_NEVER, EVAL_EPOCHS};
    int word = option_find_word(option, text);
    struct interval interval = {.unit = of_word[word < 0 ? 0 : word]};
    if (word < 0) {
        enum count_unit unit = unit_of(text);
        bool time = option->timed && text_to_seconds(text, &interval.count);
        if (!time && unit == COUNT_UNITS)
            return option_refuse(reason, "must be %sepochs (1ep), steps (500st), %s or %s",
                option->timed ? "a time (10min), " : "", option->words[0], option->words[1]);
        if (!time && !read_count(option, text, &interval.count, &unit, reason))
            return false;
        interval.unit = time ? EVAL_SECONDS : unit == COUNT_EPOCHS ? EVAL_EPOCHS : EVAL_STEPS;
    }
    *(struct interval *)place = interval;
    return true;
}

static void print_interval(FILE *file, const struct option *option, const void *place)
{
    const struct interval *interval = place;
    char text[32];
    if (interval->unit == EVAL_SECONDS)
        fputs(text_from_seconds(interval->count, text), file);
    else if (interval->unit == EVAL_EPOCHS && interval->count == 0)
        fputs("auto", file);
    else if (interval->unit == EVAL_END || interval->unit == EVAL_NEVER)
        fputs(option->words[interval->unit == EVAL_END ? 0 : 1], file);
    else
        print_count(
            file, interval->count, interval->unit == EVAL_EPOCHS ? COUNT_EPOCHS : COUNT_STEPS);
}

/* Reads a first stage, e.g. "128", or a later stage, e.g. "256@10ep". option_rules.c checks which
 * of the two is allowed. */
static bool read_stage(const struct option *option, void *place, const char *text, char *reason)
{
    struct batch_change *change = place;
    char batch[64];
    size_t length = strcspn(text, "@");
    const char *after = text[length] ? text + length + 1 : NULL;
    enum count_unit unit = COUNT_EPOCHS;
    snprintf(batch, sizeof batch, "%.*s", (int)length, text);
    *change = (struct batch_change){0};
    if (!option_read_number(option, batch, &change->batch, reason))
        return false;
    if (after && unit_of(after) == COUNT_UNITS)
        return option_refuse(reason, "must be a batch size, followed by batch sizes that begin "
                                     "after whole epochs: 128,256@10ep,512@20ep");
    if (after && !read_count(option, after, &change->after_epochs, &unit, reason))
        return false;
    return unit == COUNT_EPOCHS ||
           option_refuse(reason,
               "%s: a batch size begins after whole epochs; did you mean %s@%" PRId64 "ep?", text,
               batch, change->after_epochs);
}

static void print_stage(FILE *file, const struct option *option, const void *place)
{
    const struct batch_change *change = place;
    (void)option;
    fprintf(file, "%" PRId64, change->batch);
    if (change->after_epochs > 0)
        fprintf(file, "@%" PRId64 "ep", change->after_epochs);
}

/* --- metrics ---------------------------------------------------------------------------------- */

/* Finds a metric of validation or test data by name. */
static bool find_metric(struct metric_choice *choice, const char *name, char *reason)
{
    char names[METRIC_LIST_MAX] = "";
    if (metric_find(name, choice) && choice->set != METRIC_TRAIN)
        return true;
    for (int m = 0; m < N_METRICS; m++)
        text_append(names, sizeof names, "%sval_%s", m ? ", " : "", metric_name((enum metric)m));
    return option_refuse(reason,
        "evaluations have no metric %s; choose from %s, or the same names with test_ in place of "
        "val_, or val_ema_ with --ema",
        name, names);
}

static bool read_metric(const struct option *option, void *place, const char *text, char *reason)
{
    struct metric_choice choice = {METRIC_TRAIN, METRIC_LOSS};
    (void)option;
    if (*text && !find_metric(&choice, text, reason))
        return false;
    if (metric_set_is_test(choice.set))
        return option_refuse(reason,
            "a model chosen by the test data can no longer be evaluated on them; use a metric of "
            "the "
            "validation data, val_%s",
            metric_name(choice.metric));
    *(struct metric_choice *)place = choice;
    return true;
}

static void print_metric(FILE *file, const struct option *option, const void *place)
{
    const struct metric_choice *choice = place;
    char name[METRIC_NAME_MAX];
    (void)option;
    if (choice->set != METRIC_TRAIN)
        fputs(metric_choice_name(*choice, name), file);
}

static bool read_target(const struct option *option, void *place, const char *text, char *reason)
{
    struct stop_rules *rules = place;
    char name[64];
    const char *equals = strchr(text, '=');
    (void)option;
    rules->has_target = *text != '\0';
    if (!rules->has_target)
        return true;
    if (!equals || !text_to_real(equals + 1, &rules->goal))
        return option_refuse(reason, "must be a metric and a number, such as val_accuracy=0.88");
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    if (!find_metric(&rules->target, name, reason))
        return false;
    bool rises = metric_rises(rules->target.metric);
    if (rises ? rules->goal > 1 : rules->goal < 0)
        return option_refuse(
            reason, "can never be reached: %s is %s", name, rises ? "at most 1" : "at least 0");
    return true;
}

static void print_target(FILE *file, const struct option *option, const void *place)
{
    const struct stop_rules *rules = place;
    char name[METRIC_NAME_MAX], number[32];
    (void)option;
    if (rules->has_target)
        fprintf(file, "%s=%s", metric_choice_name(rules->target, name),
            text_from_real(rules->goal, number));
}

/* --- teams and layouts ------------------------------------------------------------------------ */

static bool read_team(const struct option *option, void *place, const char *text, char *reason)
{
    int word = option_find_word(option, text);
    int64_t ranks = 1;
    if (word < 0 && !isdigit((unsigned char)*text))
        return option_refuse(reason, "must be node, numa, rank or a number of ranks");
    if (word < 0 && !option_read_number(option, text, &ranks, reason))
        return false;
    bool counted = word < 0 || word == TEAM_RANKS;
    *(struct team_request *)place = (struct team_request){
        counted ? TEAM_RANKS : (enum team_kind)word, counted ? (int)ranks : 0};
    return true;
}

static void print_team(FILE *file, const struct option *option, const void *place)
{
    const struct team_request *team = place;
    if (team->kind == TEAM_RANKS && team->ranks > 1)
        fprintf(file, "%d", team->ranks);
    else
        fputs(option->words[team->kind], file);
}

static bool read_layout(const struct option *option, void *place, const char *text, char *reason)
{
    enum { MOST = 1 << 16 };
    char digits[16];
    size_t length = strcspn(text, "x");
    int64_t ranks = 0, threads = 0;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (length >= sizeof digits || text[length] != 'x' || !text_to_int(digits, &ranks) ||
        !text_to_int(text + length + 1, &threads) || ranks < 1 || ranks > MOST || threads < 1 ||
        threads > MOST)
        return option_refuse(
            reason, "must be ranks x threads such as 1x1,2x4 (at most %d), or auto", option->list);
    *(struct layout *)place = (struct layout){(int)ranks, (int)threads};
    return true;
}

static void print_layout(FILE *file, const struct option *option, const void *place)
{
    const struct layout *layout = place;
    (void)option;
    fprintf(file, "%dx%d", layout->ranks, layout->threads);
}

/* ---------------------------------------------------------------------------------------------- */

const struct option_kind_rules option_kinds[N_KINDS] = {
    [KIND_TEXT] = {sizeof(char *), read_text, print_text, NULL, NULL},
    [KIND_PATHS] = {sizeof(char *), read_text, print_text, NULL, NULL},
    [KIND_CHOICE] = {sizeof(int), read_choice, print_choice, NULL, NULL},
    [KIND_FLAG] = {sizeof(bool), read_bool, print_bool, NULL, NULL},
    [KIND_SWITCH] = {sizeof(bool), read_bool, print_bool, NULL, NULL},
    [KIND_INT] = {sizeof(int64_t), option_read_int, option_print_int, option_twice_int,
        option_is_above_int},
    [KIND_BYTES] = {sizeof(int64_t), option_read_bytes, option_print_bytes, NULL, NULL},
    [KIND_SECONDS] = {sizeof(int64_t), option_read_seconds, option_print_seconds, NULL, NULL},
    [KIND_REAL] = {sizeof(double), option_read_real, option_print_real, option_twice_real,
        option_is_above_real},
    [KIND_SPLIT] = {sizeof(struct split_size), option_read_split, option_print_split, NULL, NULL},
    [KIND_LENGTH] = {sizeof(struct length), read_length, print_length, NULL, NULL},
    [KIND_INTERVAL] = {sizeof(struct interval), read_interval, print_interval, NULL, NULL},
    [KIND_STAGE] = {sizeof(struct batch_change), read_stage, print_stage, NULL, NULL},
    [KIND_METRIC] = {sizeof(struct metric_choice), read_metric, print_metric, NULL, NULL},
    [KIND_TARGET] = {sizeof(struct stop_rules), read_target, print_target, NULL, NULL},
    [KIND_TEAM] = {sizeof(struct team_request), read_team, print_team, NULL, NULL},
    [KIND_LAYOUT] = {sizeof(struct layout), read_layout, print_layout, NULL, NULL},
    [KIND_CONFIG] = {.size = 0},
    [KIND_HELP] = {.size = 0},
};
