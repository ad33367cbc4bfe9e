#include "options/option_kind.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

_Static_assert(sizeof(enum scale_kind) == sizeof(int), "KIND_CHOICE stores an enum as an int");

typedef char reason_text[OPTION_REASON_MAX];

bool option_refuse(reason_text reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, OPTION_REASON_MAX, format, arguments);
    va_end(arguments);
    return false;
}

/* --- words ------------------------------------------------------------------------------------ */

static int count_words(const struct option *option)
{
    int n = 0;
    while (option->words && option->words[n])
        n++;
    return n;
}

int option_find_word(const struct option *option, const char *text)
{
    for (int i = count_words(option) - 1; i >= 0; i--)
        if (strcmp(option->words[i], text) == 0)
            return i;
    return -1;
}

static bool refuse_word(const struct option *option, const char *text, reason_text reason)
{
    char list[128] = "";
    int n = count_words(option);
    for (int i = 0; i < n; i++)
        text_append(list, sizeof list, "%s%s", i == 0 ? "" : (i == n - 1 ? " or " : ", "),
            option->words[i]);
    const char *nearest = n > 1 ? text_nearest(text, option->words, n) : NULL;
    return nearest ? option_refuse(reason, "must be %s; did you mean %s?", list, nearest)
                   : option_refuse(reason, "must be %s", list);
}

/* True if `text` is the option's first word. Used by the kinds for which that word means zero. */
static bool is_zero_word(const struct option *option, const char *text)
{
    return option_find_word(option, text) == 0;
}

/* --- texts and words -------------------------------------------------------------------------- */

static bool read_text(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    size_t size = option->kind == KIND_PATHS ? OPTION_PATHS_MAX : FILE_PATH_MAX;
    if (strlen(text) >= size)
        return option_refuse(reason, "longer than %zu characters", size - 1);
    *(const char **)place = text;
    return true;
}

static bool read_name(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    if (option_find_word(option, text) < 0)
        return refuse_word(option, text, reason);
    *(const char **)place = option->words[option_find_word(option, text)];
    return true;
}

static void print_text(FILE *file, const struct option *option, const void *place)
{
    (void)option;
    fputs(*(const char *const *)place, file);
}

static bool read_choice(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    int word = option_find_word(option, text);
    if (word < 0)
        return refuse_word(option, text, reason);
    memcpy(place, &word, sizeof word);
    return true;
}

static void print_choice(FILE *file, const struct option *option, const void *place)
{
    int word;
    memcpy(&word, place, sizeof word);
    fputs(option->words[word], file);
}

/* Reads a bool that is given as one of two words. */
static bool read_either(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    int word = option_find_word(option, text);
    *(bool *)place = word == 1;
    return word >= 0 || refuse_word(option, text, reason);
}

