#include "report/page/page_parts.h"

/* Writes a card with a command, facts and a configuration. */
static void origin(struct page *page, const char *name, const struct json *object,
    const char *facts, const char *config, bool open)
{
    fputs("<article class=\"card\">\n", page->file);
    html_element(page->file, "h3", name);
    if (row_text(object, "command"))
        html_element(page->file, "pre", row_text(object, "command"));
    table_html_list(page->file, facts, object);
    if (config) {
        fprintf(page->file, "<details%s><summary>Configuration</summary>\n", open ? " open" : "");
        html_element(page->file, "pre", config);
        fputs("</details>\n", page->file);
    }
    fputs("</article>\n", page->file);
}

void page_origins(struct page *page)
{
    enum { OPEN = 3 }; /* with more runs, their configurations are collapsed */
    const struct report_input *input = page->input;
    page_section_begin(page, "Commands, configuration, machine", NULL);
    for (int i = 0; i < input->sweeps; i++)
        origin(page, input->sweep[i].path, input->sweep[i].json,
            "version, commit, data, network, parameters, train_samples, val_samples, optimizer, "
            "budget, epochs, max_steps, seeds, rates, lr_scale, base_batch, machine.hosts, "
            "machine.ranks, machine.threads, machine.teams, machine.kernel, machine.mpi",
            input->sweep[i].config, true);
    for (int i = 0; i < input->runs; i++)
        origin(page, input->run[i].directory, input->run[i].facts,
            "directory, version, commit, train_samples, val_samples, test_samples, features, "
            "classes, parameters, epochs, slices, reduce, hosts, ranks, threads, teams, kernel, "
            "mpi, weights_xxh3",
            input->run[i].config, input->runs <= OPEN);
    for (int i = 0; i < input->benches; i++)
        origin(page, input->bench[i].path, input->bench[i].json,
            "version, commit, cpu, cores, l1_bytes, l2_bytes, l3_bytes, hosts, ranks, threads, "
            "kernel, blas, mpi, results.data, results.parameters, seconds: time per measurement, "
            "repeats",
            NULL, false);
    page_section_end(page);
}
