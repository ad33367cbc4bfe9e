#include "cli/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/heartbeat.h"
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

/* --- the heartbeat of this process ---------------------------------------------------------- */

enum { HOST_NAME = 64, MESSAGE_MAX = 1600, STACK_BYTES = 256 << 10 };

/* The watchdog of this process. Its thread uses it until the process ends. */
static struct watchdog {
    struct heartbeat heartbeat;
    struct watch watch;
    const atomic_int *stop_signal;
    int rank, ranks;
    char (*host)[HOST_NAME]; /* [ranks]; NULL: only one machine, or no memory for the names */
    bool sweeps;
} watchdog = {.heartbeat.lock = PTHREAD_MUTEX_INITIALIZER};

struct notice {
    int length;
    char text[MESSAGE_MAX];
};

static void append(struct notice *notice, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct notice *notice, const char *format, ...)
{
    va_list arguments;
    int room = MESSAGE_MAX - notice->length;
    va_start(arguments, format);
    int length = vsnprintf(notice->text + notice->length, (size_t)room, format, arguments);
    va_end(arguments);
    notice->length += length < room ? length : room - 1;
}

static void print(struct notice *notice)
{
    append(notice, "\n");
    notice->text[notice->length - 1] = '\n';
    shown_streams_urgent(notice->text, (size_t)notice->length);
}

static void append_rank(struct notice *notice, int rank)
{
    append(notice, " rank %d", rank);
    if (watchdog.host && rank < watchdog.ranks)
        append(notice, " (host %s)", watchdog.host[rank]);
}

static void append_place(struct notice *notice, const struct heartbeat_view *view)
{
    append(notice, "%s", view->activity ? view->activity : "starting");
    if (view->step > 0)
        append(notice, ", step %lld", (long long)view->step);
    if (!view->wait)
        return;
    append(notice, "; waiting %s", view->wait);
    if (view->peer >= 0)
        append_rank(notice, view->peer);
    for (int i = 0; i < view->n_late && i < HEARTBEAT_LATE_MAX; i++) {
        append(notice, "%s", i ? "," : " for");
        append_rank(notice, view->late[i]);
    }
    if (view->n_late > HEARTBEAT_LATE_MAX)
        append(notice, " and %d more", view->n_late - HEARTBEAT_LATE_MAX);
}

static void begin(struct notice *notice, const char *kind)
{
    notice->length = 0;
    append(notice, "lockstep:%s", kind);
    if (watchdog.ranks > 1) {
        append_rank(notice, watchdog.rank);
        append(notice, ":");
    }
}

static void report_stall(const struct heartbeat_view *view)
{
    struct notice notice;
    char since[32] = "";
    time_t then = time(NULL) - (time_t)watchdog.watch.quiet;
    struct tm local;
    localtime_r(&then, &local);
    strftime(since, sizeof since, "%H:%M:%S", &local);
    begin(&notice, " warning:");
    append(&notice, " no progress for %lld s, since %s: ", (long long)watchdog.watch.quiet, since);
    append_place(&notice, view);
    print(&notice);
}

static void report_progress(int64_t lasted)
{
    struct notice notice;
    begin(&notice, " note:");
    append(&notice, " progress again after %lld s", (long long)lasted);
    print(&notice);
}

static void append_cure(struct notice *notice, const struct heartbeat_view *view)
{
    if (watchdog.sweeps)
        append(notice, "; the same command continues the sweep");
    else if (view->saved > 0)
        append(notice,
            "; the newest checkpoint is %s/checkpoints/step-%09lld, resume with --resume %s",
            view->run, (long long)view->saved, view->run);
    else if (view->run[0] && watchdog.rank > 0)
        append(notice, "; resume with --resume %s, if it has a checkpoint", view->run);
    else
        append(notice, "; no checkpoint has been written yet");
}

/* Prints the reason and ends the process. A launcher ends all ranks as soon as one ends, so each
 * rank first waits until the others have had time to print. */
static void end(const struct heartbeat_view *view, enum watch_event event)
{
    struct notice notice;
    begin(&notice, "");
    if (event == WATCH_TIMEOUT)
        append(&notice,
            " ended: no progress for %lld s (--stall-timeout): ", (long long)watchdog.watch.quiet);
    else
        append(&notice, " ended by signal %d, which did not reach all ranks within %lld s: ",
            atomic_load(watchdog.stop_signal), (long long)watchdog.watch.signalled - 1);
    append_place(&notice, view);
    append_cure(&notice, view);
    if (view->reports || watchdog.rank == 0) /* rank 0 has the checkpoints */
        print(&notice);
    sleep(2);
    _exit(STATUS_STOPPED);
}

static void *watch_on(void *argument)
{
    const struct timespec second = {.tv_sec = 1};
    struct heartbeat_view view;
    int64_t lasted = 0;
    (void)argument;
    for (;;) {
        nanosleep(&second, NULL);
        heartbeat_look(&watchdog.heartbeat, &view);
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
static void learn_hosts(struct comm *comm)
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
    int refused = pthread_create(&thread, &attributes, watch_on, NULL);
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
    watchdog.sweeps = options->command == COMMAND_SWEEP;
    learn_hosts(comm);
    heartbeat_install(&watchdog.heartbeat);
    start_thread();
}
