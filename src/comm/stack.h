/* stack.h: enough stack, for `main` alone.
 *
 * Commands need up to a megabyte of stack, MPI and its threads some of their own, and a stack
 * overflow is a crash without a message. So where the limit (ulimit -s) is lower than usual, the
 * program runs on a thread whose stack is not under that limit.
 */
#ifndef COMM_STACK_H
#define COMM_STACK_H

/* Calls work(argc, argv) and returns its value. If the limit is below 8 MiB, it runs on a thread
 * with a stack of 8 MiB, which then is the default for new threads too; if that thread cannot be
 * created, on the present stack. Called before MPI and OpenMP start. */
int stack_run(int (*work)(int argc, char **argv), int argc, char **argv);

#endif
