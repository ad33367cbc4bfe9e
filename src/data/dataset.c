#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "data/names.h"

enum status dataset_take(struct dataset *dataset, const char *what, struct error *error)
{
    size_t n = (size_t)dataset->samples, outputs = (size_t)dataset->outputs;
    size_t row = (size_t)dataset->features * value_size(dataset->type);
    TRY(memory_take(&dataset->values, n, row, what, error));
    if (dataset->classes > 0)
        TRY(memory_take(&dataset->labels, n, sizeof *dataset->labels, what, error));
    if (outputs > 0)
        TRY(memory_take(&dataset->targets, n, outputs * sizeof *dataset->targets, what, error));
    return STATUS_OK;
}

void dataset_arrays(
    struct dataset *dataset, const struct dataset *like, struct dataset_array array[DATASET_ARRAYS])
{
    size_t n = (size_t)(like->samples + like->unlabelled);
    size_t features = (size_t)like->features, outputs = (size_t)like->outputs;
    bool has_values = like->values && !like->path[0];
    const struct dataset_array list[DATASET_ARRAYS] = {
        {&dataset->values, has_values ? n * features * value_size(like->type) : 0},
        {&dataset->labels, like->labels ? n * sizeof *like->labels : 0},
        {&dataset->targets, like->targets ? n * outputs * sizeof *like->targets : 0},
        {&dataset->weight, like->weight ? n * sizeof *like->weight : 0},
        {&dataset->group, like->group ? n * sizeof *like->group : 0},
        {&dataset->when, like->when ? n * sizeof *like->when : 0},
        {&dataset->line, like->line ? n * sizeof *like->line : 0}};
    memcpy(array, list, sizeof list);
}

void dataset_lists(struct dataset *dataset, struct dataset_list list[DATASET_LISTS])
{
    const struct dataset_list lists[DATASET_LISTS] = {
        {&dataset->id, dataset->samples + dataset->unlabelled},
        {&dataset->class_name, dataset->classes}, {&dataset->feature_name, dataset->features},
        {&dataset->label_name, dataset_label_columns(dataset)},
        {&dataset->other, 2 * dataset->others}};
    memcpy(list, lists, sizeof lists);
}

void dataset_clear(struct dataset *dataset)
{
    struct dataset_array array[DATASET_ARRAYS];
    struct dataset_list list[DATASET_LISTS];
    if (dataset->path[0])
        dataset->values = NULL; /* they are in the file */
    dataset_arrays(dataset, dataset, array);
    for (int i = 0; i < DATASET_ARRAYS && !dataset->lent; i++)
        free(dataset_array_start(&array[i]));
    dataset_lists(dataset, list);
    for (int i = 0; i < DATASET_LISTS; i++)
        free(*list[i].pointer);
    mapped_file_close(&dataset->file);
    levels_clear(&dataset->levels);
    *dataset = (struct dataset){0};
}

enum status dataset_check(const struct dataset *dataset, enum status status, struct error *error)
{
    return mapped_file_check(&dataset->file, dataset->path, status, error);
}

static uint64_t hash_array(const void *array, size_t n, size_t size, uint64_t hash)
{
    return array ? hash_bytes(array, n * size, hash) : hash;
}

static uint64_t hash_names(char *const *name, int64_t n, uint64_t hash)
{
    return name ? hash_bytes(name[0], names_size(name, n), hash) : hash;
}

static uint64_t hash_levels(const struct levels *levels, uint64_t hash)
{
    size_t columns = (size_t)levels->columns;
    if (columns == 0)
        return hash;
    hash = hash_array(levels->first, columns + 1, sizeof *levels->first, hash);
    return hash_names(levels->name, levels->first[columns], hash);
}

uint64_t dataset_fingerprint(const struct dataset *dataset)
{
    int64_t shape[] = {
        dataset->samples, dataset->features, dataset->type, dataset->classes, dataset->outputs};
    size_t samples = (size_t)dataset->samples, outputs = (size_t)dataset->outputs;

    uint64_t hash = hash_bytes(shape, sizeof shape, 0);
    hash = hash_bytes(
        dataset->values, samples * (size_t)dataset->features * value_size(dataset->type), hash);
    hash = hash_array(dataset->labels, samples, sizeof *dataset->labels, hash);
    hash = hash_array(dataset->targets, samples * outputs, sizeof *dataset->targets, hash);
    hash = hash_names(dataset->class_name, dataset->classes, hash);
    hash = hash_array(dataset->weight, samples, sizeof *dataset->weight, hash);
    hash = hash_array(dataset->group, samples, sizeof *dataset->group, hash);
    hash = hash_array(dataset->when, samples, sizeof *dataset->when, hash);
    return hash_levels(&dataset->levels, hash);
}

