/* stack.h: room on the stack, for `main` alone.
 *
 * Commands need up to a megabyte of stack, MPI and its threads some of their own, and a stack that
 * overflows is a crash without a word. So where the limit (ulimit -s) is lower than usual, the program
 * runs on a thread whose stack is not under that limit.
 */
#ifndef COMM_STACK_H
#define COMM_STACK_H

/* Calls work(argc, argv) and returns its value. If the limit is below 8 MiB, on a thread of that much
 * stack, which is then also what threads get that do not ask for another size; only if there is no
 * such thread, on the stack there is. Before MPI and OpenMP have begun. */
int stack_run(int (*work)(int argc, char **argv), int argc, char **argv);

#endif
