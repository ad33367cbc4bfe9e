/* help_topics.h: pages of `lockstep help TOPIC` that are not about one command. */
#ifndef CLI_HELP_TOPICS_H
#define CLI_HELP_TOPICS_H

struct help_topic {
    const char *name, *summary, *text;
};

extern const struct help_topic help_topics[];
extern const int help_topics_count;

#endif
