#include "api/shared_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

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

static enum status send_all_names(
    struct dataset *shared, const struct dataset *leader, struct comm *inside, struct error *error)
{
    struct dataset own = *leader;
    struct dataset_list to[DATASET_LISTS], from[DATASET_LISTS];
    dataset_lists(shared, to);
    dataset_lists(&own, from);
    for (int i = 0; i < DATASET_LISTS; i++)
        if (*from[i].pointer)
            TRY(send_names(to[i].pointer, *from[i].pointer, from[i].n, inside, error));
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
static enum status prepare(
    struct dataset *shared, const struct dataset *leader, struct teams *teams, struct error *error)
{
    struct comm *inside = teams->inside;
    struct dataset_array array[DATASET_ARRAYS];
    if (leader->path[0])
        TRY(comm_agree_unnamed(inside, map_values(shared, leader, error), error));
    TRY(send_all_names(shared, leader, inside, error));
    if (leader->levels.columns > 0)
        TRY(send_levels(&shared->levels, &leader->levels, inside, error));
    dataset_arrays(shared, leader, array);
    for (int i = 0; i < DATASET_ARRAYS; i++)
        if (array[i].bytes > 0)
            TRY(teams_take(teams, array[i].pointer, array[i].bytes, 1, shared->name, error));
    return STATUS_OK;
}

/* Moves the arrays one by one, so that only one of them exists twice at any time. */
static void move_arrays(struct dataset *shared, struct dataset *own)
{
    struct dataset_array to[DATASET_ARRAYS], from[DATASET_ARRAYS];
    dataset_arrays(shared, own, to);
    dataset_arrays(own, own, from);
    for (int i = 0; i < DATASET_ARRAYS; i++) {
        if (from[i].bytes == 0)
            continue;
        memcpy(dataset_array_start(&to[i]), dataset_array_start(&from[i]), from[i].bytes);
        if (!own->lent)
            free(dataset_array_start(&from[i]));
        memset(from[i].pointer, 0, sizeof(void *));
    }
}

/* Returns the dataset without its arrays and lists, which are to be allocated anew. */
static struct dataset without_arrays(const struct dataset *leader)
{
    struct dataset shared = *leader;
    struct dataset_array array[DATASET_ARRAYS];
    struct dataset_list list[DATASET_LISTS];
    dataset_arrays(&shared, leader, array);
    for (int i = 0; i < DATASET_ARRAYS; i++)
        memset(array[i].pointer, 0, sizeof(void *));
    dataset_lists(&shared, list);
    for (int i = 0; i < DATASET_LISTS; i++)
        *list[i].pointer = NULL;
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
    enum status status = prepare(&shared, &leader, teams, error);
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
    struct dataset_array array[DATASET_ARRAYS];
    dataset_arrays(dataset, dataset, array);
    for (int i = 0; i < DATASET_ARRAYS && dataset->shared; i++)
        if (array[i].bytes > 0)
            teams_give(teams, dataset_array_start(&array[i]));
    dataset_clear(dataset);
}
