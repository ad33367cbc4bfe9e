"""scripts/quickstart from its first line to a trained network, but for the build: in containers too."""

import os
import pathlib
import shutil
import subprocess
import unittest

import harness

FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")

# In a name space of its own: Docker's /dev/shm, and Fashion-MNIST is not installed if "$1" names it.
CONTAINER = """
mount -t tmpfs -o size=64m tmpfs /dev/shm || exit
[ -z "$1" ] || mount -t tmpfs tmpfs "$1" || exit
shift
exec "$@"
"""
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def container(hidden, *command):
    return [*UNSHARE, "sh", "-c", CONTAINER, "sh", hidden, *map(str, command)]


class Quickstart(harness.Case):
    def setUp(self):
        """A tree that is built already, with a cmake that finds nothing to do."""
        super().setUp()
        probe = subprocess.run(container("", "true"), capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"no name space of mounts can be had: {probe.stderr}")
        for folder in ("build", "bin"):
            (self.dir / folder).mkdir()
        shutil.copytree(harness.SOURCE_DIR / "scripts", self.dir / "scripts")
        (self.dir / "build" / "lockstep").symlink_to(harness.PROGRAM)
        (self.dir / "bin" / "cmake").write_text("#!/bin/sh\n")
        (self.dir / "bin" / "cmake").chmod(0o755)
        (self.dir / "bin" / "mpirun").symlink_to(shutil.which(harness.MPIEXEC[0]))

    def quickstart(self, hidden=""):
        """Without what tests tell Open MPI about root: the script must do that."""
        bare = ["env", "-u", "OMPI_ALLOW_RUN_AS_ROOT", "-u", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]
        path = f"{self.dir / 'bin'}:{os.environ['PATH']}"
        command = container(hidden, *bare, self.dir / "scripts" / "quickstart", "--no-install")
        done = harness.Running(command, {"PATH": path}).end(timeout_s=400)
        self.assertEqual(0, done.code, done)
        self.assertIn("quickstart: the results are in", done.err)
        self.assert_no_crash(done)
        return done, harness.read_json(self.dir / "runs" / "quickstart" / "summary.json")

    def test_synthetic_data_in_a_container(self):
        """The ranks could not share the data in 64 MB, so the first thing a newcomer saw was an error."""
        done, summary = self.quickstart(hidden=str(FASHION_MNIST) if FASHION_MNIST.is_dir() else "")
        self.assertIn("Training on synthetic data", done.err)
        self.assertEqual("epochs", summary["stopped_by"])
        if summary["ranks"] > 1:
            self.assertIn("--shm-size", done.err)
            self.assertEqual("rank", summary["team"])

    @unittest.skipUnless(FASHION_MNIST.is_dir(), "dataset-fashion-mnist is not installed")
    def test_fashion_mnist_in_a_container(self):
        """Bytes, not numbers, so there is room."""
        done, summary = self.quickstart()
        self.assertNotIn("--shm-size", done.err)
        self.assertEqual("node", summary["team"])
        self.assertGreater(summary["test_accuracy"], 0.85)


if __name__ == "__main__":
    unittest.main()