static bool read_bool(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    static const char *const word[] = {"off", "false", "0", "on", "true", "1"};
    if (option->words)
        return read_either(option, place, text, reason);
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

/* --- numbers ---------------------------------------------------------------------------------- */

/* True if commas separate groups of three digits: "32,64" is a list, not a four-digit number. */
static bool commas_group(const char *text)
{
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (strspn(comma + 1, "0123456789") != 3)
            return false;
    return true;
}

static bool read_number(
    const struct option *option, const char *text, int64_t *value, reason_text reason)
{
    int64_t number;
    if (!commas_group(text) || !text_to_int(text, &number)) {
        bool digits = text[strspn(text, "0123456789")] == '\0' && *text;
        if (digits)
            return option_refuse(reason, "number too large (%s)", option->unit);
        return option_refuse(reason, "must be a whole number (%s)%s%s", option->unit,
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    }
    if (number < option->least)
        return option_refuse(
            reason, "must be at least %" PRId64 " (%s)", option->least, option->unit);
    if (number > option->most)
        return option_refuse(
            reason, "must be at most %" PRId64 " (%s)", option->most, option->unit);
    *value = number;
    return true;
}

static bool read_int(const struct option *option, void *place, const char *text, reason_text reason)
{
    int64_t *value = place;
    int word = option_find_word(option, text);
    if (word < 0)
        return read_number(option, text, value, reason);
    *value = word == 0 ? 0 : INT64_MAX;
    return true;
}

static void print_int(FILE *file, const struct option *option, const void *place)
{
    int64_t value = *(const int64_t *)place;
    int n = count_words(option);
    if (n > 0 && value == 0)
        fputs(option->words[0], file);
    else if (n > 1 && value == INT64_MAX)
        fputs(option->words[1], file);
    else
        fprintf(file, "%" PRId64, value);
}

static void twice_int(void *value)
{
    int64_t *number = value;
    *number = *number > INT64_MAX / 2 ? INT64_MAX : 2 * *number;
}

static bool is_above_int(const void *value, const void *last)
{
    return *(const int64_t *)value > *(const int64_t *)last;
}

static bool read_bytes(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    char digits[64];
    int64_t number = 0, unit = 1;
    size_t length = strcspn(text, "BKMGT");
    bool zero = is_zero_word(option, text);
    if (!zero &&
        (length == 0 || length >= sizeof digits || !text_to_byte_unit(text + length, &unit)))
        return option_refuse(reason,
            "must be a number of bytes such as 512MiB (KiB, MiB, GiB, TiB), or %s",
            option->words[0]);
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (!zero && !read_number(option, digits, &number, reason))
        return false;
    if (number > option->most / unit)
        return option_refuse(reason, "must be at most %" PRId64 " bytes", option->most);
    *(int64_t *)place = number * unit;
    return true;
}

static void print_bytes(FILE *file, const struct option *option, const void *place)
{
    char text[32];
    int64_t bytes = *(const int64_t *)place;
    fputs(bytes == 0 ? option->words[0] : text_from_bytes(bytes, text), file);
}

static bool read_seconds(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    int64_t *seconds = place;
    *seconds = 0;
    if (is_zero_word(option, text) || text_to_seconds(text, seconds))
        return true;
    return option_refuse(
        reason, "must be a time such as 90s, 10min, 2h or 1d, or %s", option->words[0]);
}

static void print_seconds(FILE *file, const struct option *option, const void *place)
{
    char text[32];
    int64_t seconds = *(const int64_t *)place;
    fputs(seconds == 0 ? option->words[0] : text_from_seconds(seconds, text), file);
}

/* Reals are used as float32, so the value must be in bounds after rounding to float32. */
static bool read_finite(
    const struct option *option, const char *text, double *place, reason_text reason)
{
    double number;
    char bound[32];
    if (!text_to_real(text, &number))
        return option_refuse(reason, "must be a number (%s)", option->unit);
    float used = (float)number;
    if (!isfinite(used))
        return option_refuse(reason, "too large for a float32");
    if (option->open ? !(used > option->from) : !(used >= option->from))
        return option_refuse(reason, "must be %s %s%s", option->open ? "above" : "at least",
            text_from_real(option->from, bound),
            number > option->from ? "; it is 0 as a float32" : "");
    if (!(used < option->to))
        return option_refuse(reason, "must be below %s%s", text_from_real(option->to, bound),
            number < option->to ? "; as a float32 it is not" : "");
    *place = number;
    return true;
}

/* Returns the number that a word means: 0 for "none", OPTION_AUTO for "auto". */
static double value_of_word(const char *word)
{
    return strcmp(word, "auto") == 0 ? OPTION_AUTO : 0;
}

static bool read_real(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    if (option_find_word(option, text) < 0)
        return read_finite(option, text, place, reason);
    *(double *)place = value_of_word(text);
    return true;
}

static void print_real(FILE *file, const struct option *option, const void *place)
{
    char number[32];
    double value = *(const double *)place;
    bool word = !option->list && option->words && value == value_of_word(option->words[0]);
    fputs(word ? option->words[0] : text_from_real(value, number), file);
}

/* Doubles a value and rounds it to the one that a user would write: 0.64, not
 * 0.6400000000000001. */
static void twice_real(void *value)
{
    char text[32];
    text_to_real(text_from_float((float)(2 * *(double *)value), text), value);
}

static bool is_above_real(const void *value, const void *last)
{
    return (float)*(const double *)value > (float)*(const double *)last;
}

/* Reads a number with a point or an exponent as a fraction, and any other number as a count. */
static bool read_split(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    struct split_size split = {0};
    if (!strpbrk(text, ".eE")) {
        if (!read_number(option, text, &split.count, reason))
            return false;
    } else if (!text_to_real(text, &split.fraction) || !(split.fraction > 0 && split.fraction < 1))
        return option_refuse(
            reason, "must be a fraction above 0 and below 1, or a count of %s", option->unit);
    *(struct split_size *)place = split;
    return true;
}

static void print_split(FILE *file, const struct option *option, const void *place)
{
    const struct split_size *split = place;
    char number[32];
    (void)option;
    if (split->fraction > 0)
        fputs(text_from_real(split->fraction, number), file);
    else
        fprintf(file, "%" PRId64, split->count);
}

/* --- steps and epochs ------------------------------------------------------------------------- */

/* True for digits, optionally followed by "ep". */
static bool looks_counted(const char *text)
{
    size_t letters = strcspn(text, "abcdefghijklmnopqrstuvwxyz");
    return isdigit((unsigned char)*text) && (!text[letters] || strcmp(text + letters, "ep") == 0);
}

/* Reads "5ep" or "500". */
static bool read_count(
    const struct option *option, const char *text, int64_t *count, bool *epochs, reason_text reason)
{
    char number[64];
    size_t length = strlen(text);
    *epochs = length > 2 && strcmp(text + length - 2, "ep") == 0;
    snprintf(number, sizeof number, "%.*s", (int)(*epochs ? length - 2 : length), text);
    if (length >= sizeof number || !looks_counted(text))
        return option_refuse(reason, "must be epochs (5ep) or steps (500)%s%s",
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    return read_number(option, number, count, reason);
}

static void print_count(FILE *file, int64_t count, bool epochs)
{
    fprintf(file, "%" PRId64 "%s", count, epochs ? "ep" : "");
}

static bool read_length(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    int64_t count = 0;
    bool epochs = false;
    if (!is_zero_word(option, text) && !read_count(option, text, &count, &epochs, reason))
        return false;
    *(struct length *)place = (struct length){epochs ? 0 : count, epochs ? count : 0};
    return true;
}

static void print_length(FILE *file, const struct option *option, const void *place)
{
    const struct length *length = place;
    if (length->steps == 0 && length->epochs == 0)
        fputs(option->words[0], file);
    else
        print_count(file, length->steps + length->epochs, length->epochs > 0);
}

/* The first word means "at the end", the second "never". A third word, which not all options have,
 * means "automatic" and is stored as 0 epochs. */
static bool read_interval(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    static const enum eval_unit of_word[] = {EVAL_END, EVAL_NEVER, EVAL_EPOCHS};
    int word = option_find_word(option, text);
    struct interval interval = {.unit = of_word[word < 0 ? 0 : word]};
    if (word < 0) {
        bool epochs = false, time = option->timed && text_to_seconds(text, &interval.count);
        if (!time && !looks_counted(text))
            return option_refuse(reason, "must be %sepochs (1ep), steps (500), %s or %s",
                option->timed ? "a time (10min), " : "", option->words[0], option->words[1]);
        if (!time && !read_count(option, text, &interval.count, &epochs, reason))
            return false;
        interval.unit = time ? EVAL_SECONDS : epochs ? EVAL_EPOCHS : EVAL_STEPS;
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
        print_count(file, interval->count, interval->unit == EVAL_EPOCHS);
}

/* Reads a first stage, e.g. "128", or a later stage, e.g. "256@10ep". option_rules.c checks which
 * of the two is allowed. */
static bool read_stage(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    struct batch_change *change = place;
    char batch[64];
    size_t length = strcspn(text, "@");
    const char *after = text[length] ? text + length + 1 : NULL;
    bool epochs = true;
    snprintf(batch, sizeof batch, "%.*s", (int)length, text);
    *change = (struct batch_change){0};
    if (!read_number(option, batch, &change->batch, reason))
        return false;
    if (after && !looks_counted(after))
        return option_refuse(reason, "must be a batch size, followed by batch sizes that begin "
                                     "after whole epochs: 128,256@10ep,512@20ep");
    if (after && !read_count(option, after, &change->after_epochs, &epochs, reason))
        return false;
    return epochs || option_refuse(reason,
                         "%s@%s: a batch size begins after whole epochs; did "
                         "you mean %s@%sep?",
                         batch, after, batch, after);
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
static bool find_metric(struct metric_choice *choice, const char *name, reason_text reason)
{
    char names[METRIC_LIST_MAX] = "";
    if (metric_find(name, choice) && choice->set != METRIC_TRAIN)
        return true;
    for (int m = 0; m < N_METRICS; m++)
        text_append(names, sizeof names, "%sval_%s", m ? ", " : "", metric_name((enum metric)m));
    return option_refuse(reason,
        "evaluations have no metric %s; their metrics are %s, and the same with test_", name,
        names);
}

static bool read_metric(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    struct metric_choice choice = {METRIC_TRAIN, METRIC_LOSS};
    (void)option;
    if (*text && !find_metric(&choice, text, reason))
        return false;
    if (choice.set == METRIC_TEST)
        return option_refuse(reason,
            "a model chosen by the test data can no longer be judged by them; use a metric of the "
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

static bool read_target(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    struct stop_rules *rules = place;
    char name[64];
    const char *equals = strchr(text, '=');
    (void)option;
    rules->aims = *text != '\0';
    if (!rules->aims)
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
    if (rules->aims)
        fprintf(file, "%s=%s", metric_choice_name(rules->target, name),
            text_from_real(rules->goal, number));
}

/* --- teams and layouts ------------------------------------------------------------------------ */

static bool read_team(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    int word = option_find_word(option, text);
    int64_t ranks = 1;
    if (word < 0 && !isdigit((unsigned char)*text))
        return option_refuse(reason, "must be node, numa, rank or a number of ranks");
    if (word < 0 && !read_number(option, text, &ranks, reason))
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

static bool read_layouts(
    const struct option *option, void *place, const char *text, reason_text reason)
{
    return layouts_read(place, is_zero_word(option, text) ? "" : text) ||
           option_refuse(reason, "must be ranks x threads such as 1x1,2x4 (at most %d), or auto",
               LAYOUTS_MAX);
}

static void print_layouts(FILE *file, const struct option *option, const void *place)
{
    const struct layout_list *layouts = place;
    if (layouts->n == 0)
        fputs(option->words[0], file);
    layouts_print(file, layouts);
}

/* ---------------------------------------------------------------------------------------------- */

const struct option_kind_rules option_kinds[N_KINDS] = {
    [KIND_TEXT] = {sizeof(char *), read_text, print_text, NULL, NULL},
    [KIND_PATHS] = {sizeof(char *), read_text, print_text, NULL, NULL},
    [KIND_NAME] = {sizeof(char *), read_name, print_text, NULL, NULL},
    [KIND_CHOICE] = {sizeof(int), read_choice, print_choice, NULL, NULL},
    [KIND_FLAG] = {sizeof(bool), read_bool, print_bool, NULL, NULL},
    [KIND_SWITCH] = {sizeof(bool), read_bool, print_bool, NULL, NULL},
    [KIND_INT] = {sizeof(int64_t), read_int, print_int, twice_int, is_above_int},
    [KIND_BYTES] = {sizeof(int64_t), read_bytes, print_bytes, NULL, NULL},
    [KIND_SECONDS] = {sizeof(int64_t), read_seconds, print_seconds, NULL, NULL},
    [KIND_REAL] = {sizeof(double), read_real, print_real, twice_real, is_above_real},
    [KIND_SPLIT] = {sizeof(struct split_size), read_split, print_split, NULL, NULL},
    [KIND_LENGTH] = {sizeof(struct length), read_length, print_length, NULL, NULL},
    [KIND_INTERVAL] = {sizeof(struct interval), read_interval, print_interval, NULL, NULL},
    [KIND_STAGE] = {sizeof(struct batch_change), read_stage, print_stage, NULL, NULL},
    [KIND_METRIC] = {sizeof(struct metric_choice), read_metric, print_metric, NULL, NULL},
    [KIND_TARGET] = {sizeof(struct stop_rules), read_target, print_target, NULL, NULL},
    [KIND_TEAM] = {sizeof(struct team_request), read_team, print_team, NULL, NULL},
    [KIND_LAYOUTS] = {sizeof(struct layout_list), read_layouts, print_layouts, NULL, NULL},
    [KIND_CONFIG] = {.size = 0},
    [KIND_HELP] = {.size = 0},
};
