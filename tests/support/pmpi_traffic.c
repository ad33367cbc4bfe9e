/* pmpi_traffic.c: counts the messages that each rank of a job sends, and their payload.
 *
 *     MPI_TRAFFIC=FILE LD_PRELOAD=.../pmpi_traffic.so lockstep ...        on every rank
 *
 * At MPI_Finalize(), each rank appends a line to FILE:
 *
 *     rank messages bytes received_bytes collectives collective_bytes
 *
 * Messages are those from one rank to another, as the program sends them; the bytes are their
 * payload. A collective call counts as one, with the bytes that its rank contributes: how many
 * messages it takes is decided by MPI.
 *
 * It knows the calls of src/comm/mpi.c. tests/system/test_traffic.py fails if that file begins to
 * use a call that is not counted here.
 */
#include <mpi.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    long long messages, bytes, received_bytes, collectives, collective_bytes;
} total;

static long long bytes_of(int count, MPI_Datatype type)
{
    int size;
    PMPI_Type_size(type, &size);
    return (long long)count * size;
}

static void count_message(int count, MPI_Datatype type)
{
    total.messages++;
    total.bytes += bytes_of(count, type);
}

static void count_collective(int count, MPI_Datatype type)
{
    total.collectives++;
    total.collective_bytes += bytes_of(count, type);
}

static int rank_in(MPI_Comm comm)
{
    int rank;
    PMPI_Comm_rank(comm, &rank);
    return rank;
}

int MPI_Isend(const void *data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm,
    MPI_Request *request)
{
    count_message(n, type);
    return PMPI_Isend(data, n, type, to, tag, comm, request);
}

int MPI_Irecv(
    void *data, int n, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request *request)
{
    total.received_bytes += bytes_of(n, type);
    return PMPI_Irecv(data, n, type, from, tag, comm, request);
}

int MPI_Bcast(void *data, int n, MPI_Datatype type, int root, MPI_Comm comm)
{
    count_collective(rank_in(comm) == root ? n : 0, type);
    return PMPI_Bcast(data, n, type, root, comm);
}

int MPI_Allreduce(const void *mine, void *all, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
    count_collective(n, type);
    return PMPI_Allreduce(mine, all, n, type, op, comm);
}

int MPI_Allgather(const void *mine, int n, MPI_Datatype type, void *all, int n_each,
    MPI_Datatype type_each, MPI_Comm comm)
{
    count_collective(n, type);
    return PMPI_Allgather(mine, n, type, all, n_each, type_each, comm);
}

int MPI_Iallgather(const void *mine, int n, MPI_Datatype type, void *all, int n_each,
    MPI_Datatype type_each, MPI_Comm comm, MPI_Request *request)
{
    count_collective(n, type);
    return PMPI_Iallgather(mine, n, type, all, n_each, type_each, comm, request);
}

int MPI_Allgatherv(const void *mine, int n, MPI_Datatype type, void *all, const int *counts,
    const int *places, MPI_Datatype type_each, MPI_Comm comm)
{
    if (mine == MPI_IN_PLACE)
        count_collective(counts[rank_in(comm)], type_each);
    else
        count_collective(n, type);
    return PMPI_Allgatherv(mine, n, type, all, counts, places, type_each, comm);
}

static void write_line(void)
{
    char line[128];
    const char *path = getenv("MPI_TRAFFIC");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    int length = snprintf(line, sizeof line, "%d %lld %lld %lld %lld %lld\n",
        rank_in(MPI_COMM_WORLD), total.messages, total.bytes, total.received_bytes,
        total.collectives, total.collective_bytes);
    if (file < 0 || write(file, line, (size_t)length) != length)
        fprintf(stderr, "pmpi_traffic: cannot write %s\n",
            path ? path : "to a file: MPI_TRAFFIC is not set");
    if (file >= 0)
        close(file);
}

int MPI_Finalize(void)
{
    write_line();
    return PMPI_Finalize();
}
