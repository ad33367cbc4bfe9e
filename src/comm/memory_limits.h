/* memory_limits.h: determines how much memory the processes of this machine can use together.
 *
 * The limit is RAM, or the lowest limit among the control groups (cgroups) of this process: its own
 * group and all groups above it, in every mounted hierarchy that this process can see.
 *
 *     version 1    memory.limit_in_bytes of each group, and the hierarchical_memory_limit of
 *                  memory.stat, which also counts groups above the mount
 *     version 2    memory.max of each group
 *
 * memory.high (version 2) does not count as a limit: it slows processes down but never kills one.
 * It does lower the amount that counts as free. Page cache that the system can drop counts as free.
 *
 * Sources: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of Linux, cgroups(7),
 * cgroup_namespaces(7), proc_pid_mountinfo(5). Threads: any. Collective: no.
 */
#pragma once

#include <stdint.h>

struct memory_limits {
    int64_t most;      /* the limit in bytes; 0: unknown */
    int64_t free;      /* bytes available now, at most `most`; 0 if `most` is unknown */
    char set_by[1024]; /* "RAM", or the file that contains the limit */
};

/* `root`: "", or in tests the directory that contains /proc/meminfo, /proc/self/cgroup,
 * /proc/self/mountinfo and the mounts. */
void memory_limits_read(struct memory_limits *limits, const char *root);
