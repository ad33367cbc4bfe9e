"""`bench scaling` and `bench reduce` on several hosts: layouts fill one host after the other, however the launcher has placed the ranks,
and all of them train the same bits. The first ranks were taken before, i.e. one of each host with --map-by node.
"""

import json
import unittest

from hosts import Case, Hosts, harness

RUN = ["bench", "scaling", "--data", "synthetic:samples=600,features=10,classes=3", "--hidden", "12", "--batch", "128",
       "--seconds", "0.01", "--repeats", "1", "--threads", "1", "--json", "--progress", "off"]


class Scaling(Case):
    def test_host_by_host(self):
        with Hosts(3, self.dir) as hosts:
            for mapping in ("slot", "node"):
                command = ["mpirun", "-n", "6", "--map-by", mapping, "--hostfile", hosts.hostfile, harness.PROGRAM, *RUN]
                done = harness.Running(hosts.launched(command, 2)).end()
                self.assertEqual(0, done.code, done)
                report = json.loads(done.out)
                self.assertEqual((3, hosts.names), (report["hosts"], report["host_names"]))
                results = report["results"]
                self.assertEqual([("2x1", 1), ("4x1", 2), ("6x1", 3), ("1x1", 1)] * 2,
                                 [(row["layout"], row["hosts"]) for row in results["rows"]])
                for row in results["rows"]:
                    self.assertAlmostEqual(row["speed_up"] / row["hosts"], row["host_efficiency"])
                    self.assertAlmostEqual(row["speed_up"] * 2 / row["ranks"], row["efficiency"])
                self.assertTrue(results["verification"]["verified"])

    def test_messages_go_to_another_host(self):
        with Hosts(2, self.dir) as hosts:
            command = ["mpirun", "-n", "4", "--map-by", "slot", "--hostfile", hosts.hostfile, harness.PROGRAM, "bench", "reduce",
                       "--seconds", "0.001", "--repeats", "1", "--json", "--progress", "off"]
            done = harness.Running(hosts.launched(command, 2)).end()
            self.assertEqual(0, done.code, done)
            message = json.loads(done.out)["results"]["message"]
            self.assertEqual((*hosts.names, False), (message["from"], message["to"], message["same_host"]))


if __name__ == "__main__":
    unittest.main()
