#include "cli/option_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

_Static_assert(sizeof(enum scale_kind) == sizeof(int), "KIND_CHOICE stores an enum as an int");

static void *place_of(const struct option *option, struct options *options)
{
    return (char *)options + option->offset;
}

/* Always false, so that a parser can end with it. */
__attribute__((format(printf, 2, 3))) static bool refuse(
    char reason[OPTION_REASON_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, OPTION_REASON_MAX, format, arguments);
    va_end(arguments);
    return false;
}

/* Position among the option's words, or -1. */
static int find_word(const struct option *option, const char *text)
{
    for (int i = option_words(option) - 1; i >= 0; i--)
        if (strcmp(option->words[i], text) == 0)
            return i;
    return -1;
}

static bool refuse_word(
    const struct option *option, const char *text, char reason[OPTION_REASON_MAX])
{
    char list[128] = "";
    int n = option_words(option);
    for (int i = 0; i < n; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
            i == 0 ? "" : (i == n - 1 ? " or " : ", "), option->words[i]);
    }
    const char *nearest = n > 1 ? text_nearest(text, option->words, n) : NULL;
    return nearest ? refuse(reason, "must be %s; did you mean %s?", list, nearest)
                   : refuse(reason, "must be %s", list);
}

static bool store_text(char *place, size_t size, const char *text, char reason[OPTION_REASON_MAX])
{
    if (strlen(text) >= size)
        return refuse(reason, "longer than %zu characters", size - 1);
    memset(place, 0, size);
    memcpy(place, text, strlen(text));
    return true;
}

static bool store_bool(bool *place, const char *text, char reason[OPTION_REASON_MAX])
{
    static const char *const yes[] = {"on", "true", "1"}, *const no[] = {"off", "false", "0"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
            continue;
        *place = strcmp(text, yes[i]) == 0;
        return true;
    }
    return refuse(reason, "must be on or off");
}

/* "32,64" is a list and no number of four digits: commas must stand before groups of three. */
static bool commas_group(const char *text)
{
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (strspn(comma + 1, "0123456789") != 3)
            return false;
    return true;
}

