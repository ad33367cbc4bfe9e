#include "options/option_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "options/option_item.h"

_Static_assert(sizeof(enum scale_kind) == sizeof(int), "KIND_CHOICE stores an enum as an int");

static void *place_of(const struct option *option, struct options *options)
{
    return (char *)options + option->offset;
}

static bool store_text(char *place, size_t size, const char *text, char reason[OPTION_REASON_MAX])
{
    if (strlen(text) >= size)
        return option_refuse(reason, "longer than %zu characters", size - 1);
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
    return option_refuse(reason, "must be on or off");
}

static bool store_int(
    const struct option *option, int64_t *place, const char *text, char reason[OPTION_REASON_MAX])
{
    int word = option_find_word(option, text);
    if (word < 0)
        return option_read_int(option, text, place, reason);
    *place = word == 0 ? 0 : INT64_MAX;
    return true;
}

static bool store_bytes(
    const struct option *option, int64_t *place, const char *text, char reason[OPTION_REASON_MAX])
{
    char digits[64];
    int64_t number, unit;
    size_t length = strcspn(text, "BKMGT");
    if (option_find_word(option, text) == 0) {
        *place = 0;
        return true;
    }
    if (length == 0 || length >= sizeof digits || !text_to_byte_unit(text + length, &unit))
        return option_refuse(reason,
            "must be a number of bytes, as 512MiB (KiB, MiB, GiB, TiB), or %s", option->words[0]);
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (!option_read_int(option, digits, &number, reason))
        return false;
    if (number > option->most / unit)
        return option_refuse(reason, "must be at most %" PRId64 " bytes", option->most);
    *place = number * unit;
    return true;
}

static bool store_real(
    const struct option *option, double *place, const char *text, char reason[OPTION_REASON_MAX])
{
    if (option_find_word(option, text) < 0)
        return option_read_real(option, text, place, reason);
    *place = option_word_value(text);
    return true;
}

static bool store_length(const struct option *option, struct length *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    if (option_find_word(option, text) < 0)
        return option_read_length(option, text, place, reason);
    *place = (struct length){0, 0};
    return true;
}

static bool store_split(const struct option *option, struct split_size *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct split_size split = {0};
    if (!strpbrk(text, ".eE")) {
        if (!option_read_int(option, text, &split.count, reason))
            return false;
    } else if (!text_to_real(text, &split.fraction) || !(split.fraction > 0 && split.fraction < 1))
        return option_refuse(
            reason, "must be a fraction above 0 and below 1, or a count of %s", option->unit);
    *place = split;
    return true;
}

/* A third word stands for 0 epochs. */
static bool store_interval(const struct option *option, struct interval *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = option_find_word(option, text);
    int64_t count = 0;
    static const enum eval_unit of_word[] = {EVAL_END, EVAL_NEVER, EVAL_EPOCHS};
    enum eval_unit unit = of_word[word < 0 ? 0 : word];
    if (word < 0) {
        bool epochs = false, time = option->timed && text_to_seconds(text, &count);
        if (!time && !option_looks_counted(text))
            return option_refuse(reason, "must be %sepochs as 1ep, steps as 500, %s or %s",
                option->timed ? "a time as 10min, " : "", option->words[0], option->words[1]);
        if (!time && !option_read_count(option, text, &count, &epochs, reason))
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
    if (option_find_word(option, text) == 0 || text_to_seconds(text, place))
        return true;
    return option_refuse(reason, "must be a time as 90s, 10min, 2h or 1d, or %s", option->words[0]);
}

static bool store_team(const struct option *option, struct team_request *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = option_find_word(option, text);
    int64_t ranks = 1;
    if (word < 0 && !isdigit((unsigned char)*text))
        return option_refuse(reason, "must be node, numa, rank or a number of ranks");
    if (word < 0 && !option_read_int(option, text, &ranks, reason))
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
    int word = option_find_word(option, text);
    if (!*text && !(option->kind == KIND_TEXT && !option->fallback))
        return option_refuse(reason, "needs a value");
    switch (option->kind) {
    case KIND_TEXT:
        return store_text(place, FILE_PATH_MAX, text, reason);
    case KIND_PATHS:
        return store_text(place, OPTION_PATHS_MAX, text, reason);
    case KIND_NAME:
        return word < 0 ? option_refuse_word(option, text, reason)
                        : store_text(place, OPTION_NAME_MAX, text, reason);
    case KIND_CHOICE:
        if (word < 0)
            return option_refuse_word(option, text, reason);
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
    case KIND_RATES:
        return option_store_reals(option, place, text, reason);
    case KIND_WORDS:
        return option_store_words(option, place, text, reason);
    case KIND_LENGTH:
        return store_length(option, place, text, reason);
    case KIND_LENGTHS:
        return option_store_lengths(option, place, text, reason);
    case KIND_STAGES:
        return option_store_stages(option, place, text, reason);
    case KIND_WIDTHS:
        return option_store_ints(option, place, text, true, reason);
    case KIND_BATCHES:
        return option_store_ints(option, place, text, options->command != COMMAND_TRAIN, reason);
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
               option_refuse(
                   reason, "must be ranks x threads as 1x1,2x4 (at most %d), or auto", LAYOUTS_MAX);
    case KIND_CONFIG:
    case KIND_HELP:
        break;
    }
    return option_refuse(reason, "cannot stand here");
}
