"""Ranks that enter different collective calls say so and end.

Such a bug was a hang, in which nothing showed the call that one rank had missed.
"""

import os
import re
import unittest

import harness

BUG = 70
RANKS = 3
PROGRAM = os.path.join(os.environ.get("BUILD_DIR", harness.SOURCE_DIR / "build"), "tests", "ranks_collectives")
CALLS = {"call": ("comm_agree", "comm_broadcast"), "place": ("comm_agree", "comm_agree"),
         "rest": ("comm_barrier", "comm_rest"), "team": ("comm_barrier", "teams_take")}


class Collectives(harness.Case):
    def test_different_calls_end_the_job(self):
        for name, (most, last) in CALLS.items():
            with self.subTest(name):
                done = harness.Running([*harness.MPIEXEC, "-n", str(RANKS), PROGRAM, name]).end()
                self.assertEqual(BUG, done.code, done)
                found = re.findall(r"^lockstep: rank (\d) of 3: the ranks have entered different collective calls: "
                                   r"ranks 0-1: (\w+) at collectives\.c:(\d+); rank 2: (\w+) at collectives\.c:(\d+)$",
                                   done.err, re.MULTILINE)
                self.assertTrue(found, done)
                for rank, first_call, first_line, last_call, last_line in found:
                    self.assertIn(rank, "012")
                    self.assertEqual((most, last), (first_call, last_call))
                    self.assertNotEqual(first_line, last_line)


if __name__ == "__main__":
    unittest.main()
