"""It learns: Fashion-MNIST, B=128, test accuracy of at least 0.88 within 20 epochs; six are enough."""

import unittest

import harness

RUN = ["--data", "fashion-mnist", "--scale", "standard", "--hidden", "256,128", "--batch", "128", "--epochs",
       "6", "--lr", "0.02", "--momentum", "0.9"]


class Learns(harness.Case):
    def test_fashion_mnist(self):
        done = self.ok("train", *RUN, "--out", self.dir / "run", ranks=2, timeout_s=300)
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual((60000, 10000, 784, 10, 469, 2814), tuple(
            summary[name] for name in ("train_samples", "test_samples", "features", "classes",
                                       "steps_per_epoch", "steps_done")))
        self.assertGreaterEqual(summary["test_accuracy"], 0.88, done)
        self.assertLess(summary["train_loss"], 0.25, done)
        losses = [event["train_loss"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                  if event["event"] == "epoch"]
        self.assertEqual(sorted(losses, reverse=True), losses, "each epoch is better than the one before")
        self.assertLess(summary["peak_rss_bytes"], 400e6, "memory of a rank")

    def test_a_regression(self):
        """A linear model finds a linear teacher: what is left is the noise."""
        self.train("values", "--data", "synthetic:samples=4000,features=20,targets=3,noise=0.1,test=1000",
                   "--hidden", "none", "--batch", "100", "--epochs", "10", "--lr", "0.02")
        summary = harness.read_json(self.dir / "values" / "summary.json")
        self.assertGreater(summary["test_r2"], 0.98)
        self.assertLess(abs(summary["test_mse"] - 0.01), 0.002, "noise 0.1 squared")

    def test_random_labels_teach_nothing(self):
        """Else the accuracy above could be an accident of counting."""
        self.train("random", "--data", "synthetic:samples=5000,features=10,classes=4,labels=random,test=5000",
                   "--hidden", "8", "--batch", "100", "--epochs", "2", "--lr", "0.05")
        summary = harness.read_json(self.dir / "random" / "summary.json")
        self.assertLess(abs(summary["test_accuracy"] - 0.25), 0.03)


if __name__ == "__main__":
    unittest.main()
