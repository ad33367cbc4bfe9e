/* completion.h: prints a script with which bash completes the command line of lockstep, from the tables of commands,
 * options and topics: commands, the options of each command, the words of choices, and file names.
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdio.h>

void completion_print(FILE *file);
