"""Signals that end a run: raised where it stands, but never within an exchange of files."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SIGNALS", "Interrupted", "heard", "ignore", "postponed", "unheard"]

SIGNALS = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C; ``kill``, ``timeout`` and a cancelled workflow; a terminal that was closed."""


class Interrupted(SystemExit):
    """A signal has come; ``code`` is what a shell gives for it: 128 and its number.

    A SystemExit, so that no library takes it for a fault of its own or prints a traceback.
    """

    code: int
    told = False  # whether somebody has said what had been written


class _State:
    depth = 0  # of blocks that must not be cut short
    waiting: int | None = None  # the signal that came meanwhile
    last: int | None = None


def _arrive(number: int, _frame: object) -> None:
    _State.last = number
    if _State.depth:
        _State.waiting = number
    else:
        raise Interrupted(128 + number)


@contextmanager
def heard() -> Iterator[None]:
    """Have signals raise :class:`Interrupted` in the main thread while the block runs.

    One that the starter of this process has it ignore (``nohup``) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ours = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    _State.last = None
    try:
        for number in ours:
            signal.signal(number, _arrive)
        yield
        if _State.last is not None:  # a library has taken it for its own end
            raise Interrupted(128 + _State.last)
    except Interrupted:
        ours = []
        ignore()  # a second Ctrl-C must not cut the last words short
        raise
    finally:
        for number in ours:
            signal.signal(number, before[number])


def ignore() -> None:
    """Ignore the signals from now on."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def postponed() -> Iterator[None]:
    """Let a signal wait until the block has ended: what is begun here is finished."""
    if threading.current_thread() is not threading.main_thread():  # signals arrive there alone
        yield
        return
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
        if not _State.depth and _State.waiting is not None:
            number, _State.waiting = _State.waiting, None
            raise Interrupted(128 + number)


@contextmanager
def unheard() -> Iterator[None]:
    """Start processes that never hear the signals; here a signal waits until the block has ended.

    A terminal sends Ctrl-C to all of them, and each would print a traceback of its own.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        resource_tracker.ensure_running()  # its first start unblocks the signals
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
