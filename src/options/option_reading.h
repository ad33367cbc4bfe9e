/* option_reading.h: state kept while options are read from several sources. */
#pragma once

#include "options/option_find.h"

/* Sources of a value; each overrides those before it, in whatever order they are read. */
enum origin { FROM_DEFAULT, FROM_PRESET, FROM_CONFIG, FROM_ENVIRONMENT, FROM_FLAG };

/* The arrays are parallel to option_table. */
struct reading {
    struct options *options;
    const char *config; /* path of the config file; NULL: none */
    bool whole_text;    /* options_from_text(): the section names the command */
    bool former;        /* lockstep 0.1 wrote the config file */
    enum origin origin[OPTION_COUNT_MAX];
    int line[OPTION_COUNT_MAX]; /* line in the config file; 0: not given there */
};

static inline size_t option_index(const struct option *option)
{
    return (size_t)(option - option_table);
}

/* Returns the source of an option's value, by the option's name. */
static inline enum origin reading_origin(const struct reading *reading, const char *name)
{
    return reading->origin[option_index(option_find(name))];
}

/* True if the option's value comes from a config file that lockstep 0.1 wrote, so that it means what it
 * meant there. */
static inline bool reading_is_former(const struct reading *reading, const char *name)
{
    return reading->former && reading_origin(reading, name) == FROM_CONFIG;
}
