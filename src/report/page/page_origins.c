#include <string.h>

#include "report/page/page_parts.h"

/* Facts in the order of a list, those that there are. */
struct fact {
    const char *title, *key;
    enum number_form form;
};

static void print_fact(FILE *file, const struct fact *fact, const struct json *value)
{
    const char *text = js_as_text(value);
    bool truth;
    char shown[NUMBER_TEXT];
    double number = html_number(value);
    if (!text && !js_as_bool(value, &truth) && !(number == number))
        return;
    fputs("<dt>", file);
    html_text(file, fact->title);
    fputs("</dt>", file);
    if (text)
        html_cell(file, "dd", value, fact->form);
    else {
        fputs("<dd>", file);
        html_text(file, js_as_bool(value, &truth) ? truth ? "yes" : "no"
                                                  : number_text(number, fact->form, shown));
        fputs("</dd>", file);
    }
    fputc('\n', file);
}

static void print_facts(
    struct page *page, const struct json *object, const struct fact *facts, size_t n)
{
    fputs("<dl>\n", page->file);
    for (size_t i = 0; i < n; i++)
        print_fact(page->file, &facts[i], page_value(object, facts[i].key));
    fputs("</dl>\n", page->file);
}

static void print_command(struct page *page, const struct json *object)
{
    const char *command = js_as_text(js_get(object, "command"));
    if (!command)
        return;
    fputs("<pre>", page->file);
    html_text(page->file, command);
    fputs("</pre>\n", page->file);
}

static void print_config(struct page *page, const char *config, bool open)
{
    if (!config)
        return;
    fprintf(page->file, "<details%s><summary>Configuration</summary>\n<pre>", open ? " open" : "");
    html_text(page->file, config);
    fputs("</pre></details>\n", page->file);
}

static const struct fact of_run[] = {{"directory", "directory", NUMBER_PLAIN},
    {"lockstep", "version", NUMBER_PLAIN}, {"commit", "commit", NUMBER_PLAIN},
    {"training samples", "train_samples", NUMBER_COUNT},
    {"validation samples", "val_samples", NUMBER_COUNT},
    {"test samples", "test_samples", NUMBER_COUNT}, {"features", "features", NUMBER_COUNT},
    {"classes", "classes", NUMBER_COUNT}, {"parameters", "parameters", NUMBER_COUNT},
    {"epochs", "epochs", NUMBER_COUNT}, {"slices", "slices", NUMBER_COUNT},
    {"reduce", "reduce", NUMBER_PLAIN}, {"hosts", "hosts", NUMBER_COUNT},
    {"ranks", "ranks", NUMBER_COUNT}, {"threads a rank", "threads", NUMBER_COUNT},
    {"teams", "teams", NUMBER_COUNT}, {"kernel", "kernel", NUMBER_PLAIN},
    {"MPI", "mpi", NUMBER_PLAIN}, {"weights_xxh3", "weights_xxh3", NUMBER_PLAIN}};
static const struct fact of_sweep[] = {{"lockstep", "version", NUMBER_PLAIN},
    {"commit", "commit", NUMBER_PLAIN}, {"data", "data", NUMBER_PLAIN},
    {"network", "network", NUMBER_PLAIN}, {"parameters", "parameters", NUMBER_COUNT},
    {"training samples", "train_samples", NUMBER_COUNT},
    {"validation samples", "val_samples", NUMBER_COUNT}, {"optimizer", "optimizer", NUMBER_PLAIN},
    {"budget", "budget", NUMBER_PLAIN}, {"epochs", "epochs", NUMBER_COUNT},
    {"most steps", "max_steps", NUMBER_COUNT}, {"seeds", "seeds", NUMBER_COUNT},
    {"rates", "rates", NUMBER_PLAIN}, {"rate by batch", "lr_scale", NUMBER_PLAIN},
    {"base batch", "base_batch", NUMBER_COUNT}, {"hosts", "machine.hosts", NUMBER_COUNT},
    {"ranks", "machine.ranks", NUMBER_COUNT}, {"threads a rank", "machine.threads", NUMBER_COUNT},
    {"teams", "machine.teams", NUMBER_COUNT}, {"kernel", "machine.kernel", NUMBER_PLAIN},
    {"MPI", "machine.mpi", NUMBER_PLAIN}};
static const struct fact of_bench[] = {{"lockstep", "version", NUMBER_PLAIN},
    {"commit", "commit", NUMBER_PLAIN}, {"CPU", "cpu", NUMBER_PLAIN},
    {"cores", "cores", NUMBER_COUNT}, {"L1 of a core", "l1_bytes", NUMBER_BYTES},
    {"L2 of a core", "l2_bytes", NUMBER_BYTES}, {"L3", "l3_bytes", NUMBER_BYTES},
    {"hosts", "hosts", NUMBER_COUNT}, {"ranks", "ranks", NUMBER_COUNT},
    {"threads a rank", "threads", NUMBER_COUNT}, {"kernel", "kernel", NUMBER_PLAIN},
    {"BLAS", "blas", NUMBER_PLAIN}, {"MPI", "mpi", NUMBER_PLAIN},
    {"data", "results.data", NUMBER_PLAIN}, {"parameters", "results.parameters", NUMBER_COUNT},
    {"seconds a measurement", "seconds", NUMBER_MEASURED}, {"rounds", "repeats", NUMBER_COUNT}};

static void origin(struct page *page, const char *name, const struct json *object,
    const struct fact *facts, size_t n)
{
    page_card_begin(page, CARD_HALF, name);
    print_command(page, object);
    print_facts(page, object, facts, n);
}

void page_origins(struct page *page)
{
    enum { OPEN = 3 }; /* so many configurations are seen at once, and printed */
    const struct report_input *input = page->input;
    page_section_begin(page, "Commands, configuration, machine", NULL);
    for (int i = 0; i < input->sweeps; i++) {
        const struct sweep_file *sweep = &input->sweep[i];
        origin(page, sweep->path, sweep->json, of_sweep, sizeof of_sweep / sizeof *of_sweep);
        print_config(page, sweep->config, true);
        page_card_end(page);
    }
    for (int i = 0; i < input->runs; i++) {
        const struct run *run = &input->run[i];
        origin(page, run->directory, run->facts, of_run, sizeof of_run / sizeof *of_run);
        print_config(page, run->config, input->runs <= OPEN);
        page_card_end(page);
    }
    for (int i = 0; i < input->benches; i++) {
        origin(page, input->bench[i].path, input->bench[i].json, of_bench,
            sizeof of_bench / sizeof *of_bench);
        page_card_end(page);
    }
    page_section_end(page);
}
