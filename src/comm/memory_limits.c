#include "comm/memory_limits.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { GROUP_PATH = 2 * FILE_PATH_MAX }; /* the longest path of a mount and a group below it */

/* --- files of numbers ---------------------------------------------------------------------- */

struct path {
    char text[GROUP_PATH + 64];
};

static struct path path_of(const char *directory, const char *name)
{
    struct path path;
    snprintf(path.text, sizeof path.text, "%.*s/%s", GROUP_PATH, directory, name);
    return path;
}

/* Returns the number that is a file's only content; INT64_MAX if it is missing, or stands for no limit:
 * "max", or in version 1 about 2^63. */
static int64_t number_in(const char *directory, const char *name)
{
    char text[64];
    int64_t number;
    bool read = file_value(path_of(directory, name).text, "", text, sizeof text);
    bool limits = read && text_to_int(text, &number) && number >= 0 && number < INT64_MAX / 2;
    return limits ? number : INT64_MAX;
}

/* Returns the number after a key at the start of a line; -1: there is none. */
static int64_t number_of(const char *directory, const char *name, const char *key)
{
    char text[64];
    bool read = file_value(path_of(directory, name).text, key, text, sizeof text);
    return read ? strtoll(text, NULL, 10) : -1;
}

static int64_t or_zero(int64_t number)
{
    return number > 0 ? number : 0;
}

/* --- a group ------------------------------------------------------------------------------- */

/* The file names and keys of the two cgroup versions. */
struct version {
    const char *limit, *usage, *high;    /* high: NULL in version 1 */
    const char *inactive, *active;       /* in memory.stat: page cache that can be dropped */
    const char *hierarchical, *inherits; /* NULL: limits always apply to groups below */
};

static const struct version first = {.limit = "memory.limit_in_bytes",
    .usage = "memory.usage_in_bytes",
    .inactive = "total_inactive_file",
    .active = "total_active_file",
    .hierarchical = "hierarchical_memory_limit",
    .inherits = "memory.use_hierarchy"};
static const struct version second = {.limit = "memory.max",
    .usage = "memory.current",
    .high = "memory.high",
    .inactive = "inactive_file",
    .active = "active_file"};

static void lower(struct memory_limits *limits, int64_t limit, const char *directory,
    const char *name, size_t root_length)
{
    if (limit >= limits->most)
        return;
    limits->most = limit;
    snprintf(limits->set_by, sizeof limits->set_by, "%.900s/%s", directory + root_length, name);
}

static void read_group(struct memory_limits *limits, const struct version *version,
    const char *directory, size_t root_length)
{
    int64_t limit = number_in(directory, version->limit), usage, cache;
    lower(limits, limit, directory, version->limit, root_length);
    if (version->high && number_in(directory, version->high) < limit)
        limit = number_in(directory, version->high);
    usage = number_in(directory, version->usage);
    if (limit == INT64_MAX || usage == INT64_MAX)
        return;
    cache = or_zero(number_of(directory, "memory.stat", version->inactive)) +
            or_zero(number_of(directory, "memory.stat", version->active));
    int64_t free = or_zero(limit - or_zero(usage - cache));
    limits->free = free < limits->free ? free : limits->free;
}

/* Reads the group in `directory` and the groups above it, up to the one at the mount point, whose
 * path is `mount` characters long. */
static void read_groups(struct memory_limits *limits, const struct version *version,
    const char *directory, size_t mount, size_t root_length)
{
    char group[GROUP_PATH];
    snprintf(group, sizeof group, "%s", directory);
    read_group(limits, version, group, root_length);
    while (strlen(group) > mount) {
        *strrchr(group, '/') = '\0';
        if (version->inherits && number_in(group, version->inherits) == 0)
            break;
        read_group(limits, version, group, root_length);
    }
    if (!version->hierarchical)
        return;
    int64_t all = number_of(directory, "memory.stat", version->hierarchical);
    lower(limits, all >= 0 ? all : INT64_MAX, directory, "memory.stat", root_length);
}

/* --- where groups are mounted -------------------------------------------------------------- */

/* True if a comma-separated list contains the word. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (; list; list = strchr(list, ',')) {
        list += *list == ',';
        if (strncmp(list, word, length) == 0 && strchr(",\n", list[length]))
            return true;
    }
    return false;
}

/* Finds the path of this process's group: version 2 (hierarchy 0), or the memory controller of
 * version 1. */
