/* options_read.h: reading options from a command line, and from and to the text of a config file.
 *
 * Rank 0 reads command line, environment and config file (options_read), writes the result as the
 * text of a config file (options_to_text) and sends it; every other rank reads the text
 * (options_from_text). So all ranks have the same options, whatever their own environments are,
 * except for options that may differ between ranks (agreed_options.h).
 *
 * Threads: any. Collective: no.
 */
#ifndef OPTIONS_OPTIONS_READ_H
#define OPTIONS_OPTIONS_READ_H

#include "options/options.h"

/* Reads `argv` (argv[0] is the program), and for options not given there `environment`
 * (LOCKSTEP_NAME, as in environ; NULL: none), the config file of --config or of the run to resume,
 * and the defaults. For COMMAND_HELP and COMMAND_VERSION it reads only the topic. The caller calls
 * options_clear(), even on failure. STATUS_USAGE, STATUS_CONFIG (with file and line);
 * STATUS_NO_INPUT or STATUS_IO for the config file. */
enum status options_read(struct options *options, int argc, char *const *argv,
    char *const *environment, struct error *error);

enum text_purpose {
    TEXT_EXACT, /* every option: options_from_text() gives the same options */
    TEXT_RECORD /* config.ini of a run: options that concern a single start are comments */
};

/* Writes the options as the text of a config file; the caller frees it. STATUS_NO_RESOURCE. */
enum status options_to_text(
    const struct options *options, enum text_purpose purpose, char **text, struct error *error);

/* Reads such a text. Its section, e.g. [train], names the command. `name` is for messages. Uses
 * neither the environment nor any file. The caller clears the options, even on failure.
 * STATUS_CONFIG. */
enum status options_from_text(
    struct options *options, const char *text, const char *name, struct error *error);

#endif
