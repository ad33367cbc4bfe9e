#include "model/onnx/category_codes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_rows.h"

/* The keys of a category's texts. */
struct keys {
    struct word_set set;
    int64_t *code; /* [set.n] */
    const char **text;
    char *block; /* texts that are in no list */
};

enum { SPELLINGS_MOST = N_CSV_MISSING_WORDS << CSV_MISSING_LONGEST };

static enum status put_key(struct keys *keys, const char *text, int64_t code, struct error *error)
{
    int32_t number;
    int64_t known = keys->set.n;
    TRY(word_set_put(&keys->set, text, strlen(text), &number, error));
    if (keys->set.n == known) /* texts that mean a missing value come first, and win */
        return STATUS_OK;
    keys->text[number] = text;
    keys->code[number] = code;
    return STATUS_OK;
}

/* Puts a word in all spellings, with each letter in lower or upper case, written to *room, which
 * moves on. */
static enum status put_spellings(
    struct keys *keys, const char *word, int64_t code, char **room, struct error *error)
{
    size_t length = strlen(word);
    for (unsigned upper = 0; upper < 1U << length; upper++) {
        for (size_t i = 0; i <= length; i++)
            (*room)[i] = (char)(upper >> i & 1 ? toupper(word[i]) : word[i]);
        TRY(put_key(keys, *room, code, error));
        *room += length + 1;
    }
    return STATUS_OK;
}

/* Puts the texts that --missing named. */
static enum status put_listed(
    struct keys *keys, const char *list, int64_t code, char *room, struct error *error)
{
    const char *item;
    strcpy(room, list);
    while ((item = strsep(&room, ",")))
        TRY(put_key(keys, item, code, error));
    return STATUS_OK;
}

static enum status put_keys(
    struct keys *keys, const struct model *model, int64_t c, struct error *error)
{
    const struct encoded_column *column = &model->input.column[c];
    const char *list = model->missing ? model->missing : "";
    char *const *level = levels_names(&model->input.levels, c);
    int64_t levels = levels_in(&model->input.levels, c);
    int64_t other = column->other ? column->inputs - 1 : -1;
    size_t spelled = (size_t)SPELLINGS_MOST * (CSV_MISSING_LONGEST + 1), listed = strlen(list) + 1;
    size_t most = (size_t)levels + SPELLINGS_MOST + listed;
    TRY(memory_take(&keys->code, most, sizeof *keys->code, "the levels", error));
    TRY(memory_take(&keys->text, most, sizeof *keys->text, "the levels", error));
    TRY(memory_take(&keys->block, spelled + listed, 1, "the levels", error));
    char *room = keys->block;
    for (int i = 0; i < N_CSV_MISSING_WORDS; i++)
        TRY(put_spellings(
            keys, csv_missing_words[i], column->missing ? levels : other, &room, error));
    TRY(put_listed(keys, list, column->missing ? levels : other, room, error));
    for (int64_t l = 0; l < levels; l++)
        TRY(put_key(keys, level[l], l, error));
    return STATUS_OK;
}

enum status onnx_category_codes(struct onnx_graph *graph, const struct model *model, int64_t c,
    const char *input, struct onnx_value *codes, struct error *error)
{
    struct keys keys = {.code = NULL};
    const struct encoded_column *column = &model->input.column[c];
    enum status status = put_keys(&keys, model, c, error);
    if (!status)
        *codes = onnx_label_encoder(graph, input, keys.text, keys.code, keys.set.n,
            column->other ? column->inputs - 1 : -1);
    word_set_clear(&keys.set);
    free(keys.code);
    free(keys.text);
    free(keys.block);
    return status;
}
