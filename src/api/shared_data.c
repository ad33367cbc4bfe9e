#include "api/shared_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

/* Allocates one part of the dataset, if it has one. */
static enum status take_part(void *part_out, bool there, int64_t n, size_t size,
    const struct dataset *dataset, struct teams *teams, struct error *error)
{
    return there ? teams_take(teams, part_out, (size_t)n, size, dataset->name, error) : STATUS_OK;
}

static enum status take_parts(struct dataset *shared, struct teams *teams, struct error *error)
{
    int64_t n = shared->samples;
    bool in_memory = n > 0 && !shared->path[0];
    enum status status = take_part(&shared->values, in_memory, n * shared->features,
        value_size(shared->type), shared, teams, error);
    if (!status)
        status = take_part(&shared->labels, n > 0 && shared->classes > 0, n, sizeof(int32_t),
            shared, teams, error);
    if (!status)
        status = take_part(&shared->targets, n > 0 && shared->outputs > 0, n * shared->outputs,
            sizeof(float), shared, teams, error);
    return status;
}

/* Maps the file of rank 0's values on this rank. */
static enum status map_values(
    struct dataset *shared, const struct dataset *told, struct error *error)
{
    uintptr_t start =
        (uintptr_t)told->values - (uintptr_t)told->file.bytes; /* rank 0's addresses */
    enum status status = mapped_file_open(&shared->file, shared->path, error);
    if (status)
        return status;
    if (shared->file.size != told->file.size)
        return fail(error, STATUS_BAD_DATA,
            "%s has %zu bytes here, but %zu for another rank of the team; ranks that share memory "
            "must see the same files",
            shared->path, shared->file.size, told->file.size);
    shared->values = (void *)((uintptr_t)shared->file.bytes + start);
    return STATUS_OK;
}

/* Copies rank 0's list of names, `own`, to every rank. */
static enum status send_names(
    char ***names, char *const *own, int64_t n, struct comm *inside, struct error *error)
{
    bool mine = comm_rank(inside) == 0;
    size_t size = mine ? names_size(own, n) : 0;
    char *text = NULL;
    comm_broadcast(inside, &size, sizeof size);
    enum status status = memory_take(&text, size, 1, "names of the data", error);
    status = comm_agree_unnamed(inside, status, error);
    if (!status) {
        if (mine)
            memcpy(text, own[0], size);
        comm_broadcast(inside, text, size);
        status = names_make(names, n, text, size, "names of the data", error);
        status = comm_agree_unnamed(inside, status, error);
    }
    free(text);
    return status;
}

/* Copies everything that is not in shared memory. `told` is the dataset of rank 0, of whose
 * pointers only NULL or not NULL has a meaning here. */
static enum status share_rest(struct dataset *shared, const struct dataset *told,
    const struct dataset *own, struct comm *inside, struct error *error)
{
    enum status status = STATUS_OK;
    if (told->path[0])
        status = comm_agree_unnamed(inside, map_values(shared, told, error), error);
    if (!status && told->class_name)
        status = send_names(&shared->class_name, own->class_name, told->classes, inside, error);
    if (!status && told->feature_name)
        status =
            send_names(&shared->feature_name, own->feature_name, told->features, inside, error);
    if (!status && told->target_name)
        status = send_names(&shared->target_name, own->target_name, told->outputs, inside, error);
    return status;
}

/* Part by part, so that only one of them exists twice at a time. */
static void move_parts(struct dataset *shared, struct dataset *own)
{
    size_t samples = (size_t)own->samples;
    if (!own->path[0]) {
        if (shared->values)
            memcpy(shared->values, own->values,
                samples * (size_t)own->features * value_size(own->type));
        free(own->values);
        own->values = NULL;
    }
    if (shared->labels)
        memcpy(shared->labels, own->labels, samples * sizeof *own->labels);
    free(own->labels);
    own->labels = NULL;
    if (shared->targets)
        memcpy(
            shared->targets, own->targets, samples * (size_t)own->outputs * sizeof *own->targets);
    free(own->targets);
    own->targets = NULL;
}

enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error)
{
    struct comm *inside = teams_inside(teams);
    if (comm_size(inside) == 1)
        return STATUS_OK;
    struct dataset told = *dataset;
    comm_broadcast(inside, &told, sizeof told);
    struct dataset shared = told;
    shared.values = NULL;
    shared.labels = NULL;
    shared.targets = NULL;
    shared.class_name = shared.feature_name = shared.target_name = NULL;
    shared.file = (struct mapped_file){0};
    shared.lent = true;
    enum status status = share_rest(&shared, &told, dataset, inside, error);
    if (!status)
        status = take_parts(&shared, teams, error);
    if (status) {
        dataset_unshare(&shared, teams);
        return status;
    }
    if (teams_rank(teams) == 0)
        move_parts(&shared, dataset);
    dataset_clear(dataset);
    comm_barrier(inside);
    *dataset = shared;
    return STATUS_OK;
}

void dataset_unshare(struct dataset *dataset, struct teams *teams)
{
    if (dataset->lent) {
        if (!dataset->path[0])
            teams_give(teams, dataset->values);
        teams_give(teams, dataset->labels);
        teams_give(teams, dataset->targets);
    }
    dataset_clear(dataset);
}