const char *dataset_place(const struct dataset *dataset, int64_t sample, char out[DATASET_PLACE])
{
    int64_t line = dataset->line ? dataset->line[sample] : dataset->first_line + sample;
    bool text = dataset->first_line > 0;
    snprintf(out, DATASET_PLACE, text ? "line %lld" : "sample %lld (from 0)", (long long)line);
    return out;
}

/* --- matching ------------------------------------------------------------------------------ */

static enum status match_features(
    const struct dataset *train, const struct dataset *other, struct error *error)
{
    if (other->features != train->features)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld features per sample, but the training data %s has %lld", other->name,
            (long long)other->features, train->name, (long long)train->features);
    for (int64_t f = 0; train->feature_name && other->feature_name && f < train->features; f++)
        if (strcmp(train->feature_name[f], other->feature_name[f]) != 0)
            return fail(error, STATUS_BAD_DATA,
                "%s: feature %lld is named \"%.100s\", but in the training data %s it is "
                "\"%.100s\"; the columns must be the same, in the same order",
                other->name, (long long)f + 1, other->feature_name[f], train->name,
                train->feature_name[f]);
    return STATUS_OK;
}

/* A column without any value has no words that would make it a category. */
static bool is_all_missing(const struct dataset *dataset, int64_t f)
{
    for (int64_t i = 0; i < dataset->samples; i++)
        if (!value_is_float(dataset->type) ||
            !isnan(value_as_float(dataset->values, dataset->type, i * dataset->features + f)))
            return false;
    return true;
}

/* Refuses a column that holds numbers in one dataset and is a category in the other. */
static enum status match_kinds(
    const struct dataset *train, const struct dataset *other, struct error *error)
{
    for (int64_t f = 0; f < train->features; f++) {
        bool category = levels_in(&train->levels, f) > 0;
        char *const *name = train->feature_name;
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)f + 1);
        if (category != (levels_in(&other->levels, f) > 0) &&
            !(category && is_all_missing(other, f)))
            return fail(error, STATUS_BAD_DATA,
                "%s: feature %.100s holds %s, but in the training data %s it holds %s", other->name,
                name ? name[f] : number, category ? "numbers" : "words", train->name,
                category ? "words" : "numbers");
    }
    return STATUS_OK;
}

static bool same_levels(const struct levels *left, const struct levels *right)
{
    if (left->columns == 0 || right->columns == 0)
        return left->columns == right->columns;
    size_t bytes = ((size_t)left->columns + 1) * sizeof *left->first;
    if (memcmp(left->first, right->first, bytes) != 0)
        return false;
    for (int64_t i = 0; i < left->first[left->columns]; i++)
        if (strcmp(left->name[i], right->name[i]) != 0)
            return false;
    return true;
}

/* Replaces the codes of one column by those that the training data have for the same words. */
static enum status match_codes(
    const struct dataset *train, struct dataset *other, int64_t f, struct error *error)
{
    int64_t n = levels_in(&train->levels, f), own = levels_in(&other->levels, f);
    float *value = (float *)other->values + f, *code;
    TRY(memory_take(&code, (size_t)own, sizeof *code, "the levels", error));
    for (int64_t l = 0; l < own; l++) {
        int64_t found =
            names_find(levels_names(&train->levels, f), n, levels_names(&other->levels, f)[l]);
        code[l] = (float)(found < 0 ? n : found);
    }
    for (int64_t i = 0; i < other->samples; i++, value += other->features)
        if (!isnan(*value))
            *value = *value < (float)own ? code[(int64_t)*value] : (float)n;
    free(code);
    return STATUS_OK;
}

/* Gives the words of categories the training data's codes. A reader that was given the levels of
 * the training data has already done so. */
