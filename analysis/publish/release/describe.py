"""What a deposit asks of an archive: citation, changes, a licence a file, how to run it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from analysis.errors import ResultsError

__all__ = [
    "CC_BY",
    "MIT",
    "TERMS",
    "describe_deposit",
    "find_changes",
    "find_licence",
    "name_author",
    "read_citation",
    "write_containerfile",
]

MIT = "https://spdx.org/licenses/MIT"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
TERMS = "LICENSE-TEXT.md"
"""Licence of files that hold what others have rights in: the file says which."""

_CODE = (
    "analysis/",
    "tests/",
    "benchmarks/",
    "paper/_extensions/",
    "paper/pandoc/",
    ".ci/",
    ".github/",
)
_CODE_ENDINGS = (".py", ".toml", ".txt", ".scss", ".yml", ".yaml", "Containerfile")
_VERSION = re.compile(r"^## (\S+) .*$", re.MULTILINE)

CONTAINERFILE = """\
# Made by `nox -s release` from requirements/paper.txt; nothing but the packages needs a network.
#   podman build -t study . && podman run --rm -v "$PWD/out:/study/paper/_output" study
FROM python:{python}-slim
WORKDIR /study
COPY requirements/paper.txt requirements/paper.txt
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements/paper.txt
COPY . .
ENV {settings}
CMD ["python", "-m", "analysis", "paper", "--renderer", "pandoc"]
"""
SETTINGS = {
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Those of the sessions of nox on which results could depend."""


def read_citation(root: Path) -> dict[str, Any]:
    """Return ``CITATION.cff`` with what a deposit needs.

    Raises
    ------
    ResultsError
        If it is no YAML or lacks title, authors, version, licence or abstract.
    """
    name = "CITATION.cff"
    import yaml  # late: of the extra `release`, and only a clone has the file

    try:
        told: dict[str, Any] = yaml.safe_load((root / name).read_text(encoding="utf-8"))
        lacking = [f for f in ("title", "authors", "version", "license", "abstract") if not told[f]]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ResultsError(
            f"{name}: expected title, authors, version, license and abstract, found: {error}; "
            "complete it"
        ) from None
    if lacking:
        raise ResultsError(f"{name}: expected a {lacking[0]}, found it empty; complete it")
    return told


def find_changes(changelog: str, version: str) -> str:
    """Return the section of the changelog that tells of a version.

    Raises
    ------
    ResultsError
        If there is none.
    """
    heads = [*_VERSION.finditer(changelog)]
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        if head[1] == version:
            return changelog[head.start() : after.start() if after else None].strip() + "\n"
    raise ResultsError(f"CHANGELOG.md: expected a section '## {version}', found none; write it")


def find_licence(name: str, terms: Mapping[str, str]) -> str:
    """Return the licence of one file of the archive, as an address or the file that tells of it.

    Parameters
    ----------
    name : str
        By its path.
    terms : mapping of str to str
        What the manifest says of each file of the data.
    """
    if name.startswith("data/"):
        own = "CC BY 4.0" in terms.get(name.removeprefix("data/"), "CC BY 4.0")
        # Prices, of the years before too, are those of their source.
        return CC_BY if own and not name.endswith("prices.csv") else TERMS
    if name.startswith(_CODE) or (name.endswith(_CODE_ENDINGS) and not name.startswith("paper/")):
        return MIT
    return CC_BY


def describe_deposit(
    citation: Mapping[str, Any], *, identifiers: Iterable[str], day: date, changes: str
) -> str:
    """Return the metadata of a deposit as JSON, in the words of Zenodo's legacy interface.

    Parameters
    ----------
    citation : mapping
        :func:`read_citation`.
    identifiers : iterable of str
        SWHIDs of what is deposited.
    day : date
        Of the data, since a release that is built twice is the same bytes.
    changes : str
        Of this version.
    """
    metadata = {
        "upload_type": "software" if citation.get("type", "software") == "software" else "dataset",
        "title": f"Data and Code for: {citation['title']}",
        "creators": [_name(author) for author in citation["authors"]],
        "description": " ".join(citation["abstract"].split()),
        "keywords": list(citation.get("keywords", ())),
        "license": str(citation["license"]).lower(),
        "version": str(citation["version"]),
        "publication_date": day.isoformat(),
        "related_identifiers": [
            {"identifier": each, "relation": "isIdenticalTo", "scheme": "swh"}
            for each in identifiers
        ],
        "notes": f"Text and figures CC BY 4.0; data by the terms in {TERMS}.\n\n{changes}",
    }
    return json.dumps({"metadata": metadata}, indent=1, ensure_ascii=False) + "\n"


def _name(author: Mapping[str, str]) -> dict[str, str]:
    """Return an author as a deposit wants one."""
    kept = {key: author[key] for key in ("affiliation", "orcid") if key in author}
    return {"name": name_author(author)} | kept


def name_author(author: Mapping[str, str]) -> str:
    """Return the name of an author, family names first; an entity has one name."""
    names = [author.get("family-names", ""), author.get("given-names", "")]
    return author.get("name") or ", ".join(filter(None, names))


def write_containerfile(python: str) -> str:
    """Return a Containerfile that renders the paper with the locked packages.

    ``python`` is the version that the run times were measured with.
    """
    settings = " ".join(f"{name}={value}" for name, value in SETTINGS.items())
    return CONTAINERFILE.format(python=python, settings=settings)
