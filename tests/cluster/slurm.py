"""A real Slurm on hosts of network namespaces: one controller, a node daemon on each host, and munge."""

import contextlib
import shlex
import subprocess

from hosts import SUBNET, Hosts, harness

CPUS = 2  # of a node
CONFIG = """ClusterName=lockstep
SlurmUser=root
AuthInfo=socket={dir}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=2,sched_interval=2
SlurmdParameters=config_overrides
SlurmdTimeout=10
ReturnToService=2
StateSaveLocation={dir}/state
SlurmctldPidFile={dir}/slurmctld.pid
SlurmctldLogFile={dir}/slurmctld.log
SlurmdPidFile={dir}/slurmd-%n.pid
SlurmdLogFile={dir}/slurmd-%n.log
SlurmdSpoolDir={dir}/spool-%n
SlurmctldHost={first}({subnet}.1)
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""


class Slurm(Hosts):
    """Its nodes are idle inside `with`, which ends all daemons."""

    def make(self):
        super().make()
        text = CONFIG.format(dir=self.directory, first=self.names[0], subnet=SUBNET)
        for i, name in enumerate(self.names):
            text += f"NodeName={name} NodeAddr={SUBNET}.{i + 1} CPUs={CPUS}\n"
            (self.directory / f"spool-{name}").mkdir()
        for name, content in {"slurm.conf": text, "cgroup.conf": "CgroupPlugin=cgroup/v1\n", "munge.key": "k" * 64,
                              "mpi.conf": "PMIxCliTmpDirBase=/dev/shm\n"}.items():
            (self.directory / name).write_text(content)
            (self.directory / name).chmod(0o600)
        (self.directory / "state").mkdir()
        self.environment = harness.environment({
            "SLURM_CONF": str(self.directory / "slurm.conf"), "PROGRAM": harness.PROGRAM,
            "OMPI_MCA_btl": "tcp,self,vader", "OMPI_MCA_btl_tcp_if_include": f"{SUBNET}.0/24"})
        files = [f"--{name}={self.directory}/munge.{ending}" for name, ending in
                 (("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"), ("seed-file", "seed"), ("log-file", "log"))]
        self.start(self.names[0], "munged", "--foreground", "--force", *files)
        harness.wait_until(lambda: (self.directory / "munge.socket").exists(), "munge")
        self.start(self.names[0], "slurmctld", "-D")
        for name in self.names:
            self.start(name, "slurmd", "-D", "-N", name)
        harness.wait_until(lambda: self.call("sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * len(self.names),
                           "idle nodes", 60)

    def start(self, host, *command):
        """A daemon; Hosts ends it with all that runs on the host."""
        line = self.inside(host, f"exec {shlex.join(command)}")
        subprocess.Popen(["sh", "-c", line], env=self.environment, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def call(self, *command):
        """A command of Slurm on the first host: its output."""
        line = self.inside(self.names[0], f"exec {shlex.join(map(str, command))}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(["sh", "-c", line], env=self.environment, cwd=self.directory, capture_output=True,
                                  text=True, timeout=20, check=False).stdout
        return ""

    def state(self, job):
        """Fields of `scontrol show job`."""
        fields = self.call("scontrol", "show", "job", job).split()
        return dict(field.split("=", 1) for field in fields if "=" in field)
