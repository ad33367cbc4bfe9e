#include "options/options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "options/option_value.h"

/* --- commands --------------------------------------------------------------------------------- */

const char *const command_words[COMMAND_COUNT] = {
#define X(NAME, name) #name,
    COMMANDS(X)
#undef X
};

enum command command_find(const char *word)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_words[i], word) == 0)
            return (enum command)(1 << i);
    return COMMAND_NONE;
}

const char *command_name(enum command command)
{
    return command == COMMAND_NONE ? "" : command_words[__builtin_ctz(command)];
}

/* --- texts ------------------------------------------------------------------------------------ */

struct option_texts {
    struct option_texts *next;
    char text[];
};

char *options_room(const struct options *options, size_t size)
{
    struct option_texts *room = calloc(1, sizeof *room + size);
    if (!room)
        return NULL;
    room->next = options->texts->next;
    options->texts->next = room;
    return room->text;
}

const char *options_keep(const struct options *options, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = options_room(options, size);
    return kept ? memcpy(kept, text, size) : NULL;
}

enum status options_init(struct options *options, struct error *error)
{
    char reason[OPTION_REASON_MAX];
    *options = (struct options){.texts = calloc(1, sizeof *options->texts), .topic = ""};
    for (int i = 0; i < option_count; i++)
        if (option_is_text(&option_table[i]))
            *(const char **)((char *)options + option_table[i].offset) = "";
    if (!options->texts)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the options");
    for (int i = 0; i < option_count; i++)
        if (option_table[i].fallback &&
            !option_store(&option_table[i], options, option_table[i].fallback, reason))
            return fail(error, STATUS_BUG, "default of --%s: %s", option_table[i].name, reason);
    return STATUS_OK;
}

void options_clear(struct options *options)
{
    struct option_texts *next;
    for (struct option_texts *at = options->texts; at; at = next) {
        next = at->next;
        free(at);
    }
    options->texts = NULL;
}

/* --- the fold ---------------------------------------------------------------------------------- */

enum status options_fold(
    const struct options *options, struct fold_choice *choice, struct error *error)
{
    char first[16];
    *choice = (struct fold_choice){0, 0};
    if (!*options->fold)
        return STATUS_OK;
    const char *slash = strchr(options->fold, '/');
    size_t length = slash ? (size_t)(slash - options->fold) : 0;
    snprintf(first, sizeof first, "%.*s", (int)(length < sizeof first ? length : 0), options->fold);
    int64_t fold = 0, folds = 0;
    if (!slash || !text_to_int(first, &fold) || !text_to_int(slash + 1, &folds) || folds < 2 ||
        fold < 1 || fold > folds)
        return fail(error, STATUS_USAGE,
            "--fold %.40s: expected the number of a fold and of all folds, such as 1/5 or 5/5",
            options->fold);
    if (options->test_split.fraction > 0 || options->test_split.count > 0 || *options->test_data)
        return fail(error, STATUS_USAGE,
            "--fold and --%s: a fold is tested on the samples that it holds out",
            *options->test_data ? "test-data" : "test-split");
    *choice = (struct fold_choice){fold, folds};
    return STATUS_OK;
}

/* --- the split -------------------------------------------------------------------------------- */

static enum status count_split(int64_t *n, const char *name, const struct split_size *split,
    int64_t samples, struct error *error)
{
    *n = split->count;
    if (split->fraction == 0)
        return STATUS_OK;
    *n = llround(split->fraction * (double)samples);
    return *n > 0
               ? STATUS_OK
               : fail(error, STATUS_USAGE,
                     "--%s %g: less than one of %" PRId64 " samples; give a larger fraction, or 0",
                     name, split->fraction, samples);
}

enum status options_split(const struct options *options, int64_t samples,
    struct split_counts *counts, struct error *error)
{
    int64_t validation, test;
    TRY(count_split(&validation, "val-split", &options->val_split, samples, error));
    TRY(count_split(&test, "test-split", &options->test_split, samples, error));
    if (validation >= samples)
        return fail(error, STATUS_USAGE,
            "--val-split: %" PRId64 " validation samples of %" PRId64 " leave none to train on",
            validation, samples);
    if (test >= samples - validation)
        return fail(error, STATUS_USAGE,
            "--test-split: %" PRId64 " test samples and %" PRId64 " validation samples of %" PRId64
            " leave none to train on",
            test, validation, samples);
    *counts = (struct split_counts){validation, test};
    return STATUS_OK;
}
