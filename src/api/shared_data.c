#include "api/shared_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

/* An array of a dataset in memory; values only if they are not in a file. */
struct array {
    void *pointer; /* address of the pointer in the dataset */
    size_t bytes;  /* 0: the dataset has no such array */
};
enum { N_ARRAYS = 7 };

/* Lists the arrays of `dataset`. `leader`: a dataset with the same arrays, whose pointers only show
 * which exist. */
static void list_arrays(
    struct array array[N_ARRAYS], struct dataset *dataset, const struct dataset *leader)
{
    size_t n = (size_t)(dataset->samples + dataset->unlabelled),
           features = (size_t)dataset->features;
    size_t values = dataset->path[0] ? 0 : n * features * value_size(dataset->type);
    const struct array list[N_ARRAYS] = {{&dataset->values, values},
        {&dataset->labels, leader->labels ? n * sizeof *dataset->labels : 0},
        {&dataset->targets, n * (size_t)dataset->outputs * sizeof *dataset->targets},
        {&dataset->weight, leader->weight ? n * sizeof *dataset->weight : 0},
        {&dataset->group, leader->group ? n * sizeof *dataset->group : 0},
        {&dataset->when, leader->when ? n * sizeof *dataset->when : 0},
        {&dataset->line, leader->line ? n * sizeof *dataset->line : 0}};
    memcpy(array, list, sizeof list);
}

static void *array_start(const struct array *array)
{
    void *start;
    memcpy(&start, array->pointer, sizeof start);
    return start;
}

/* Maps the file of rank 0's values on this rank. */
static enum status map_values(
    struct dataset *shared, const struct dataset *leader, struct error *error)
{
    uintptr_t start =
        (uintptr_t)leader->values - (uintptr_t)leader->file.bytes; /* rank 0's addresses */
    TRY(mapped_file_open(&shared->file, shared->path, error));
    if (shared->file.size != leader->file.size)
        return fail(error, STATUS_BAD_DATA,
            "%s has %zu bytes here, but %zu on rank 0 of the team; ranks that share memory "
            "must see the same files",
            shared->path, shared->file.size, leader->file.size);
    shared->values = (void *)((uintptr_t)shared->file.bytes + start);
    return STATUS_OK;
}

/* Copies rank 0's list of names, `own`, to every rank. */
static enum status send_names(
    char ***names, char *const *own, int64_t n, struct comm *inside, struct error *error)
{
    bool mine = inside->rank == 0;
    size_t size = mine ? names_size(own, n) : 0;
    comm_broadcast(inside, &size, sizeof size);
    enum status status = names_take(names, n, size, "names of the data", error);
    TRY(comm_agree_unnamed(inside, status, error));
    if (mine)
        memcpy((*names)[0], own[0], size);
    comm_broadcast(inside, (*names)[0], size);
    names_index(*names, n);
    return STATUS_OK;
}

static enum status send_all_names(struct dataset *shared, const struct dataset *leader,
    const struct dataset *own, struct comm *inside, struct error *error)
{
    const struct {
        char ***shared, **leader, **own;
        int64_t n;
    } names[] = {{&shared->class_name, leader->class_name, own->class_name, leader->classes},
        {&shared->feature_name, leader->feature_name, own->feature_name, leader->features},
        {&shared->label_name, leader->label_name, own->label_name, dataset_label_columns(leader)},
        {&shared->id, leader->id, own->id, leader->samples + leader->unlabelled},
        {&shared->other, leader->other, own->other, 2 * leader->others}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].leader)
            TRY(send_names(names[i].shared, names[i].own, names[i].n, inside, error));
    return STATUS_OK;
}

/* Copies rank 0's levels, which exist, to every rank. */
static enum status send_levels(
    struct levels *levels, const struct levels *own, struct comm *inside, struct error *error)
{
    size_t n = (size_t)levels->columns + 1;
    enum status status = memory_take(&levels->first, n, sizeof *levels->first, "the levels", error);
    TRY(comm_agree_unnamed(inside, status, error));
    if (inside->rank == 0)
        memcpy(levels->first, own->first, n * sizeof *levels->first);
    comm_broadcast(inside, levels->first, n * sizeof *levels->first);
    return send_names(&levels->name, own->name, levels->first[levels->columns], inside, error);
}

/* Fills `shared` except for the contents of its arrays. `leader` is a copy of rank 0's dataset: its
 * pointers are valid only on rank 0; on other ranks they only show which arrays exist. */
static enum status prepare(struct dataset *shared, const struct dataset *leader,
    const struct dataset *own, struct teams *teams, struct error *error)
{
    struct comm *inside = teams->inside;
    struct array array[N_ARRAYS];
    if (leader->path[0])
        TRY(comm_agree_unnamed(inside, map_values(shared, leader, error), error));
    TRY(send_all_names(shared, leader, own, inside, error));
    if (leader->levels.columns > 0)
        TRY(send_levels(&shared->levels, &own->levels, inside, error));
    list_arrays(array, shared, leader);
    for (int i = 0; i < N_ARRAYS; i++)
        if (array[i].bytes > 0)
            TRY(teams_take(teams, array[i].pointer, array[i].bytes, 1, shared->name, error));
    return STATUS_OK;
}

/* Moves the arrays one by one, so that only one of them exists twice at any time. */
static void move_arrays(struct dataset *shared, struct dataset *own)
{
    struct array to[N_ARRAYS], from[N_ARRAYS];
    list_arrays(to, shared, own);
    list_arrays(from, own, own);
    for (int i = 0; i < N_ARRAYS; i++) {
        if (from[i].bytes == 0)
            continue;
        memcpy(array_start(&to[i]), array_start(&from[i]), from[i].bytes);
        if (!own->lent)
            free(array_start(&from[i]));
        memset(from[i].pointer, 0, sizeof(void *));
    }
}

/* Returns the dataset without its arrays and lists, which are to be allocated anew. */
static struct dataset without_arrays(const struct dataset *leader)
{
    struct dataset shared = *leader;
    struct array array[N_ARRAYS];
    list_arrays(array, &shared, leader);
    for (int i = 0; i < N_ARRAYS; i++)
        memset(array[i].pointer, 0, sizeof(void *));
    shared.class_name = shared.feature_name = shared.label_name = shared.id = NULL;
    shared.other = NULL;
    shared.levels = (struct levels){.columns = leader->levels.columns};
    shared.file = (struct mapped_file){0};
    shared.lent = shared.shared = true;
    return shared;
}

enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error)
{
    struct comm *inside = teams->inside;
    if (inside->size == 1)
        return STATUS_OK;
    struct dataset leader = *dataset;
    comm_broadcast(inside, &leader, sizeof leader);
    struct dataset shared = without_arrays(&leader);
    enum status status = prepare(&shared, &leader, dataset, teams, error);
    if (status) {
        dataset_unshare(&shared, teams);
        return status;
    }
    if (teams->rank == 0)
        move_arrays(&shared, dataset);
    dataset_clear(dataset);
    comm_barrier(inside);
    *dataset = shared;
    return STATUS_OK;
}

void dataset_unshare(struct dataset *dataset, struct teams *teams)
{
    struct array array[N_ARRAYS];
    list_arrays(array, dataset, dataset);
    for (int i = 0; i < N_ARRAYS && dataset->shared; i++)
        if (array[i].bytes > 0)
            teams_give(teams, array_start(&array[i]));
    dataset_clear(dataset);
}
