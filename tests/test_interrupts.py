"""Signals are raised where a run stands, once, and by the main thread alone."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

import pytest

from analysis.interrupts import SIGNALS, Interrupted, heard, postponed


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


def test_another_thread_hears_nothing():
    """Handlers can be set in the main thread only: elsewhere the block runs as it is."""
    before, seen = handlers(), []

    def work() -> None:
        with heard(), postponed():
            seen.append(handlers())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_signal_that_a_library_has_taken_ends_the_run_all_the_same():
    """One that swallows SystemExit delays the end; it does not undo it."""
    with pytest.raises(Interrupted) as stop, heard(), suppress(SystemExit):
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.value.code == 128 + signal.SIGTERM


def test_handlers_are_put_back():
    """Whoever calls the package has its own afterwards."""
    before = handlers()
    with heard():
        assert handlers() != before
    assert handlers() == before
