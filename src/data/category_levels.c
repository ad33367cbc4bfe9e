#include "data/category_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "data/names.h"

/* A level, or last of all the missing value, of one column. */
struct candidate {
    int64_t count, code;
};

struct choosing {
    struct encoding *encoding;
    const struct levels *levels; /* of the data */
    int64_t max_levels;
    int64_t *count; /* [levels + columns] samples of each level, then of the missing value */
    struct candidate *candidate; /* [the most of a column] */
    char **name;                 /* [levels] of those chosen so far, in order */
    int64_t names;
};

static int64_t *counts_of(const struct choosing *choosing, int64_t c)
{
    return choosing->count + choosing->levels->first[c] + c;
}

static void count_levels(
    const struct choosing *choosing, const struct dataset *dataset, const struct subset *train)
{
    for (int64_t i = 0; i < train->size; i++) {
        int64_t row = subset_at(train, i) * dataset->features;
        heartbeat_beat();
        for (int64_t c = 0; c < dataset->features; c++) {
            int64_t codes = levels_in(choosing->levels, c);
            if (codes == 0)
                continue;
            float value = value_as_float(dataset->values, dataset->type, row + c);
            if (isnan(value))
                counts_of(choosing, c)[codes]++;
            else if (value >= 0 && value < (float)codes)
                counts_of(choosing, c)[(int64_t)value]++;
        }
    }
}

static int by_count(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

/* Sets count[code] to 0 for all codes but the `most` most frequent. */
static void drop_rare(const struct choosing *choosing, int64_t codes, int64_t most, int64_t *count)
{
    struct candidate *candidate = choosing->candidate;
    for (int64_t code = 0; code <= codes; code++)
        candidate[code] = (struct candidate){count[code], code};
    qsort(candidate, (size_t)codes + 1, sizeof *candidate, by_count);
    /* Without any level of its own, the column would not be a category to those who read the model */
    if (most == 1 && candidate[0].code == codes)
        candidate[0] = candidate[1];
    memset(count, 0, (size_t)(codes + 1) * sizeof *count);
    for (int64_t i = 0; i < most; i++)
        count[candidate[i].code] = candidate[i].count;
}

/* Chooses the levels of one category; sets the slot of each code to the number of its level. */
static void choose(struct choosing *choosing, int64_t c, int32_t *slot)
{
    struct encoded_column *column = &choosing->encoding->column[c];
    int64_t codes = levels_in(choosing->levels, c), *count = counts_of(choosing, c), seen = 0;
    int32_t levels = 0;
    for (int64_t code = 0; code <= codes; code++)
        seen += count[code] > 0;
    column->kind = COLUMN_CATEGORY;
    column->codes = codes;
    column->other = seen > choosing->max_levels;
    if (column->other)
        drop_rare(choosing, codes, choosing->max_levels - 1, count);
    column->missing = count[codes] > 0;
    for (int64_t code = 0; code < codes; code++) {
        slot[code] = count[code] > 0 ? levels++ : -1;
        if (slot[code] >= 0)
            choosing->name[choosing->names++] = levels_names(choosing->levels, c)[code];
    }
}

static enum status choose_all(struct choosing *choosing, struct error *error)
{
    struct encoding *encoding = choosing->encoding;
    struct levels *levels = &encoding->levels;
    size_t columns = (size_t)encoding->columns, slots = 0;
    TRY(memory_take(
        &levels->first, columns + 1, sizeof *levels->first, "the levels of categories", error));
    levels->columns = encoding->columns;
    for (int64_t c = 0; c < encoding->columns; c++) {
        int64_t codes = levels_in(choosing->levels, c);
        if (codes > 0) {
            choose(choosing, c, encoding->slot + slots);
            slots += (size_t)codes + 2;
        }
        levels->first[c + 1] = choosing->names;
    }
    return names_copy(
        &levels->name, choosing->name, choosing->names, "the levels of categories", error);
}

enum status category_levels_choose(struct encoding *encoding, const struct dataset *dataset,
    const struct subset *train, int64_t max_levels, struct error *error)
{
    static const char what[] = "the levels of categories";
    const struct levels *levels = &dataset->levels;
    size_t columns = (size_t)levels->columns, all = (size_t)levels->first[columns];
    struct choosing choosing = {.encoding = encoding, .levels = levels, .max_levels = max_levels};
    enum status status =
        memory_take(&choosing.count, all + columns, sizeof *choosing.count, what, error);
    if (!status)
        status = memory_take(&choosing.candidate, all + 1, sizeof *choosing.candidate, what, error);
    if (!status)
        status = memory_take(&choosing.name, all, sizeof *choosing.name, what, error);
    if (!status)
        status =
            memory_take(&encoding->slot, all + 2 * columns, sizeof *encoding->slot, what, error);
    if (!status) {
        count_levels(&choosing, dataset, train);
        status = choose_all(&choosing, error);
    }
    free(choosing.count);
    free(choosing.candidate);
    free(choosing.name);
    return status;
}
