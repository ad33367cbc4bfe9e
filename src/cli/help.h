/* help.h: prints the pages of `lockstep help` from the tables of commands, options and topics.
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdio.h>

#include "base/status.h"
#include "options/option_table.h"

/* The purpose of the program, in one sentence. */
extern const char help_about[];

/* Writes the description of an option for a command, with its condition, unit and default, into `out`;
 * returns `out`. */
enum { HELP_OPTION_TEXT = 800 };
const char *help_option_text(
    const struct option *option, enum command command, char out[HELP_OPTION_TEXT]);

/* Prints the help page for `topic`: "" is the page of the program, "train" that of a command with
 * its most used options, "train all" the same with all options, and "words" that of a topic.
 * STATUS_USAGE: unknown topic. */
enum status help_print(FILE *file, const char *topic, struct error *error);
