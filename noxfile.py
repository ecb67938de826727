"""The sessions that rebuild the data, run the tests and render the paper."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["data", "tests", "paper"]

ROOT = Path(__file__).parent
REQUIREMENTS = ROOT / "requirements"
QUARTO = "quarto-cli==1.10.18"
LOCKS: dict[str, tuple[str, ...]] = {  # lock file: dependency groups it holds
    "data": (),
    "paper": ("paper",),
    "refresh": ("refresh",),
    "tests": ("paper", "refresh", "test", "cluster"),
    "browser": ("paper", "test", "browser"),
    "preview": ("paper", "preview"),
    "lint": ("paper", "refresh", "test", "cluster", "preview", "lint"),
}
# By file, since fixtures are expensive and belong to one; in order, since the longest comes first.
WORKERS = ("-n", "auto", "--maxprocesses", "8", "--dist", "loadfile", "--no-loadscope-reorder")


def _prepare(session: nox.Session, lock: str) -> None:
    """Install what the lock names and make the run independent of the machine's settings."""
    session.install("--require-hashes", "--no-deps", "-r", str(REQUIREMENTS / f"{lock}.txt"))
    caches = Path(session.virtualenv.location) / "caches"
    session.env.update(
        {
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


def _try_quarto(session: nox.Session) -> None:
    """Install Quarto once if the machine has none; without it the paper uses pandoc and typst.

    Its package downloads the program while it is built, which fails without a network beyond the
    package index. One attempt an environment, bounded in time.
    """
    tried = Path(session.virtualenv.location) / "quarto-tried"
    if shutil.which("quarto") or tried.exists() or "pandoc" in " ".join(session.posargs):
        return
    session.log(f"no Quarto on this machine: trying {QUARTO} (not with -- --renderer pandoc)")
    python = str(Path(session.bin) / "python")
    installers = {"uv": ["uv", "pip", "install", "--python", python]}
    command = installers.get(session.venv_backend, [python, "-m", "pip", "install"])
    try:
        subprocess.run([*command, "-q", QUARTO], timeout=120, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        session.log("Quarto cannot be installed here: pandoc and typst render the paper")
    tried.touch()


@nox.session(tags=["build"])
def data(session: nox.Session) -> None:
    """Verify data/ against its manifest, rebuild data/derived/ (-- --accept takes an edit)."""
    _prepare(session, "data")
    session.run("python", "-m", "analysis", "data", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests (-- --slow adds the slow ones; other words go to pytest)."""
    _prepare(session, "tests")
    words = [w for w in session.posargs if w != "--slow"]
    chosen = "not browser" if "--slow" in session.posargs else "not slow and not browser"
    named = any(Path(word.partition("::")[0]).exists() for word in words)
    spread = () if named else WORKERS  # a few tests take less time than to start workers
    session.run("python", "-m", "pytest", "-m", chosen, *spread, *words)


@nox.session(tags=["build"])
def paper(session: nox.Session) -> None:
    """Recompute every result and render HTML and PDF (-- --data FOLDER|twin --renderer NAME)."""
    _prepare(session, "paper")
    _try_quarto(session)
    session.run("python", "-m", "analysis", "paper", *session.posargs)


@nox.session(default=False)
def run(session: nox.Session) -> None:
    """Run a command of the package in its environment (-- event-study --help)."""
    _prepare(session, "data")
    session.run("python", "-m", "analysis", *(session.posargs or ["--help"]))


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Check the rendered page in Chromium: widths, accessibility, keyboard, print."""
    _prepare(session, "browser")
    session.run(
        "python", "-m", "pytest", "-m", "browser", "tests/paper/test_browser.py", *session.posargs
    )


@nox.session(default=False)
def preview(session: nox.Session) -> None:
    """Serve the page on this machine and build it again on change (-- --port N)."""
    _prepare(session, "preview")
    session.run("python", "-m", "analysis", "preview", *session.posargs)


@nox.session(default=False)
def refresh(session: nox.Session) -> None:
    """Bring the data up to date (-- --end DATE --only prices|customs --dry-run --accept)."""
    _prepare(session, "refresh")
    session.run("python", "-m", "analysis", "refresh", *session.posargs)


@nox.session(default=False)
def diff(session: nox.Session) -> None:
    """Show what a change did to the results (-- BASE; default: the merge base with main)."""
    _prepare(session, "paper")
    session.run("python", "-m", "analysis", "diff", *session.posargs)


@nox.session(default=False)
def explain(session: nox.Session) -> None:
    """Trace one result to its function, its rows and its places in the paper (-- KEY)."""
    _prepare(session, "paper")
    session.run("python", "-m", "analysis", "explain", *session.posargs)


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Build the paper three times in clean folders, once under another BLAS kernel; compare."""
    _prepare(session, "paper")
    _try_quarto(session)
    session.run("python", "-m", "analysis", "reproduce", *session.posargs)


@nox.session(default=False)
def readme(session: nox.Session) -> None:
    """Write the generated parts of the READMEs (-- --check: fail if they are not current)."""
    _prepare(session, "paper")
    session.run("python", "-m", "analysis", "readme", *session.posargs)


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style (ruff), types (mypy), imports (import-linter) and workflows (zizmor)."""
    _prepare(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("zizmor", "--offline", "--quiet", "--persona", "pedantic", ".")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the time and memory of each stage and print them with the machine's name."""
    _prepare(session, "paper")
    session.run("python", "-m", "analysis", "bench", *session.posargs)


@nox.session(default=False)
def bench_engine(session: nox.Session) -> None:
    """Time the event-study engine against a statsmodels loop and two packages, side by side."""
    _prepare(session, "tests")
    rivals: list[str] = []
    for package in ("eventstudy", "ffjr-eventstudies"):
        home = Path(session.create_tmp()) / package
        python = str(home / "bin" / "python")
        session.run("python", "-m", "venv", str(home))
        # An environment of its own each: they pin versions that exclude one another.
        session.run(python, "-m", "pip", "install", "-q", "setuptools", package, external=True)
        rivals += ["--rival", package, python]
    session.run("python", "benchmarks/engine.py", *rivals, *session.posargs)
    session.run("python", "benchmarks/resampling.py")


@nox.session(default=False)
def size(session: nox.Session) -> None:
    """Simulate size and power of every test, in minutes (-- --check: is the record stale?)."""
    _prepare(session, "paper")
    session.run("python", "-m", "analysis", "size", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write requirements/*.txt anew from pyproject.toml: hashes, no index addresses."""
    session.install("uv")
    extras = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]
    for name, groups in LOCKS.items():
        session.run(
            "uv", "pip", "compile", "pyproject.toml",
            *[word for group in groups for word in (
                ("--extra", group) if group in extras else ("--group", f"pyproject.toml:{group}")
            )],
            "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
            "--no-emit-find-links", "--custom-compile-command", "nox -s lock",
            "--output-file", f"requirements/{name}.txt", "--quiet", *session.posargs,
        )  # fmt: skip
