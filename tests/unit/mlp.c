#include "net/mlp.h"

#include "support/unit.h"

TEST(offsets_and_sizes)
{
    struct mlp mlp;
    struct error error;
    const int64_t hidden[2] = {7, 5};
    assert_int_equal(mlp_init(&mlp, 3, hidden, 2, 2, &error), STATUS_OK);
    assert_int_equal(mlp.layers, 3);
    const int64_t width[4] = {3, 7, 5, 2}, weight[3] = {0, 28, 68}, bias[3] = {21, 63, 78};
    for (int l = 0; l < 4; l++)
        assert_int_equal(mlp.width[l], width[l]);
    for (int l = 0; l < 3; l++) {
        assert_int_equal(mlp.weight_at[l], weight[l]);
        assert_int_equal(mlp.bias_at[l], bias[l]);
    }
    assert_int_equal(mlp.parameters, 80);
    assert_int_equal(mlp_init(&mlp, 784, NULL, 0, 10, &error), STATUS_OK);
    assert_int_equal(mlp.layers, 1);
    assert_int_equal(mlp.parameters, 7850);
}

TEST(shapes_that_are_refused)
{
    struct mlp mlp;
    struct error error = {0};
    int64_t hidden[MLP_LAYERS_MAX + 1];
    for (int i = 0; i <= MLP_LAYERS_MAX; i++)
        hidden[i] = 2;
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX - 1, 2, &error), STATUS_OK);
    assert_int_equal(mlp.layers, MLP_LAYERS_MAX);
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX, 2, &error), STATUS_USAGE);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX + 1, 2, &error), STATUS_USAGE);
    hidden[0] = hidden[1] = (int64_t)1 << 40; /* a product beyond 64 bits */
    assert_int_equal(mlp_init(&mlp, 2, hidden, 2, 2, &error), STATUS_USAGE);
    /* 2^32 weights in a layer: random.h counts units in 32 bits, half of them left to spare */
    hidden[0] = 65536;
    assert_int_equal(mlp_init(&mlp, 65536, hidden, 1, 2, &error), STATUS_USAGE);
    hidden[0] = INT64_MAX; /* a bias beyond 64 bits */
    assert_int_equal(mlp_init(&mlp, 1, hidden, 1, 1, &error), STATUS_USAGE);
}
