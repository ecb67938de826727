"""The sessions' environments, by real nox calls on a small project with the noxfile of this one."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
MAIN = "import sys, thing\nprint('in', sys.prefix, 'thing', thing.VERSION, sys.argv[1:])\n"
STARTED_EARLY = ("noxfile.py", "analysis/__init__.py")  # what an older Python reads first


@pytest.fixture(scope="session")
def loaded() -> ModuleType:
    """The noxfile as a module; once, since nox registers its sessions."""
    spec = importlib.util.spec_from_file_location("noxfile_under_test", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, version: str) -> str:
    """Write a wheel of the package `thing` and return the line of a lock that asks for it."""
    path = folder / f"thing-{version}-py3-none-any.whl"
    about = f"thing-{version}.dist-info"
    files = {
        "thing.py": f"VERSION = '{version}'\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"thing @ {path.as_uri()} --hash=sha256:{digest}\n"


@pytest.fixture
def project(tmp_path):
    """A project with this noxfile, a package that says where it runs and a lock of one wheel."""
    shutil.copy(ROOT / "noxfile.py", tmp_path)
    for name in ("requirements", "analysis"):
        (tmp_path / name).mkdir()
    (tmp_path / "analysis/__init__.py").touch()
    (tmp_path / "analysis/__main__.py").write_text(MAIN, "utf-8")
    (tmp_path / "requirements/paper.txt").write_text(wheel(tmp_path, "1.0"), "utf-8")
    return tmp_path


def begin(project: Path, *words: str) -> subprocess.Popen[str]:
    """Start nox in the project, with no index to install from."""
    away = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_CONFIG_FILE": os.devnull}
    away["UV"] = "no-uv"  # where nox looks for it
    return subprocess.Popen(
        [sys.executable, "-m", "nox", *words],
        cwd=project,
        env={**os.environ, **away},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def nox(project: Path, *words: str) -> tuple[int, str]:
    """Run nox in the project; return its exit code and what it said."""
    started = begin(project, *words)
    said, _ = started.communicate(timeout=120)
    return started.returncode, said


def ran_in(said: str) -> str:
    """Return the environment that the package of the project says it ran in."""
    return re.findall(r"in (\S+) thing", said)[0]


def environments(project: Path) -> list[str]:
    return sorted(path.name for path in (project / ".nox").glob("paper-*"))


@pytest.mark.slow
def test_sessions_share_one_environment_that_is_kept(project):
    """The first call installs; later ones of any session with the lock, also with -R, do not."""
    code, first = nox(project, "-s", "data")
    assert code == 0, first
    assert "installing requirements/paper.txt" in first
    assert "uv binary" not in first
    for words in (("-s", "data"), ("-s", "explain", "--", "KEY"), ("-R", "-s", "data")):
        code, said = nox(project, *words)
        assert code == 0, said
        assert "installing" not in said
        assert ran_in(said) == ran_in(first)
    assert len(environments(project)) == 1


@pytest.mark.slow
def test_the_old_environment_goes_when_the_new_one_works(project):
    """A lock that cannot be installed leaves the old one and says one line; a sound one ends it."""
    lock = project / "requirements/paper.txt"
    sound = lock.read_text("utf-8")
    assert nox(project, "-s", "data")[0] == 0
    old = environments(project)

    lock.write_text("absent==1.0 --hash=sha256:" + "0" * 64 + "\n", "utf-8")
    code, said = nox(project, "-s", "data")
    assert code != 0
    (line,) = [line for line in said.splitlines() if "cannot be installed" in line]
    assert "absent" in line
    assert "what was installed before is kept" in line
    assert "Traceback" not in said
    assert environments(project) == old

    lock.write_text(sound, "utf-8")
    code, said = nox(project, "-s", "data")
    assert code == 0
    assert "installing" not in said

    lock.write_text(wheel(project, "2.0"), "utf-8")
    code, said = nox(project, "-s", "data")
    assert code == 0
    assert "thing 2.0" in said
    assert len(environments(project)) == 1
    assert environments(project) != old


@pytest.mark.slow
def test_an_installation_cut_short_does_not_count(project):
    """Without the marker that is written last, the environment is made anew."""
    assert nox(project, "-s", "data")[0] == 0
    (name,) = environments(project)
    (project / ".nox" / name / "ready").unlink()
    leftover = project / ".nox" / name / "leftover"
    leftover.touch()
    code, said = nox(project, "-s", "data")
    assert code == 0
    assert "installing" in said
    assert not leftover.exists()


@pytest.mark.slow
def test_two_calls_at_once_install_once(project):
    """The second waits for the first and uses what it made."""
    both = [begin(project, "-s", "data"), begin(project, "-s", "explain")]
    said = [started.communicate(timeout=120)[0] for started in both]
    assert [started.returncode for started in both] == [0, 0], said
    assert sum("installing" in text for text in said) == 1
    assert len(environments(project)) == 1


def test_a_python_that_is_not_there_is_one_line(project):
    """``-P`` with a version that this machine lacks names it and installs nothing."""
    code, said = nox(project, "-s", "data", "-P", "3.99")
    assert code != 0
    assert "expected python3.99 on the PATH, found none that runs" in said
    assert "Traceback" not in said
    assert environments(project) == []


@pytest.fixture
def named(tmp_path, monkeypatch, loaded):
    """A function that gives an environment's name for a lock's text and an identity of Python."""
    (tmp_path / "lock").mkdir()
    monkeypatch.setattr(loaded, "REQUIREMENTS", tmp_path / "lock")
    monkeypatch.setattr(loaded, "_is_ready", lambda _: True)

    def name(content="a==1\n", identity="cpython-311 3.11.7 linux-x86_64") -> str:
        (tmp_path / "lock/paper.txt").write_text(content, "utf-8")
        monkeypatch.setattr(loaded, "_choose_python", lambda _: ("python", identity.split()))
        asked = SimpleNamespace(cache_dir=tmp_path / ".nox/.cache")
        return loaded._find_environment(asked, "paper").name

    return name


def test_the_name_follows_lock_and_python_and_nothing_else(named):
    """Lock, version and platform change the hash; a lock that is written again does not."""
    assert named() == named()
    names = {
        named(),
        named(content="a==2\n"),
        named(identity="cpython-311 3.11.9 linux-x86_64"),
        named(identity="cpython-311 3.11.7 linux-aarch64"),
        named(identity="cpython-312 3.12.1 linux-x86_64"),
    }
    assert len(names) == 5
    assert sum(name.startswith("paper-cpython-311-") for name in names) == 4


def test_another_python_keeps_its_own_environment(tmp_path, monkeypatch, loaded):
    """Only environments of the same lock and kind of Python make way for a new one."""
    monkeypatch.setattr(loaded, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(loaded, "_install", lambda *_: _[-1].mkdir())
    kind = ["cpython-313", "3.13.0", "linux-x86_64"]
    monkeypatch.setattr(loaded, "_choose_python", lambda _: ("python", kind))
    (tmp_path / "paper.txt").touch()
    others = ["paper-cpython-311-00000000", "paper-cpython-313t-00000000", "tests-cpython-313-0"]
    for name in (*others, "paper-cpython-313-00000000"):
        (tmp_path / ".nox" / name).mkdir(parents=True)
    session = SimpleNamespace(cache_dir=tmp_path / ".nox/.cache", log=print)
    made = loaded._find_environment(session, "paper")
    left = {path.name for path in (tmp_path / ".nox").iterdir() if path.is_dir()}
    assert left == {*others, made.name}


def test_quarto_is_tried_once_an_environment(tmp_path, monkeypatch, loaded):
    """A failed attempt is remembered with the environment, not repeated at each call."""
    attempts = []

    def fail(command, **_):
        attempts.append(command)
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(loaded.subprocess, "run", fail)
    monkeypatch.setattr(loaded.shutil, "which", lambda *_, **__: None)
    session = SimpleNamespace(posargs=[], log=lambda *_: None)
    for _ in range(2):
        loaded._try_quarto(session, str(tmp_path / "bin/python"))
    assert len(attempts) == 1


def test_coverage_names_the_modules_that_lack_tests(loaded, monkeypatch, capsys):
    """Those below 90% are printed with the lines, and the total; a miss of the floor stops."""
    said = """Name  Stmts  Miss Branch BrPart  Cover   Missing
