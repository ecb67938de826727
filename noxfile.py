"""The sessions that rebuild the data, run the tests and render the paper."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nox

OLDEST = (3, 11)
NEEDS = "needs Python {}.{} or later, found {{}}".format(*OLDEST)
if sys.version_info < OLDEST:  # said here, since pip would miss a wheel
    remedy = "make .venv anew with a later one (python3.12 -m venv --clear .venv, then install nox)"
    sys.exit(f"error: {NEEDS.format(sys.version.split()[0])}: {remedy}")

nox.needs_version = ">=2024.10.9"
# nox would give each session an environment of its own and delete it at each call: _prepare keeps
# one for each lock and Python.
nox.options.default_venv_backend = "none"
nox.options.sessions = ["data", "tests", "paper"]
# It looks for uv at each call and says so when there is none, which is no fault: pip installs too.
logging.getLogger("nox").addFilter(lambda record: record.msg != "uv binary not found.")

ROOT = Path(__file__).parent
REQUIREMENTS = ROOT / "requirements"
QUARTO = "quarto-cli==1.10.18"
PAPER = ("paper", "refresh", "preview", "receipt", "release")
LOCKS: dict[str, tuple[str, ...]] = {  # lock file: dependency groups it holds
    "paper": PAPER,
    "tests": (*PAPER, "parquet", "test", "browser", "lint"),
    "cluster": ("cluster", "test"),
}
BIN = "Scripts" if os.name == "nt" else "bin"
READY = "ready"  # written last: an environment without it was cut short; says how long it took
IDENTITY = (
    "import platform, sys, sysconfig; print(sys.implementation.cache_tag + "
    "getattr(sys, 'abiflags', ''), platform.python_version(), sysconfig.get_platform())"
)
HERE = "not browser and not cluster"  # tests that the environment `tests` can run
WATCHED = 90  # per cent of lines and branches below which `coverage` names a module
# By file, since fixtures are expensive and belong to one; in order, since the longest comes first.
WORKERS = ("-n", "auto", "--maxprocesses", "8", "--dist", "loadfile", "--no-loadscope-reorder")


def _prepare(session: nox.Session, lock: str) -> str:
    """Return the Python of the environment of a lock, which the first call makes.

    The run does not depend on the machine's settings.
    """
    home = _find_environment(session, lock)
    caches = home / "caches"
    session.env.update(
        {
            "PATH": os.pathsep.join([str(home / BIN), os.environ.get("PATH", os.defpath)]),
            "VIRTUAL_ENV": str(home),
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": str(caches / "matplotlib"),
            "XDG_CACHE_HOME": str(caches),
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
    )
    return _python_of(home)


def _find_environment(session: nox.Session, lock: str) -> Path:
    """Return the folder of the environment; its name is the hash of the lock and the Python.

    A changed lock or Python makes a new one, and the old one goes when the new one works.
    """
    from filelock import FileLock  # comes with nox, by way of virtualenv

    logging.getLogger("filelock").setLevel(logging.WARNING)  # some versions of nox show its steps
    python, identity = _choose_python(session)
    content = (REQUIREMENTS / f"{lock}.txt").read_bytes()
    digest = hashlib.sha256(content + " ".join(identity).encode()).hexdigest()[:8]
    folder, family = session.cache_dir.parent, f"{lock}-{identity[0]}"
    home = folder / f"{family}-{digest}"
    if not _is_ready(home):
        with FileLock(folder / f".{family}.lock"):  # let go of by the system if nox is killed
            if not _is_ready(home):  # another nox may have made it meanwhile
                session.log(
                    f"installing requirements/{lock}.txt into {home.name}, once: 1 GB or more, "
                    "which takes minutes where the network or the disk is slow"
                )
                _install(session, python, lock, home)
                for old in folder.glob(f"{family}-*"):
                    if old != home:
                        shutil.rmtree(old, ignore_errors=True)
    return home


def _choose_python(session: nox.Session) -> tuple[str, list[str]]:
    """Return nox's own Python or that of ``-P 3.12``, with its kind, version and platform."""
    python = sys.executable
    if session.python:
        python = shutil.which(f"python{session.python}") or shutil.which(str(session.python)) or ""
    try:
        ask = [python, "-c", IDENTITY]
        told = subprocess.run(ask, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        session.error(f"expected python{session.python} on the PATH, found none that runs")
    identity = told.stdout.split()
    if tuple(map(int, identity[1].split(".")[:2])) < OLDEST:
        session.error(NEEDS.format(identity[1]))
    return python, identity


def _is_ready(home: Path) -> bool:
    return (home / READY).exists() and Path(_python_of(home)).exists()


def _python_of(home: Path) -> str:
    return str(home / BIN / "python")


def _install(session: nox.Session, python: str, lock: str, home: Path) -> None:
    """Make an environment that holds what the lock names; one that fails leaves nothing."""
    shutil.rmtree(home, ignore_errors=True)
    pip = _pip(home)
    virtualenv = [sys.executable, "-m", "virtualenv", "--no-periodic-update"]
    new = [pip[0], "venv"] if pip[0] != _python_of(home) else virtualenv
    words = ["--require-hashes", "--no-deps", "-r", str(REQUIREMENTS / f"{lock}.txt")]
    steps = ([*new, "--python", python, str(home)], [*pip, *words])
    log, start = home.with_name(f"{lock}.log"), time.monotonic()
    try:
        with log.open("w", encoding="utf-8") as out:
            for command in steps:
                subprocess.run(command, check=True, stdout=out, stderr=subprocess.STDOUT)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(home, ignore_errors=True)
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
        faults = [line for line in lines if line.lower().startswith(("error", "cause"))]
        session.error(
            f"requirements/{lock}.txt cannot be installed: {'; '.join(faults[:2])} (all of it: "
            f"{log}); it needs the package index, once; what was installed before is kept"
        )
    log.unlink()
    (home / READY).write_text(f"{time.monotonic() - start:.0f}", encoding="utf-8")


def _pip(home: Path) -> list[str]:
    """Return the command that installs into an environment: that of uv where it is."""
    beside = str(Path(sys.executable).parent)  # `pip install nox uv` need not be on the PATH
    uv = shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))
    if uv:
        return [uv, "pip", "install", "--compile-bytecode", "--python", _python_of(home)]
    return [_python_of(home), "-m", "pip", "install"]


