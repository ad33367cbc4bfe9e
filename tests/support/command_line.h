/* command_line.h: options from a line as one would type it. */
#pragma once

#include "options/options_read.h"

/* Splits `line` (below 600 characters, 40 words) at blanks and reads it behind the name of the
 * program. '' is an empty argument. A longer one aborts. The texts of the options live until the
 * program ends. */
enum status command_line_read(
    struct options *options, const char *line, char *const *environment, struct error *error);
