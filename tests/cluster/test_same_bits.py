"""The same bits on 1, 2, 3 and 4 hosts, with one rank or two on each, as teams of a host or of a rank."""

import unittest

from hosts import Case, Hosts, harness

# 7 slices, which no number of hosts here divides; a tail; a validation set; momentum, so that state moves too.
RUN = ["train", "--data", "synthetic:samples=1003,features=60,classes=7,test=77", "--hidden", "33,17", "--batch",
       "300", "--slices", "7", "--epochs", "2", "--lr", "0.05", "--momentum", "0.9", "--optimizer", "sgd",
       "--threads", "1", "--progress", "off"]


class SameBits(Case):
    def result(self, out):
        summary = harness.read_json(self.dir / out / "summary.json")
        figures = {name: summary[name] for name in ("weights_xxh3", "train_loss", "val_loss", "test_loss", "steps_done")}
        return (self.dir / out / "model.safetensors").read_bytes(), figures, (summary["hosts"], summary["teams"])

    def test_hosts_ranks_teams(self):
        self.ok(*RUN, "--out", self.dir / "one")
        model, figures, _ = self.result("one")
        for count in (1, 2, 3, 4):
            with Hosts(count, self.dir) as hosts:
                for ranks, team, teams in ((1, "node", count), (2, "node", count), (2, "rank", 2 * count)):
                    with self.subTest(hosts=count, ranks=ranks, team=team):
                        out = f"run{count}-{ranks}-{team}"
                        done = harness.Running(
                            hosts.command([*RUN, "--team", team, "--out", self.dir / out], ranks)).end()
                        self.assertEqual(0, done.code, done)
                        other, others, place = self.result(out)
                        self.assertEqual((count, teams), place)
                        self.assertEqual(figures, others)
                        self.assertTrue(model == other, "the model files differ")


if __name__ == "__main__":
    unittest.main()
