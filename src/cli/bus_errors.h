/* bus_errors.h: a mapped file that is cut or unreadable is bad data, and no crash.
 *
 * For main alone: signal handlers belong to the program. See base/mapped_file.h.
 */
#ifndef CLI_BUS_ERRORS_H
#define CLI_BUS_ERRORS_H

/* Once, after MPI, which catches SIGBUS to print a trace. All other SIGBUS end as they did before. */
void bus_errors_catch(void);

#endif
