#include "cli/tune_try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"
#include "options/option_find.h"
#include "options/option_value.h"

enum { NARROWEST = 32, WIDEST = 512, WIDTHS = 16 };

/* --- draws ------------------------------------------------------------------------------------ */

/* The random words of a try. */
struct draw {
    struct random_stream stream;
    uint64_t number;
};

/* Returns word i < 4 of an option. */
static uint32_t word_of(const struct draw *draw, enum searched which, uint32_t i)
{
    return random_word(draw->stream, draw->number, 4 * (uint32_t)which + i);
}

/* Returns 0 ... n - 1. */
static int choose(uint32_t word, int n)
{
    return (int)((uint64_t)word * (uint64_t)n >> 32);
}

/* Returns from * (to / from)^t, where t is the word as a fraction, by a square root for each bit:
 * unlike pow(), they have the same bits on every machine. */
static double log_uniform(double from, double to, uint32_t word)
{
    double value = from, root = to / from;
    for (uint32_t bit = UINT32_C(1) << 31; bit; bit >>= 1) {
        root = sqrt(root);
        if (word & bit)
            value *= root;
    }
    return value;
}

static double two_digits(double value)
{
    char text[32];
    text_to_real(text_significant(value, 2, text), &value);
    return value;
}

/* --- the options ------------------------------------------------------------------------------ */

bool tune_searches(
    const struct options *options, const struct data_facts *facts, enum searched which)
{
    bool searched[N_SEARCHED] = {false};
    for (int i = 0; i < options->search.n; i++)
        searched[options->search.item[i]] = true;
    bool piecewise = searched[SEARCH_ENCODE] || options->encode == ENCODE_PIECEWISE;
    bool plain = searched[SEARCH_ENCODE] || options->encode == ENCODE_NONE;
    const bool effective[N_SEARCHED] = {[SEARCH_HIDDEN] = true,
        [SEARCH_LR] = true,
        [SEARCH_DROPOUT] = searched[SEARCH_HIDDEN] || options->hidden.n > 0,
        [SEARCH_WEIGHT_DECAY] = true,
        [SEARCH_ENCODE] = facts->table,
        [SEARCH_BINS] = facts->table && piecewise,
        [SEARCH_SCALE] = facts->table && plain};
    return searched[which] && effective[which];
}

static void draw_hidden(struct options *options, const struct draw *draw)
{
    int depth = options->activation.n > 1 ? options->activation.n
                                          : 1 + choose(word_of(draw, SEARCH_HIDDEN, 0), 4);
    double width = log_uniform(NARROWEST, WIDEST, word_of(draw, SEARCH_HIDDEN, 1));
    options->hidden.n = depth;
    for (int i = 0; i < depth; i++)
        options->hidden.item[i] = WIDTHS * llround(width / WIDTHS);
}

static double draw_rate(const struct options *options, const struct draw *draw)
{
    double end = options->schedule.min_lr, most = 10 * options->lr;
    double least = fmax(options->lr / 10, end);
    return fmax(end, two_digits(log_uniform(least, most, word_of(draw, SEARCH_LR, 0))));
}

static double draw_weight_decay(const struct options *options, const struct draw *draw)
{
    enum optimizer_kind kind = options->optimizer.kind;
    bool apart = kind == OPTIMIZER_ADAMW || kind == OPTIMIZER_LION;
    double least = apart ? 1e-4 : 1e-6;
    return choose(word_of(draw, SEARCH_WEIGHT_DECAY, 0), 4) == 0
               ? 0
               : two_digits(log_uniform(least, 1e4 * least, word_of(draw, SEARCH_WEIGHT_DECAY, 1)));
}

/* Draws the coding of numbers. Without piecewise codes --bins has no effect, and its default is the
 * only value that a config file may have. */
static void draw_codes(
    struct options *options, const struct data_facts *facts, const struct draw *draw)
{
    static const enum scale_kind scales[] = {SCALE_STANDARD, SCALE_ROBUST, SCALE_QUANTILE};
    char reason[OPTION_REASON_MAX];
    const struct option *bins = option_find("bins");
    if (tune_searches(options, facts, SEARCH_ENCODE))
        options->encode =
            choose(word_of(draw, SEARCH_ENCODE, 0), 2) ? ENCODE_PIECEWISE : ENCODE_NONE;
    bool piecewise = options->encode == ENCODE_PIECEWISE;
    if (piecewise && tune_searches(options, facts, SEARCH_BINS))
        options->bins = llround(log_uniform(8, 64, word_of(draw, SEARCH_BINS, 0)));
    if (!piecewise)
        option_store(bins, options, bins->fallback, reason);
    if (!piecewise && tune_searches(options, facts, SEARCH_SCALE))
        options->scale = scales[choose(word_of(draw, SEARCH_SCALE, 0), 3)];
}

struct options tune_try(
    const struct options *options, const struct data_facts *facts, int64_t number)
{
    struct options try = *options;
    const struct draw draw = {{(uint64_t)options->seed, RANDOM_TUNE, 0}, (uint64_t)number};
    if (number == 1)
        return try;
    if (tune_searches(options, facts, SEARCH_LR))
        try.lr = draw_rate(options, &draw);
    if (tune_searches(options, facts, SEARCH_DROPOUT))
        try.dropout = choose(word_of(&draw, SEARCH_DROPOUT, 0), 2)
                          ? (1 + choose(word_of(&draw, SEARCH_DROPOUT, 1), 50)) / 100.0
                          : 0;
    if (tune_searches(options, facts, SEARCH_WEIGHT_DECAY))
        try.optimizer.weight_decay = draw_weight_decay(options, &draw);
    draw_codes(&try, facts, &draw);
    if (tune_searches(options, facts, SEARCH_HIDDEN))
        draw_hidden(&try, &draw);
    return try;
}

/* --- descriptions ----------------------------------------------------------------------------- */

static bool has_effect(const struct options *try, enum searched which)
{
    return which == SEARCH_BINS    ? try->encode == ENCODE_PIECEWISE
           : which == SEARCH_SCALE ? try->encode == ENCODE_NONE
                                   : true;
}

static enum status set_value(struct json *row, const char *key, const struct option *option,
    const struct options *options, struct error *error)
{
    char *text;
    double value = 0;
    TRY(option_text(&text, option, options, error));
    if (option->kind == KIND_REAL && text_to_real(text, &value))
        js_set_real(row, key, value);
    else if (option->kind == KIND_INT && !option->list)
        js_set_int(row, key, (int64_t)strtoll(text, NULL, 10));
    else
        js_set_text(row, key, text);
    free(text);
    return STATUS_OK;
}

enum status tune_try_describe(struct json *row, const struct options *options,
    const struct data_facts *facts, int64_t number, struct error *error)
{
    struct options try = tune_try(options, facts, number);
    data_defaults_settle(&try, facts); /* the values that are automatic in the first try */
    for (int which = 0; which < N_SEARCHED; which++) {
        const char *name = option_find("search")->words[which];
        char key[32];
        if (!tune_searches(options, facts, (enum searched)which))
            continue;
        snprintf(key, sizeof key, "%s", name);
        for (char *at = key; *at; at++)
            *at = *at == '-' ? '_' : *at;
        if (has_effect(&try, (enum searched)which))
            TRY(set_value(row, key, option_find(name), &try, error));
        else
            js_set(row, key, NULL);
    }
    return STATUS_OK;
}
