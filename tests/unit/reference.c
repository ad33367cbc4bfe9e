/* The reference is right by hand, by published numbers and by central differences; that it agrees
 * with the library is shown elsewhere. */
#include "support/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"

/* Random123, tests/kat_vectors, philox4x32 with 10 rounds. */
TEST(philox_known_answers)
{
    static const uint32_t counter[3][4] = {{0, 0, 0, 0},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}};
    static const uint32_t key[3][2] = {{0, 0}, {0xffffffff, 0xffffffff}, {0xa4093822, 0x299f31d0}};
    static const uint32_t want[3][4] = {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t word[4];
        reference_philox(counter[i], key[i], word);
        assert_memory_equal(word, want[i], sizeof word);
    }
    /* through random.h's layout: unit 4 * 0x243f6a88 + i, row 13198a2e 85a308d3, purpose 3 */
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(
            reference_word(0x299f31d0a4093822, 3, 0x707344, 0x13198a2e85a308d3, 0x90fdaa20 + i),
            want[2][i]);
}

TEST(order_is_a_permutation)
{
    for (int64_t n = 1; n <= 300; n += n < 70 ? 1 : 57) {
        int64_t fixed = 0, same = 0;
        char seen[300] = {0};
        for (int64_t i = 0; i < n; i++) {
            int64_t at = reference_order(n, 9, 2, 1, i);
            assert_true(at >= 0 && at < n && !seen[at]);
            seen[at] = 1;
            fixed += at == i;
            same += at == reference_order(n, 9, 2, 2, i);
        }
        assert_true(n < 20 || (fixed < n / 2 && same < n / 2));
    }
}

/* From a few lines of Python that follow order.h; odd and even numbers of bits. */
TEST(order_known_answers)
{
    static const struct {
        int64_t n;
        uint64_t seed, epoch;
        int64_t want[5];
    } known[] = {
        {10, 1, 1, {3, 4, 6, 7, 9}},
        {100, 0x123456789abcdef0, 3, {36, 98, 76, 63, 0}},
        {54000, 42, 5, {51012, 21027, 4039, 18615, 24470}},
        {(int64_t)1 << 33, 7, 1, {8501935896, 1181857706, 5554617286, 845878944, 4019856981}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (int64_t at = 0; at < 5; at++)
            assert_int_equal(reference_order(known[i].n, known[i].seed, 2, known[i].epoch, at),
                known[i].want[at]);
}

/* 2^24 + 1 rounds back to 2^24: such sums show where they were cut. */
TEST(sums_are_cut_into_blocks)
{
    enum { N = 300 };
    float a[2 * N], ones[N];
    double b[N];
    for (int i = 0; i < N; i++) {
        a[2 * i] = ones[i] = 1;
        a[2 * i + 1] = 5;
        b[i] = 1;
    }
    a[0] = 0x1p24f;
    b[0] = 0x1p53;
    assert_true(reference_product(256, a, 2, ones, 1) == 0x1p24f);
    assert_true(reference_product(257, a, 2, ones, 1) == 0x1p24f); /* + 1 */
    assert_true(reference_product(300, a, 2, ones, 1) == 0x1p24f + 44);
    assert_true(reference_sum_f32(300, a, 2) == 0x1p24f + 44);
    assert_true(reference_sum_f64(300, b) == 0x1p53 + 44);
    assert_true(reference_product(0, a, 2, ones, 1) == 0 && reference_sum_f64(0, b) == 0);
    /* fused: (1 + e)(1 - e) - 1 = -e^2, where a rounded product would leave 0 */
    float x[2] = {-1, 1 + 0x1p-13f}, y[2] = {1, 1 - 0x1p-13f};
    assert_true(reference_product(2, x, 1, y, 1) == -0x1p-26f);
}

TEST(trees_by_hand)
{
    float a[11];
    double b[11];
    for (uint64_t seed = 0; seed < 20; seed++) {
        fill_uniform(a, 11, seed);
        for (int i = 0; i < 11; i++)
            b[i] = (double)a[i] / 3;
        assert_true(reference_tree_f32(0, a, 1) == 0 && reference_tree_f64(0, b) == 0);
        assert_true(reference_tree_f32(1, a, 1) == a[0]);
        assert_true(reference_tree_f32(3, a, 1) == (a[0] + a[1]) + a[2]);
        assert_true(reference_tree_f32(5, a, 2) == ((a[0] + a[2]) + (a[4] + a[6])) + a[8]);
        assert_true(reference_tree_f32(7, a, 1) ==
                    ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + a[6]));
        assert_true(reference_tree_f32(11, a, 1) ==
                    (((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]))) +
                        ((a[8] + a[9]) + a[10]));
        assert_true(
            reference_tree_f64(7, b) == ((b[0] + b[1]) + (b[2] + b[3])) + ((b[4] + b[5]) + b[6]));
    }
}

