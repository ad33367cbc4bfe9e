/* identity.h: a run by its options and data, as a checkpoint keeps it. */
#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/session.h"
#include "run/checkpoint.h"

/* Every option that may not change when a run is resumed (option_table.h: option_is_fixed_on_resume()), as it came
 * out, and the fingerprints of the data. To be cleared whatever the status. STATUS_NO_RESOURCE. */
enum status identity_make(struct identity *identity, const struct options *options,
    const struct session *session, struct error *error);
void identity_clear(struct identity *identity);

#endif
