/* names.h: a list of names, of classes or of features, in one block that free() gives back.
 *
 *     pointer to each of the n names | their texts, one behind the other, each with its 0
 *
 * So the texts can be sent elsewhere as they lie and be made into a list again. Threads: any.
 */
#ifndef DATA_NAMES_H
#define DATA_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A list of n names from `size` bytes of texts, n zeros among them and one at the end. `what` is
 * for the message. STATUS_NO_RESOURCE. */
enum status names_make(
    char ***names, int64_t n, const char *text, size_t size, const char *what, struct error *error);

/* Where the texts of n >= 1 names begin: names[0]. How long they are, zeros included. */
size_t names_size(char *const *names, int64_t n);

/* The number of the name that is this text, or -1. */
int64_t names_find(char *const *names, int64_t n, const char *text);

#endif
