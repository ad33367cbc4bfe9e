/* help_topics.h: the pages of `lockstep help TOPIC` for topics that are not commands. */
#ifndef CLI_HELP_TOPICS_H
#define CLI_HELP_TOPICS_H

struct help_topic {
    const char *name, *summary, *text;
};

extern const struct help_topic help_topics[];
extern const int help_topics_count;

#endif
