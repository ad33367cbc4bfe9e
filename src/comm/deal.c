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

static int twos_in(int64_t border)
{
    int twos = 0;
    for (; border % 2 == 0; border /= 2)
        twos++;
    return twos;
}

/* Each half of the teams can take between one slice and `most` for each of its teams: returns the
 * least and the greatest border between the halves. */
static struct range limits_of(struct range range, int teams, int64_t most)
{
    int left = teams / 2, right = teams - left;
    return (struct range){larger(range.end - right * most, range.first + left),
        least(range.first + left * most, range.end - right)};
}

static int next_twos(struct range range, int teams, int64_t most)
{
    struct range limits = limits_of(range, teams, most);
    return teams > 1 ? twos_in(roundest(limits.first, limits.end)) : 0;
}

/* Returns the border between the halves of the teams: the roundest, or for few teams the one that
 * together with the next borders is. */
static int64_t border_in(struct range range, int teams, int64_t most)
{
    enum { FEW = 5 };
    struct range limits = limits_of(range, teams, most);
    int64_t best = roundest(limits.first, limits.end);
    int left = teams / 2, best_twos = 0;
    for (int64_t unit = 1; teams <= FEW && limits.end / unit * unit >= limits.first; unit *= 2)
        for (int i = 0; i < 2; i++) {
            int64_t border = i ? divide_up(limits.first, unit) * unit : limits.end / unit * unit;
            int twos = twos_in(border) +
                       next_twos((struct range){range.first, border}, left, most) +
                       next_twos((struct range){border, range.end}, teams - left, most);
            if (twos >= best_twos) {
                best = border;
                best_twos = twos;
            }
        }
    return best;
}

/* Halves the teams again and again. */
struct range deal_slices(int64_t slices, int teams, int team)
{
    if (slices <= teams)
        return split_front(slices, teams, team);
    int64_t even = divide_up(slices, teams), most = even + even / 20;
    struct range range = {0, slices};
    while (teams > 1) {
        int left = teams / 2;
        int64_t middle = border_in(range, teams, most);
        if (team < left) {
            range.end = middle;
            teams = left;
        } else {
            range.first = middle;
            teams -= left;
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
