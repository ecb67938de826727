"""Processes that this one starts, and that end with it however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from analysis.errors import StudyError
from analysis.interrupts import SIGNALS, postponed, unheard

__all__ = ["analysis", "child", "follow_parent", "run", "side_by_side", "workers"]

PATIENCE = 5.0  # seconds in which a child told to end may tidy up
_PARENT = "RARE_EARTH_PARENT"  # tells a child of ours whose death ends it

Submit = Callable[..., Future[Any]]

_children: set[subprocess.Popen[Any]] = set()


@contextmanager
def workers(
    count: int | None, start: Callable[..., None], *words: Any, preload: Sequence[str] = ()
) -> Iterator[Submit]:
    """Yield what hands a call to worker processes, as :meth:`ProcessPoolExecutor.submit` does.

    Each begins with ``start(*words)``; a fault in the block ends them. A ``count`` of None is one a
    processor; ``preload`` names modules that the workers need, imported once for all of them where
    processes fork.

    Raises
    ------
    StudyError
        If the system has killed a worker.
    """
    # Not fork, which copies the threads of libraries. A server that has imported once and forks
    # from there where there are such things, else a process that imports for itself.
    serves = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if serves else "spawn")
    with unheard():  # its locks are counted by a process of their own
        pool = ProcessPoolExecutor(count, context, _begin, (start, words))

    def submit(work: Callable[..., Any], *task: Any) -> Future[Any]:
        if serves:
            _await_server()
        with postponed():  # it may start a worker, which must get all of its data
            return pool.submit(work, *task)

    try:
        if serves:
            context.set_forkserver_preload(list(preload))
            with unheard():
                forkserver.ensure_running()
        yield submit
    except BrokenProcessPool as error:
        with postponed():  # the pool asks its workers to end by a signal that these do not hear
            _kill_workers()
        raise StudyError(
            "a worker process: expected it to finish, found it killed; most often memory has run "
            "out: close other programs and run again"
        ) from error
    except BaseException:
        with postponed():
            _kill_workers()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@cache
def _await_server() -> None:
    """Wait until the server has imported, in a way that a signal can cut short."""
    first = multiprocessing.get_context("forkserver").Process(target=int)
    first.start()
    first.join()


def _begin(start: Callable[..., None], words: Sequence[Any]) -> None:
    """Begin a worker: its parent alone hears the signals, and its death is the worker's."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_await_parent, daemon=True).start()
    start(*words)


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # whatever the main thread computes, nobody waits for it


def _kill_workers() -> None:
    for worker in multiprocessing.active_children():
        worker.kill()
    # It would notice by itself, but not before all is imported.
    server = getattr(forkserver, "_forkserver", None)
    number = getattr(server, "_forkserver_pid", None)
    if number is not None:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a program; if it still runs at the end of the block, it and all it started are ended.

    Parameters
    ----------
    **options
        Of :class:`subprocess.Popen`.

    Raises
    ------
    OSError
        If it cannot be started.
    """
    process = None
    options["env"] = {**options.get("env", os.environ), _PARENT: str(os.getpid())}
    try:
        with postponed():
            # In a session of its own: it can be ended as a whole, and a terminal's Ctrl-C
            # comes to us alone.
            process = subprocess.Popen([*map(str, command)], start_new_session=True, **options)
            _children.add(process)
        yield process
    finally:
        if process is not None:
            with postponed():
                _end(process)
                _children.discard(process)
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()


def run(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end; see :func:`child`."""
    with child(command, **options) as process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def analysis(*words: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command of this package in an interpreter of its own; see :func:`child`."""
    return run([sys.executable, "-m", "analysis", *words], **options)


def side_by_side(count: int, work: Callable[..., None], tasks: Sequence[Sequence[Any]]) -> None:
    """Do tasks that wait for programs, ``count`` at a time; a fault or a signal ends them all.

    Parameters
    ----------
    count : int
        Of threads.
    work : callable
        Runs programs by :func:`run`, in turn.
    tasks : sequence of sequence
        What ``work`` takes, task by task.
    """
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(work, *task) for task in tasks]
        try:
            for future in futures:
                future.result()
        except BaseException:
            with postponed():
                for future in futures:
                    future.cancel()
                # Again and again: a thread may be about to start its next program.
                while wait(futures, 0.1).not_done:
                    _end_children()
            raise


def _end_children() -> None:
    running = [process for process in list(_children) if process.poll() is None]
    for process in running:
        _send(process, signal.SIGTERM)
    for process in running:
        _end(process)


def _end(process: subprocess.Popen[Any]) -> None:
    """Have a program tidy up and end; what then remains of its session is killed."""
    if process.poll() is not None:
        return
    _send(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    _send(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _send(process: subprocess.Popen[Any], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()


def follow_parent() -> None:
    """End as by SIGTERM when the process dies that started this one through :func:`child`."""
    parent = os.environ.pop(_PARENT, None)  # not for what this process starts in its turn
    if parent is not None and hasattr(signal, "pthread_kill"):  # Windows knows no such end
        threading.Thread(target=_outlive, args=(int(parent),), daemon=True).start()


def _outlive(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    # To the main thread, so that it does not go on waiting where it stands.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