analysis/a.py  10  4  0  0  60%   3-6
TOTAL  100  4  0  0  96%
analysis/b.py  90  0  0  0  100%
"""
    faults: list[str] = []
    session = SimpleNamespace(posargs=["--report"], error=faults.append, run=lambda *_, **__: said)
    monkeypatch.setattr(loaded, "_prepare", lambda *_: "python")
    loaded.coverage(session)
    printed = capsys.readouterr().out
    assert "analysis/a.py  10  4  0  0  60%   3-6\nTOTAL" in printed
    assert "analysis/b.py" not in printed
    assert faults == []
    said += "Coverage failure: total of 94 is less than fail-under=95\n"
    loaded.coverage(session)
    assert faults == ["Coverage failure: total of 94 is less than fail-under=95"]


@pytest.mark.parametrize("name", STARTED_EARLY)
def test_an_older_python_is_told_what_is_needed(name, monkeypatch):
    """Python 3.8 can read the file and gets one line, with the version of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = project["requires-python"].removeprefix(">=")
    source = (ROOT / name).read_text("utf-8")
    ast.parse(source, feature_version=(3, 8))
    oldest = tuple(int(part) for part in needed.split("."))
    monkeypatch.setattr(sys, "version_info", (oldest[0], oldest[1] - 1, 99))
    with pytest.raises(SystemExit) as stop:
        exec(compile(source, name, "exec"), {"__name__": "m", "__file__": str(ROOT / name)})
    assert f"needs Python {needed} or later" in str(stop.value.code)
    assert "\n" not in str(stop.value.code)


def test_a_real_older_python_says_one_line():
    """``python3.10 -m analysis`` ends with that line and no traceback."""
    homes = sorted((Path.home() / ".pyenv/versions").glob("3.10.*/bin/python"))
    if not homes:
        pytest.skip("no Python 3.10 under ~/.pyenv")
    command = [str(homes[0]), "-m", "analysis", "data"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("error: needs Python 3.11 or later, found 3.10.")
    assert run.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_command_ends_with_a_nox_that_is_killed(project):
    """What nox has started knows it as its parent, and follows it; see analysis/processes.py."""
    (project / "analysis/__main__.py").write_text(
        "import os\nprint(os.environ['RARE_EARTH_PARENT'] == str(os.getppid()))\n", "utf-8"
    )
    code, said = nox(project, "-s", "data")
    assert code == 0
    assert "\nTrue\n" in said
