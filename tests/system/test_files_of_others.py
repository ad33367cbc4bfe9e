"""Files that are not lockstep's: none is waited for, written through, replaced or removed."""

import os
import shutil
import signal
import subprocess
import unittest

import harness

BAD_DATA, NO_INPUT, CANNOT_CREATE, IO = 65, 66, 73, 74
RUN = ["--data", "synthetic:samples=210,features=6,classes=3", "--hidden", "8", "--batch", "35", "--threads", "1"]


class Streams(harness.Case):
    """A FIFO or device in the place of a file kept train waiting for ever, where the first SIGTERM was only noted."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.dir / "fifo")

    def not_waited_for(self, *arguments, says="is not a regular file"):
        self.refused(NO_INPUT, *arguments, says=says, timeout_s=20)

    def test_inputs(self):
        fifo = self.dir / "fifo"
        for name in ("fifo.csv", "fifo.npy", "fifo-images-idx3-ubyte", "fifo-labels-idx1-ubyte", "fifo.ini"):
            os.mkfifo(self.dir / name)
        self.train("run", *RUN, "--max-steps", 2)
        table = self.dir / "table.csv"
        table.write_text("a,b\n1,0\n2,1\n")
        images = self.dir / "fifo-images-idx3-ubyte"
        for data in (fifo, self.dir / "fifo.csv", "/dev/zero", f"{fifo},{fifo}", self.dir / "fifo.npy",
                     f"{self.dir}/fifo.npy,{self.dir}/fifo.npy", images):
            with self.subTest(data=data):
                self.not_waited_for("train", "--data", data, "--out", self.dir / "out", says="regular file")
                self.not_waited_for("eval", self.dir / "run", "--data", data, says="regular file")
        for option in ("--val-data", "--test-data"):
            self.not_waited_for("train", "--data", table, option, self.dir / "fifo.csv", "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--init-from", fifo, "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--init-from", "/dev/zero", "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--config", self.dir / "fifo.ini")
        self.not_waited_for("plan", *RUN, "--figures", fifo)
        self.not_waited_for("eval", fifo, "--data", table)
        self.not_waited_for("predict", fifo, "--data", table)
        self.not_waited_for("predict", self.dir / "run", "--data", "/dev/zero")
        self.assertFalse((self.dir / "out").exists())

    def test_predict_from_a_fifo(self):
        """A stream that the user names is read as it comes, and one signal ends the wait for it."""
        self.train("run", *RUN, "--max-steps", 2)
        rows = "1,2,3,4,5,6\n6,5,4,3,2,1\n"
        (self.dir / "rows.csv").write_text(rows)
        wanted = self.ok("predict", self.dir / "run", "--data", self.dir / "rows.csv").out
        running = harness.Running(harness.command_of(["predict", self.dir / "run", "--data", self.dir / "fifo"]))
        (self.dir / "fifo").write_text(rows)
        done = running.end()
        self.assertEqual((0, wanted), (done.code, done.out), done)
        for number in (signal.SIGTERM, signal.SIGINT):
            running = harness.Running(harness.command_of(["predict", self.dir / "run", "--data", self.dir / "fifo"]))
            self.addCleanup(running.kill)
            writer = os.open(self.dir / "fifo", os.O_WRONLY)  # once the program has opened it too
            running.process.send_signal(number)
            self.assertEqual(-number, running.end(20).code)
            os.close(writer)
        self.refused(64, "predict", self.dir / "run", "--data", self.dir / "fifo", ranks=2, says="omit mpirun")

    def test_predict_from_standard_input(self):
        self.train("run", *RUN, "--max-steps", 2)
        for number in (signal.SIGTERM, signal.SIGINT):
            program = subprocess.Popen(harness.command_of(["predict", self.dir / "run", "--data", "-"]),
                                       env=harness.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            program.stdin.write(b"1,2,3,4,5,6\n" * 1000)
            program.stdin.flush()
            self.assertTrue(program.stdout.read(1))  # so it is past its start, and waits for more
            program.send_signal(number)
            self.assertEqual(-number, program.wait(20))
            program.stdin.close()
            program.stdout.close()


class Others(harness.Case):
    """What others have put into a directory, or where links lead from it, is as it was afterwards."""

    def setUp(self):
        super().setUp()
        self.docs = self.dir / "docs"
        self.docs.mkdir()
        for name in ("thesis.txt", "model.safetensors", "state.json"):
            (self.docs / name).write_text("mine")

    def tree(self, path):
        """All that is below, links as links."""
        return {str(entry.relative_to(path)): os.readlink(entry) if entry.is_symlink() else entry.read_bytes()
                if entry.is_file() else None for entry in sorted(path.rglob("*"))}

    def untouched(self, code, *arguments, says, places=(), **settings):
        """Refused, and so early that not even the data are looked for."""
        before = [self.tree(place) for place in (self.docs, *places)]
        self.refused(code, *arguments, "--data", self.dir / "no data", says=says, **settings)
        self.assertEqual(before, [self.tree(place) for place in (self.docs, *places)])

    def link(self, place, to=None):
        place.symlink_to(os.path.relpath(to or self.docs, place.parent))

    def test_links_among_the_checkpoints(self):
        """A resumed run removed the files behind a link that had the name of an older or newer checkpoint, or of one
        that was being written."""
        self.train("run", *RUN, "--epochs", "none", "--max-steps", 3)
        checkpoints = self.dir / "run" / "checkpoints"
        links = ["step-000000001", "step-000000999", ".step-000000006.part", ".step-000000099.part"]
        for name in links:
            self.link(checkpoints / name)
        before = self.tree(self.docs)
        done = self.ok("train", "--resume", self.dir / "run", "--max-steps", 6, "--keep", 1, "--progress", "off")
        self.assertIn("step-000000999 is a symbolic link", done.err)
        self.assertEqual(before, self.tree(self.docs))
        self.assertEqual({*links, "step-000000006"}, {path.name for path in checkpoints.iterdir()})
        self.train("run", *RUN, "--max-steps", 4, "--overwrite")
        self.assertEqual(before, self.tree(self.docs))
        self.assertEqual({*links, "step-000000004"}, {path.name for path in checkpoints.iterdir()})

    def test_directories_of_others(self):
        """--overwrite deleted what lay in OUT/checkpoints, whoever had put it there, also through a link; --resume auto
        took any directory with a config.ini for a run's."""
        place = self.dir / "mine"
        checkpoints = place / "checkpoints"
        for make in (lambda: (place / "photo.jpg").write_text("x"),
                     lambda: (checkpoints / "step-000000003").mkdir(parents=True),
                     lambda: (checkpoints / "photo.jpg").write_text("x"),
                     lambda: (checkpoints / "step-000000003" / "state.json").write_text("{}"),
                     lambda: (place / "config.ini").write_text("[app]\ntitle = mine\n"),
                     lambda: (place / "model.safetensors").write_text("precious"),
                     lambda: (place / "config.ini").write_text("[train]\n# lockstep train --config FILE\n"),
                     lambda: self.link(checkpoints / "step-000000009")):
            place.mkdir(exist_ok=True)
            make()
            for arguments in ([], ["--overwrite"], ["--resume", "auto"]):
                self.untouched(CANNOT_CREATE, "train", *RUN[2:], "--out", place, *arguments,
                               says=["mine is not empty", "no run made by lockstep"], places=[place])
            self.untouched(CANNOT_CREATE, "sweep", "--out", place, "--batch", "10,20", "--overwrite",
                           says="mine is not empty and holds no sweep", places=[place])
            if (place / "config.ini").exists():
                self.untouched(CANNOT_CREATE, "train", "--resume", place, says="no run made by lockstep", places=[place])
        self.untouched(CANNOT_CREATE, "train", *RUN[2:], "--out", place, "--overwrite", ranks=2,
                       says="no run made by lockstep", places=[place])
        self.link(self.dir / "link")  # to OUT, which is the user's and is followed
        self.untouched(CANNOT_CREATE, "train", *RUN[2:], "--out", self.dir / "link", "--overwrite",
                       says="no run made by lockstep")

    def test_links_up_to_the_directory(self):
        (self.dir / "disk").mkdir()
        self.link(self.dir / "out", self.dir / "disk")
        self.train("out", *RUN, "--max-steps", 2)
        self.train("out/a", *RUN, "--max-steps", 2)
        self.train("out", *RUN, "--max-steps", 2, "--overwrite")
        self.ok("train", "--resume", self.dir / "out", "--max-steps", 3, "--progress", "off")
        self.assertTrue((self.dir / "disk" / "model.safetensors").is_file())
        self.assertTrue((self.dir / "out").is_symlink())

    def test_links_in_the_place_of_files(self):
        for name in ("config.ini", "metrics.jsonl", "summary.json", "model.safetensors", "checkpoints"):
            self.train(name, *RUN, "--max-steps", 2)
            place = self.dir / name / name
            place.rename(self.docs / name)
            self.link(place, self.docs / name)
            with self.subTest(name=name):
                for arguments in (["--overwrite"], ["--resume", "auto"]):
                    self.untouched(CANNOT_CREATE, "train", *RUN[2:], "--out", self.dir / name, *arguments,
                                   says=f"{name}/{name} is a symbolic link", places=[self.dir / name])
                self.untouched(CANNOT_CREATE, "train", "--resume", self.dir / name, "--max-steps", 9,
                               says=f"{name}/{name} is a symbolic link", places=[self.dir / name])

    def test_fifos_in_the_place_of_files(self):
        for name in ("config.ini", "metrics.jsonl", "summary.json", "model.safetensors", "checkpoints"):
            self.train(name, *RUN, "--max-steps", 2)
            place = self.dir / name / name
            place.rename(self.docs / name)
            os.mkfifo(place)
            for arguments in (["--out", self.dir / name, "--overwrite"], ["--resume", self.dir / name]):
                with self.subTest(name=name, arguments=arguments):
                    done = harness.run("train", *RUN, *arguments, timeout_s=20)
                    self.assert_failure(done, CANNOT_CREATE, f"{name}/{name} is neither a file nor a directory")
            self.assertTrue(place.is_fifo())

    def test_overwrite_removes_its_own_only(self):
        self.train("run", *RUN, "--max-steps", 2)
        run = self.dir / "run"
        (run / "notes").mkdir()
        (run / "notes" / "file").write_text("mine")
        (run / "checkpoints" / "photo.jpg").write_text("mine")
        (run / "checkpoints" / "step-000000002" / "notes").write_text("mine")
        (run / "model.safetensors.old.part").write_text("mine")
        done = self.train("run", *RUN, "--max-steps", 3, "--overwrite")
        self.assertEqual(1, len(done.warnings), done)
        self.assertRegex(done.warnings[0], "was not written by lockstep and is left unchanged; and 3 more")
        mine = {name for name, content in self.tree(run).items() if content == b"mine"}
        self.assertEqual({"notes/file", "checkpoints/photo.jpg", "checkpoints/step-000000002/notes",
                          "model.safetensors.old.part"}, mine)
        self.assertEqual({"step-000000003", "step-000000002", "photo.jpg"},
                         {path.name for path in (run / "checkpoints").iterdir()})

    def test_marked_before_anything_is_made(self):
        """A run that is killed at any time leaves a directory that the next one takes."""
        limited = ("prlimit", "--fsize=1000")  # there is no room for the config file
        done = harness.run("train", *RUN, "--out", self.dir / "run", wrapper=limited)
        self.assert_failure(done, IO, "config.ini")
        self.assertEqual({}, self.tree(self.dir / "run"))
        (self.dir / "run" / "config.ini.0123456789abcdef.part").write_text("# lock")
        self.train("run", *RUN, "--max-steps", 2)
        self.assertEqual([], list((self.dir / "run").glob("*.part")))
        for attempt in range(8):
            out = self.dir / f"killed{attempt}"
            running = harness.Running(harness.command_of(["train", *RUN, "--epochs", 10**6, "--out", out]))
            harness.wait_until(out.exists, "the run's directory")
            running.kill()
            running.end()
            self.ok("train", *RUN, "--max-steps", 2, "--epochs", "none", "--out", out, "--progress", "off",
                    "--overwrite")

    def test_a_sweep_and_a_run(self):
        """Neither takes the other's directory."""
        self.train("run", *RUN, "--max-steps", 2)
        self.ok("sweep", *RUN[:4], "--batch", "20", "--epochs", 1, "--out", self.dir / "sweep")
        self.untouched(CANNOT_CREATE, "sweep", "--out", self.dir / "run", "--batch", "10", "--overwrite",
                       says="holds a run, not a sweep", places=[self.dir / "run"])
        self.untouched(CANNOT_CREATE, "train", "--out", self.dir / "sweep", "--overwrite",
                       says="holds a sweep, not a run", places=[self.dir / "sweep"])

    def test_runs_of_a_sweep(self):
        """What has the name of a run and is none; links; what others put beside and into runs."""
        sweep = ["sweep", *RUN[:4], "--batch", "20", "--epochs", 1, "--lr", "0.02", "--progress", "off", "--out"]
        name = "b00020-lr0.02-s1"
        for kind, says in (("link", "is a symbolic link"), ("file", "is a regular file"), ("mine", "no run made by lockstep"),
                           ("all", "runs is a symbolic link"), ("json", "sweep.json is a symbolic link")):
            place = self.dir / kind
            self.ok(*sweep, place)
            run = place / "runs" / name
            if kind in ("link", "file", "mine"):
                shutil.rmtree(run)
            if kind == "link":
                self.link(run)
            elif kind == "file":
                run.write_text("mine")
            elif kind == "mine":
                (run / "checkpoints").mkdir(parents=True)
                (run / "checkpoints" / "photo.jpg").write_text("mine")
            else:
                moved = place / ("runs" if kind == "all" else "sweep.json")
                moved.rename(self.docs / moved.name)
                self.link(moved, self.docs / moved.name)
            for overwrite in ([], ["--overwrite"]):
                self.untouched(CANNOT_CREATE, *sweep, place, *overwrite, says=says, places=[place])
        place = self.dir / "sweep"
        self.ok(*sweep, place)
        run = place / "runs" / name
        (run / "notes").write_text("mine")
        (run.parent / f"{name}x").mkdir()
        (run.parent / f"{name}x" / "file").write_text("mine")
        self.link(run / "checkpoints" / "step-000000001")
        before = self.tree(self.docs)
        done = self.ok(*sweep, place, "--overwrite")
        self.assertIn("left unchanged", done.err)
        self.assertEqual("mine", (run / "notes").read_text() + (run.parent / f"{name}x" / "file").read_text()[4:])
        self.assertEqual(before, self.tree(self.docs))
        self.assertEqual(1, len(harness.read_json(place / "sweep.json")["runs"]))

    def test_results_in_the_place_of_what_was_read(self):
        """predict and report replaced the model, the data or the log of a run without a word, which then was lost."""
        self.train("run", *RUN, "--max-steps", 3)
        run, table = self.dir / "run", self.dir / "rows.csv"
        table.write_text("1,2,3,4,5,6\n6,5,4,3,2,1\n")
        (self.dir / "link").symlink_to(table)
        shutil.copy(run / "model.safetensors", self.dir / "model")
        state, = (run / "checkpoints").glob("step-*/state.json")
        before = self.tree(self.dir)
        for model, out in ((run, run / "model.safetensors"), (self.dir / "model", self.dir / "model"), (run, table),
                           (run, self.dir / "link"), (run, run / "config.ini"), (run, run / "metrics.jsonl"),
                           (run, state)):
            self.refused(CANNOT_CREATE, "predict", model, "--data", table, "--out", out, says=f"--out {out} is ")
        self.refused(CANNOT_CREATE, "report", run, "--out", run / "summary.json", says="part of a run")
        self.assertEqual(before, self.tree(self.dir))
        self.ok("predict", run, "--data", table, "--out", run / "answers.csv")
        self.ok("predict", run, "--data", table, "--out", run / "answers.csv")
        self.ok("report", run)
        self.ok("report", run)

    def test_report_beside_a_link(self):
        """The page's place in a run's directory is lockstep's choice; a path of the user's is the user's."""
        self.train("run", *RUN, "--max-steps", 2)
        self.link(self.dir / "run" / "report.html", self.docs / "thesis.txt")
        self.refused(CANNOT_CREATE, "report", self.dir / "run", says="report.html is a symbolic link")
        self.assertEqual("mine", (self.docs / "thesis.txt").read_text())
        self.ok("report", self.dir / "run", "--out", self.dir / "run" / "report.html")
        self.assertIn("<html", (self.docs / "thesis.txt").read_text())


