#include "net/pack.h"

#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"

enum { WIDEST = 37, LONGEST = 70, SPAN = 100, ROOM = WIDEST * LONGEST };

/* Every panel, by hand: lane l of step t, zeros behind the last lane; nothing else is touched. */
static void check(pack_function *pack, const float *from, int width, int used, int64_t k,
    int64_t lane, int64_t step)
{
    float panel[ROOM + 1];
    for (int64_t i = 0; i <= ROOM; i++)
        panel[i] = -7;
    pack(panel, width, used, k, from, lane, step);
    for (int64_t i = 0; i <= ROOM; i++) {
        int64_t t = i / width, l = i % width;
        float wanted = t >= k ? -7 : l < used ? from[l * lane + t * step] : 0;
        if (memcmp(&wanted, &panel[i], sizeof wanted) != 0)
            fail_msg("width %d, %d used, k %d, strides %d and %d: step %d, lane %d is %g, not %g",
                width, used, (int)k, (int)lane, (int)step, (int)t, (int)l, (double)panel[i],
                (double)wanted);
    }
}

static void panels_at_every_level(void **state)
{
    static const int widths[] = {1, 4, 6, 12, 16, 32, WIDEST};
    static const int64_t lengths[] = {1, 3, 4, 5, 16, 17, LONGEST};
    static const int64_t strides[][2] = {{1, SPAN}, {SPAN, 1}, {SPAN, 3}, {1, 1}};
    float *from = malloc(SPAN * SPAN * sizeof *from);
    (void)state;
    fill_uniform(from, SPAN * SPAN, 1);
    for (int level = 0; level < N_LEVELS; level++)
        for (int w = 0; w < 7 && level_runs((enum level)level); w++)
            for (int used = 1; used <= widths[w]; used++)
                for (int k = 0; k < 7; k++)
                    for (int s = 0; s < 4; s++)
                        check(pack_of((enum level)level), from, widths[w], used, lengths[k],
                            strides[s][0], strides[s][1]);
    free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
