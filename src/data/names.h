/* names.h: a list of class or feature names, in one block that is released with free().
 *
 *     pointer to each of the n names | their texts, one after another, each with its final 0
 *
 * So the texts can be sent to another process in one piece and turned into a list again there.
 * Threads: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Allocates a list of n >= 1 names with room for `size` bytes of text. The caller writes the texts,
 * one after another, to the address in names[0] and then calls names_index(), which sets the other
 * pointers. `what` is used in the message. STATUS_NO_RESOURCE. */
enum status names_take(
    char ***names, int64_t n, size_t size, const char *what, struct error *error);
void names_index(char **names, int64_t n);

/* Makes a list of n names from `size` bytes of text, which contain n 0 bytes, one of them at the
 * end. Otherwise like names_take(). */
enum status names_make(
    char ***names, int64_t n, const char *text, size_t size, const char *what, struct error *error);

/* Makes a list of n names from texts at any place. Otherwise like names_take(). */
enum status names_copy(
    char ***names, char *const *text, int64_t n, const char *what, struct error *error);

/* Returns the size of the texts of n >= 1 names, which begin at names[0], including their
 * terminating NUL bytes. */
size_t names_size(char *const *names, int64_t n);

/* Returns the index of the name that equals this text, or -1. */
int64_t names_find(char *const *names, int64_t n, const char *text);
