"""A study of one's own to begin with: files with comments, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.manifest import FILES, NAME, Origin, first_manifest
from analysis.snapshot.schema import SCHEMAS, list_columns
from analysis.whole import write_whole

__all__ = [
    "as_table",
    "read_example",
    "read_minimal",
    "read_workflow",
    "require_new",
    "write_study",
]

COMMENTED = ("README.md", "claims.toml", "study.toml")
UNKNOWN = Origin(
    source="to be stated", obtained="to be stated", retrieved=None, licence="to be stated"
)
INVENTED = Origin(
    source="invented: analysis.snapshot.own_study.synthetic",
    obtained="drawn from a seed by init",
    retrieved=None,
    licence="none needed",
)
Contents = dict[str, bytes]


def read_minimal() -> Contents:
    """Return the empty start: choices with comments, tables without rows."""
    contents = {name: (files(__name__) / name).read_bytes() for name in COMMENTED}
    contents[".gitignore"] = (files(__name__) / "example/dot-gitignore").read_bytes()
    tables = [name for name in FILES if name.endswith(".csv")]
    return contents | {n: (",".join(SCHEMAS[n].columns) + "\n").encode() for n in tables}


def read_example() -> Contents:
    """Return the study that renders at once: invented data, claims of every kind, a text."""
    from analysis.snapshot.own_study.synthetic import invent_tables  # late: it draws

    contents = dict(_below(files(__name__) / "example"))
    contents["README.md"] = (files(__name__) / "README.md").read_bytes()
    return contents | {name: as_table(name, frame) for name, frame in invent_tables().items()}


def read_workflow() -> Contents:
    """Return the workflow of a study in a repository of its own, to be filled in."""
    return dict(_below(files(__name__) / "github", ".github/"))


def as_table(name: str, frame: pd.DataFrame) -> bytes:
    """Write a frame as a file of the study: its columns in order, days as the schema has them."""
    columns = [column for column in list_columns(name, frame.columns) if column in frame]
    text = frame[columns].to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
    return text.encode("utf-8")


def _below(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{above}{entry.name}/")
        elif not entry.name.endswith((".py", ".pyc")):
            yield f"{above}{entry.name}".replace("dot-", "."), entry.read_bytes()


def write_study(
    folder: Path, contents: Mapping[str, bytes], *, invented: bool = False
) -> list[Path]:
    """Write the files of a new study with its manifest.

    Parameters
    ----------
    folder : Path
        New or empty.
    contents : mapping of str to bytes
        By path below the folder; every data file among them.
    invented : bool
        Whether the manifest says that the data are invented, and not that their source is open.

    Raises
    ------
    SnapshotError
        See :func:`require_new`; also if the folder cannot be written.
    """
    require_new(folder)
    origin = INVENTED if invented else UNKNOWN
    tables = [name for name in contents if name in FILES or name.endswith(".csv")]
    manifest = first_manifest(contents, dict.fromkeys(tables, origin))
    return write_whole(folder, {**contents, NAME: manifest})


def require_new(folder: Path) -> None:
    """Stop if a folder holds anything but a `.git`.

    Raises
    ------
    SnapshotError
    """
    held = folder.exists() and (
        not folder.is_dir() or any(path.name != ".git" for path in folder.iterdir())
    )
    if held:
        raise SnapshotError(
            f"{folder}: expected a new or empty folder, found "
            f"{'files in it' if folder.is_dir() else 'a file'}; name another one"
        )
