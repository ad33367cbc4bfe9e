/* help.h: pages written from the table of options. Threads: any. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "options/options.h"

/* The page of a command, of the program (COMMAND_NONE), or the glossary (COMMAND_WORDS). */
void help_print(FILE *file, enum command topic);

#endif
