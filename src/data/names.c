#include "data/names.h"

#include <string.h>

#include "base/memory.h"

enum status names_take(char ***names, int64_t n, size_t size, const char *what, struct error *error)
{
    char **block;
    size_t pointers, bytes;
    if (__builtin_mul_overflow(n, sizeof *block, &pointers) ||
        __builtin_add_overflow(pointers, size, &bytes))
        return fail(error, STATUS_NO_RESOURCE, "no memory for %s: there are too many", what);
    TRY(memory_take(&block, bytes, 1, what, error));
    block[0] = (char *)block + pointers;
    *names = block;
    return STATUS_OK;
}

void names_index(char **names, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        names[i] = names[i - 1] + strlen(names[i - 1]) + 1;
}

enum status names_make(
    char ***names, int64_t n, const char *text, size_t size, const char *what, struct error *error)
{
    TRY(names_take(names, n, size, what, error));
    memcpy((*names)[0], text, size);
    names_index(*names, n);
    return STATUS_OK;
}

enum status names_copy(
    char ***names, char *const *text, int64_t n, const char *what, struct error *error)
{
    size_t size = 0;
    for (int64_t i = 0; i < n; i++)
        size += strlen(text[i]) + 1;
    TRY(names_take(names, n, size, what, error));
    char *at = (*names)[0];
    for (int64_t i = 0; i < n; i++)
        at = stpcpy(at, text[i]) + 1;
    names_index(*names, n);
    return STATUS_OK;
}

size_t names_size(char *const *names, int64_t n)
{
    return (size_t)(names[n - 1] + strlen(names[n - 1]) + 1 - names[0]);
}

int64_t names_find(char *const *names, int64_t n, const char *text)
{
    for (int64_t i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}
