"""However a run ends, it leaves no process and no folder behind, and says one line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.interrupts import SIGNALS

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs/example"
PATIENCE = 60.0  # seconds for a busy machine
MOMENTS = 25.0  # seconds for what ends by itself there; what must not live on would, for longer

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are found by their environment"
)


def hear() -> None:
    """Have a process hear signals that whoever started the tests ignores (``nohup``, ``&``)."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


class Started:
    """A program in a session of its own, and all that it has started since."""

    def __init__(self, *words: str, **options: Any) -> None:
        self.mark = f"ENDS_WELL={os.getpid()}-{time.monotonic_ns()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), name: value},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=hear,
            **options,
        )

    def running(self) -> list[str]:
        """The command lines of what is alive."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                ours = self.mark in (folder / "environ").read_text().split("\0")
                dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                line = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:  # it has just ended, or is somebody else's
                continue
            if ours and not dead:
                found.append(line)
        return found

    def listens(self) -> bool:
        """Whether its interpreter has begun and catches SIGTERM."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.running()
            assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.02)

    def end(self, number: int, *, everybody: bool = False) -> tuple[int, str]:
        """Send a signal, to the whole session as a terminal does or to the one process."""
        (os.killpg if everybody else os.kill)(self.process.pid, number)
        said = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, said

    def all_gone(self, seconds: float) -> bool:
        """Whether nothing is alive some seconds later."""
        end = time.monotonic() + seconds
        while self.running() and time.monotonic() < end:
            time.sleep(0.05)
        return not self.running()


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Return what starts a program; whatever is left of it is killed after the test."""
    started = []

    def begin(*words: str, **options: Any) -> Started:
        started.append(Started(*words, **options))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()


@pytest.fixture
def place(snapshot_copy: Path) -> Path:
    """A study of one's own."""
    return snapshot_copy


def staged(folder: Path) -> list[Path]:
    """What a run has left that is neither old nor new."""
    return [p for pattern in (".unfinished-*", ".swap", "*.new") for p in folder.rglob(pattern)]


ENDS = [
    pytest.param(signal.SIGTERM, False, 143, id="kill"),
    pytest.param(signal.SIGINT, True, 130, id="Ctrl-C"),
    pytest.param(signal.SIGTERM, True, 143, id="cancelled workflow"),
    pytest.param(signal.SIGHUP, True, 129, id="closed terminal"),
]


COMMAND = """
import sys, time
from pathlib import Path
from analysis import commands
from analysis.__main__ import main
from analysis.processes import workers
from analysis.whole import staging
def work(options, workspace):
    with workers(2, int) as submit, staging(Path(sys.argv[1])):
        [one.result() for one in [submit(time.sleep, 99) for _ in range(4)]]
if __name__ == "__main__":
    commands.NAMES = {"work": ("", "wait")}
    commands.find_command = lambda name: commands.Command("work", lambda _: None, work)
    sys.exit(main(["work"]))
"""


@pytest.mark.parametrize(("number", "everybody", "code"), ENDS)
def test_a_command_ends_with_its_workers(start, tmp_path, number, everybody, code):
    """One line, the code that a shell knows, no worker, no server, no folder."""
    (tmp_path / "program.py").write_text(COMMAND)
    run = start(str(tmp_path / "program.py"), str(tmp_path))
    run.wait_for(lambda: sum("forkserver" in line for line in run.running()) > 2)
    run.wait_for(lambda: staged(tmp_path) != [])
    assert run.end(number, everybody=everybody) == (code, "interrupted: nothing was changed\n")
    assert run.all_gone(MOMENTS)
    assert staged(tmp_path) == []


@pytest.mark.slow
def test_results_end_with_their_workers(start, place):
    """The same of the real command, with a Ctrl-C."""
    run = start("-m", "analysis", "results", "--data", str(place))
    run.wait_for(lambda: sum("forkserver" in line for line in run.running()) > 1)
    interrupted = (130, "interrupted: nothing was changed\n")
    assert run.end(signal.SIGINT, everybody=True) == interrupted
    assert run.all_gone(MOMENTS)
    assert staged(place.parent) == []
    assert not (place / "paper").exists()


