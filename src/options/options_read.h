/* options_read.h: reads options from a command line, and converts them to and from the text of a
 * config file.
 *
 * Rank 0 reads the command line, the environment and the config file (options_read), writes the
 * options as the text of a config file (options_to_text) and sends the text. Every other rank reads
 * its options from that text (options_from_text). So all ranks have the same options even if their
 * environments differ, except for options that may differ between ranks (agreed_options.h).
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "options/options.h"

/* Reads `argv` (argv[0] is the program). An option that is not given there comes from `environment`
 * (variables LOCKSTEP_NAME in the form of environ; NULL: none), or else from the config file, which
 * is that of --config or of the run to resume, or else is its default. For COMMAND_HELP and
 * COMMAND_VERSION it reads only the topic. The caller must call options_clear(), even on failure.
 * STATUS_USAGE, STATUS_CONFIG (with file and line); STATUS_NO_INPUT or STATUS_IO for the config
 * file. */
enum status options_read(struct options *options, int argc, char *const *argv,
    char *const *environment, struct error *error);

enum text_purpose {
    TEXT_EXACT, /* all options: options_from_text() reads the same options from the text */
    TEXT_RECORD /* config.ini of a run: options that apply to a single start are commented out */
};

/* Writes the options as the text of a config file; the caller frees it. STATUS_NO_RESOURCE. */
enum status options_to_text(
    const struct options *options, enum text_purpose purpose, char **text, struct error *error);

/* Reads the options from a text by options_to_text(). Its section, e.g. [train], names the command.
 * `name` is the name of the text in messages. Uses neither the environment nor any file. The caller
 * must call options_clear(), even on failure. STATUS_CONFIG. */
enum status options_from_text(
    struct options *options, const char *text, const char *name, struct error *error);
