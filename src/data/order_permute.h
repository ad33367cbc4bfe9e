/* order_permute.h: the bijection of order.h on many numbers at once, one function per level. For
 * order.c. */
#ifndef DATA_ORDER_PERMUTE_H
#define DATA_ORDER_PERMUTE_H

#include "data/order.h"

/* Replaces the numbers x [n], each below 2^bits, by their images. */
typedef void order_permute_function(const struct order *order, uint64_t *x, int64_t n);

extern order_permute_function order_permute_base, order_permute_v3, order_permute_v4;

#endif