TEST(exp_and_log_are_near_libm)
{
    for (float x = -87; x <= 0; x += 0x1p-10f)
        assert_true(fabs((double)reference_exp(x) / exp((double)x) - 1) < 3 * COMPARE_EPS);
    for (double s = 1.001; s < 1e6; s *= 1.001)
        assert_true(fabs(reference_log(s) / log(s) - 1) < 1e-15);
    assert_true(reference_exp(0) == 1 && reference_log(1) == 0);
    assert_true(reference_exp(-88) == 0 && isnan(reference_exp(NAN)));
}

TEST(default_slices)
{
    static const int64_t want[][2] = {{1, 1}, {64, 1}, {127, 1}, {128, 2}, {255, 2}, {256, 4},
        {511, 4}, {512, 8}, {1023, 8}, {1024, 16}, {4095, 32}, {4096, 64}, {10000, 64}, {16383, 64},
        {16384, 128}, {60000, 128}, {65536, 256}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct reference_problem problem = {.samples = 100000, .batch = want[i][0]};
        assert_int_equal(reference_slices(&problem), want[i][1]);
        problem.slices = 3;
        assert_int_equal(reference_slices(&problem), 3);
    }
    struct reference_problem clamped = {.samples = 200, .batch = 5000};
    assert_int_equal(reference_slices(&clamped), 2);
}

/* y = w x + b, w = 1/2, b = 1/4, three samples in batches of two: residuals -1/4, 5/4 and a tail.
 *
 *     step 1   d = 2 (y - t) = -1/2, 5/2    dw = 1 (-1/2) + 2 (5/2) = 9/2   db = 2
 *              w = 1/2 - 1/4 9/4 = -1/16    b = 1/4 - 1/4 = 0               loss (1/16 + 25/16)/2
 *     step 2   y = 1/16, d = -7/8           dw = 7/8, db = -7/8             loss 49/256
 *              w = -1/16 - 7/32 = -9/32     b = 7/32
 */
static const float line_x[3] = {1, 2, -1}, line_t[3] = {1, 0, 0.5f}, line_w[2] = {0.5f, 0.25f};

static struct reference_problem line(void)
{
    return (struct reference_problem){.layers = 1,
        .width = {1, 1},
        .loss = LOSS_MSE,
        .x = line_x,
        .target = line_t,
        .samples = 3,
        .batch = 2,
        .steps = 2,
        .lr = 0.25,
        .initial = line_w};
}

TEST(a_line_by_hand)
{
    struct reference_problem problem = line();
    float w[2];
    double loss[2];
    for (problem.slices = 0; problem.slices <= 5; problem.slices++) { /* exact: in any slices */
        reference_train(&problem, w, loss);
        assert_true(w[0] == -9.0f / 32 && w[1] == 7.0f / 32);
        assert_true(loss[0] == 13.0 / 16 && loss[1] == 49.0 / 256);
    }
}

