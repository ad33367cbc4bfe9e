#include "cli/bus_errors.h"

#include <errno.h>
#include <signal.h>

#include "base/mapped_file.h"

static struct sigaction before; /* written before there are threads */

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int kept = errno;
    (void)context;
    bool fault = info->si_code > 0; /* and not kill(), which has no address */
    if (!fault || !mapped_file_stand_in(info->si_addr)) {
        sigaction(number, &before, NULL);
        raise(number);
    }
    errno = kept;
}

void bus_errors_catch(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}
