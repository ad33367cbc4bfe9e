/* deal.h: which slices of a batch each team holds.
 *
 * Every team holds a contiguous range, in team order, of at most 1.05 times the even share. Within
 * this limit, the borders between ranges are as round as possible, i.e. multiples of large powers
 * of two, because a border inside a subtree of the sum (base/sums/tree.h) costs messages:
 *
 *     64 slices, 7 teams    even    10 19 28 37 46 55    13 pairs of subtrees to join across teams
 *                           round    8 16 24 34 44 54     9
 */
#pragma once

#include "base/split.h"

/* Returns the slices of one team; with fewer slices than teams, some ranges are empty, as in
 * split_front(). */
struct range deal_slices(int64_t slices, int teams, int team);

/* Returns the number of slices, of about the given number, that gives each team the same number, as
 * one aligned subtree: teams times a power of two. Such a number is dealt evenly and takes the
 * fewest messages. */
int64_t deal_even_slices(int64_t slices, int teams);
