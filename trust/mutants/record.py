"""What earlier runs have found, so that a run that was cut short goes on where it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Record", "hash_texts"]


def hash_texts(texts: Iterable[str]) -> str:
    """Return a short hash of some texts in their order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Record:
    """A file of lines, each a JSON object with a ``key``; the last of a key counts."""

    file: Path
    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, file: Path) -> Record:
        """Read a record, or begin one; a last line that was cut short is left out."""
        record = cls(file)
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            record.entries[entry["key"]] = entry
        return record

    def add(self, key: str, **told: Any) -> None:
        """Write an entry at once: a kill loses what runs, and nothing that has ended."""
        entry = {"key": key, **told}
        self.entries[key] = entry
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
