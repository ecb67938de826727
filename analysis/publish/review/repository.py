"""What git knows: the base of a change, its files, and whether the tree is clean."""

from __future__ import annotations

import difflib
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import RepositoryError
from analysis.publish.number_rows import KEYS
from analysis.publish.result_set import FOLDER, ResultSet, parse

__all__ = ["FileEdit", "Repository", "list_files"]

DECIDING = ("analysis", "data", "paper")
"""The folders from which results are made; edits elsewhere do not matter to a comparison."""
OF_STUDY = (
    *(":(glob)*.csv", ":(glob)*.toml", ":(glob)manifest.json", ":(glob)registration/**"),
    *(
        ":(glob)paper/*.qmd",
        "paper/sections",
        ":(glob)paper/results/*.json",
        "paper/results/tables",
    ),
)
"""The same of a study in a folder of its own, as patterns of git."""

MADE_HERE = frozenset({".git", ".nox", ".venv", "_output", "derived", "__pycache__"})
"""Folders of what runs leave in a work tree."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file that differs: path now and before, lines added and removed (0 of binary files)."""

    path: str
    before: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone whose versions are read through git, never by changing the work tree.

    Attributes
    ----------
    root : Path
        The clone of the project, or the folder of a study in a clone of its own or any other;
        paths are relative to it.
    study : bool
        Whether it is that of a study: its data stand beside ``paper/``, and it has no code.
    """

    root: Path
    study: bool = False

    @property
    def data(self) -> str:
        """What paths of data files begin with."""
        return "" if self.study else "data/"

    def base(self, name: str | None) -> str:
        """Return the commit to compare with: ``name``, or the merge base with main.

        Raises
        ------
        RepositoryError
            If this is no clone, the name is unknown, or a shallow clone lacks the commit.
        """
        if self._ask("rev-parse", "--git-dir") is None:
            remedy = "put it under git (git init) and commit it" if self.study else "clone it anew"
            raise RepositoryError(f"{self.root}: expected a git clone, found none; {remedy}")
        if name is None:
            return self._merge_base()
        commit = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if commit is None:
            raise RepositoryError(self._unknown(name))
        return commit

    def _merge_base(self) -> str:
        mains = ["main", "origin/main"]
        if self._ask("rev-parse", "--abbrev-ref", "HEAD") == "main":
            mains.reverse()  # on main itself, what has not been pushed
        known = [m for m in mains if self._ask("rev-parse", "--verify", "--quiet", m)]
        for main in known:
            commit = self._ask("merge-base", "HEAD", main)
            if commit is not None:
                return commit
        raise RepositoryError(self._unknown(known[0] if known else "main"))

    def _unknown(self, name: str) -> str:
        if self._ask("rev-parse", "--is-shallow-repository") == "true":
            return (
                f"base {name}: expected a commit of this clone, found a shallow clone that may "
                "lack it; run: git fetch --unshallow origin"
            )
        names = (self._ask("for-each-ref", "--format=%(refname:short)") or "").split()
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else "name a branch, a tag or a commit"
        return f"base {name}: expected a commit with a history in common, found none; {hint}"

    def require_clean(self, *folders: str) -> None:
        """Stop if anything in some folders has uncommitted changes: in those that decide results.

        Raises
        ------
        RepositoryError
            Naming the first such file.
        """
        deciding = folders or (OF_STUDY if self.study else DECIDING)
        said = self._ask("status", "--porcelain", "--", *deciding) or ""
        changed = [line.strip().split(maxsplit=1)[-1] for line in said.splitlines()]
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise RepositoryError(
                f"{changed[0]}{more}: expected a clean tree, found uncommitted changes; commit "
                "them (or git stash) so that what is compared is a version others can see"
            )

    def results(self, commit: str, at: str) -> ResultSet:
        """Read the committed results of a version; see :func:`.result_set.parse`."""
        names = [n for n in self.files(commit, FOLDER) if n.endswith((".json", ".md", KEYS))]
        return parse({n.removeprefix(f"{FOLDER}/"): self.text(commit, n) or "" for n in names}, at)

    def files(self, commit: str, folder: str) -> list[str]:
        """List the files of a version below a folder."""
        below = [f"{folder.rstrip('/')}/"] if folder else []
        said = self._ask("ls-tree", "-r", "-z", "--name-only", commit, *below) or ""
        return said.split("\0")[:-1]

    def edits(self, base: str, head: str) -> list[FileEdit]:
        """List the files that differ between two versions; a moved file is one edit."""
        parts = iter(
            (self._ask("diff", "--numstat", "-z", "-M", "--relative", base, head) or "").split("\0")
        )
        found = []
        for part in filter(None, parts):
            added, removed, path = part.split("\t")
            old, new = (path, path) if path else (next(parts), next(parts))
            found.append(FileEdit(new, old, *(int(n) if n != "-" else 0 for n in (added, removed))))
        return found

    def drawings(self, commit: str) -> set[str]:
        """Return a hash of each module of a version that draws, wherever it stands."""
        if self.study:
            return set()
        draws = r"^\s*(import|from) +(matplotlib|seaborn)"
        named = self._ask("grep", "-lE", draws, commit, "--", "analysis/*.py")
        listed = (self._ask("rev-parse", *named.splitlines()) or "") if named else ""
        return set(listed.split())

    def text(self, commit: str, path: str) -> str | None:
        """Return a file of a version, None where it has none."""
        return self._ask("show", f"{commit}:./{path}", strip=False)

    def tree(self, commit: str) -> str:
        """Return the hash of all files of a version, which is that of its SWHID, too."""
        return self._ask("rev-parse", f"{commit}^{{tree}}") or ""

    def short(self, commit: str) -> str:
        """Return the short name of a commit."""
        return self._ask("rev-parse", "--short", commit) or commit[:12]

    def extract(self, commit: str, folder: Path) -> None:
        """Write the files of a version into a folder; leaves no trace in the clone."""
        folder.mkdir(parents=True, exist_ok=True)
        packed = folder.resolve() / ".version.tar"
        self._ask("archive", "--format=tar", f"--output={packed}", commit)
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        packed.unlink()

    def _ask(self, *words: str, strip: bool = True) -> str | None:
        """Return what git says, None if it fails."""
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=self.root,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise RepositoryError(
                f"git: expected the program on PATH, found: {error.strerror}; install git"
            ) from error
        if done.returncode:
            return None
        return done.stdout.strip() if strip else done.stdout


def list_files(root: Path) -> list[str]:
    """List the files of the work tree that git keeps; of an unpacked archive all that it has."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, encoding="utf-8"
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = []
    if not any(listed):
        files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        listed = [p.as_posix() for p in files if not MADE_HERE.intersection(p.parts)]
    return sorted(name for name in listed if name and (root / name).is_file())
