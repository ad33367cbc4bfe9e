#include "data/numbers/sorted_column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A radix sort, least significant digit first: three passes of 11 bits. */
enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };

struct entries {
    uint32_t *key;
    int64_t *row;
};

struct sorting {
    void *block;
    int64_t rows;
    struct entries from, to;
};

static void place_sorting(void *object, struct carver *carver)
{
    struct sorting *sorting = object;
    size_t rows = (size_t)sorting->rows;
    sorting->from.key = carve(carver, rows, sizeof(uint32_t));
    sorting->from.row = carve(carver, rows, sizeof(int64_t));
    sorting->to.key = carve(carver, rows, sizeof(uint32_t));
    sorting->to.row = carve(carver, rows, sizeof(int64_t));
}

static void place_sorted(void *object, struct carver *carver)
{
    struct sorted_column *sorted = object;
    sorted->value = carve(carver, (size_t)sorted->n, sizeof(float));
    sorted->row = carve(carver, (size_t)sorted->n, sizeof(int64_t));
}

/* The bits of a float as an unsigned number in the same order: negative numbers inverted, the sign
 * of others set. */
static uint32_t key_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (bits == UINT32_C(1) << 31) /* -0 */
        bits = 0;
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static float value_of(uint32_t key)
{
    uint32_t bits = key >> 31 ? key & ~(UINT32_C(1) << 31) : ~key;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void sort_by_digit(const struct entries *from, struct entries *to, int64_t n, int shift)
{
    int64_t start[DIGITS + 1] = {0};
    for (int64_t i = 0; i < n; i++)
        start[(from->key[i] >> shift) % DIGITS + 1]++;
    for (int digit = 0; digit < DIGITS; digit++)
        start[digit + 1] += start[digit];
    for (int64_t i = 0; i < n; i++) {
        int64_t at = start[(from->key[i] >> shift) % DIGITS]++;
        to->key[at] = from->key[i];
        to->row[at] = from->row[i];
    }
}

enum status sorted_column_init(
    struct sorted_column *sorted, const float *x, int64_t rows, struct error *error)
{
    struct sorting sorting = {.rows = rows};
    *sorted = (struct sorted_column){0};
    TRY(memory_carve(&sorting.block, place_sorting, &sorting, "a sorted column", error));
    int64_t n = 0;
    for (int64_t row = 0; row < rows; row++) {
        if (isnan(x[row]))
            continue;
        sorting.from.key[n] = key_of(x[row]);
        sorting.from.row[n++] = row;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        sort_by_digit(&sorting.from, &sorting.to, n, pass * DIGIT_BITS);
        struct entries swapped = sorting.from;
        sorting.from = sorting.to;
        sorting.to = swapped;
    }
    sorted->n = n;
    enum status status =
        memory_carve(&sorted->block, place_sorted, sorted, "a sorted column", error);
    if (status)
        sorted->n = 0;
    for (int64_t i = 0; i < sorted->n; i++) {
        sorted->value[i] = value_of(sorting.from.key[i]);
        sorted->row[i] = sorting.from.row[i];
    }
    free(sorting.block);
    return status;
}

void sorted_column_clear(struct sorted_column *sorted)
{
    free(sorted->block);
    *sorted = (struct sorted_column){0};
}

double sorted_column_quantile(const struct sorted_column *sorted, int64_t k, int64_t parts)
{
    /* In integers, so that a quantile that is one of the values is exactly this value. */
    int64_t at = k * (sorted->n - 1) / parts, rest = k * (sorted->n - 1) % parts;
    double below = (double)sorted->value[at];
    if (rest == 0)
        return below;
    return below + ((double)sorted->value[at + 1] - below) * ((double)rest / (double)parts);
}
