/* help.h: prints the pages of `lockstep help` from the tables of commands, options and topics.
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdio.h>

#include "base/status.h"

/* Prints the help page for `topic`: "" is the page of the program, "train" that of a command with
 * its most used options, "train all" the same with all options, and "words" that of a topic.
 * STATUS_USAGE: unknown topic. */
enum status help_print(FILE *file, const char *topic, struct error *error);
