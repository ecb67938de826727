"""What every command is made of: where it works, what it says, and its place in the parser."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from rich.console import Console

from analysis.errors import RepositoryError
from analysis.userfiles.options import literal_words

if TYPE_CHECKING:
    from analysis.userfiles.options import Options

Chosen = TypeVar("Chosen", bound="Options")

__all__ = [
    "SCRIPT",
    "Command",
    "Stages",
    "Workspace",
    "add_options",
    "as_typed",
    "join_windows",
    "read_options",
    "shorten_help",
]

SCRIPT = "rare-earth-headlines"
"""What the package is called on the command line once it is installed."""

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = PACKAGE / "shipped"  # in a wheel: the text of the report, and data for the twin
_CALL = re.compile(r"\bnox -s ((?:run -- )?)([a-z-]+)( --(?: --[a-z-]+)*)?")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders that a run reads and writes.

    Attributes
    ----------
    root : Path
        The repository, or what a wheel has of it.
    data, paper : Path
        The snapshot and the Quarto project; another study has both in a folder of its own.
    installed : bool
        Whether the package runs from a wheel, without a repository.
    """

    root: Path
    data: Path
    paper: Path
    installed: bool = False

    @property
    def own(self) -> bool:
        """Whether this is another study than that of the repository."""
        return self.data != self.root / "data"

    @property
    def home(self) -> Path:
        """Where things are made that no study has: the repository, or the current folder."""
        return Path.cwd() if self.installed else self.root

    @property
    def code(self) -> Path:
        """The folder that holds ``analysis/``."""
        return PACKAGE.parent if self.installed else self.root

    def shown(self, path: Path) -> Path:
        """Return a path as it is printed: relative to ``home`` where it lies inside."""
        return path.relative_to(self.home) if path.is_relative_to(self.home) else path

    @classmethod
    def at(cls, root: Path) -> Workspace:
        """Return the workspace of a repository."""
        return cls(root, root / "data", root / "paper")

    @classmethod
    def here(cls) -> Workspace:
        """Return the workspace in which this package stands: a clone, or a wheel's own files."""
        root = SHIPPED if SHIPPED.is_dir() else PACKAGE.parent
        return cls(root, root / "data", root / "paper", installed=root == SHIPPED)


def as_typed(text: str, workspace: Workspace, data: str | None = None) -> str:
    """Return a message with its nox calls as they can be pasted where this one was made.

    Parameters
    ----------
    text : str
        Names commands as a clone knows them: ``nox -s data -- --accept``.
    workspace : Workspace
        A wheel has the console script instead of nox.
    data : str or None
        The study that was asked for; commands that lack it would mean the paper's.
    """
    beside = Path(sys.executable).with_name(SCRIPT)
    script = SCRIPT if shutil.which(SCRIPT) else shlex.quote(str(beside))
    nox = workspace.root / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "nox"
    kept = shutil.which("nox") is None and nox.exists()

    def call(match: re.Match[str]) -> str:
        run, name, words = match[1], match[2], match[3] or ""
        if data and name in {"data", "paper", "refresh"} and " --data" not in words:
            words = f"{words or ' --'} --data {shlex.quote(data)}"
        if workspace.installed:
            return f"{script} {name}{words.removeprefix(' --')}"
        return f"{os.path.relpath(nox) if kept else 'nox'} -s {run}{name}{words}"

    return _CALL.sub(call, text)