static enum status match_levels(
    const struct dataset *train, struct dataset *other, struct error *error)
{
    struct levels levels = {0};
    if (same_levels(&train->levels, &other->levels))
        return STATUS_OK;
    if (other->levels.columns > 0 && (other->type != VALUE_F32 || other->path[0]))
        return fail(error, STATUS_BUG, "%s has categories whose codes cannot change", other->name);
    TRY(levels_copy(&levels, &train->levels, error));
    enum status status = STATUS_OK;
    for (int64_t f = 0; f < train->features && !status; f++)
        if (levels_in(&other->levels, f) > 0)
            status = match_codes(train, other, f, error);
    levels_clear(status ? &levels : &other->levels);
    if (!status)
        other->levels = levels;
    return status;
}

static const char *kind_of(const struct dataset *dataset)
{
    return dataset->classes > 0 ? "class labels" : "regression targets";
}

static enum status match_tasks(
    const struct dataset *train, const struct dataset *other, struct error *error)
{
    if ((other->classes > 0) != (train->classes > 0))
        return fail(error, STATUS_BAD_DATA, "%s has %s, but the training data %s has %s",
            other->name, kind_of(other), train->name, kind_of(train));
    if (other->outputs != train->outputs)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld targets per sample, but the training data %s has %lld", other->name,
            (long long)other->outputs, train->name, (long long)train->outputs);
    return STATUS_OK;
}

/* Returns the name of a class; if it has none, its number, written to `room`. */
static const char *class_name_of(const struct dataset *dataset, int32_t label, char room[16])
{
    if (dataset->class_name)
        return dataset->class_name[label];
    snprintf(room, 16, "%d", label);
    return room;
}

/* Returns the number that the class `label` of `other` has in `train`; -1: it is not in `train`. */
static int32_t class_in(const struct dataset *train, const struct dataset *other, int32_t label)
{
    char room[16], number[16];
    const char *name = class_name_of(other, label, room);
    if (train->class_name)
        return (int32_t)names_find(train->class_name, train->classes, name);
    int32_t value = other->class_name ? (int32_t)strtol(name, NULL, 10) : label;
    bool known = value >= 0 && value < train->classes;
    return known && strcmp(class_name_of(train, value, number), name) == 0 ? value : -1;
}

static enum status unknown_class(
    const struct dataset *train, const struct dataset *other, int64_t sample, struct error *error)
{
    char room[16], place[DATASET_PLACE], known[64] = "other classes";
    const char *name = class_name_of(other, other->labels[sample], room);
    if (!train->class_name)
        snprintf(known, sizeof known, "classes 0 to %lld", (long long)train->classes - 1);
    return fail(error, STATUS_BAD_DATA,
        "%s: the label of %s is %.100s, but the training data %s has %s", other->name,
        dataset_place(other, sample, place), name, train->name, known);
}

/* Sets map[c], for each class c of `other`, to the number of that class in the training data. */
static enum status map_classes(
    const struct dataset *train, const struct dataset *other, int32_t *map, struct error *error)
{
    for (int32_t c = 0; c < other->classes; c++)
        map[c] = class_in(train, other, c);
    for (int64_t i = 0; i < other->samples; i++)
        if (map[other->labels[i]] < 0)
            return unknown_class(train, other, i, error);
    return STATUS_OK;
}

/* Copies the training data's class names to a dataset whose labels now use the training data's
 * class numbers. */
static enum status copy_names(
    const struct dataset *train, struct dataset *other, struct error *error)
{
    char **names = NULL;
    if (train->class_name)
        TRY(names_make(&names, train->classes, train->class_name[0],
            names_size(train->class_name, train->classes), "the class names", error));
    free(other->class_name);
    other->class_name = names;
    other->classes = train->classes;
    return STATUS_OK;
}

static enum status match_classes(
    const struct dataset *train, struct dataset *other, struct error *error)
{
    int32_t *map = NULL;
    enum status status =
        memory_take(&map, (size_t)other->classes, sizeof *map, "the classes", error);
    if (!status)
        status = map_classes(train, other, map, error);
    if (!status)
        status = copy_names(train, other, error);
    for (int64_t i = 0; i < other->samples && !status; i++)
        if (map[other->labels[i]] != other->labels[i]) /* borrowed labels are never written */
            other->labels[i] = map[other->labels[i]];
    free(map);
    return status;
}

enum status dataset_match(const struct dataset *train, struct dataset *other, struct error *error)
{
    TRY(match_features(train, other, error));
    TRY(match_kinds(train, other, error));
    bool labelled = other->classes > 0 || other->outputs > 0;
    if (labelled)
        TRY(match_tasks(train, other, error));
    if (other->classes > 0)
        TRY(match_classes(train, other, error));
    return match_levels(train, other, error);
}
