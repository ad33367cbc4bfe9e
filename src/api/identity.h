/* identity.h: the options and data that identify a run, as a checkpoint stores them. */
#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/session.h"
#include "run/checkpoint.h"

/* The resolved value of every option that may not change when a run is resumed (option_table.h,
 * option_is_fixed_on_resume()), and the fingerprints of the data. To be cleared for every status.
 * STATUS_NO_RESOURCE. */
enum status identity_make(struct identity *identity, const struct options *options,
    const struct session *session, struct error *error);
void identity_clear(struct identity *identity);

#endif
