"""Several hosts on one machine: network namespaces that a bridge joins, each with a host name and a
/dev/shm of its own. Needs root, iproute2 and Open MPI, which takes each of them for a machine.
"""

import os
import pathlib
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402 (after the path to it)

SUBNET = "10.99.0"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class Hosts:
    """count hosts, named after this process; `with` deletes them."""

    def __init__(self, count, directory):
        self.prefix = f"ls{os.getpid()}"
        self.names = [f"{self.prefix}{letter}" for letter in "abcdefgh"[:count]]
        self.switch = f"{self.prefix}x"
        self.directory = pathlib.Path(directory)

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
            ip("-n", name, "link", "add", "net", "type", "veth", "peer", "name", f"port{i}", "netns", self.switch)
            ip("-n", self.switch, "link", "set", f"port{i}", "master", "bridge", "up")
            ip("-n", name, "addr", "add", f"{SUBNET}.{i + 1}/24", "dev", "net")
            ip("-n", name, "link", "set", "net", "up")
            ip("-n", name, "link", "set", "lo", "up")
        agent = self.directory / "agent"
        agent.write_text(f'#!/bin/sh\nhost=$1\nshift\n{self.inside("$host", "$*")}\n')
        agent.chmod(agent.stat().st_mode | stat.S_IXUSR)

    @staticmethod
    def inside(host, command):
        """A line of a shell that runs a command on a host."""
        return (f'exec ip netns exec "{host}" unshare --uts --mount sh -c "hostname {host} && '
                f'mount -t tmpfs tmpfs /dev/shm && {command}"')

    def __exit__(self, *_):
        for name in [*self.names, self.switch]:
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, check=False)

    def set_link(self, host, state):
        """"up" or "down": of the wire between a host and the others."""
        ip("-n", self.switch, "link", "set", f"port{self.names.index(host)}", state)

    def command(self, arguments, ranks_a_host=1):
        """mpirun on the first host, with so many ranks on each."""
        hostfile = self.directory / "hosts"
        hostfile.write_text("".join(f"{name} slots={ranks_a_host}\n" for name in self.names))
        settings = {"plm_rsh_agent": self.directory / "agent", "plm_rsh_no_tree_spawn": "1",
                    "btl": "tcp,self,vader", "btl_tcp_if_include": f"{SUBNET}.0/24",
                    "oob_tcp_if_include": f"{SUBNET}.0/24"}
        words = ["mpirun", "-n", str(len(self.names) * ranks_a_host), "--hostfile", str(hostfile)]
        for name, value in settings.items():
            words += ["--mca", name, str(value)]
        line = " ".join(map(str, [*words, harness.PROGRAM, *arguments]))
        return ["sh", "-c", self.inside(self.names[0], f"exec {line}")]
