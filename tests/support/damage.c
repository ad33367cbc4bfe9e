#include "support/damage.h"

#include <stdlib.h>
#include <string.h>

static void attempt_copy(const unsigned char *bytes, size_t size,
    void (*attempt)(void *context, const unsigned char *bytes, size_t size), void *context)
{
    unsigned char *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    attempt(context, copy, size);
    free(copy);
}

int damage_everywhere(const void *bytes, size_t size,
    void (*attempt)(void *context, const unsigned char *bytes, size_t size), void *context)
{
    static const unsigned char value[] = "\0\n\r\t \"',;-+.0129eE(){}\xff\x80\x7f";
    unsigned char *changed = malloc(size);
    int attempts = 0;
    if (!changed)
        abort();
    memcpy(changed, bytes, size);
    for (size_t length = 0; length < size; length++, attempts++)
        attempt_copy(changed, length, attempt, context);
    for (size_t i = 0; i < size; i++) {
        unsigned char was = changed[i];
        for (int bit = 0; bit < 8; bit++, attempts++) {
            changed[i] = was ^ (unsigned char)(1 << bit);
            attempt_copy(changed, size, attempt, context);
        }
        for (size_t v = 0; v < sizeof value - 1; v++, attempts++) {
            changed[i] = value[v];
            attempt_copy(changed, size, attempt, context);
        }
        changed[i] = was;
    }
    free(changed);
    return attempts;
}