class Checkpoints(harness.Case):
    """Trouble with an old checkpoint, or with a thing that is none, ended healthy runs and blocked --resume."""

    def setUp(self):
        super().setUp()
        self.run_dir = self.dir / "run"
        self.checkpoints = self.run_dir / "checkpoints"

    def names(self):
        return sorted(path.name for path in self.checkpoints.iterdir())

    def resume(self, *arguments, **settings):
        return self.ok("train", "--resume", self.run_dir, "--progress", "off", *arguments, **settings)

    def warned(self):
        return [event["text"] for event in harness.read_events(self.run_dir / "metrics.jsonl")
                if event["event"] == "warning"]

    def test_one_that_cannot_be_removed(self):
        """Such as with a subdirectory in it: that is said once, and the run goes on."""
        self.train("run", *RUN, "--epochs", "none", "--max-steps", 3)
        (self.checkpoints / "step-000000003" / "mine").mkdir()
        done = self.resume("--keep", 1, "--max-steps", 100, "--checkpoint-every", 1)
        self.assertEqual(1, len(done.warnings), done)
        self.assertIn("step-000000003/mine was not written by lockstep", done.warnings[0])
        self.assertEqual([done.warnings[0].split("warning: ")[1]], self.warned())
        done = self.resume("--keep", 1, "--max-steps", 110)
        self.assertEqual([], done.warnings)
        self.assertEqual(["step-000000003", "step-000000110"], self.names())

    def as_user(self, *arguments):
        """Root may do everything, so a copy of the program runs as nobody."""
        if os.geteuid() != 0:
            return self.ok(*arguments)
        program = self.dir / "lockstep"
        if not program.exists():
            shutil.copy(harness.PROGRAM, program)
        for path in [self.dir, *self.dir.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        done = harness.Running(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program,
                                *map(str, arguments)]).end()
        self.assertEqual((0, []), (done.code, done.messages), done)
        return done

    def test_no_permission(self):
        train = ["train", *RUN, "--epochs", "none", "--progress", "off", "--out", self.run_dir]
        self.as_user(*train, "--max-steps", 3)
        old, new = (self.checkpoints / f"step-{step:09}" for step in (3, 6))
        old.chmod(0o500)
        resume = ["train", "--resume", self.run_dir, "--progress", "off", "--keep", 1]
        done = self.as_user(*resume, "--checkpoint-every", 1, "--max-steps", 6)
        self.assertEqual(1, len(done.warnings), done)
        self.assertIn("cannot remove", done.warnings[0])
        self.assertEqual(["step-000000003", "step-000000006"], self.names())
        self.assertTrue((old / "state.json").exists() and (old / "model.safetensors").exists())
        new.chmod(0)
        done = self.as_user(*resume, "--max-steps", 9)
        self.assertIn("step-000000006", done.warnings[0])
        self.assertIn("Permission denied", done.warnings[0])
        self.assertEqual(["step-000000003", "step-000000006", "step-000000009"], self.names())
        for path in (old, new):
            path.chmod(0o700)

    def test_what_is_no_checkpoint(self):
        """Of any kind, newer than the sound one: passed over, left, and no obstacle when its step is reached."""
        self.train("whole", *RUN, "--epochs", "none", "--max-steps", 12)
        wanted = (self.dir / "whole" / "model.safetensors").read_bytes()
        name = self.checkpoints / "step-000000009"
        for kind in ("file", "fifo", "link", "dangling", "directory", "state"):
            shutil.rmtree(self.run_dir, ignore_errors=True)
            self.train("run", *RUN, "--epochs", "none", "--max-steps", 3)
            if kind == "file":
                name.write_text("mine")
            elif kind == "fifo":
                os.mkfifo(name)
            elif kind in ("link", "dangling"):
                name.symlink_to("step-000000003" if kind == "link" else "nowhere")
            else:
                name.mkdir()
                (name / "mine").write_text("mine")
            if kind == "state":
                (name / "state.json").symlink_to("../step-000000003/state.json")
            before = os.lstat(name)
            with self.subTest(kind=kind):
                done = self.resume("--max-steps", 9)
                self.assertIn("an earlier checkpoint is used", done.err)
                self.assertIn("no checkpoint is written as step-000000009", self.warned()[0])
                self.resume("--max-steps", 12)
                self.assertEqual(wanted, (self.run_dir / "model.safetensors").read_bytes())
                self.assertEqual((before.st_ino, before.st_mode), (os.lstat(name).st_ino, os.lstat(name).st_mode))
                self.assertIn("step-000000012", self.names())

    def test_removed_in_mid_run(self):
        """Their directory is made anew."""
        running = harness.Running(harness.command_of(
            ["train", *RUN, "--epochs", 10**9, "--eval-every", "never", "--checkpoint-every", 100, "--log-every", 10**6,
             "--progress", "off", "--out", self.run_dir]))
        self.addCleanup(running.kill)
        for attempt in range(6):
            harness.wait_until(lambda: any(self.checkpoints.glob("step-*")), "a checkpoint")
            if attempt % 2:
                shutil.rmtree(self.checkpoints, ignore_errors=True)  # perhaps while one is written into it
            else:
                self.checkpoints.rename(self.dir / f"aside{attempt}")
        harness.wait_until(lambda: any(self.checkpoints.glob("step-*")), "a checkpoint")
        running.process.send_signal(signal.SIGTERM)
        done = running.end()
        self.assert_failure(done, 75, "--resume")
        self.resume("--max-steps", int(self.names()[-1][5:]) + 3, "--epochs", "none")


if __name__ == "__main__":
    unittest.main()
