"""A starting point for a study of one's own: files with comments, written whole or not at all."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from analysis.errors import SnapshotError
from analysis.snapshot.manifest import FILES, NAME, Origin, first_manifest
from analysis.snapshot.schema import SCHEMAS
from analysis.whole import write_whole

__all__ = ["write_starting_point"]

COMMENTED = ("README.md", "claims.toml", "study.toml")
UNKNOWN = Origin(
    source="to be stated", obtained="to be stated", retrieved=None, licence="to be stated"
)


def write_starting_point(folder: Path) -> list[Path]:
    """Write a folder with the schema of ``data/``: choices with comments, tables without rows.

    Raises
    ------
    SnapshotError
        If the folder holds anything, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SnapshotError(
            f"{folder}: expected a new or empty folder, found "
            f"{'files in it' if folder.is_dir() else 'a file'}; name another one"
        )
    templates = files(__name__)
    contents = {name: (templates / name).read_bytes() for name in COMMENTED}
    for name in FILES:
        if name.endswith(".csv"):
            contents[name] = (",".join(SCHEMAS[name].columns) + "\n").encode("utf-8")
    manifest = first_manifest(contents, dict.fromkeys(FILES, UNKNOWN))
    return write_whole(folder, {**contents, NAME: manifest})
