/* names.h: a list of names, of classes or of features, in one block that free() releases.
 *
 *     pointer to each of the n names | their texts, one after the other, each with its 0
 *
 * So the texts can be sent elsewhere in one piece and be made into a list again. Threads: any.
 */
#ifndef DATA_NAMES_H
#define DATA_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Makes a list of n names from `size` bytes of texts, which contain n zeros, one of them at the
 * end. `what` is for the message. STATUS_NO_RESOURCE. */
enum status names_make(
    char ***names, int64_t n, const char *text, size_t size, const char *what, struct error *error);

/* The size of the texts of n >= 1 names, which begin at names[0], including their zeros. */
size_t names_size(char *const *names, int64_t n);

/* The number of the name that equals this text, or -1. */
int64_t names_find(char *const *names, int64_t n, const char *text);

#endif
