"""The archive: files of one version and of its build, packed so that two times give one file."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from analysis.errors import ResultsError
from analysis.publish.readme_parts import read_manifest, read_runtimes
from analysis.publish.release import crate, describe
from analysis.publish.renderers.base import STEM
from analysis.publish.tables import csv_text

__all__ = ["gather", "pack"]

BUILT = ("paper/_output", "paper/results")
ENDINGS = (".html", ".pdf", ".json", ".csv", ".svg", ".md")
BESIDE = ("diff.", "made-from.json")  # of reviewing and of this machine
_RELATION = re.compile(r"([\w.-]+\.csv) sha256:([0-9a-f]{64})")


def gather(
    root: Path, tracked: Mapping[str, bytes], *, identifiers: tuple[str, ...], day: date
) -> dict[str, bytes]:
    """Return everything that goes into the archive, by path.

    Parameters
    ----------
    root : Path
        A clone with a finished build.
    tracked : mapping of str to bytes
        The files of the version.
    identifiers : tuple of str
        Its SWHIDs.
    day : date
        Of the data.

    Raises
    ------
    ResultsError
        If page or PDF are missing, or a figure's data are not those that its picture names.
    """
    citation = describe.read_citation(root)
    files = {**tracked, **_built(root)}
    for ending in ("html", "pdf"):
        if f"paper/_output/{STEM}.{ending}" not in files:
            raise ResultsError(
                f"paper/_output/{STEM}.{ending}: expected the rendered paper, found none; "
                "run nox -s paper"
            )
    _check_pictures(files)
    changes = describe.find_changes(tracked["CHANGELOG.md"].decode(), str(citation["version"]))
    deposit = describe.describe_deposit(citation, identifiers=identifiers, day=day, changes=changes)
    python = read_runtimes(root)["machine"]["python"]
    files |= {
        "CHANGES.md": changes.encode(),
        "Containerfile": describe.write_containerfile(python).encode(),
        "deposit.json": deposit.encode(),
    }
    terms = {name: entry["licence"] for name, entry in read_manifest(root).items()}
    licences = {name: describe.find_licence(name, terms) for name in sorted(files)}
    files["licences.csv"] = _list_licences(licences)
    licences["licences.csv"] = describe.CC_BY
    files = dict(sorted(files.items()))
    told = crate.describe_crate(files, licences, citation, identifiers=identifiers, day=day)
    return {crate.NAME: told.encode(), **files}


def _built(root: Path) -> dict[str, bytes]:
    paths = (p for folder in BUILT for p in (root / folder).rglob("*") if p.suffix in ENDINGS)
    kept = (path for path in paths if not path.name.startswith(BESIDE))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in kept}


def _check_pictures(files: Mapping[str, bytes]) -> None:
    """Stop unless every picture has its data beside it, as its metadata say."""
    for name, content in files.items():
        folder = name.rpartition("/")[0]
        if name.endswith(".svg") and folder.startswith(BUILT):
            told = _RELATION.findall(content.decode("utf-8", "replace"))
            for file, digest in told:
                data = files.get(f"{folder}/{file}", b"")
                if hashlib.sha256(data).hexdigest() != digest:
                    raise ResultsError(
                        f"{folder}/{file}: expected the data that {name} was drawn from, found "
                        f"{'others' if data else 'none'}; run nox -s paper"
                    )


def _list_licences(licences: Mapping[str, str]) -> bytes:
    import pandas as pd

    frame = pd.DataFrame({"file": list(licences), "licence": list(licences.values())})
    return csv_text(frame, 12).encode()


def pack(files: Mapping[str, bytes], folder: str, day: date) -> bytes:
    """Return a ZIP of files below one folder; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", (day.year, day.month, day.day, 0, 0, 0))
            executable = content.startswith(b"#!")
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()