static bool find_own(const struct version *version, const char *root, char own[FILE_PATH_MAX])
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *file = fopen(path_of(root, "proc/self/cgroup").text, "re");
    while (file && !found && getline(&line, &room, file) > 0) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        found = version == &second ? strncmp(line, "0:", 2) == 0 && !controllers[1]
                                   : lists(controllers + 1, "memory");
        snprintf(own, FILE_PATH_MAX, "%s", path);
    }
    if (file)
        fclose(file);
    free(line);
    return found;
}

/* Undoes mountinfo's escapes: blanks and backslashes are written as \040. */
static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
            text += 3;
        } else {
            *to++ = *text;
        }
    *to = '\0';
}

/* Returns the part of `own` below the group `mounted`: "/b" of /a/b below /a. NULL: `own` is not
 * below `mounted`. If the mounted group is above this process's namespace (/..), the names of the
 * groups between the two are unknown, and only the mounted group is read. */
static const char *below(const char *own, const char *mounted)
{
    size_t length = strlen(mounted);
    if (strncmp(mounted, "/..", 3) == 0)
        return "";
    if (own[0] != '/' || strncmp(own, "/..", 3) == 0)
        return NULL;
    if (strcmp(mounted, "/") == 0)
        return strcmp(own, "/") == 0 ? "" : own;
    bool inside = strncmp(own, mounted, length) == 0 && (own[length] == '/' || !own[length]);
    return inside ? own + length : NULL;
}

struct mount {
    char *group, *place; /* the mounted group and its mount point */
    const struct version *version;
};

/* Parses a line of mountinfo: "31 23 0:28 /group /place options ... - type source options". */
static bool read_mount(struct mount *mount, char *line)
{
    char *field[5], *save = NULL, *dash = strstr(line, " - ");
    char *type = dash ? dash + 3 : NULL, *source = type ? strchr(type, ' ') : NULL;
    char *options = source ? strchr(source + 1, ' ') : NULL;
    if (!options)
        return false;
    *dash = *source = '\0';
    for (int i = 0; i < 5; i++)
        if (!(field[i] = strtok_r(i ? NULL : line, " ", &save)))
            return false;
    unescape(field[3]);
    unescape(field[4]);
    *mount = (struct mount){field[3], field[4], NULL};
    if (strcmp(type, "cgroup2") == 0)
        mount->version = &second;
    else if (strcmp(type, "cgroup") == 0 && lists(options + 1, "memory"))
        mount->version = &first;
    return mount->version && mount->place[0] == '/';
}

static void read_mounts(struct memory_limits *limits, const char *root)
{
    char own[FILE_PATH_MAX], directory[GROUP_PATH], *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path_of(root, "proc/self/mountinfo").text, "re");
    while (file && getline(&line, &room, file) > 0) {
        struct mount mount;
        const char *rest = NULL;
        if (read_mount(&mount, line) && find_own(mount.version, root, own))
            rest = below(own, mount.group);
        size_t length = rest ? strlen(root) + strlen(mount.place) : 0;
        if (rest && length + strlen(rest) < sizeof directory) {
            snprintf(directory, sizeof directory, "%s%s%s", root, mount.place, rest);
            read_groups(limits, mount.version, directory, length, strlen(root));
        }
    }
    if (file)
        fclose(file);
    free(line);
}

/* --- the limits ----------------------------------------------------------------------------- */

void memory_limits_read(struct memory_limits *limits, const char *root)
{
    int64_t all = number_of(root, "proc/meminfo", "MemTotal");
    int64_t available = number_of(root, "proc/meminfo", "MemAvailable");
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    *limits = (struct memory_limits){.most = INT64_MAX, .free = INT64_MAX, .set_by = "RAM"};
    if (all > 0)
        limits->most = 1024 * all;
    else if (pages > 0 && page_bytes > 0)
        limits->most = (int64_t)pages * page_bytes;
    if (available >= 0)
        limits->free = 1024 * available;
    read_mounts(limits, root);
    if (limits->most == INT64_MAX)
        limits->most = 0;
    if (limits->free > limits->most)
        limits->free = limits->most;
}