/* The tail is dropped: the second step sees the first two samples again, with w = -1/16, b = 0. */
TEST(a_line_without_its_tail)
{
    struct reference_problem problem = line();
    problem.drop_last = true;
    float w[2];
    double loss[2];
    reference_train(&problem, w, loss);
    /* y = -1/16, -1/8; d = -17/8, -1/4; dw = -21/8, db = -19/8, each / 2 and times 1/4 */
    assert_true(w[0] == -1.0f / 16 + 21.0f / 64 && w[1] == 19.0f / 64);
    assert_true(loss[1] == (289.0 / 256 + 1.0 / 64) / 2);
}

/* One batch of all three, and the rate's rounding: 1/3 is a float. Momentum and decay join. */
TEST(a_line_with_momentum_and_decay)
{
    struct reference_problem problem = line();
    problem.batch = 7;
    problem.steps = 1;
    problem.momentum = 0.5;
    problem.weight_decay = 0.125;
    float w[2];
    double loss;
    reference_train(&problem, w, &loss);
    float third = (float)(1.0 / 3), dw = 6, db = 0.5f; /* the third sample: d = -3/2 */
    float vw = dw * third + 0.0625f, vb = db * third + 0.03125f;
    assert_true(w[0] == 0.5f - 0.25f * vw && w[1] == 0.25f - 0.25f * vb);
    assert_true(loss == (1.0 / 16 + 25.0 / 16 + 9.0 / 16) / 3);

    problem.steps = 2;
    float w2[2];
    double losses[2];
    reference_train(&problem, w2, losses);
    float y[3], gw = 0, gb = 0;
    for (int i = 0; i < 3; i++) {
        y[i] = fmaf(line_x[i], w[0], 0) + w[1];
        float d = (y[i] - line_t[i]) * 2;
        gw = fmaf(d, line_x[i], gw);
        gb = gb + d;
    }
    gw = gw * third + 0.125f * w[0];
    gb = gb * third + 0.125f * w[1];
    assert_true(w2[0] == w[0] - 0.25f * (0.5f * vw + gw));
    assert_true(w2[1] == w[1] - 0.25f * (0.5f * vb + gb));
}

/* Two inputs, relu units (1, 1; 0) and (-1, 1; -1), two classes. x = (2, 1): z = 3, -2; y = 3, 0.
 */
TEST(relu_and_softmax_by_hand)
{
    const float x[2] = {2, 1}, w[12] = {1, 1, -1, 1, 0, -1, 0.25f, 8, -0.25f, 8, 0.5f, 2};
    const int32_t label = 1;
    struct reference_problem problem = {.layers = 2,
        .width = {2, 2, 2},
        .x = x,
        .label = &label,
        .samples = 1,
        .batch = 1,
        .slices = 1};
    float z[2], gradient[12];
    reference_outputs(&problem, w, x, z);
    assert_true(z[0] == 1.25f && z[1] == 1.25f);
    double loss = reference_gradient(&problem, w, 0, 1, gradient);
    assert_true(fabs(loss - log(2)) < 1e-15);
    /* d = 1/2, -1/2; into unit 0: 1/8 + 1/8; unit 1 is off */
    const float want[12] = {0.5f, 0.25f, 0, 0, 0.25f, 0, 1.5f, 0, -1.5f, 0, 0.5f, -0.5f};
    for (int i = 0; i < 12; i++)
        assert_true(gradient[i] == want[i]);
}

/* --- accuracy ------------------------------------------------------------------------------ */

enum {
    SAMPLES = 30,
    IN = 4,
    HIDDEN = 6,
    OUT = 3,
    PARAMETERS = IN * HIDDEN + HIDDEN + HIDDEN * HIDDEN + HIDDEN + HIDDEN * OUT + OUT
};
static float inputs[SAMPLES * IN], targets[SAMPLES * OUT];
static int32_t labels[SAMPLES];

