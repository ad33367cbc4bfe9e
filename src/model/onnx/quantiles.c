#include "model/onnx/quantiles.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/numbers/normal_score.h"

/* The knots of all columns. */
struct knots {
    int64_t columns, room; /* room: of a column, more than it has knots */
    void *block;
    float *knot;         /* [columns x room] */
    int64_t *first;      /* [columns] place of the first knot */
    float *least, *most; /* [columns] */
    double *steps;       /* [columns] knots - 1 */
};

static void place_knots(void *object, struct carver *carver)
{
    struct knots *knots = object;
    size_t columns = (size_t)knots->columns;
    knots->knot = carve(carver, columns * (size_t)knots->room, sizeof(float));
    knots->first = carve(carver, columns, sizeof(int64_t));
    knots->least = carve(carver, columns, sizeof(float));
    knots->most = carve(carver, columns, sizeof(float));
    knots->steps = carve(carver, columns, sizeof(double));
}

static enum status take_knots(
    struct knots *knots, const struct number_code *const *code, int64_t n, struct error *error)
{
    *knots = (struct knots){.columns = n, .room = 2};
    for (int64_t i = 0; i < n; i++)
        while (knots->room <= code[i]->knots)
            knots->room *= 2;
    TRY(memory_carve(&knots->block, place_knots, knots, "the knots of a model", error));
    for (int64_t i = 0; i < n; i++) {
        int64_t own = code[i]->knots;
        for (int64_t k = 0; k < knots->room; k++)
            knots->knot[i * knots->room + k] = k < own ? code[i]->knot[k] : INFINITY;
        knots->first[i] = i * knots->room;
        knots->least[i] = code[i]->knot[0];
        knots->most[i] = code[i]->knot[own - 1];
        knots->steps[i] = (double)(own - 1);
    }
    return STATUS_OK;
}

/* --- shares -------------------------------------------------------------------------------- */

struct searched {
    struct onnx_value all, first, one; /* constants: knots, places of the first ones, 1 */
    struct onnx_value x;
};

static struct onnx_value whole(struct onnx_graph *graph, int64_t value)
{
    return onnx_row(graph, ONNX_INT64, &value, 1);
}

/* Returns the place behind the knots below x, or at or below it. The number of these is less than
 * the room, so its binary digits are found one after another. */
static struct onnx_value search(
    struct onnx_graph *graph, const struct searched *in, const char *comparison, int64_t room)
{
    struct onnx_value place = in->first;
    for (int64_t size = room / 2; size > 0; size /= 2) {
        struct onnx_value last = onnx_2(graph, "Add", place, whole(graph, size - 1));
        struct onnx_value knot = onnx_gather(graph, in->all, last, 0);
        struct onnx_value below = onnx_2(graph, comparison, knot, in->x);
        below = onnx_cast(graph, below, ONNX_INT64);
        place = onnx_2(graph, "Add", place, onnx_2(graph, "Mul", below, whole(graph, size)));
    }
    return place;
}

static struct onnx_value doubles(struct onnx_graph *graph, struct onnx_value x)
{
    return onnx_cast(graph, x, ONNX_DOUBLE);
}

/* Returns the number of steps from the first knot, as a double: between two knots, interpolated; at
 * knots, the middle of all that are equal to x. */
static struct onnx_value steps_below(
    struct onnx_graph *graph, const struct searched *in, int64_t room)
{
    struct onnx_value above = search(graph, in, "LessOrEqual", room);
    struct onnx_value below = search(graph, in, "Less", room);
    struct onnx_value last = onnx_2(graph, "Sub", above, in->one);
    struct onnx_value low = onnx_gather(graph, in->all, last, 0);
    struct onnx_value high = onnx_gather(graph, in->all, above, 0);
    struct onnx_value at_knot = onnx_2(graph, "Equal", low, in->x);
    low = doubles(graph, low);
    struct onnx_value width = onnx_2(graph, "Sub", doubles(graph, high), low);
    struct onnx_value part = onnx_2(graph, "Sub", doubles(graph, in->x), low);
    part = onnx_2(graph, "Div", part, width);
    last = doubles(graph, onnx_2(graph, "Sub", last, in->first));
    below = doubles(graph, onnx_2(graph, "Sub", below, in->first));
    struct onnx_value middle = onnx_2(graph, "Add", last, below);
    middle = onnx_2(graph, "Div", middle, onnx_number(graph, 2));
    return onnx_3(graph, "Where", at_knot, middle, onnx_2(graph, "Add", last, part));
}

