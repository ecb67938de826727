"""What was fixed before a study was run: its file and hash, the days, what had been seen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis.snapshot.faults import fault
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.load import Snapshot

__all__ = ["read_registration"]


@dataclass(frozen=True)
class Registration:
    """A registration.

    Attributes
    ----------
    sha256 : str
        Of the file, 64 hexadecimal digits.
    rules, readings : date
        When the rules were written, and the readings of what they leave open.
    seen : tuple of (str, str)
        What of the years in question was known by then, and what follows from it.
    terms : mapping
        All entries of the file.
    """

    sha256: str
    rules: date
    readings: date
    seen: tuple[tuple[str, str], ...]
    terms: Mapping[str, Any]


def read_registration(snapshot: Snapshot) -> Registration:
    """Read the file that ``registration`` of ``study.toml`` names.

    Raises
    ------
    SnapshotError
        If it cannot be read, or does not say when it was written and what had been seen.
    """
    name = snapshot.choices.registration
    content = read_file(snapshot.folder / name)
    try:
        terms = tomllib.loads(content.decode("utf-8"))
        written = terms["written"]
        seen = tuple((str(each["what"]), str(each["hence"])) for each in terms["seen"])
        return Registration(digest(content), written["rules"], written["readings"], seen, terms)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise fault(
            name,
            expected="TOML with written.rules, written.readings and entries of seen",
            found=f"{type(error).__name__}: {error}",
            remedy="restore it with git",
        ) from None
