/* option_config.h: config files as a list of entries. The only file that uses inih.
 *
 *     # a comment                         also after a value and a blank: # or ;
 *     [train]                             optional
 *     batch = 64
 *     data = "a path with ; and \x22"     quotes keep blanks; escapes: \\ \" \n \xHH
 *     out = "a long path may "            parts on separate lines are joined
 *           "continue"
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

/* Called with each entry; a status other than OK ends the reading. */
typedef enum status config_taker(
    void *context, const struct config_entry *entry, struct error *error);

/* Calls `take` with every entry of `text`, the content of `file`. STATUS_CONFIG with file and
 * line. */
enum status config_read(
    const char *text, const char *file, config_taker *take, void *context, struct error *error);

/* Writes one entry, as a comment or not; its value is quoted and split into lines where needed. */
void config_write(FILE *out, const char *key, const char *value, bool comment);

#endif
