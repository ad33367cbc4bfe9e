#include "step/common_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool has(const struct kernel_names *names, const char *name)
{
    for (int i = 0; i < KERNELS_MAX; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

/* Returns the lowest rank without that kernel, or -1. */
static int lowest_without(const struct kernel_names *rank, int ranks, const char *name)
{
    for (int r = 0; r < ranks; r++)
        if (!has(&rank[r], name))
            return r;
    return -1;
}

const char *common_kernel_of(const struct kernel_names *rank, int ranks, int *lacks)
{
    *lacks = lowest_without(rank, ranks, rank[0].name[0]);
    for (int i = 0; i < KERNELS_MAX && rank[0].name[i][0]; i++)
        if (lowest_without(rank, ranks, rank[0].name[i]) < 0)
            return rank[0].name[i];
    return NULL;
}

static void list_names(struct kernel_names *names)
{
    struct kernel list[KERNELS_MAX];
    int n = kernel_list(list), exact = 0;
    memset(names, 0, sizeof *names);
    for (int i = 0; i < n; i++)
        if (kernel_is_known_exact(&list[i]))
            snprintf(names->name[exact++], KERNEL_NAME_MAX, "%s", list[i].name);
}

static enum status choose_common(
    struct comm *comm, struct kernel *kernel, char note[KERNEL_NOTE_MAX], struct error *error)
{
    struct kernel_names mine, *all;
    int lacks = -1;
    list_names(&mine);
    TRY(comm_gather_new(comm, &mine, sizeof mine, &all, "the kernels", error));
    enum status status = STATUS_OK;
    const char *name = common_kernel_of(all, comm->size, &lacks);
    if (!name)
        status = fail(error, STATUS_USAGE,
            "--kernel auto: no matrix kernel runs on all ranks; do they run the same "
            "build?");
    else
        status = kernel_choose(name, kernel, error);
    if (!status && lacks > 0)
        snprintf(note, KERNEL_NOTE_MAX,
            "matrix kernel %s, because rank %d cannot run rank 0's faster %s", name, lacks,
            all[0].name[0]);
    free(all);
    return comm_agree(comm, status, error);
}

enum status common_kernel_choose(const char *name, struct comm *comm, struct kernel *kernel,
    char note[KERNEL_NOTE_MAX], struct error *error)
{
    note[0] = '\0';
    if (strcmp(name, "auto") == 0)
        return choose_common(comm, kernel, note, error);
    return comm_agree(comm, kernel_choose(name, kernel, error), error);
}
