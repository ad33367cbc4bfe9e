/* inside_mpi.c: trains on all ranks of a program that has its own MPI. The weights are the same bits on
 * any number of ranks.
 *
 *     mpicc inside_mpi.c $(pkg-config --cflags --libs lockstep) -o inside_mpi
 *     mpirun -n 4 ./inside_mpi
 */
#include <lockstep/lockstep.h>

#include <inttypes.h>
#include <mpi.h>
#include <stdio.h>

enum { SAMPLES = 2000, FEATURES = 8 };

static double x[SAMPLES][FEATURES], y[SAMPLES]; /* equal on all ranks */

static void make_data(void)
{
    for (int i = 0; i < SAMPLES; i++)
        for (int j = 0; j < FEATURES; j++) {
            x[i][j] = (double)((i * 37 + j * 101) % 211) / 211;
            y[i] += j * x[i][j] * x[i][j];
        }
}

int main(int argc, char **argv)
{
    int level, rank;
    MPI_Comm ranks = MPI_COMM_WORLD; /* or any other */
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(ranks, &rank);
    make_data();

    struct lockstep_error error;
    struct lockstep_dataset *data = NULL;
    struct lockstep_model *model = NULL;
    struct lockstep_fit_result result;
    const struct lockstep_table table = {.samples = SAMPLES,
        .features = FEATURES,
        .x = {.data = x, .type = LOCKSTEP_F64},
        .outputs = 1,
        .y = {.data = y, .type = LOCKSTEP_F64}};
    int status = lockstep_dataset_from_table(&data, &table, &error);
    const struct lockstep_sets sets = {.train = data};
    status = status ? status : lockstep_fit(&model, NULL, &sets, NULL, &ranks, &result, &error);
    if (status) /* the same on all ranks, with the same message */
        fprintf(stderr, "rank %d: %s\n", rank, error.message);
    else if (rank == 0)
        printf("%d steps, weights %016" PRIx64 "\n", (int)result.steps, result.weights_xxh3);
    lockstep_model_free(model);
    lockstep_dataset_free(data);
    MPI_Finalize();
    return status;
}
