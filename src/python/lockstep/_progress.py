"""What is seen of a fit while it runs, and how it is stopped: a bar or lines, the history of its epochs, Ctrl-C."""

import atexit
import math
import os
import signal
import sys
import threading
import time
import warnings

from . import _library

MOST_WAIT_S = 30  # at the end of the process, for a fit to stop after its step
INTERVAL_S = 0.1  # between calls after steps: a call takes microseconds, as a small step does


class Interrupt:
    """While it is entered, Ctrl-C sets `came` instead of raising KeyboardInterrupt somewhere in a callback."""

    def __init__(self):
        self.came, self._former = False, None

    def _note(self, *_):
        self.came = True

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            self._former = signal.getsignal(signal.SIGINT)
            if callable(self._former):
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        if callable(self._former):
            signal.signal(signal.SIGINT, self._former)


def _line(entry, steps, total_steps):
    figures = "  ".join(f"{name} {value:.4f}" for name, value in entry.items() if isinstance(value, float) and name != "seconds")
    return f"epoch {entry['epoch']}, step {steps}/{total_steps}: {figures}"


class _Bar:
    """tqdm's bar, which works in notebooks too, or a line every few seconds without tqdm."""

    def __init__(self):
        self._bar, self._last = None, 0.0
        try:
            from tqdm.auto import tqdm
            self._tqdm = tqdm
        except ImportError:
            self._tqdm = None

    def show(self, progress, entry):
        total = progress.total_steps if progress.total_steps < 2**62 else None
        if self._tqdm:
            if self._bar is None:
                self._bar = self._tqdm(total=total, unit="step", desc="lockstep")
            self._bar.update(progress.step - self._bar.n)
            self._bar.set_postfix_str(f"loss {progress.loss:.4f}" if not entry else _figures(entry), refresh=False)
        elif time.monotonic() - self._last >= 2:
            self._last = time.monotonic()
            print(f"step {progress.step}/{total or '?'}: loss {progress.loss:.4f}", file=sys.stderr, flush=True)

    def close(self):
        if self._bar is not None:
            self._bar.close()


def _figures(entry):
    return " ".join(f"{name} {value:.4f}" for name, value in entry.items() if name.endswith(("loss", "accuracy", "r2")))


_watches = set()  # of the fits that run
_ending = threading.Event()
os.register_at_fork(after_in_child=_watches.clear)  # their threads stay in the parent


@atexit.register
def _end():
    """Stops the fits of daemon threads: a call of theirs into an interpreter that is gone would end the process in a crash."""
    _ending.set()
    for watch in list(_watches):
        watch.ended.wait(MOST_WAIT_S)


class Watch:
    """Takes the library's calls during a fit.

    history : a dict for each evaluation and the end of each epoch: epoch, step, seconds, and, as far as they are known,
        train_loss and the metrics of validation (val_loss ...) and test data.
    """

    def __init__(self, verbose, callback):
        if _ending.is_set():
            raise RuntimeError("fit() was called at the end of the process")
        self.history, self.raised, self.interrupt, self.ended = [], None, Interrupt(), threading.Event()
        _watches.add(self)
        self._verbose, self._callback, self._bar = verbose, callback, _Bar() if verbose == 1 else None
        every_step = callback is not None
        self.callbacks = _library.Callbacks(None, _library.ProgressFunction(self._progress),
                                            0.0 if every_step else INTERVAL_S, _library.MessageFunction(self._message))

    def _entry(self, progress):
        """The entry of this step, which an evaluation and the end of an epoch share."""
        if not self.history or self.history[-1]["step"] != progress.step:
            self.history.append({"epoch": progress.epoch, "step": progress.step})
        entry = self.history[-1]
        entry["seconds"] = progress.seconds
        if not math.isnan(progress.train_loss):
            entry["train_loss"] = progress.train_loss
        entry.update(progress.validation.to_dict("val_"))
        entry.update(progress.test.to_dict("test_"))
        return entry

    def _show(self, progress, entry):
        if self._bar:
            self._bar.show(progress, entry)
        elif self._verbose >= 2 and progress.event == _library.AFTER_EPOCH:
            print(_line(entry, progress.step, progress.total_steps), flush=True)

    def _progress(self, _, pointer):
        try:  # also for what the program's signal handlers raise in here
            if self.raised or _ending.is_set():
                return 1
            progress = pointer.contents
            entry = self._entry(progress) if progress.event != _library.AFTER_STEP else None
            self._show(progress, entry)
            if self._callback and self._callback(entry or {"epoch": progress.epoch, "step": progress.step,
                                                           "seconds": progress.seconds, "loss": progress.loss}):
                return 1
            return int(self.interrupt.came)
        except BaseException as error:  # it cannot pass through C: fit() raises it after the step
            self.raised = error
            return 1

    def _message(self, _, text):
        try:
            text = text.decode(errors="replace")
            if text.startswith("warning: "):
                warnings.warn(text[len("warning: "):], stacklevel=5)  # where fit() is called
            elif self._verbose:
                print(text, file=sys.stderr)
        except BaseException as error:  # warnings can be errors
            self.raised = error

    def close(self):
        if self._bar:
            self._bar.close()
        _watches.discard(self)
        self.ended.set()
