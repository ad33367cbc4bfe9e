"""Several hosts on one machine: network namespaces that a bridge joins, each with a host name and a
/dev/shm of its own. Needs root, iproute2 and Open MPI 4, which takes each of them for a machine.
"""

import contextlib
import os
import pathlib
import re
import shlex
import signal
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402 (after the path to it)

SUBNET = "10.99.0"
NAME = re.compile(r"ls(\d+)[a-hx]")  # after the process that made them
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that hosts are deleted


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def delete(name):
    """A host, with all that runs there."""
    pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False).stdout
    for pid in pids.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, check=False)


def delete_leftovers():
    """Hosts of test processes that were killed."""
    listing = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    for name in [line.split()[0] for line in listing.splitlines()]:
        if (made := NAME.fullmatch(name)) and not pathlib.Path("/proc", made[1]).exists():
            delete(name)


def ranks_of(directory):
    """The processes of the program that write there."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:  # it has ended
            continue
        if words[0] == harness.PROGRAM and any(str(directory) in word for word in words):
            found.append(int(process.name))
    return found


class Case(harness.Case):
    """A test on several hosts."""

    def setUp(self):
        super().setUp()
        self.need_program("ip", "cluster")
        stop = self.fail if os.environ.get("REQUIRE_PACKAGES") else self.skipTest
        if subprocess.run(["unshare", "--net", "--mount", "--uts", "true"], capture_output=True, check=False).returncode:
            stop("network namespaces need root")
        if harness.launcher() != "Open MPI 4":
            self.skipTest("simulated hosts need the mpirun of Open MPI 4")
        delete_leftovers()

    def wait_for_event(self, out, event="step"):
        metrics = self.dir / out / "metrics.jsonl"
        harness.wait_until(lambda: metrics.exists() and f'"event":"{event}"'.encode() in metrics.read_bytes(),
                           f"an event {event}")


class Hosts:
    """count hosts; `with` deletes them."""

    def __init__(self, count, directory):
        prefix = f"ls{os.getpid()}"
        self.names = [f"{prefix}{letter}" for letter in "abcdefgh"[:count]]
        self.switch = f"{prefix}x"
        self.directory = pathlib.Path(directory)
        self.hostfile, self.agent = self.directory / "hosts", self.directory / "agent"
        self.addresses = self.directory / "addresses"

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        ip("netns", "add", self.switch)
        ip("-n", self.switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", self.switch, "link", "set", "bridge", "up")
        for i, name in enumerate(self.names):
            ip("netns", "add", name)
            ip("-n", name, "link", "add", "net", "type", "veth", "peer", "name", name, "netns", self.switch)
            ip("-n", self.switch, "link", "set", name, "master", "bridge", "up")
            ip("-n", name, "addr", "add", f"{SUBNET}.{i + 1}/24", "dev", "net")
            ip("-n", name, "link", "set", "net", "up")
            ip("-n", name, "link", "set", "lo", "up")
        self.addresses.write_text("127.0.0.1 localhost\n" + "".join(
            f"{SUBNET}.{i + 1} {name}\n" for i, name in enumerate(self.names)))
        # As ssh does, it returns 255 where the wire is down.
        self.agent.write_text(f"""#!/bin/sh
host=$1
shift
ip -n {self.switch} -br link show dev "$host" up | grep -q . || exit 255
{self.inside("$host", "$*")}
""")
        self.agent.chmod(self.agent.stat().st_mode | stat.S_IXUSR)

    def inside(self, host, command):
        """A line of a shell that runs a command on a host."""
        return (f'exec ip netns exec "{host}" unshare --uts --mount sh -c "hostname {host} && '
                f'mount -t tmpfs tmpfs /dev/shm && mount --bind {self.addresses} /etc/hosts && {command}"')

    def __exit__(self, *_):
        for name in [*self.names, self.switch]:
            delete(name)

    def set_link(self, host, state):
        """"up" or "down": of the wire between a host and the others."""
        ip("-n", self.switch, "link", "set", host, state)

    def pids(self, host):
        listing = subprocess.run(["ip", "netns", "pids", host], capture_output=True, text=True, check=True).stdout
        return [int(pid) for pid in listing.split()]

    def on(self, host, words):
        """A command that is to run on a host."""
        return ["sh", "-c", self.inside(host, f"exec {shlex.join(map(str, words))}")]

    def launched(self, command, ranks_a_host=1):
        """A command that is to run on the first host, with what mpirun needs there to reach the others."""
        self.hostfile.write_text("".join(f"{name} slots={ranks_a_host}\n" for name in self.names))
        settings = {"plm_rsh_agent": self.agent, "plm_rsh_no_tree_spawn": "1", "btl": "tcp,self,vader",
                    "btl_tcp_if_include": f"{SUBNET}.0/24", "oob_tcp_if_include": f"{SUBNET}.0/24"}
        words = ["env", *(f"OMPI_MCA_{name}={value}" for name, value in settings.items()), *map(str, command)]
        return self.on(self.names[0], words)

    def command(self, arguments, ranks_a_host=1):
        """mpirun on the first host, with so many ranks on each."""
        ranks = str(len(self.names) * ranks_a_host)
        return self.launched(["mpirun", "-n", ranks, "--hostfile", self.hostfile, harness.PROGRAM, *arguments],
                             ranks_a_host)
