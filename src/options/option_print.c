#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "options/option_value.h"

static const void *place_in(const struct option *option, const struct options *options)
{
    return (const char *)options + option->offset;
}

static void print_int(FILE *file, const struct option *option, int64_t value)
{
    int n = option_words(option);
    if (n > 0 && value == 0)
        fputs(option->words[0], file);
    else if (n > 1 && value == INT64_MAX)
        fputs(option->words[1], file);
    else
        fprintf(file, "%" PRId64, value);
}

static void print_bytes(FILE *file, const struct option *option, int64_t bytes)
{
    char text[32];
    fputs(bytes == 0 ? option->words[0] : text_from_bytes(bytes, text), file);
}

static void print_real(FILE *file, const struct option *option, double value)
{
    char number[32];
    bool word = option->words && value == option_word_value(option->words[0]);
    fputs(word ? option->words[0] : text_from_real(value, number), file);
}

static void print_reals(FILE *file, const struct option *option, const struct real_list *list)
{
    char number[32];
    if (list->n <= 0)
        fputs(option->words[-list->n], file);
    for (int64_t i = 0; i < list->n; i++)
        fprintf(file, "%s%s", i ? "," : "", text_from_real(list->item[i], number));
}

static void print_words(FILE *file, const struct option *option, const struct int_list *list)
{
    for (int i = 0; i < list->n; i++)
        fprintf(file, "%s%s", i ? "," : "", option->words[list->item[i]]);
}

static void print_length(FILE *file, const struct option *option, const struct length *length)
{
    if (length->steps == 0 && length->epochs == 0)
        fputs(option->words[0], file);
    else
        fprintf(file, "%" PRId64 "%s", length->steps + length->epochs, length->epochs ? "ep" : "");
}

static void print_lengths(FILE *file, const struct option *option, const struct length_list *list)
{
    if (list->n == 0)
        fputs(option->words[0], file);
    for (int64_t i = 0; i < list->n; i++) {
        fputs(i ? "," : "", file);
        print_length(file, option, &list->item[i]);
    }
}

static void print_list(FILE *file, const struct option *option, const struct int_list *list)
{
    if (list->n == 0)
        fputs(option->words[0], file);
    for (int i = 0; i < list->n; i++)
        fprintf(file, "%s%" PRId64, i ? "," : "", list->item[i]);
}

static void print_stages(FILE *file, const struct option *option, const struct stage_list *list)
{
    if (list->n == 0)
        fputs(option->words[0], file);
    for (int64_t i = 0; i < list->n; i++) {
        fprintf(file, "%s%" PRId64, i ? "," : "", list->item[i].batch);
        if (i > 0)
            fprintf(file, "@%" PRId64 "ep", list->item[i].after_epochs);
    }
}

static void print_seconds(FILE *file, const struct option *option, int64_t seconds)
{
    char text[32];
    fputs(seconds == 0 ? option->words[0] : text_from_seconds(seconds, text), file);
}

static void print_interval(FILE *file, const struct option *option, const struct interval *interval)
{
    char text[32];
    if (interval->unit == EVAL_SECONDS)
        fputs(text_from_seconds(interval->count, text), file);
    else if (interval->unit == EVAL_EPOCHS && interval->count == 0)
        fputs("auto", file);
    else if (interval->unit == EVAL_END || interval->unit == EVAL_NEVER)
        fputs(option->words[interval->unit == EVAL_END ? 0 : 1], file);
    else
        fprintf(file, "%" PRId64 "%s", interval->count, interval->unit == EVAL_EPOCHS ? "ep" : "");
}

/* A fraction keeps a point or an exponent, so that it is not read as a count. */
static void print_split(FILE *file, const struct split_size *split)
{
    char number[32];
    if (split->fraction > 0)
        fputs(text_from_real(split->fraction, number), file);
    else
        fprintf(file, "%" PRId64, split->count);
}

static void print_team(FILE *file, const struct option *option, const struct team_request *team)
{
    if (team->kind == TEAM_RANKS && team->ranks > 1)
        fprintf(file, "%d", team->ranks);
    else
        fputs(option->words[team->kind], file);
}

static void print_layouts(
    FILE *file, const struct option *option, const struct layout_list *layouts)
{
    if (layouts->n == 0)
        fputs(option->words[0], file);
    layouts_print(file, layouts);
}

static void print_choice(FILE *file, const struct option *option, const void *place)
{
    int word;
    memcpy(&word, place, sizeof word);
    fputs(option->words[word], file);
}

/* Kinds of several items. */
static void print_items(FILE *file, const struct option *option, const void *place)
{
    switch (option->kind) {
    case KIND_REALS:
    case KIND_RATES:
        print_reals(file, option, place);
        break;
    case KIND_WORDS:
        print_words(file, option, place);
        break;
    case KIND_LENGTHS:
        print_lengths(file, option, place);
        break;
    case KIND_STAGES:
        print_stages(file, option, place);
        break;
    case KIND_WIDTHS:
    case KIND_BATCHES:
        print_list(file, option, place);
        break;
    case KIND_LAYOUTS:
        print_layouts(file, option, place);
        break;
    default: /* stored nowhere */
        break;
    }
}

void option_print(FILE *file, const struct option *option, const struct options *options)
{
    const void *place = place_in(option, options);
    switch (option->kind) {
    case KIND_TEXT:
    case KIND_PATHS:
    case KIND_NAME:
        fputs(place, file);
        break;
    case KIND_CHOICE:
        print_choice(file, option, place);
        break;
    case KIND_FLAG:
    case KIND_SWITCH:
        fputs(*(const bool *)place ? "on" : "off", file);
        break;
    case KIND_INT:
        print_int(file, option, *(const int64_t *)place);
        break;
    case KIND_BYTES:
        print_bytes(file, option, *(const int64_t *)place);
        break;
    case KIND_REAL:
        print_real(file, option, *(const double *)place);
        break;
    case KIND_LENGTH:
        print_length(file, option, place);
        break;
    case KIND_SPLIT:
        print_split(file, place);
        break;
    case KIND_INTERVAL:
        print_interval(file, option, place);
        break;
    case KIND_SECONDS:
        print_seconds(file, option, *(const int64_t *)place);
        break;
    case KIND_TEAM:
        print_team(file, option, place);
        break;
    default:
        print_items(file, option, place);
        break;
    }
}
