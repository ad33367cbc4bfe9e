#include "comm/deal.h"

#include <stdbool.h>

/* Returns the multiple of the largest power of two in least ... most, with 1 <= least <= most. */
static int64_t roundest(int64_t least, int64_t most)
{
    int64_t unit = 1;
    while (divide_up(least, 2 * unit) * 2 * unit <= most)
        unit *= 2;
    return most / unit * unit;
}

/* Halves the teams again and again. Each half can take between one slice and `most` for each of its
 * teams, which limits the border between the halves. */
struct range deal_slices(int64_t slices, int teams, int team)
{
    if (slices <= teams)
        return split_front(slices, teams, team);
    int64_t even = divide_up(slices, teams), most = even + even / 20;
    struct range range = {0, slices};
    while (teams > 1) {
        int left = teams / 2, right = teams - left;
        int64_t middle = roundest(larger(range.end - right * most, range.first + left),
            least(range.first + left * most, range.end - right));
        if (team < left) {
            range.end = middle;
            teams = left;
        } else {
            range.first = middle;
            teams = right;
            team -= left;
        }
    }
    return range;
}

int64_t deal_even_slices(int64_t slices, int teams)
{
    int64_t even = teams;
    while (2 * even <= slices)
        even *= 2;
    bool above = (double)even * (double)even * 2 < (double)slices * (double)slices;
    return above ? 2 * even : even;
}
