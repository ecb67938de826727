"""The manifest: where each data file comes from and the hash that it must have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from analysis.errors import SnapshotError
from analysis.snapshot.amendments import AMENDMENTS
from analysis.snapshot.faults import fault
from analysis.snapshot.files import csv_bytes, digest, read_file
from analysis.snapshot.reading import read, read_rows
from analysis.snapshot.schema import EARLIER, FIGURES
from analysis.snapshot.toml_file import read_toml
from analysis.whole import write_whole

__all__ = [
    "BESIDE",
    "FILES",
    "NAME",
    "REFRESHED",
    "Entry",
    "Manifest",
    "Origin",
    "first_manifest",
    "mismatch",
    "read_manifest",
    "write_manifest",
]

FILES: dict[str, str | None] = {  # committed file: column that gives its span
    "claims.toml": None,
    "confounders.csv": "date",
    "customs.csv": "month",
    "events.csv": "day0",
    "prices.csv": "session",
    "study.toml": None,
    "universe.csv": None,
}
REFRESHED: dict[str, str | None] = {  # likewise, of files that appear with the first live refresh
    "actions.csv": "session",
    "comtrade.csv": "month",
    "prices_raw.csv": "session",
}
BESIDE: dict[str, str | None] = {AMENDMENTS: None, EARLIER: "month"}  # that a study may do without
NAME = "manifest.json"
ACCEPT = "restore it with git or, after a wanted edit, run: nox -s data -- --accept"


@dataclass(frozen=True)
class Origin:
    """Where the figures of a file come from, how they were gathered and when (ISO), on what terms.

    ``retrieved`` is None where the day was not recorded.
    """

    source: str
    obtained: str
    retrieved: str | None
    licence: str


@dataclass(frozen=True)
class Entry(Origin):
    """What is on record about one data file.

    ``sha256`` has 64 hexadecimal digits; ``rows`` is None for TOML files, ``span`` (first and last
    date or month) for a file without dates.
    """

    sha256: str
    rows: int | None
    span: tuple[str, str] | None

    @property
    def origin(self) -> Origin:
        """What is told rather than computed."""
        return Origin(self.source, self.obtained, self.retrieved, self.licence)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Entries of the committed ``files`` and the hashes of the ``derived`` ones, by file name."""

    files: Mapping[str, Entry]
    derived: Mapping[str, str]


