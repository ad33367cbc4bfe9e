#include "cli/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/heartbeat.h"
#include "base/text.h"
#include "report/shown_streams.h"

/* --- the rules ----------------------------------------------------------------------------- */

enum { SIGNAL_PATIENCE = 60, SLOWEST_TIMES = 5, WARNING_TIMES = 10 };

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Returns the maximum time in seconds for a signal to reach all ranks. It exceeds --stall-warn only
 * if steps are slow. */
static int64_t signal_patience(const struct watch *watch)
{
    int64_t most = watch->warn > 0 && watch->warn < SIGNAL_PATIENCE ? watch->warn : SIGNAL_PATIENCE;
    return longer(most, SLOWEST_TIMES * watch->slowest);
}

static enum watch_event take_beat(struct watch *watch, unsigned beats, int64_t *lasted)
{
    bool warned = watch->next_warning > 0;
    *lasted = watch->quiet;
    if (!warned)
        watch->slowest = longer(watch->slowest, watch->quiet);
    watch->beats = beats;
    watch->quiet = watch->next_warning = 0;
    return warned ? WATCH_PROGRESS : WATCH_NOTHING;
}

enum watch_event watch_tick(struct watch *watch, unsigned beats, bool signalled, int64_t *lasted)
{
    enum watch_event event = WATCH_NOTHING;
    if (beats != watch->beats)
        event = take_beat(watch, beats, lasted);
    else
        watch->quiet++;
    watch->signalled = signalled ? watch->signalled + 1 : 0;
    if (watch->signalled > signal_patience(watch))
        return WATCH_SIGNAL;
    if (watch->timeout > 0 && watch->quiet >= watch->timeout)
        return WATCH_TIMEOUT;
    int64_t due = watch->next_warning > 0 ? watch->next_warning
                                          : longer(watch->warn, SLOWEST_TIMES * watch->slowest);
    if (watch->warn == 0 || watch->quiet < due)
        return event;
    watch->next_warning = due * WARNING_TIMES;
    return WATCH_STALL;
}

/* --- the watchdog of this process ----------------------------------------------------------- */

enum { HOST_NAME = 64, MESSAGE_MAX = 1600, STACK_BYTES = 256 << 10 };

/* The watchdog of this process. Its thread uses it until the process ends. */
static struct watchdog {
    struct watch watch;
    const atomic_int *stop_signal;
    int rank, ranks;
    char (*host)[HOST_NAME]; /* [ranks]; NULL: only one machine, or no memory for the names */
    const char *study;       /* several runs that the same command continues; NULL: one run */
} watchdog;

/* Prints a message of at most MESSAGE_MAX - 1 characters as one line. */
static void print(char message[MESSAGE_MAX])
{
    size_t length = strlen(message);
    length = length < MESSAGE_MAX - 1 ? length : MESSAGE_MAX - 2;
    message[length] = '\n';
    shown_streams_urgent(message, length + 1);
}

static void append_rank(char message[MESSAGE_MAX], int rank)
{
    text_append(message, MESSAGE_MAX, " rank %d", rank);
    if (watchdog.host && rank < watchdog.ranks)
        text_append(message, MESSAGE_MAX, " (host %s)", watchdog.host[rank]);
}

static void append_place(char message[MESSAGE_MAX], const struct heartbeat_view *view)
{
    text_append(message, MESSAGE_MAX, "%s", view->activity ? view->activity : "starting");
    if (view->step > 0)
        text_append(message, MESSAGE_MAX, ", step %lld", (long long)view->step);
    if (!view->wait)
        return;
    text_append(message, MESSAGE_MAX, "; waiting %s", view->wait);
    if (view->peer >= 0)
        append_rank(message, view->peer);
    for (int i = 0; i < view->n_late && i < HEARTBEAT_LATE_MAX; i++) {
        text_append(message, MESSAGE_MAX, "%s", i ? "," : " for");
        append_rank(message, view->late[i]);
    }
    if (view->n_late > HEARTBEAT_LATE_MAX)
        text_append(message, MESSAGE_MAX, " and %d more", view->n_late - HEARTBEAT_LATE_MAX);
}

static void begin(char message[MESSAGE_MAX], const char *kind)
{
    snprintf(message, MESSAGE_MAX, "lockstep:%s", kind);
    if (watchdog.ranks > 1) {
        append_rank(message, watchdog.rank);
        text_append(message, MESSAGE_MAX, ":");
    }
}

static void report_stall(const struct heartbeat_view *view)
{
    char message[MESSAGE_MAX];
    char since[32] = "";
    time_t then = time(NULL) - (time_t)watchdog.watch.quiet;
    struct tm local;
    localtime_r(&then, &local);
    strftime(since, sizeof since, "%H:%M:%S", &local);
    begin(message, " warning:");
    text_append(message, MESSAGE_MAX,
        " no progress for %lld s, since %s: ", (long long)watchdog.watch.quiet, since);
    append_place(message, view);
    print(message);
}

