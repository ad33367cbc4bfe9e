/* man_page.h: prints the program's manual pages from the tables of commands, options and topics, in the macros of
 * man(7). Threads: any. Collective: no.
 */
#pragma once

#include <stdio.h>

#include "options/command.h"

/* Prints lockstep(1), which lists the commands and has all help topics; or, for a command that takes options,
 * its page, e.g. lockstep-train(1), with all its options. */
void man_page_print_program(FILE *file);
void man_page_print_command(FILE *file, enum command command);