class Stages:
    """Says what is going on, how long each stage took, and keeps the times."""

    def __init__(self, *, stderr: bool = False) -> None:
        self.console = Console(highlight=False, soft_wrap=True, stderr=stderr)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Announce a stage; on success print its time."""
        start = time.perf_counter()
        with self.console.status(f"{name} ..."):
            yield
        self.seconds[name] = time.perf_counter() - start
        self.console.print(f"{name:<44} {self.seconds[name]:6.1f} s")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the command line.

    Attributes
    ----------
    name : str
        The word that calls it; what it does is told in ``analysis.commands.NAMES``.
    configure : callable
        Adds its options to its parser.
    run : callable
        Does the work; may return an exit code, None means 0. A fault that the user can mend is
        raised as :class:`analysis.errors.StudyError`.
    anywhere : bool
        Whether it works without the repository; with ``--data`` every command that has it does.
    """

    name: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Workspace], int | None]
    anywhere: bool = False

    def start(self, options: argparse.Namespace, workspace: Workspace) -> int | None:
        """Run, unless the repository is needed and this is a wheel.

        Raises
        ------
        StudyError
            Also if there is no repository to work on.
        """
        asked = getattr(options, "data", None) or getattr(options, "prices", None)
        if workspace.installed and not self.anywhere and asked is None:
            remedy = " or name a study with --data" if hasattr(options, "data") else ""
            raise RepositoryError(
                f"{self.name}: expected the paper's repository, found the installed package; "
                f"run it in a clone{remedy}"
            )
        return self.run(options, workspace)


def add_options(parser: argparse.ArgumentParser, options: type[Options]) -> list[argparse.Action]:
    """Add an option for each field of a dataclass, with its type, help and default.

    Those that are rare are returned, for :func:`shorten_help`.
    """
    rare = []
    for field in fields(options):
        option, hint = options.described()[field.name]
        if option.flag == "":
            continue
        told: dict[str, Any] = {"dest": field.name, "help": option.told}
        if field.default is MISSING:
            told["required"] = True
        elif field.default not in (None, False, ()):
            shown = field.default if isinstance(field.default, tuple) else (field.default,)
            told["help"] += f" (default: {','.join(map(str, shown))})"
        if words := literal_words(hint):
            told["choices"] = words
        elif hint is bool:
            told |= {"action": "store_true", "default": None}
        elif hint == tuple[str, ...]:
            told |= {"action": "append"} if option.flag else {"type": _words, "metavar": "NAME,..."}
        elif hint == tuple[int, int]:
            told |= {"type": _window, "metavar": "FIRST,LAST"}
        elif get_origin(hint) is tuple:
            told |= {"action": "append", "type": _window, "metavar": "FIRST,LAST"}
        else:
            told["type"] = hint if isinstance(hint, type) else get_args(hint)[0]
        added = parser.add_argument(option.flag or f"--{field.name.replace('_', '-')}", **told)
        rare += [added] * option.rare
    return rare


def shorten_help(parser: argparse.ArgumentParser, rare: Iterable[argparse.Action]) -> None:
    """Leave some options to ``--help-all``, which is added; examples keep their lines."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    whole = {action: action.help for action in rare}
    for action in whole:
        action.help = argparse.SUPPRESS

    class HelpAll(argparse.Action):
        def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
            """Print and leave, as ``--help`` does."""
            for action, told in whole.items():
                action.help = told
            parser.print_help()
            parser.exit()

    parser.add_argument("--help-all", action=HelpAll, nargs=0, help="show all options and leave")


def join_windows(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with ``--window -1,1`` as ``--window=-1,1``.

    Otherwise the event days, which begin with a minus, would be taken for an option.
    """
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--window" and re.fullmatch(r"[-+]?\d+[,:][-+]?\d+", word):
            joined[-1] = f"--window={word}"
        else:
            joined.append(word)
    return joined


def read_options(given: argparse.Namespace, options: type[Chosen]) -> Chosen:
    """Return the options that were given, the others by default.

    Raises
    ------
    UserDataError
        If one cannot be used.
    """
    values = {field.name: getattr(given, field.name, None) for field in fields(options)}
    return options(**{name: value for name, value in values.items() if value is not None})


def _words(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _window(text: str) -> tuple[int, int]:
    try:
        first, last = (int(day) for day in re.split(r"[,:]", text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two event days as -5,5, found {text}") from None
    return first, last
