#include "api/progress_form.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "report/shown_streams.h"

static int terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

struct progress_form progress_form_of(enum progress_kind kind)
{
    bool terminal = isatty(STDERR_FILENO);
    bool bar = kind == PROGRESS_BAR || (kind == PROGRESS_AUTO && terminal);
    return (struct progress_form){
        .lines = kind == PROGRESS_LINES || (kind == PROGRESS_AUTO && !terminal),
        .bar = bar,
        .columns = terminal_columns(),
        .file = bar ? shown_streams_bar() : stderr,
    };
}