@pytest.mark.slow
def test_workers_notice_that_their_parent_was_killed(start, place):
    """After kill -9 nothing lives on for more than moments, busy or not."""
    run = start("-m", "analysis", "results", "--data", str(place))
    run.wait_for(lambda: sum("forkserver" in line for line in run.running()) > 1)
    run.process.kill()
    assert run.all_gone(MOMENTS), run.running()


PARENT = "import sys; from analysis import processes; processes.analysis(*sys.argv[1:])"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_build_in_a_process_of_its_own_ends_with_its_parent(start, place, number):
    """As in `reproduce`, `diff` and `preview`: the child and its workers end, however we do."""
    run = start("-c", PARENT, "results", "--data", str(place))
    run.wait_for(lambda: any("forkserver" in line for line in run.running()))
    os.kill(run.process.pid, number)
    assert run.all_gone(MOMENTS), run.running()
    assert staged(place.parent) == []


PROGRAM = """
from analysis.interrupts import heard
from analysis.processes import run
with heard():
    run(["sh", "-c", "sleep 99 & sleep 98; true"])
"""


def test_a_renderer_ends_with_all_that_it_has_started(start):
    """Quarto is a script that starts another program: both end, not the script alone."""
    run = start("-c", PROGRAM)
    run.wait_for(lambda: {"sleep 99 ", "sleep 98 "} <= set(run.running()))
    assert run.end(signal.SIGTERM) == (143, "")
    assert run.all_gone(MOMENTS)


BUILDS = """
from analysis.interrupts import heard
from analysis.processes import run, side_by_side
def build(*seconds):
    for each in seconds:
        run(["sleep", each])
if __name__ == "__main__":
    with heard():
        side_by_side(2, build, [("0.02",) * 300 + ("99",)] * 3)
"""


@pytest.mark.slow
def test_builds_in_threads_end_at_once(start, tmp_path):
    """As those of `reproduce`: a thread between two programs does not begin the next one."""
    (tmp_path / "program.py").write_text(BUILDS)
    run = start(str(tmp_path / "program.py"))
    run.wait_for(lambda: any("sleep" in line for line in run.running()))
    begun = time.monotonic()
    assert run.end(signal.SIGTERM) == (143, "")
    assert time.monotonic() - begun < 10
    assert run.all_gone(MOMENTS)


KILLED = """
import os, signal, sys, time
from analysis.errors import StudyError
from analysis.processes import workers
def die():
    os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    try:
        with workers(1, int) as submit:
            submit(die).result()
    except StudyError as error:
        sys.exit(str(error))
"""


def test_a_worker_that_the_system_killed_is_told_in_one_line(start, tmp_path):
    """As where memory has run out; what to do stands in the line."""
    (tmp_path / "program.py").write_text(KILLED)
    run = start(str(tmp_path / "program.py"))
    said = run.process.communicate(timeout=PATIENCE)[1]
    assert said.startswith("a worker process: expected it to finish, found it killed; most often")
    assert run.all_gone(MOMENTS)


@pytest.mark.parametrize("moment", [0.0, 0.3, 0.8, 1.4])
def test_accept_is_interrupted_at_any_moment(start, place, moment):
    """The manifest is the old one or the new one and the line says which; no folder is left."""
    before = (place / "manifest.json").read_bytes()
    with (place / "study.toml").open("a") as file:
        file.write("# an edit\n")
    run = start("-m", "analysis", "data", "--accept", "--data", str(place))
    run.wait_for(run.listens)
    time.sleep(moment)
    code, said = run.end(signal.SIGINT, everybody=True)
    assert staged(place.parent) == []
    if (place / "manifest.json").read_bytes() == before:
        assert (code, said) == (130, "interrupted: nothing was changed\n")
    else:
        assert code == 0 or "had been written, whole" in said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["paper", "size"])
@pytest.mark.parametrize("seconds", [2.0, 6.0, 15.0])
def test_long_commands_end_at_any_moment(start, copy_repository, tmp_path, command, seconds):
    """While data are read, questions answered or pages rendered."""
    place = copy_repository(tmp_path / "place") / "data"
    words = ["--data", str(place), "--renderer", "pandoc"] if command == "paper" else []
    run = start("-m", "analysis", command, *words)
    time.sleep(seconds)
    assert run.process.poll() is None
    code, said = run.end(signal.SIGTERM)
    assert code == 143
    assert said.startswith("interrupted: ")
    assert said.count("\n") == 1
    assert run.all_gone(MOMENTS)
    assert staged(place.parent) == []