_CHECKED = TypeAdapter(tuple[dict[str, Entry], dict[str, str]])
"""What the entries of a manifest hold, and its hashes of derived files."""


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` of a data folder.

    Raises
    ------
    SnapshotError
        If it is missing, is not JSON, or lacks a file or a field.
    """
    restore = "restore it with git"
    try:
        raw = json.loads(read_file(folder / NAME))
        json.dumps(raw, ensure_ascii=False).encode()  # halves of letters are no text
        _CHECKED.validate_python((raw["files"], raw["derived"]))
        files = {name: _entry(fields) for name, fields in raw["files"].items()}
        manifest = Manifest(files, dict(raw["derived"]))
    except json.JSONDecodeError as error:
        found, row = error.msg, error.lineno
        raise fault(NAME, row=row, expected="JSON", found=found, remedy=restore) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        found = f"{first['msg']} at {' '.join(str(part) for part in first['loc'][1:])}"
        raise fault(NAME, expected="text, hashes, rows", found=found, remedy=restore) from None
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        expected = "files with their source, terms and hash, and derived hashes"
        found = f"{type(error).__name__}: {str(error)[:200]}"
        raise fault(NAME, expected=expected, found=found, remedy=restore) from None
    figures = _named_figures(folder, set(files) - {*FILES, *REFRESHED, *BESIDE})
    needed = set(FILES) - {FIGURES} | {figures}
    strays = set(files) - set(REFRESHED) - set(BESIDE) ^ needed
    if figures in strays and len(strays) == 2:  # the file was given another name
        files[figures] = files.pop(next(name for name in strays if name != figures))
    elif strays:
        found = f"a difference in {', '.join(sorted(strays))}"
        expected = f"an entry for each of {', '.join(sorted(needed))}"
        raise fault(NAME, expected=expected, found=found, remedy=restore)
    return manifest


def _named_figures(folder: Path, recorded: set[str]) -> str:
    """Return the file of figures that study.toml names; whatever is wrong there is told later.

    Of one that cannot be read the file on record is taken, which is in ``recorded``.
    """
    try:
        named = read_toml("study.toml", read_file(folder / "study.toml"))["customs"]["file"]
    except SnapshotError:
        return min(recorded, default=FIGURES)
    except (KeyError, TypeError):
        return FIGURES
    return named if isinstance(named, str) and named.endswith(".csv") else FIGURES


def _entry(fields: dict[str, Any]) -> Entry:
    span = fields["span"]
    return Entry(**{**fields, "span": None if span is None else (span[0], span[1])})


def mismatch(name: str, expected: str, content: bytes) -> SnapshotError | None:
    """Return an error if ``content`` does not have the hash on record, else None."""
    found = digest(content)
    if found == expected:
        return None
    unlike = ", ".join(read(name, content).unlike)
    return fault(
        name,
        expected=f"sha256 {expected[:12]}",
        found=f"sha256 {found[:12]}" + (f" of a file with {unlike}" if unlike else ""),
        remedy=ACCEPT,
    )


def write_manifest(
    folder: Path,
    derived: Mapping[str, pd.DataFrame],
    origins: Mapping[str, Origin] | None = None,
    rewritten: Mapping[str, bytes] | None = None,
) -> list[str]:
    """Take the data files as they are now: renew hashes, rows and spans in the manifest.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder; its files should have been loaded without fault before.
    derived : mapping of str to pandas.DataFrame
        From :func:`analysis.snapshot.derived.build_derived`.
    origins : mapping of str to Origin, optional
        Where files come from that were gathered anew; the others keep what is on record.
    rewritten : mapping of str to bytes, optional
        Data files to write together with the manifest, in place of what is there.

    Returns
    -------
    list of str
        One line for each changed file, or one that says that nothing changed.
    """
    old = read_manifest(folder)
    told = {name: entry.origin for name, entry in old.files.items()} | dict(origins or {})
    new = rewritten or {}
    files = {n: _renewed(n, new.get(n) or read_file(folder / n), told[n]) for n in sorted(told)}
    hashes = {name: digest(csv_bytes(frame)) for name, frame in sorted(derived.items())}
    write_whole(folder, {**new, NAME: _text(files, hashes)})
    before = {n: e.sha256 for n, e in old.files.items()} | dict(old.derived)
    after = {n: e.sha256 for n, e in files.items()} | hashes
    lines = [
        f"{name}: {before.get(name, 'none')[:12]} is now {after.get(name, 'none')[:12]}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    return lines or ["nothing changed"]


def first_manifest(contents: Mapping[str, bytes], origins: Mapping[str, Origin]) -> bytes:
    """Return the manifest of a folder that has none yet; nothing is derived so far."""
    return _text({n: _renewed(n, contents[n], origins[n]) for n in sorted(origins)}, {})


def _text(files: Mapping[str, Entry], derived: Mapping[str, str]) -> bytes:
    document = {"files": {n: asdict(e) for n, e in files.items()}, "derived": dict(derived)}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _renewed(name: str, content: bytes, told: Origin) -> Entry:
    rows, span = None, None
    if name.endswith(".csv"):
        frame = read_rows(name, content)
        rows = len(frame)
        column = (FILES | REFRESHED | BESIDE).get(name, FILES[FIGURES])
        if column is not None and rows:
            span = (str(frame[column].min()), str(frame[column].max()))
    return Entry(**asdict(told), sha256=digest(content), rows=rows, span=span)
