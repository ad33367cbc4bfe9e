"""A bit of one rank's memory changes under the program: it ends with the team's name and exit code 71, writes
nothing of the wrong weights, and the run continues from its last good checkpoint to the bits of one that nothing
happened to. Such a bit went into checkpoints and models without a word before.
"""

import os
import subprocess
import unittest

import harness

NO_RESOURCE, VICTIM, RANKS = 71, 1, 3

# Without momentum there is no state, which exists once and cannot be compared between teams.
RUN = ["--data", "synthetic:samples=400,features=30,classes=3,test=40", "--hidden", "40", "--batch", "20", "--momentum",
       "0", "--epochs", "4", "--threads", "1", "--team", "rank", "--log-every", "1"]

# What the program hashes again and again are its weights. One call in the middle of the training finds another bit.
FLIP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

uint64_t XXH3_64bits_withSeed(const void *bytes, size_t size, uint64_t seed)
{
    static int calls;
    uint64_t (*real)(const void *, size_t, uint64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "XXH3_64bits_withSeed");
    if (size >= 1024 && ++calls == 300)
        *(unsigned char *)(uintptr_t)bytes ^= 1;
    return real(bytes, size, seed);
}
"""


class Verify(harness.Case):
    def setUp(self):
        super().setUp()
        source, library = self.dir / "flip.c", self.dir / "flip.so"
        source.write_text(FLIP)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        preload = f'[ {harness.RANK} = {VICTIM} ] && export LD_PRELOAD="{library}"; exec "$@"'
        self.wrapper = ["sh", "-c", preload, "sh"]

    def test_a_bit_in_one_ranks_memory(self):
        self.train("sound", *RUN, ranks=RANKS)
        place = self.dir / "run"
        done = harness.run("train", *RUN, "--out", place, "--progress", "off", "--verify-every", "1",
                           "--checkpoint-every", "1ep", ranks=RANKS, wrapper=self.wrapper)
        self.assert_failure(done, NO_RESOURCE, [f"team {VICTIM} (rank {VICTIM} on host ", "the weights of layer",
                                                f"--resume {place}/checkpoints/step-0000000"])
        self.assertEqual("", done.out)
        self.assertEqual({"config.ini", "metrics.jsonl", "summary.json", "checkpoints"},
                         {path.name for path in place.iterdir()})
        summary, end = harness.read_json(place / "summary.json"), harness.read_events(place / "metrics.jsonl")[-1]
        for result in (summary, end):
            self.assertEqual(("corrupted", None), (result["stopped_by"], result["weights_xxh3"]))
        kept = max(int(path.name[5:]) for path in (place / "checkpoints").glob("step-*"))
        self.assertLessEqual(kept, summary["steps_done"])
        self.assertLess(summary["steps_done"], 80)
        self.ok("train", "--resume", place, "--progress", "off", ranks=RANKS)
        self.assertEqual((self.dir / "sound" / "model.safetensors").read_bytes(),
                         (place / "model.safetensors").read_bytes())

    def test_not_verified(self):
        """Else the test above would not show that it is the verification that finds it."""
        self.ok("train", *RUN, "--out", self.dir / "run", "--progress", "off", "--verify-every", "never", ranks=RANKS,
                wrapper=self.wrapper)


if __name__ == "__main__":
    unittest.main()
