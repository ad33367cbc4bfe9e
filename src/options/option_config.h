/* option_config.h: config files as a list of entries. The one file that knows inih. Internal to
 * cli/.
 *
 *     # a comment                         also after a value, behind a blank: # or ;
 *     [train]                             optional
 *     batch = 64
 *     data = "a path with ; and \x22"     quotes keep blanks; \\ \" \n \xHH inside them
 *     out = "a long path may "            and parts on lines of their own are joined
 *           "go on"
 */
#ifndef OPTIONS_OPTION_CONFIG_H
#define OPTIONS_OPTION_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

struct config_entry {
    const char *file, *section; /* section "": none */
    const char *key, *value;
    int line;
};

/* Takes one entry; a status other than OK ends the reading. */
typedef enum status config_taker(
    void *context, const struct config_entry *entry, struct error *error);

/* Hands every entry of `text`, the content of `file`, to `take`. STATUS_CONFIG naming file and
 * line. */
enum status config_read(
    const char *text, const char *file, config_taker *take, void *context, struct error *error);

/* Writes one entry, or it as a comment; its value quoted and broken into lines where needed. */
void config_write(FILE *out, const char *key, const char *value, bool comment);

#endif