static struct reference_problem network(enum loss_kind loss)
{
    fill_uniform(inputs, SAMPLES * IN, 1);
    fill_uniform(targets, SAMPLES * OUT, 2);
    fill_labels(labels, SAMPLES, OUT, 3);
    return (struct reference_problem){.layers = 3,
        .width = {IN, HIDDEN, HIDDEN, OUT},
        .loss = loss,
        .x = inputs,
        .label = labels,
        .target = targets,
        .samples = SAMPLES,
        .batch = SAMPLES,
        .slices = 4,
        .init = INIT_HE,
        .seed = 5,
        .lr = 0.1,
        .shuffle = true};
}

TEST(gradients_in_double_are_central_differences)
{
    const double h = 1e-5;
    for (enum loss_kind loss = LOSS_CROSS_ENTROPY; loss <= LOSS_MSE; loss++) {
        struct reference_problem problem = network(loss);
        float initial[PARAMETERS], gradient[PARAMETERS];
        double w[PARAMETERS], want[PARAMETERS];
        assert_int_equal(reference_parameters(&problem), PARAMETERS);
        reference_initial(&problem, initial);
        for (int p = 0; p < PARAMETERS; p++)
            w[p] = (double)initial[p];
        reference_gradient_f64(&problem, w, want);
        for (int p = 0; p < PARAMETERS; p++) {
            double at = w[p];
            w[p] = at + h;
            double above = reference_loss_f64(&problem, w);
            w[p] = at - h;
            double below = reference_loss_f64(&problem, w);
            w[p] = at;
            assert_true(fabs((above - below) / (2 * h) - want[p]) < 1e-7);
        }
        double sum = reference_gradient(&problem, initial, 0, SAMPLES, gradient);
        assert_true(fabs(sum / reference_loss_f64(&problem, w) - 1) < 20 * COMPARE_EPS);
        assert_compare(compare_norm(gradient, want, PARAMETERS, 50 * COMPARE_EPS, why));
    }
}

TEST(training_lowers_the_loss_and_follows_the_seed)
{
    struct reference_problem problem = network(LOSS_CROSS_ENTROPY);
    float w[PARAMETERS], again[PARAMETERS];
    double loss[40];
    problem.batch = 8;
    problem.steps = 40; /* ten epochs with tails of 6 */
    reference_train(&problem, w, loss);
    double early = loss[0] + loss[1] + loss[2] + loss[3];
    assert_true(loss[36] + loss[37] + loss[38] + loss[39] < 0.95 * early);
    reference_train(&problem, again, NULL);
    assert_memory_equal(w, again, sizeof w);
    problem.seed++;
    reference_train(&problem, again, NULL);
    assert_memory_not_equal(w, again, sizeof w);
    /* In one epoch every sample is seen once, shuffled or not: with lr 0 the sums of losses agree.
     */
    double in_order[4], shuffled[8];
    problem.steps = 8;
    problem.lr = 0;
    reference_train(&problem, w, shuffled);
    problem.steps = 4;
    problem.shuffle = false;
    reference_train(&problem, w, in_order);
    double difference = 0, moved = 0;
    for (int i = 0; i < 4; i++) {
        int nb = i < 3 ? 8 : 6;
        difference += nb * (shuffled[i] - in_order[i]);
        moved += fabs(shuffled[i] - in_order[i]);
    }
    assert_true(fabs(difference) < 1e-13 && moved > 1e-3);
    /* and each epoch has an order of its own */
    assert_true(fabs(shuffled[4] - shuffled[0]) + fabs(shuffled[5] - shuffled[1]) > 1e-3);
}

TEST(subnormals_are_flushed_and_the_mode_comes_back)
{
    const float x[2] = {0x1p-100f, 0}, w[2] = {0x1p-30f, 0};
    struct reference_problem problem = {.layers = 1, .width = {1, 1}};
    float z;
    reference_outputs(&problem, w, x, &z);
    assert_true(z == 0);
    volatile float tiny = 0x1p-100f;
    volatile float product = tiny * 0x1p-30f;
    assert_true(product == 0x1p-130f);
}
