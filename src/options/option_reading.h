/* option_reading.h: state kept while options are read from several sources. */
#ifndef OPTIONS_OPTION_READING_H
#define OPTIONS_OPTION_READING_H

#include "options/option_find.h"

/* Sources of a value; each overrides those before it. */
enum origin { FROM_DEFAULT, FROM_CONFIG, FROM_ENVIRONMENT, FROM_FLAG };

/* The arrays are parallel to option_table. */
struct reading {
    struct options *options;
    const char *config;                 /* path of the config file; NULL: none */
    char resumed_config[FILE_PATH_MAX]; /* path of the config file of the run to resume */
    bool whole_text;                    /* options_from_text(): the section names the command */
    enum origin origin[OPTION_COUNT_MAX];
    int line[OPTION_COUNT_MAX];         /* line in the config file; 0: not given there */
    const char *flag[OPTION_COUNT_MAX]; /* value on the command line; NULL: not given there */
    char *paths;                        /* paths on the command line, one per line */
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

#endif