/* Returns the share of training values below x. */
static struct onnx_value share_below(
    struct onnx_graph *graph, const struct knots *knots, struct onnx_value x)
{
    int64_t n = knots->columns;
    struct onnx_value least = onnx_row(graph, ONNX_FLOAT, knots->least, n);
    struct onnx_value most = onnx_row(graph, ONNX_FLOAT, knots->most, n);
    struct onnx_value inside = onnx_2(graph, "Min", onnx_2(graph, "Max", x, least), most);
    struct searched in = {.all = onnx_row(graph, ONNX_FLOAT, knots->knot, n * knots->room),
        .first = onnx_row(graph, ONNX_INT64, knots->first, n),
        .one = whole(graph, 1),
        .x = inside};
    struct onnx_value share = steps_below(graph, &in, knots->room);
    share = onnx_2(graph, "Div", share, onnx_row(graph, ONNX_DOUBLE, knots->steps, n));
    struct onnx_value end = onnx_2(graph, "LessOrEqual", most, x);
    share = onnx_3(graph, "Where", end, onnx_number(graph, 1), share);
    end = onnx_2(graph, "LessOrEqual", x, least);
    return onnx_3(graph, "Where", end, onnx_number(graph, 0), share);
}

/* --- scores -------------------------------------------------------------------------------- */

static struct onnx_value polynomial(
    struct onnx_graph *graph, const double c[8], struct onnx_value x)
{
    struct onnx_value sum = onnx_number(graph, c[7]);
    for (int i = 6; i >= 0; i--) {
        sum = onnx_2(graph, "Mul", sum, x);
        sum = onnx_2(graph, "Add", sum, onnx_number(graph, c[i]));
    }
    return sum;
}

/* Returns scale c[0](x) / c[1](x). */
static struct onnx_value rational(
    struct onnx_graph *graph, struct onnx_value scale, const double c[2][8], struct onnx_value x)
{
    struct onnx_value sum = onnx_2(graph, "Mul", scale, polynomial(graph, c[0], x));
    return onnx_2(graph, "Div", sum, polynomial(graph, c[1], x));
}

/* normal_score(), whose argument is not nearer to 0 or 1 than 1e-7. */
static struct onnx_value score_of(struct onnx_graph *graph, struct onnx_value p)
{
    p = onnx_2(graph, "Max", p, onnx_number(graph, 1e-7));
    p = onnx_2(graph, "Min", p, onnx_number(graph, 1 - 1e-7));
    struct onnx_value q = onnx_2(graph, "Sub", p, onnx_number(graph, 0.5));
    struct onnx_value square = onnx_2(graph, "Mul", q, q);
    struct onnx_value r = onnx_2(graph, "Sub", onnx_number(graph, 0.180625), square);
    struct onnx_value middle = rational(graph, q, normal_score_middle, r);
    struct onnx_value share = onnx_2(graph, "Sub", onnx_number(graph, 1), p);
    share = onnx_2(graph, "Min", p, share);
    r = onnx_1(graph, "Sqrt", onnx_1(graph, "Neg", onnx_1(graph, "Log", share)));
    r = onnx_2(graph, "Sub", r, onnx_number(graph, 1.6));
    struct onnx_value tail = rational(graph, onnx_1(graph, "Sign", q), normal_score_tail, r);
    struct onnx_value in_middle = onnx_1(graph, "Abs", q);
    in_middle = onnx_2(graph, "LessOrEqual", in_middle, onnx_number(graph, 0.425));
    return onnx_cast(graph, onnx_3(graph, "Where", in_middle, middle, tail), ONNX_FLOAT);
}

enum status onnx_quantiles(struct onnx_graph *graph, struct onnx_value x,
    const struct number_code *const *code, int64_t n, struct onnx_value *score, struct error *error)
{
    struct knots knots;
    TRY(take_knots(&knots, code, n, error));
    *score = score_of(graph, share_below(graph, &knots, x));
    free(knots.block);
    return STATUS_OK;
}
