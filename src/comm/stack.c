#include "comm/stack.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>

enum { STACK_BYTES = 8 << 20 };

struct call {
    int (*work)(int argc, char **argv);
    int argc;
    char **argv;
    int value;
};

static void *make_call(void *argument)
{
    struct call *call = argument;
    call->value = call->work(call->argc, call->argv);
    return NULL;
}

int stack_run(int (*work)(int argc, char **argv), int argc, char **argv)
{
    struct call call = {work, argc, argv, 0};
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return work(argc, argv);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_setattr_default_np(&attributes);
    int failed = pthread_create(&thread, &attributes, make_call, &call);
    pthread_attr_destroy(&attributes);
    if (failed)
        return work(argc, argv);
    pthread_join(thread, NULL);
    return call.value;
}
