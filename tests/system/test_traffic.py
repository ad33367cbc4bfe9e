"""What teams send to each other in a step, counted by tests/support/pmpi_traffic.c and compared with
what `plan` says, for teams of one rank each, powers of two or not, more of them than slices too.

    PROGRAM=build/lockstep BUILD_DIR=build tests/system/test_traffic.py        prints the table

A ring allreduce sends 2 n (P-1)/P parameters: the yardstick. A run of one step is subtracted from a run
of three, so that what is sent at start and end does not count.
"""

import json
import math
import os
import pathlib
import re
import unittest

import harness

BUILD_DIR = pathlib.Path(os.environ.get("BUILD_DIR", harness.SOURCE_DIR / "build")).absolute()
WRAPPER = BUILD_DIR / "tests" / "pmpi_traffic.so"
TEAMS = [2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 64]
SLICES = [16, 64, 256]
# Layers that fill the tiles of every kernel, and so many of them that 64 teams own nearly equal parts.
RUN = ["--data", "synthetic:samples=1024,features=960,classes=96", "--hidden", "384", "--batch", "256",
       "--team", "rank", "--threads", "1", "--exchange", "halving"]  # auto measures the network, whose speed also decides the number of buckets
PARAMETERS = 960 * 384 + 384 + 384 * 96 + 96
ONCE = ["--val-split", "0", "--eval-every", "never", "--verify-every", "never", "--noise-scale", "off"]
COLUMNS = ["messages", "bytes", "received_bytes", "collectives", "collective_bytes"]


class Traffic(harness.Case):
    def counts(self, teams, slices, steps):
        """What each rank sends in a whole run: a list of {column: number}, by rank; and the weights' hash."""
        out, lines = f"run{teams}-{slices}-{steps}", self.dir / f"lines{teams}-{slices}-{steps}"
        preload = ["env", f"LD_PRELOAD={WRAPPER}", f"MPI_TRAFFIC={lines}"]
        self.train(out, *RUN, *ONCE, "--slices", slices, "--max-steps", steps, ranks=teams, wrapper=preload)
        rows = sorted([int(word) for word in line.split()] for line in lines.read_text().splitlines())
        self.assertEqual(list(range(teams)), [row[0] for row in rows])
        return ([dict(zip(COLUMNS, row[1:], strict=True)) for row in rows],
                harness.read_json(self.dir / out / "summary.json")["weights_xxh3"])

    def per_step(self, teams, slices):
        (short, _), (long, weights) = self.counts(teams, slices, 1), self.counts(teams, slices, 3)
        for one, three in zip(short, long, strict=True):
            for name in COLUMNS:
                three[name], rest = divmod(three[name] - one[name], 2)
                self.assertEqual(0, rest, f"the steps of a run differ in their {name}")
        return long, weights

    def planned(self, teams, slices):
        """Bytes that a team sends and receives, messages that it sends, and the buckets they are for."""
        done = self.ok("plan", *RUN, "--slices", slices, "--ranks", teams, "--json")
        plan = json.loads(done.out)["plans"][0]
        return plan["team_bytes_per_step"], plan["team_messages_per_step"], plan["exchange_buckets"]

    def check_bounds(self, slices, teams, of_a_ring, messages):
        """Teams that hold one subtree each send no more than in a ring; no team sends many messages for a bucket."""
        rounds = math.ceil(math.log2(teams))
        if teams == 2**rounds:
            self.assertLessEqual(of_a_ring, 1.02)
            self.assertEqual(messages, 2 * rounds if teams <= slices else messages)
        self.assertLessEqual(of_a_ring, 2.51)
        self.assertLessEqual(messages, 3 * rounds + 1)

    def test_messages_and_bytes_of_a_step(self):
        print("\n  V   P     bytes  of a ring  messages  collectives   (the most of a team, per step)")
        for slices in SLICES:
            hashes = set()
            for teams in TEAMS:
                with self.subTest(slices=slices, teams=teams):
                    rows, weights = self.per_step(teams, slices)
                    hashes.add(weights)
                    most = {name: max(row[name] for row in rows) for name in COLUMNS}
                    ring = 2 * 4 * PARAMETERS * (teams - 1) / teams
                    print(f"{slices:3} {teams:3} {most['bytes']:9} {most['bytes'] / ring:10.3f} "
                          f"{most['messages']:9} {most['collectives']:12}", flush=True)
                    sent, received = (sum(row[name] for row in rows) for name in ("bytes", "received_bytes"))
                    self.assertEqual(sent, received)
                    # All busy teams but one pass on a sum, and all teams but its owner need a new weight.
                    self.assertGreaterEqual(sent, 4 * PARAMETERS * (min(slices, teams) - 1 + teams - 1))
                    moved = max(row["bytes"] + row["received_bytes"] for row in rows)
                    planned_bytes, planned_messages, buckets = self.planned(teams, slices)
                    self.assertAlmostEqual(1, moved / planned_bytes, delta=0.02)
                    self.assertEqual(most["messages"], planned_messages)
                    self.check_bounds(slices, teams, most["bytes"] / ring, most["messages"] / buckets)
            self.assertEqual(1, len(hashes), f"{slices} slices: the weights depend on the number of teams")

    def test_no_call_is_left_out(self):
        """Every call of src/comm/mpi.c is counted, or is known to send nothing that would count."""
        text = "\n".join(re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
                         for path in (harness.SOURCE_DIR / "src" / "comm").glob("*.c"))
        wrapper = (harness.SOURCE_DIR / "tests" / "support" / "pmpi_traffic.c").read_text(encoding="utf-8")
        counted = set(re.findall(r"^int (MPI_\w+)\(", wrapper, re.MULTILINE))
        silent = r"MPI_(Init|Finalized|Abort|Error|Get|Comm|Win|Wait|Test|Type|Iprobe|Barrier|Ibarrier)\w*"
        used = {name for name in re.findall(r"\b(MPI_[A-Z]\w*[a-z]\w*)\(", text) if not re.fullmatch(silent, name)}
        self.assertEqual(set(), used - counted)
        self.assertIn("MPI_Isend", used)


if __name__ == "__main__":
    unittest.main()
