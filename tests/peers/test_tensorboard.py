"""Event files of --tensorboard: TensorBoard's own readers take from them what metrics.jsonl has, also of a run that was
stopped, taken back to an earlier checkpoint and resumed.

PyPI has TensorBoard and Debian has not, so this is a part of .ci/run --full:

    PROGRAM=build/lockstep build-peers/bin/python tests/peers/test_tensorboard.py
"""

import pathlib
import sys
import unittest

from tensorboard import context
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.data import server_ingester
from tensorboard.util import grpc_util

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from test_log_files import RUN, read_board  # noqa: E402
from harness import Case, wait_until  # noqa: E402

ALL = {event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0}
LAST = 45
CONSTANT = [*RUN, "--schedule", "constant", "--log-every", 1]


def accumulate(directory):
    accumulator = event_accumulator.EventAccumulator(str(directory), ALL)
    accumulator.Reload()
    return accumulator


def scalars(accumulator):
    return {tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
            for tag in accumulator.Tags()["scalars"]}


def served(directory):
    """The scalars of TensorBoard's data server, its usual reader: a program that heeds no start, but discards a tag's
    values from a step on when that step comes again."""
    ingester = server_ingester.SubprocessServerDataIngester(
        server_binary=server_ingester.get_server_binary(), logdir=str(directory), reload_interval=0,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL, samples_per_plugin={"scalars": 0})
    ingester.start()
    tags = {}

    def is_read():
        """The last event, an epoch's, is there."""
        read = ingester.data_provider.read_scalars(context.RequestContext(), experiment_id="", plugin_name="scalars",
                                                   downsample=10**6)
        for found in read.values():
            tags.update(found)
        return "train/epoch" in tags and tags["train/epoch"][-1].step == LAST

    wait_until(is_read, "TensorBoard's data server")
    return {tag: [(datum.step, datum.value) for datum in data] for tag, data in tags.items()}


class TensorBoard(Case):
    def train_with(self, out, *arguments):
        self.train(out, *CONSTANT, "--tensorboard", self.dir / out / "board", *arguments)

    def resume(self, place, step):
        self.ok("train", "--resume", place, "--max-steps", step, "--progress", "off", "--keep", 100, "--tensorboard",
                self.dir / "parts" / "board")

    def test_a_run(self):
        self.train_with("run")
        accumulator = accumulate(self.dir / "run" / "board")
        wanted = read_board(self.dir / "run" / "board")
        del wanted["texts"]
        self.assertEqual(wanted, scalars(accumulator))
        self.assertEqual(wanted, served(self.dir / "run" / "board"))
        self.assertGreater(len(wanted), 15)

    def test_the_text(self):
        """As the text plugin finds it, in what TensorBoard's program reads."""
        self.train_with("run")
        accumulator = plugin_event_accumulator.EventAccumulator(str(self.dir / "run" / "board"))
        accumulator.Reload()
        self.assertEqual({"config": b""}, accumulator.PluginTagToContent("text"))
        event, = accumulator.Tensors("config")
        self.assertEqual((self.dir / "run" / "config.ini").read_text(), event.tensor_proto.string_val[0].decode())
        self.assertEqual((0, 7, 0), (event.step, event.tensor_proto.dtype, len(event.tensor_proto.tensor_shape.dim)))
        scalar = accumulator.Tensors("val/loss")
        self.assertEqual(read_board(self.dir / "run" / "board")["val/loss"],
                         [(event.step, event.tensor_proto.float_val[0]) for event in scalar])

    def test_resumed_is_never_stopped(self):
        """A reader that begins afterwards, and one that follows the run, see each step once, and no step of what was
        given up."""
        self.train_with("whole")
        wanted = scalars(accumulate(self.dir / "whole" / "board"))
        self.train_with("parts", "--max-steps", 15, "--keep", 100)
        follower = accumulate(self.dir / "parts" / "board")
        for place, step in [("parts", 20), ("parts", LAST), ("parts/checkpoints/step-000000015", LAST)]:
            self.resume(self.dir / place, step)
            follower.Reload()
        for accumulator in (follower, accumulate(self.dir / "parts" / "board")):
            found = scalars(accumulator)
            for values in (wanted, found):
                values.pop("train/samples_per_s", None)
            self.assertEqual(wanted, found)
        ends = {15, 20}  # where a start ended: its evaluation was one more, and the server keeps it
        for tag, values in served(self.dir / "parts" / "board").items():
            if tag != "train/samples_per_s":
                more = set(values) - set(wanted[tag])
                self.assertLessEqual({step for step, _ in more}, ends, tag)
                self.assertEqual(sorted({*wanted[tag], *more}), values, tag)


if __name__ == "__main__":
    unittest.main()
