#include "net/pack.h"

#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"

/* Widths and lengths beside those that some level takes by another loop: 4 at a time, 12 x 32. */
static const int64_t sizes[] = {0, 1, 2, 3, 4, 5, 11, 12, 13, 16, 31, 32, 33, 65};
enum { N_SIZES = sizeof sizes / sizeof *sizes, LONGEST = 65, GAP = 3 };
enum { ROOM = (LONGEST + GAP) * (LONGEST + 2 * GAP) * 2 };

/* Before a call; what is not written must still be there after it. */
static const float untouched = -7;

static float *take(void)
{
    float *block = malloc(ROOM * sizeof *block);
    assert_non_null(block);
    return block;
}

static void clean(float *out)
{
    for (int64_t i = 0; i < ROOM; i++)
        out[i] = untouched;
}

/* --- transpose ----------------------------------------------------------------------------- */

/* Everything by hand, the gaps between the rows of both sides included. */
static void check_transpose(const struct pack *pack, const float *in, int64_t rows, int64_t columns,
    int64_t in_gap, int64_t out_gap, float *want, float *got)
{
    int64_t in_stride = columns + in_gap, out_stride = rows + out_gap;
    char why[COMPARE_TEXT];
    clean(want);
    clean(got);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            want[c * out_stride + r] = in[r * in_stride + c];
    pack->transpose(got, out_stride, in, in_stride, rows, columns);
    if (!compare_bits(got, want, ROOM, why))
        fail_msg("transpose %d x %d, strides %d -> %d: %s", (int)rows, (int)columns, (int)in_stride,
            (int)out_stride, why);
}

TEST(transposes_at_every_level)
{
    float *in = take(), *want = take(), *got = take();
    fill_uniform(in, ROOM, 1);
    for (int level = 0; level < N_LEVELS; level++)
        for (int r = 0; r < N_SIZES && level_runs((enum level)level); r++)
            for (int c = 0; c < N_SIZES; c++)
                for (int gaps = 0; gaps < 4; gaps++)
                    check_transpose(pack_of((enum level)level), in, sizes[r], sizes[c],
                        gaps & 1 ? GAP : 0, gaps & 2 ? GAP : 0, want, got);
    free(in);
    free(want);
    free(got);
}

/* --- deal ---------------------------------------------------------------------------------- */

struct hand {
    int width;
    int64_t first, rows, columns, in_gap, panel_gap;
};

static void check_deal(
    const struct pack *pack, const float *in, const struct hand *hand, float *want, float *got)
{
    int64_t in_stride = hand->columns + hand->in_gap;
    int64_t panel = hand->rows * hand->width + hand->panel_gap;
    char why[COMPARE_TEXT];
    clean(want);
    clean(got);
    for (int64_t r = 0; r < hand->rows; r++)
        for (int64_t c = 0; c < hand->columns; c++) {
            int64_t u = hand->first + c;
            want[u / hand->width * panel + r * hand->width + u % hand->width] =
                in[r * in_stride + c];
        }
    pack->deal(got, panel, hand->width, hand->first, in, in_stride, hand->rows, hand->columns);
    if (!compare_bits(got, want, ROOM, why))
        fail_msg("deal %d rows of units %d + %d into panels of %d: %s", (int)hand->rows,
            (int)hand->first, (int)hand->columns, hand->width, why);
}

/* Tiles of 16 or 32 lanes, whole inputs, and anything else, into panels of any kernel's rows. */
TEST(deals_at_every_level)
{
    static const int widths[] = {1, 2, 4, 6, 12, 16, 32};
    static const int64_t firsts[] = {0, 1, 2, 16, 32, 33}, rows[] = {0, 1, 6, 12, 13};
    float *in = take(), *want = take(), *got = take();
    fill_uniform(in, ROOM, 2);
    for (int level = 0; level < N_LEVELS; level++)
        for (int i = 0; i < 7 * 6 * 5 * N_SIZES * 2 && level_runs((enum level)level); i++) {
            struct hand hand = {.width = widths[i % 7],
                .first = firsts[i / 7 % 6],
                .rows = rows[i / (7 * 6) % 5],
                .columns = sizes[i / (7 * 6 * 5) % N_SIZES],
                .in_gap = i / (7 * 6 * 5 * N_SIZES) ? GAP : 0,
                .panel_gap = i / (7 * 6 * 5 * N_SIZES) ? 2 * GAP : 0};
            check_deal(pack_of((enum level)level), in, &hand, want, got);
        }
    free(in);
    free(want);
    free(got);
}
