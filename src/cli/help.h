/* help.h: prints the pages of `lockstep help` from the tables of commands, options and topics.
 * Threads: any. Collective: no.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "base/status.h"

/* Prints the page of the program (""), of a command ("train": its most used options; "train all":
 * all of them) or of a topic ("words"). STATUS_USAGE: unknown topic. */
enum status help_print(FILE *file, const char *topic, struct error *error);

#endif
