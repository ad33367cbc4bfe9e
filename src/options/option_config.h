/* option_config.h: reads and writes the entries of config files. No other file uses inih.
 *
 *     # lockstep 0.2.0                    the first line may name the version
 *     # a comment                         also after a value and a space, with # or ;
 *     [train]                             optional
 *     batch = 64
 *     data = "a path with ; and \x22"     quotes keep spaces; escapes: \\ \" \n \xHH
 *     out = "a long path may "            parts on separate lines are joined
 *           "continue"
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

struct config_entry {
    const char *file, *section; /* section "": none */
    const char *key, *value;
    int line;
};

/* True if the first line of `text` names a version of lockstep, as in "# lockstep 0.2.0". Files that
 * were written before version 0.2 do not. */
bool config_names_version(const char *text);

/* Called for each entry; any status other than STATUS_OK stops the reading. */
typedef enum status config_taker(
    void *context, const struct config_entry *entry, struct error *error);

/* Calls `take` for each entry of `text`, the content of `file`. STATUS_CONFIG, with file and line
 * in the message. */
enum status config_read(
    const char *text, const char *file, config_taker *take, void *context, struct error *error);

/* Writes one entry, with `comment` as a comment. If necessary, quotes the value and splits it over
 * several lines. */
void config_write(FILE *out, const char *key, const char *value, bool comment);
