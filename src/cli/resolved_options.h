/* resolved_options.h: what was asked for, with what it came to, so that config.ini means the same
 * on another day and in another directory. */
#ifndef CLI_RESOLVED_OPTIONS_H
#define CLI_RESOLVED_OPTIONS_H

#include "cli/session.h"

/* Paths that exist mean the same in any directory. */
void options_make_absolute(struct options *options);

struct options options_resolved(const struct options *options, const struct session *session);

#endif