static void report_progress(int64_t lasted)
{
    char message[MESSAGE_MAX];
    begin(message, " note:");
    text_append(message, MESSAGE_MAX, " progress again after %lld s", (long long)lasted);
    print(message);
}

static void append_cure(char message[MESSAGE_MAX], const struct heartbeat_view *view)
{
    if (watchdog.study)
        text_append(message, MESSAGE_MAX, "; the same command continues the %s", watchdog.study);
    else if (view->saved > 0)
        text_append(message, MESSAGE_MAX,
            "; the newest checkpoint is %s/checkpoints/step-%09lld, resume with --resume %s",
            view->run, (long long)view->saved, view->run);
    else if (view->run[0] && watchdog.rank > 0)
        text_append(
            message, MESSAGE_MAX, "; resume with --resume %s, if it has a checkpoint", view->run);
    else
        text_append(message, MESSAGE_MAX, "; no checkpoint has been written yet");
}

/* Prints the reason and ends the process. A launcher ends all ranks as soon as one ends, so each
 * rank first waits until the others have had time to print. */
static void end(const struct heartbeat_view *view, enum watch_event event)
{
    char message[MESSAGE_MAX];
    begin(message, "");
    if (event == WATCH_TIMEOUT)
        text_append(message, MESSAGE_MAX,
            " ended: no progress for %lld s (--stall-timeout): ", (long long)watchdog.watch.quiet);
    else
        text_append(message, MESSAGE_MAX,
            " ended by signal %d, which did not reach all ranks within %lld s: ",
            atomic_load(watchdog.stop_signal), (long long)watchdog.watch.signalled - 1);
    append_place(message, view);
    append_cure(message, view);
    if (view->reports || watchdog.rank == 0) /* rank 0 has the checkpoints */
        print(message);
    sleep(2);
    _exit(STATUS_STOPPED);
}

static void *watch_forever(void *argument)
{
    const struct timespec second = {.tv_sec = 1};
    struct heartbeat_view view;
    int64_t lasted = 0;
    (void)argument;
    for (;;) {
        nanosleep(&second, NULL);
        heartbeat_look(&view);
        bool signalled = atomic_load(watchdog.stop_signal) != 0 && !view.answered;
        enum watch_event event = watch_tick(&watchdog.watch, view.beats, signalled, &lasted);
        if (event == WATCH_STALL && view.reports)
            report_stall(&view);
        else if (event == WATCH_PROGRESS && watchdog.rank == 0) /* whichever rank reported it */
            report_progress(lasted);
        else if (event == WATCH_TIMEOUT || event == WATCH_SIGNAL)
            end(&view, event);
    }
    return NULL;
}

/* --- starting the watchdog ----------------------------------------------------------------- */

/* Gathers the host names for messages. If memory for them is short, messages give only rank
 * numbers. */
static void gather_hosts(struct comm *comm)
{
    char mine[HOST_NAME] = "";
    watchdog.rank = comm->rank;
    watchdog.ranks = comm->size;
    char(*host)[HOST_NAME] = calloc((size_t)watchdog.ranks, sizeof *host);
    struct error error = {0};
    enum status status = host ? STATUS_OK : STATUS_NO_RESOURCE;
    if (comm->hosts == 1 || comm_agree_unnamed(comm, status, &error)) {
        free(host);
        return;
    }
    gethostname(mine, sizeof mine - 1);
    comm_gather_all(comm, mine, sizeof mine, host);
    watchdog.host = host;
}

/* Starts the thread with all signals blocked, so that they go to the other threads. */
static void start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, old;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int refused = pthread_create(&thread, &attributes, watch_forever, NULL);
    (void)refused; /* the run works without the thread */
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
}

void watchdog_start(const struct options *options, struct comm *comm, const atomic_int *stop_signal)
{
    struct watch *watch = &watchdog.watch;
    *watch = (struct watch){.warn = options->stall_warn, .timeout = options->stall_timeout};
    /* The heartbeat of a measurement beats only when the measurement ends. */
    if (options->command == COMMAND_BENCH && options->seconds > 0)
        watch->slowest = (int64_t)options->seconds;
    watchdog.stop_signal = stop_signal;
    watchdog.study = options->command == COMMAND_SWEEP   ? "sweep"
                     : options->command == COMMAND_FOLDS ? "cross-validation"
                     : options->command == COMMAND_TUNE  ? "tuning study"
                                                         : NULL;
    gather_hosts(comm);
    start_thread();
}
