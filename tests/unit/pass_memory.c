/* pass_memory.c: the largest pass that fits, against what its workspace takes. */
#include "train/pass_memory.h"

#include "net/workspace.h"
#include "support/unit.h"

static const int64_t networks[][5] = {
    {1, 1}, {784, 10}, {784, 512, 256, 10}, {20, 300, 13, 513, 7}};
static const int layers[] = {1, 1, 3, 4};
enum { N_NETWORKS = 4 };

static void check(const struct panels *panels, int64_t bytes)
{
    int64_t rows = pass_rows_within(panels, bytes);
    assert_int_equal(rows % KERNEL_BLOCK, 0);
    assert_true(rows >= KERNEL_BLOCK);
    assert_true(rows == KERNEL_BLOCK ||
                workspace_floats(panels, rows, true) * (int64_t)sizeof(float) <= bytes);
    assert_true(
        workspace_floats(panels, rows + KERNEL_BLOCK, true) * (int64_t)sizeof(float) > bytes);
    assert_int_equal(pass_bytes(panels, rows), workspace_floats(panels, rows, true) * 4);
}

static void as_many_blocks_as_fit(void **state)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    (void)state;
    for (int i = 0; i < N_NETWORKS * n; i++) {
        const int64_t *width = networks[i % N_NETWORKS];
        int depth = layers[i % N_NETWORKS];
        struct panels panels;
        struct mlp mlp;
        struct error error;
        assert_int_equal(
            mlp_init(&mlp, width[0], width + 1, depth - 1, width[depth], &error), STATUS_OK);
        panels_init(&panels, &mlp, &kernels[i / N_NETWORKS], 0);
        for (int64_t bytes = 1; bytes < INT64_C(1) << 60; bytes += 1 + bytes / 3)
            check(&panels, bytes);
        for (int64_t rows = KERNEL_BLOCK; rows < 40 * KERNEL_BLOCK; rows += KERNEL_BLOCK) {
            int64_t exact = pass_bytes(&panels, rows);
            assert_int_equal(pass_rows_within(&panels, exact), rows);
            check(&panels, exact - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_blocks_as_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
