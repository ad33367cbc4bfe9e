/* help_topics.h: the pages of `lockstep help TOPIC` for topics that are not commands. */
#pragma once

struct help_topic {
    const char *name, *summary, *text;
};

extern const struct help_topic help_topics[];
extern const int help_topics_count;
