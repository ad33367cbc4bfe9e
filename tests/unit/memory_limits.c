/* The memory limits of made-up machines: a directory with /proc and control groups in it. */
#include "comm/memory_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/own_directory.h"
#include "support/unit.h"

#define MIB ((int64_t)1 << 20)

static const char *root;

/* Writes root/path, with the directories above it. */
static void put(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        mkdir(whole, 0700);
        *at = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void put_bytes(const char *directory, const char *name, int64_t bytes)
{
    char path[256], text[32];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(text, sizeof text, "%lld\n", (long long)bytes);
    put(path, text);
}

/* 8 GiB, of which 6 are available; in no group. */
static int make_machine(void **state)
{
    if (own_directory_enter(state))
        return -1;
    root = *state;
    put("proc/meminfo",
        "MemTotal:        8388608 kB\nMemFree:   100 kB\nMemAvailable:    6291456 kB\n");
    return 0;
}

/* `set_by` begins with "/" unless it is RAM. */
static void assert_limits(int64_t most_mib, int64_t free_mib, const char *set_by)
{
    struct memory_limits limits;
    memory_limits_read(&limits, root);
    assert_int_equal(limits.most, most_mib * MIB);
    assert_int_equal(limits.free, free_mib * MIB);
    assert_string_equal(limits.set_by, set_by);
}

#define TEST_ON_MACHINE(name) TEST_BETWEEN(name, make_machine, own_directory_leave)

TEST_ON_MACHINE(ram_alone)
{
    assert_limits(8192, 6144, "RAM");
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    assert_limits(8192, 6144, "RAM"); /* the root group has no files of limits */
}

/* Limits of groups above a process's own were not looked at, nor its own where it was not the
 * mount's root: such as systemd and batch systems make. */
TEST_ON_MACHINE(version_2_nested)
{
    put("proc/self/cgroup", "0::/batch/job 7/step\n");
    put("proc/self/mountinfo",
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        "31 22 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/batch/memory.max", "max\n");
    put_bytes("sys/fs/cgroup/batch/job 7", "memory.max", 1500 * MIB);
    put_bytes("sys/fs/cgroup/batch/job 7", "memory.current", 700 * MIB);
    put("sys/fs/cgroup/batch/job 7/memory.stat",
        "anon 5\ninactive_file 104857600\nactive_file 104857600\n"); /* 200 MiB */
    put_bytes("sys/fs/cgroup/batch/job 7/step", "memory.max", 2000 * MIB);
    assert_limits(1500, 1000, "/sys/fs/cgroup/batch/job 7/memory.max");
    put_bytes("sys/fs/cgroup/batch/job 7/step", "memory.max", 1200 * MIB);
    put_bytes("sys/fs/cgroup/batch/job 7/step", "memory.current", 500 * MIB);
    assert_limits(1200, 700, "/sys/fs/cgroup/batch/job 7/step/memory.max");
    put_bytes("sys/fs/cgroup/batch", "memory.max", 1000 * MIB);
    assert_limits(1000, 700, "/sys/fs/cgroup/batch/memory.max");
}

/* memory.high ends no process: it is no limit, but beyond it there is no getting on. */
TEST_ON_MACHINE(version_2_high)
{
    put("proc/self/cgroup", "0::/slice\n");
    put("proc/self/mountinfo", "31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/slice/memory.max", "max\n");
    put_bytes("sys/fs/cgroup/slice", "memory.high", 1024 * MIB);
    put_bytes("sys/fs/cgroup/slice", "memory.current", 24 * MIB);
    assert_limits(8192, 1000, "RAM");
    put_bytes("sys/fs/cgroup/slice", "memory.current", 1100 * MIB);
    assert_limits(8192, 0, "RAM");
}

/* In a container whose namespace begins at its group, /proc says /; without one, it says the host's
 * path, and the mount that it begins there. */
TEST_ON_MACHINE(containers)
{
    put_bytes("sys/fs/cgroup", "memory.max", 300 * MIB);
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "31 22 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_limits(300, 300, "/sys/fs/cgroup/memory.max");
    put("proc/self/cgroup", "0::/docker/abc\n");
    put("proc/self/mountinfo", "31 22 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_limits(300, 300, "/sys/fs/cgroup/memory.max");
    put("proc/self/cgroup", "0::/docker/abc/inner\n");
    put_bytes("sys/fs/cgroup/inner", "memory.max", 200 * MIB);
    assert_limits(200, 200, "/sys/fs/cgroup/inner/memory.max");
    /* a mount from before the namespace: its group is somewhere above */
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "31 22 0:28 /../.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_limits(300, 300, "/sys/fs/cgroup/memory.max");
    /* other groups' limits are not this process's */
    put("proc/self/cgroup", "0::/docker/abcd\n");
    put("proc/self/mountinfo", "31 22 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_limits(8192, 6144, "RAM");
    put("proc/self/cgroup", "0::/../other\n");
    put("proc/self/mountinfo", "31 22 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_limits(8192, 6144, "RAM");
}

static const char version_1_mounts[] =
    "31 22 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
#define V1 "sys/fs/cgroup/my memory"

TEST_ON_MACHINE(version_1_nested)
{
    put("proc/self/cgroup", "9:name=systemd:/\n5:memory:/a/b\n3:cpu,cpuacct:/c\n0::/d\n");
    put("proc/self/mountinfo", version_1_mounts);
    put_bytes(V1, "memory.limit_in_bytes", INT64_C(9223372036854771712));
    put_bytes(V1, "memory.use_hierarchy", 1);
    put_bytes(V1 "/a", "memory.use_hierarchy", 1);
    put_bytes(V1 "/a", "memory.limit_in_bytes", 1500 * MIB);
    put_bytes(V1 "/a", "memory.usage_in_bytes", 600 * MIB);
    put(V1 "/a/memory.stat",
        "inactive_file 1\ntotal_inactive_file 104857600\ntotal_active_file 0\n");
    put_bytes(V1 "/a/b", "memory.limit_in_bytes", INT64_C(9223372036854771712));
    put_bytes(V1 "/a/b", "memory.usage_in_bytes", 500 * MIB);
    put(V1 "/a/b/memory.stat", "hierarchical_memory_limit 1572864000\n");
    assert_limits(1500, 1000, "/" V1 "/a/memory.limit_in_bytes");
    /* limits above what is mounted show in the statistics alone */
    put(V1 "/a/b/memory.stat", "hierarchical_memory_limit 1048576000\n");
    assert_limits(1000, 1000, "/" V1 "/a/b/memory.stat");
    /* groups that do not count for those above them */
    put(V1 "/a/b/memory.stat", "hierarchical_memory_limit 9223372036854771712\n");
    put_bytes(V1 "/a", "memory.use_hierarchy", 0);
    assert_limits(8192, 6144, "RAM");
}

TEST_ON_MACHINE(nonsense)
{
    put("proc/self/cgroup", "\n::\n5:memory\nx:y:z\n0::a\n");
    put("proc/self/mountinfo",
        "31 22 0:28 / m rw - cgroup2 cgroup2 rw\n31 22 0:28 / /m rw - cgroup2 c rw\n");
    assert_limits(8192, 6144, "RAM");
    put("proc/self/cgroup", "\n::\n5:memory\nx:y:z\n0::/a\n");
    put("proc/self/mountinfo", "1 2 3 /a m rw - cgroup2 x y\n- cgroup2 x y\n1 - cgroup2 cgroup2 "
                               "rw\n1 2 3 /a - cgroup2\n31 22 0:28 / /m rw - cgroup2 c "
                               "rw\n");
    put("m/a/memory.max", "-5\n");
    assert_limits(8192, 6144, "RAM");
    put("m/a/memory.max", "99999999999999999999999\n");
    assert_limits(8192, 6144, "RAM");
    put("m/a/memory.max", "");
    assert_limits(8192, 6144, "RAM");
    put("m/a/memory.max", "1048576\n");
    assert_limits(1, 1, "/m/a/memory.max");
}

/* This machine, whatever it has. */
TEST(this_machine)
{
    struct memory_limits limits;
    memory_limits_read(&limits, "");
    assert_true(limits.most > 16 * MIB);
    assert_true(limits.free > 0 && limits.free <= limits.most);
    assert_true(limits.set_by[0] != '\0');
}