def _try_quarto(session: nox.Session, python: str) -> None:
    """Install Quarto once if the machine has none; without it the paper uses pandoc and typst.

    Its package downloads the program while it is built, which fails without a network beyond the
    package index. One attempt an environment, bounded in time.
    """
    home = Path(python).parent.parent
    tried = home / "quarto-tried"
    if shutil.which("quarto") or tried.exists() or "pandoc" in " ".join(session.posargs):
        return
    session.log(f"no Quarto on this machine: trying {QUARTO} (not with -- --renderer pandoc)")
    try:
        command = [*_pip(home), "-q", QUARTO]
        subprocess.run(command, timeout=120, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        session.log("Quarto cannot be installed here: pandoc and typst render the paper")
    tried.touch()


def _analyse(session: nox.Session, *words: str) -> None:
    """Run a command of the package in the paper's environment, with what stands after ``--``."""
    python = _prepare(session, "paper")
    if {"paper", "reproduce"}.intersection(words):
        _try_quarto(session, python)
    command = [python, "-m", "analysis", *words, *session.posargs]
    # A nox that was killed takes it along; one that ends it gives it time to end its workers and
    # to clear its staging.
    with_us = {"RARE_EARTH_PARENT": str(os.getpid())}
    session.run(*command, env=with_us, interrupt_timeout=10, terminate_timeout=10)


@nox.session(tags=["build"])
def data(session: nox.Session) -> None:
    """Verify data/ against its manifest, rebuild data/derived/ (-- --accept takes an edit)."""
    _analyse(session, "data")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests (-- --slow adds the slow ones; other words go to pytest; -P 3.13 before --)."""
    words = [word for word in session.posargs if word != "--slow"]
    kind = HERE if "--slow" in session.posargs else f"{HERE} and not slow"
    named = any(Path(word.partition("::")[0]).exists() for word in words)
    spread = () if named else WORKERS  # a few tests take less time than to start workers
    session.run(_prepare(session, "tests"), "-m", "pytest", "-m", kind, *spread, *words)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Print the branches that all tests leave out (-- --report: those of the runs measured)."""
    python = _prepare(session, "tests")
    if "--report" not in session.posargs:
        session.run(python, "-m", "coverage", "erase")
        measured = {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}
        session.run(python, "-m", "pytest", "-m", HERE, *WORKERS, env=measured)
    session.run(python, "-m", "coverage", "combine", "--quiet")
    report = [python, "-m", "coverage", "report", "--show-missing", "--sort=cover"]
    lines = str(session.run(*report, silent=True, success_codes=[0, 2])).splitlines()
    print(f"Modules of which less than {WATCHED}% is taken:")
    for line in lines:
        share = re.search(r" (\d+)%", line)
        if share and (int(share[1]) < WATCHED or line.startswith("TOTAL")):
            print(line)
    if lines[-1].startswith("Coverage failure"):
        session.error(lines[-1])


@nox.session(tags=["build"])
def paper(session: nox.Session) -> None:
    """Recompute every result and render HTML and PDF (-- --draft --only-render --data FOLDER)."""
    _analyse(session, "paper")


@nox.session(default=False)
def run(session: nox.Session) -> None:
    """Run a command of the package in its environment (-- event-study --help)."""
    _analyse(session, *([] if session.posargs else ["--help"]))


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Change the package in 400 small ways and print how many the tests notice (-- --seed N)."""
    session.run(_prepare(session, "tests"), "-m", "trust.mutants", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Corrupt 20,000 inputs of every reader and print what was neither read nor refused."""
    session.run(_prepare(session, "tests"), "-m", "trust.fuzz", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Kill, interrupt and starve runs at 300 random instants; print what they left behind."""
    session.run(_prepare(session, "tests"), "-m", "trust.faults", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Check the rendered page in Chromium: widths, accessibility, keyboard, print."""
    python = _prepare(session, "tests")
    checks = "tests/paper"
    session.run(python, "-m", "pytest", "-m", "browser", checks, *session.posargs)


@nox.session(default=False)
def jats(session: nox.Session) -> None:
    """Hold the XML against the JATS schema: a sample, and the paper where it was rendered."""
    python, folder = _prepare(session, "tests"), session.create_tmp()
    options = ["--require-hashes", "--no-deps", "--target", folder]
    session.run(
        *_pip(Path(str(session.env["VIRTUAL_ENV"]))), *options, "-r", "requirements/jats.txt"
    )
    paths = os.pathsep.join([str(ROOT), folder])
    session.run(python, "-m", "pytest", "tests/paper/test_jats.py", env={"PYTHONPATH": paths})


@nox.session(default=False)
def cluster(session: nox.Session) -> None:
    """Run the event study on a dask cluster of this machine, a worker of which is killed."""
    python = _prepare(session, "cluster")
    checks = "tests/userfiles/test_cluster.py"
    session.run(python, "-m", "pytest", "-m", "cluster", checks, *session.posargs)


@nox.session(default=False)
def preview(session: nox.Session) -> None:
    """Serve the page on this machine as a draft, built again on each change (-- --port N)."""
    _analyse(session, "preview")


@nox.session(default=False)
def refresh(session: nox.Session) -> None:
    """Bring the data up to date (-- --data FOLDER --end DATE --only prices --dry-run --accept)."""
    _analyse(session, "refresh")


@nox.session(default=False)
def diff(session: nox.Session) -> None:
    """Show what a change did to the results (-- BASE; default: the merge base with main)."""
    _analyse(session, "diff")


@nox.session(default=False)
def explain(session: nox.Session) -> None:
    """Trace one result to its function, its rows and its places in the paper (-- KEY)."""
    _analyse(session, "explain")


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Build the paper three times in clean folders, once under another BLAS kernel; compare."""
    _analyse(session, "reproduce")


@nox.session(default=False)
def referee(session: nox.Session) -> None:
    """Fill a replication report from a build (-- --verify: check the receipt of `reproduce`)."""
    _analyse(session, "referee")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Pack this version and its build into dist/ with RO-Crate metadata; nothing is uploaded."""
    _analyse(session, "release")


@nox.session(default=False)
def readme(session: nox.Session) -> None:
    """Write the generated parts of the READMEs (-- --check: fail if they are not current)."""
    _analyse(session, "readme")


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style (ruff), types (mypy), spelling (codespell), imports and workflows (zizmor)."""
    python = _prepare(session, "tests")
    session.run(python, "-m", "ruff", "check", ".")
    session.run(python, "-m", "ruff", "format", "--check", ".")
    session.run(python, "-m", "mypy")
    session.run(str(Path(python).with_name("lint-imports")))
    session.run(str(Path(python).with_name("codespell")))
    zizmor = str(Path(python).with_name("zizmor"))
    session.run(zizmor, "--offline", "--quiet", "--persona", "pedantic", ".")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the time and memory of each stage and print them with the machine's name."""
    _analyse(session, "bench")


@nox.session(default=False)
def bench_engine(session: nox.Session) -> None:
    """Time the event-study engine against other packages, and the commands on a user's files."""
    python = _prepare(session, "tests")
    rivals: list[str] = []
    for package in ("eventstudy", "ffjr-eventstudies"):
        home = Path(session.create_tmp()) / package
        session.run(python, "-m", "venv", str(home))
        # An environment of its own each: they pin versions that exclude one another.
        session.run(_python_of(home), "-m", "pip", "install", "-q", "setuptools", package)
        rivals += ["--rival", package, _python_of(home)]
    session.run(python, "benchmarks/engine.py", *rivals, *session.posargs)
    session.run(python, "benchmarks/resampling.py")
    session.run(python, "benchmarks/own_files.py")


@nox.session(default=False)
def size(session: nox.Session) -> None:
    """Simulate size and power of every test, in minutes (-- --check, -- --registered)."""
    _analyse(session, "size")


@nox.session(default=False, venv_backend="uv|virtualenv", reuse_venv=True)
def lock(session: nox.Session) -> None:
    """Write requirements/*.txt anew from pyproject.toml: hashes, no index addresses."""
    session.install("uv")
    extras = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    options += ["--custom-compile-command", "nox -s lock"]
    for name, groups in LOCKS.items():
        held = [
            word
            for group in groups
            for word in (("--extra", group) if group in extras else ("--group", group))
        ]
        target = f"requirements/{name}.txt"
        command = ["uv", "pip", "compile", "pyproject.toml", *held, *options, "-o", target]
        session.run(*command, *session.posargs)