def test_beta_ends_at_once(start, tmp_path):
    """While it draws samples for hours; no result and no folder stands where it should go."""
    words = ["--prices", str(EXAMPLE / "prices.csv"), "--benchmark", "SPY"]
    out = tmp_path / "beta.json"
    run = start("-m", "analysis", "beta", *words, "--draws", "10000000", "--out", str(out))
    run.wait_for(run.listens)
    time.sleep(3)
    assert run.end(signal.SIGTERM)[0] == 143
    assert list(tmp_path.iterdir()) == []


# What the system refuses, by the real system: root can write everywhere, but not more than a limit.


def limited(size: int) -> Callable[[], None]:
    """Return what limits the size of every file that a process writes."""
    resource = pytest.importorskip("resource")
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def told(words: list[str], **options: Any) -> tuple[int, str]:
    """Run a command; return its code and its last line on standard error."""
    run = subprocess.run(
        [sys.executable, "-m", "analysis", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})},
        stdout=options.pop("stdout", subprocess.DEVNULL),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **options,
    )
    assert "Traceback" not in run.stderr
    return run.returncode, (run.stderr.splitlines() or [""])[-1]


@pytest.mark.slow
def test_no_room_for_derived_files(place):
    """One line with the folder and what to do; the old files are whole, nothing else is there."""
    assert main(["data", "--data", str(place)], Workspace.at(ROOT)) == 0
    before = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    uncounted = {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}  # has a file, too
    code, said = told(["data", "--data", str(place)], env=uncounted, preexec_fn=limited(4096))
    assert code == 1
    assert said.startswith(f"error: {place / 'derived'}: expected room for what is to be written")
    assert said.endswith("free some space and run again")
    assert {p: p.read_bytes() for p in place.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_a_place_that_nobody_can_write():
    """Not even root: the line names the place."""
    words = ["beta", "--prices", str(EXAMPLE / "prices.csv"), "--benchmark", "SPY", "--draws", "9"]
    code, said = told([*words, "--out", "/proc/beta.json"])
    assert code == 1
    assert said.startswith("error: /proc: expected a place that can be written")


@pytest.mark.slow
def test_a_device_is_written_to_and_not_replaced(tmp_path):
    """`--out /dev/stdout` goes into a pipe; a pipe in the file system stays one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    words = ["beta", "--prices", str(EXAMPLE / "prices.csv"), "--benchmark", "SPY", "--draws", "9"]
    reader = subprocess.Popen(["head", "-c", "1", str(pipe)], stdout=subprocess.PIPE, text=True)
    told([*words, "--out", str(pipe)])
    assert reader.communicate(timeout=PATIENCE)[0] == "{"
    assert pipe.is_fifo()


@pytest.mark.slow
def test_a_full_disk_under_standard_output_is_told(place):
    """`> report.txt` on a full disk is no traceback."""
    with Path("/dev/full").open("w") as full:
        code, said = told(["data", "--data", str(place)], stdout=full)
    assert code == 1
    assert said.startswith("error: standard output: expected room")


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_fault(place):
    """`... | head -1` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        code, said = told(["data", "--data", str(place)], stdout=nobody)
    assert (code, said) == (1, "")


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_not_needed(place):
    """Nothing is kept there."""
    home = {"HOME": "/proc", "XDG_CACHE_HOME": "/proc/x", "XDG_CONFIG_HOME": "/proc/x"}
    assert told(["data", "--data", str(place)], env=home) == (0, "")


@pytest.mark.slow
def test_results_on_a_disk_that_is_full(place, tmp_path):
    """A real disk of two megabytes, where the machine lets us make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("needs root")
    try:
        data = shutil.copytree(place, disk / "data")
        code, said = told(["results", "--data", str(data)])
        assert code == 1
        assert said.startswith(f"error: {data / 'paper/results'}: expected room")
        assert staged(disk) == []
        assert not any(p.is_file() for p in (data / "paper").rglob("*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
