#include "comm/collective.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/text.h"

/* "comm_agree at teams.c:120", without the folder: ranks on other machines may have built
 * elsewhere. */
struct site {
    char text[96];
};

static struct site site_of(struct comm_call call)
{
    struct site site = {{0}};
    const char *slash = strrchr(call.file, '/');
    snprintf(site.text, sizeof site.text, "%s at %s:%d", call.name, slash ? slash + 1 : call.file,
        call.line);
    return site;
}

static bool same(const struct site *a, const struct site *b)
{
    return strcmp(a->text, b->text) == 0;
}

/* "ranks 0-1: comm_agree at teams.c:120; rank 2: ..." */
static void list_sites(char *out, size_t size, const struct site *site, int ranks)
{
    out[0] = '\0';
    for (int first = 0, end; first < ranks; first = end) {
        for (end = first + 1; end < ranks && same(&site[end], &site[first]);)
            end++;
        const char *separator = first ? "; " : "";
        if (end == first + 1)
            text_append(out, size, "%srank %d: %s", separator, first, site[first].text);
        else
            text_append(
                out, size, "%sranks %d-%d: %s", separator, first, end - 1, site[first].text);
    }
}

void collective_compare(struct comm *comm, struct comm_call call, bool rests)
{
    struct site mine = site_of(call), *all = malloc((size_t)comm->size * sizeof *all);
    char sites[1000];
    bool equal = true;
    if (!all)
        abort(); /* without memory the ranks cannot agree on anything */
    heartbeat_wait("in an allgather", -1);
    transport_gather_sites(comm, &mine, sizeof mine, all, rests);
    heartbeat_wait_over();
    for (int r = 1; r < comm->size; r++)
        equal = equal && same(&all[r], &all[0]);
    if (!equal) {
        list_sites(sites, sizeof sites, all, comm->size);
        fprintf(stderr,
            "lockstep: rank %d of %d: the ranks have entered different collective calls: %s\n",
            comm->rank, comm->size, sites);
        transport_abort(comm, STATUS_BUG);
    }
    free(all);
}
