#include "cli/agreed_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, struct error *error)
{
    bool leads = comm_rank(comm) == 0;
    char *text = NULL;
    enum status status = STATUS_OK;
    if (leads)
        status = options_read(options, argc, argv, environment, error);
    if (leads && !status)
        status = options_to_text(options, TEXT_EXACT, &text, error);
    status = comm_agree(comm, status, error);
    if (comm_size(comm) == 1 || status) {
        free(text);
        return status;
    }

    size_t size = leads ? strlen(text) + 1 : 0;
    comm_broadcast(comm, &size, sizeof size);
    if (!leads)
        status = memory_take(&text, size, 1, "the options", error);
    status = comm_agree(comm, status, error);
    if (!status) {
        comm_broadcast(comm, text, size);
        status =
            comm_agree(comm, options_from_text(options, text, "rank 0's options", error), error);
    }
    free(text);
    return status;
}
