#include "cli/shared_data.h"

#include <stdlib.h>
#include <string.h>

/* Room for one part of the dataset, where it has one. */
static enum status take_part(void *part_out, bool there, int64_t n, size_t size,
    const struct dataset *dataset, struct teams *teams, struct error *error)
{
    return there ? teams_take(teams, part_out, (size_t)n, size, dataset->name, error) : STATUS_OK;
}

static enum status take_parts(struct dataset *shared, struct teams *teams, struct error *error)
{
    int64_t n = shared->samples;
    size_t value_size = shared->type == VALUE_U8 ? sizeof(uint8_t) : sizeof(float);
    enum status status =
        take_part(&shared->values, n > 0, n * shared->features, value_size, shared, teams, error);
    if (!status)
        status = take_part(&shared->labels, n > 0 && shared->classes > 0, n, sizeof(int32_t),
            shared, teams, error);
    if (!status)
        status = take_part(&shared->targets, n > 0 && shared->outputs > 0, n * shared->outputs,
            sizeof(float), shared, teams, error);
    return status;
}

/* Part by part, so that no more than one of them is held twice for long. */
static void move_parts(struct dataset *shared, struct dataset *own)
{
    size_t samples = (size_t)own->samples;
    size_t value_size = own->type == VALUE_U8 ? sizeof(uint8_t) : sizeof(float);
    if (shared->values)
        memcpy(shared->values, own->values, samples * (size_t)own->features * value_size);
    free(own->values);
    if (shared->labels)
        memcpy(shared->labels, own->labels, samples * sizeof *own->labels);
    free(own->labels);
    if (shared->targets)
        memcpy(
            shared->targets, own->targets, samples * (size_t)own->outputs * sizeof *own->targets);
    free(own->targets);
}

enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error)
{
    struct comm *inside = teams_inside(teams);
    struct dataset shared = *dataset;
    if (comm_size(inside) == 1)
        return STATUS_OK;
    comm_broadcast(inside, &shared, sizeof shared);
    shared.values = NULL;
    shared.labels = NULL;
    shared.targets = NULL;
    shared.lent = true;
    enum status status = take_parts(&shared, teams, error);
    if (status) {
        dataset_unshare(&shared, teams);
        return status;
    }
    if (teams_rank(teams) == 0)
        move_parts(&shared, dataset);
    comm_barrier(inside);
    *dataset = shared;
    return STATUS_OK;
}

void dataset_unshare(struct dataset *dataset, struct teams *teams)
{
    if (dataset->lent) {
        teams_give(teams, dataset->values);
        teams_give(teams, dataset->labels);
        teams_give(teams, dataset->targets);
    }
    dataset_clear(dataset);
}