static bool read_int(
    const struct option *option, const char *text, int64_t *value, char reason[OPTION_REASON_MAX])
{
    int64_t number;
    if (!commas_group(text) || !text_to_int(text, &number)) {
        bool digits = text[strspn(text, "0123456789")] == '\0' && *text;
        if (digits)
            return refuse(reason, "too large a number (%s)", option->unit);
        return refuse(reason, "must be a whole number (%s)%s%s", option->unit,
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    }
    if (number < option->least)
        return refuse(reason, "must be at least %" PRId64 " (%s)", option->least, option->unit);
    if (number > option->most)
        return refuse(reason, "must be at most %" PRId64 " (%s)", option->most, option->unit);
    *value = number;
    return true;
}

static bool store_int(
    const struct option *option, int64_t *place, const char *text, char reason[OPTION_REASON_MAX])
{
    int word = find_word(option, text);
    if (word < 0)
        return read_int(option, text, place, reason);
    *place = word == 0 ? 0 : INT64_MAX;
    return true;
}

static bool store_bytes(
    const struct option *option, int64_t *place, const char *text, char reason[OPTION_REASON_MAX])
{
    char digits[64];
    int64_t number, unit;
    size_t length = strcspn(text, "BKMGT");
    if (find_word(option, text) == 0) {
        *place = 0;
        return true;
    }
    if (length == 0 || length >= sizeof digits || !text_to_byte_unit(text + length, &unit))
        return refuse(reason, "must be a number of bytes, as 512MiB (KiB, MiB, GiB, TiB), or %s",
            option->words[0]);
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (!read_int(option, digits, &number, reason))
        return false;
    if (number > option->most / unit)
        return refuse(reason, "must be at most %" PRId64 " bytes", option->most);
    *place = number * unit;
    return true;
}

/* Reals are used as float32, so that is what must be in bounds. */
static bool read_real(
    const struct option *option, const char *text, double *place, char reason[OPTION_REASON_MAX])
{
    double number;
    char bound[32];
    if (!text_to_real(text, &number))
        return refuse(reason, "must be a number (%s)", option->unit);
    float used = (float)number;
    if (!isfinite(used))
        return refuse(reason, "too large for a float32");
    if (option->open ? !(used > option->from) : !(used >= option->from))
        return refuse(reason, "must be %s %s%s", option->open ? "above" : "at least",
            text_from_real(option->from, bound),
            number > option->from ? "; it is 0 as a float32" : "");
    if (!(used < option->to))
        return refuse(reason, "must be below %s%s", text_from_real(option->to, bound),
            number < option->to ? "; it is not as a float32" : "");
    *place = number;
    return true;
}

static bool store_real(
    const struct option *option, double *place, const char *text, char reason[OPTION_REASON_MAX])
{
    if (find_word(option, text) < 0)
        return read_real(option, text, place, reason);
    *place = option_word_value(text);
    return true;
}

/* The next item of a list, "a,b,c", from *rest, which moves on: NULL behind the last. False: it is
 * too long to be one. */
static bool next_item(const char **rest, char item[64])
{
    size_t length = strcspn(*rest, ",");
    if (length >= 64)
        return false;
    snprintf(item, 64, "%.*s", (int)length, *rest);
    *rest = (*rest)[length] ? *rest + length + 1 : NULL;
    return true;
}

static bool store_reals(const struct option *option, struct real_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = find_word(option, text);
    struct real_list list = {.n = word > 0 ? -1 : 0};
    char item[64];
    for (const char *rest = word < 0 ? text : NULL; rest;) {
        if (list.n == OPTION_LIST_MAX)
            return refuse(reason, "more than %d numbers", OPTION_LIST_MAX);
        if (!next_item(&rest, item))
            return refuse(reason, "must be numbers with commas between (%s)", option->unit);
        if (!read_real(option, item, &list.item[list.n++], reason))
            return false;
    }
    *place = list;
    return true;
}

static bool store_words(const struct option *option, struct int_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct int_list list;
    char item[64];
    memset(&list, 0, sizeof list);
    for (const char *rest = text; rest;) {
        if (!next_item(&rest, item) || find_word(option, item) < 0)
            return refuse_word(option, item, reason);
        if (list.n == OPTION_LIST_MAX)
            return refuse(reason, "more than %d words", OPTION_LIST_MAX);
        list.item[list.n++] = find_word(option, item);
    }
    memcpy(place, &list, sizeof list);
    return true;
}

/* Digits, and nothing behind them but perhaps "ep". */
static bool looks_counted(const char *text)
{
    size_t letters = strcspn(text, "abcdefghijklmnopqrstuvwxyz");
    return isdigit((unsigned char)*text) && (!text[letters] || strcmp(text + letters, "ep") == 0);
}

/* "5ep" or "500": the count of which. */
static bool read_count(const struct option *option, const char *text, int64_t *count, bool *epochs,
    char reason[OPTION_REASON_MAX])
{
    char number[64];
    size_t length = strlen(text);
    *epochs = length > 2 && strcmp(text + length - 2, "ep") == 0;
    snprintf(number, sizeof number, "%.*s", (int)(*epochs ? length - 2 : length), text);
    if (length >= sizeof number || !looks_counted(text))
        return refuse(reason, "must be epochs as 5ep, or steps as 500%s%s",
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    return read_int(option, number, count, reason);
}

static bool read_length(const struct option *option, const char *text, struct length *place,
    char reason[OPTION_REASON_MAX])
{
    int64_t count;
    bool epochs;
    if (!read_count(option, text, &count, &epochs, reason))
        return false;
    *place = (struct length){epochs ? 0 : count, epochs ? count : 0};
    return true;
}

static bool store_length(const struct option *option, struct length *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    if (find_word(option, text) < 0)
        return read_length(option, text, place, reason);
    *place = (struct length){0, 0};
    return true;
}

static bool store_lengths(const struct option *option, struct length_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct length_list list = {0};
    char item[64];
    for (const char *rest = find_word(option, text) < 0 ? text : NULL; rest;) {
        if (list.n == OPTION_LIST_MAX)
            return refuse(reason, "more than %d numbers", OPTION_LIST_MAX);
        if (!next_item(&rest, item))
            return refuse(reason, "must be lengths with commas between (%s)", option->unit);
        if (!read_length(option, item, &list.item[list.n++], reason))
            return false;
    }
    *place = list;
    return true;
}

static bool append(struct int_list *list, int64_t value, char reason[OPTION_REASON_MAX])
{
    if (list->n == OPTION_LIST_MAX - 1)
        return refuse(reason, "more than %d numbers", OPTION_LIST_MAX - 1);
    list->item[list->n++] = value;
    return true;
}

/* "64", or "32..8192": 32, 64, 128, ... as long as they are not above the end. */
static bool append_item(
    const struct option *option, struct int_list *list, char *item, char reason[OPTION_REASON_MAX])
{
    int64_t first, last;
    char *dots = option->kind == KIND_BATCHES ? strstr(item, "..") : NULL;
    if (dots)
        *dots = '\0';
    if (!read_int(option, item, &first, reason))
        return false;
    if (!dots)
        return append(list, first, reason);
    if (!read_int(option, dots + 2, &last, reason))
        return false;
    if (last < first)
        return refuse(reason, "a range goes upwards, as 32..8192");
    for (; append(list, first, reason); first *= 2)
        if (first > last / 2)
            return true;
    return false;
}

static bool store_list(const struct option *option, struct int_list *place, const char *text,
    bool many, char reason[OPTION_REASON_MAX])
{
    struct int_list list;
    char item[64];
    memset(&list, 0, sizeof list);
    if (find_word(option, text) == 0) {
        memcpy(place, &list, sizeof list);
        return true;
    }
    for (const char *rest = text; rest;) {
        if (!next_item(&rest, item))
            return refuse(reason, "must be whole numbers with commas between (%s)", option->unit);
        if (!append_item(option, &list, item, reason))
            return false;
    }
    if (list.n > 1 && !many)
        return refuse(
            reason, "train takes one batch size (%s); plan and bench take several", option->unit);
    memcpy(place, &list, sizeof list); /* padding too */
    return true;
}

static bool store_split(const struct option *option, struct split_size *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct split_size split = {0};
    if (!strpbrk(text, ".eE")) {
        if (!read_int(option, text, &split.count, reason))
            return false;
    } else if (!text_to_real(text, &split.fraction) || !(split.fraction > 0 && split.fraction < 1))
        return refuse(
            reason, "must be a fraction above 0 and below 1, or a count of %s", option->unit);
    *place = split;
    return true;
}

static bool store_interval(const struct option *option, struct interval *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = find_word(option, text);
    int64_t count = 0;
    enum eval_unit unit = word == 0 ? EVAL_END : EVAL_NEVER;
    if (word < 0) {
        bool epochs = false, time = option->timed && text_to_seconds(text, &count);
        if (!time && !looks_counted(text))
            return refuse(reason, "must be %sepochs as 1ep, steps as 500, end or never",
                option->timed ? "a time as 10min, " : "");
        if (!time && !read_count(option, text, &count, &epochs, reason))
            return false;
        unit = time ? EVAL_SECONDS : epochs ? EVAL_EPOCHS : EVAL_STEPS;
    }
    place->unit = unit;
    place->count = count;
    return true;
}

static bool store_seconds(
    const struct option *option, int64_t *place, const char *text, char reason[OPTION_REASON_MAX])
{
    *place = 0;
    if (find_word(option, text) == 0 || text_to_seconds(text, place))
        return true;
    return refuse(reason, "must be a time as 90s, 10min, 2h or 1d, or %s", option->words[0]);
}

static bool store_team(const struct option *option, struct team_request *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = find_word(option, text);
    int64_t ranks = 1;
    if (word < 0 && !isdigit((unsigned char)*text))
        return refuse(reason, "must be node, numa, rank or a number of ranks");
    if (word < 0 && !read_int(option, text, &ranks, reason))
        return false;
    bool counted = word < 0 || word == TEAM_RANKS;
    place->kind = counted ? TEAM_RANKS : (enum team_kind)word;
    place->ranks = counted ? (int)ranks : 0;
    return true;
}

bool option_store(const struct option *option, struct options *options, const char *text,
    char reason[OPTION_REASON_MAX])
{
    void *place = place_of(option, options);
    int word = find_word(option, text);
    if (!*text && !(option->kind == KIND_TEXT && !option->fallback))
        return refuse(reason, "needs a value");
    switch (option->kind) {
    case KIND_TEXT:
        return store_text(place, FILE_PATH_MAX, text, reason);
    case KIND_NAME:
        return word < 0 ? refuse_word(option, text, reason)
                        : store_text(place, OPTION_NAME_MAX, text, reason);
    case KIND_CHOICE:
        if (word < 0)
            return refuse_word(option, text, reason);
        memcpy(place, &word, sizeof word);
        return true;
    case KIND_FLAG:
    case KIND_SWITCH:
        return store_bool(place, text, reason);
    case KIND_INT:
        return store_int(option, place, text, reason);
    case KIND_BYTES:
        return store_bytes(option, place, text, reason);
    case KIND_REAL:
        return store_real(option, place, text, reason);
    case KIND_REALS:
        return store_reals(option, place, text, reason);
    case KIND_WORDS:
        return store_words(option, place, text, reason);
    case KIND_LENGTH:
        return store_length(option, place, text, reason);
    case KIND_LENGTHS:
        return store_lengths(option, place, text, reason);
    case KIND_WIDTHS:
        return store_list(option, place, text, true, reason);
    case KIND_BATCHES:
        return store_list(option, place, text, options->command != COMMAND_TRAIN, reason);
    case KIND_SPLIT:
        return store_split(option, place, text, reason);
    case KIND_INTERVAL:
        return store_interval(option, place, text, reason);
    case KIND_SECONDS:
        return store_seconds(option, place, text, reason);
    case KIND_TEAM:
        return store_team(option, place, text, reason);
    case KIND_LAYOUTS:
        return layouts_read(place, word == 0 ? "" : text) ||
               refuse(
                   reason, "must be ranks x threads as 1x1,2x4 (at most %d), or auto", LAYOUTS_MAX);
    case KIND_CONFIG:
    case KIND_HELP:
        break;
    }
    return refuse(reason, "cannot stand here");
}
