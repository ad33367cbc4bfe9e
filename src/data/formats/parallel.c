#include "data/formats/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MOST = 256 };

struct job {
    atomic_int next;
    int parts;
    void (*work)(void *context, int part);
    void *context;
};

static void *run_parts(void *argument)
{
    struct job *job = argument;
    for (int part; (part = atomic_fetch_add(&job->next, 1)) < job->parts;)
        job->work(job->context, part);
    return NULL;
}

void parallel_run(int threads, int parts, void (*work)(void *context, int part), void *context)
{
    struct job job = {.parts = parts, .work = work, .context = context};
    pthread_t thread[THREADS_MOST];
    int wanted = threads < parts ? threads : parts, started = 0;
    while (started < wanted - 1 && started < THREADS_MOST &&
           pthread_create(&thread[started], NULL, run_parts, &job) == 0)
        started++;
    run_parts(&job);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}
