"""RO-Crate metadata (1.1): every file with its hash and licence, and the run that made results."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from analysis.publish.release.describe import CC_BY, MIT

__all__ = ["NAME", "describe_crate"]

NAME = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CONFORMS = "https://w3id.org/ro/crate/1.1"
MADE = ("paper/_output/", "paper/results/")
_DRAWN = re.compile(r"([\w.-]+\.csv) sha256:[0-9a-f]{64}")
_TYPES = {".cff": "application/yaml", ".qmd": "text/markdown", ".toml": "application/toml"}

Entity = dict[str, Any]


def describe_crate(
    files: Mapping[str, bytes],
    licences: Mapping[str, str],
    citation: Mapping[str, Any],
    *,
    identifiers: Sequence[str],
    day: date,
) -> str:
    """Return the metadata of an archive as JSON-LD.

    Parameters
    ----------
    files : mapping of str to bytes
        Everything in the archive but the metadata themselves, by path.
    licences : mapping of str to str
        By path: an address, or the file that holds the terms.
    citation : mapping
        :func:`.describe.read_citation`.
    identifiers : sequence of str
        SWHIDs of the version.
    day : date
        Of the data.
    """
    authors = [_author(number, author) for number, author in enumerate(citation["authors"], 1)]
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Data and Code for: {citation['title']}",
        "description": " ".join(citation["abstract"].split()),
        "datePublished": day.isoformat(),
        "license": _refer(MIT),
        "keywords": ", ".join(citation.get("keywords", ())),
        "version": str(citation["version"]),
        "author": [_refer(author["@id"]) for author in authors],
        "identifier": list(identifiers),
        "hasPart": [_refer(name) for name in files],
        "mentions": [_refer("#paper")],
    }
    head = {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": _refer(CONFORMS),
        "about": _refer("./"),
    }
    terms = [
        {"@id": MIT, "@type": "CreativeWork", "name": "MIT License"},
        {"@id": CC_BY, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0"},
    ]
    described = [_file(name, content, licences[name]) for name, content in files.items()]
    graph = [head, root, *authors, *terms, _run(files), *described]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _refer(to: str) -> dict[str, str]:
    return {"@id": to}


def _author(number: int, author: Mapping[str, str]) -> Entity:
    given, family = author.get("given-names", ""), author.get("family-names", "")
    person = "Person" if family else "Organization"
    told = {
        "@id": author.get("orcid", f"#author-{number}"),
        "@type": person,
        "name": author.get("name") or f"{given} {family}".strip(),
    }
    return told | ({"affiliation": author["affiliation"]} if "affiliation" in author else {})


def _run(files: Mapping[str, bytes]) -> Entity:
    """Say that the paper's files were made from the data by the package."""
    data = [name for name in files if name.startswith("data/")]
    made = [name for name in files if name.startswith(MADE)]
    return {
        "@id": "#paper",
        "@type": "CreateAction",
        "name": "nox -s paper",
        "instrument": _refer("noxfile.py"),
        "object": [_refer(name) for name in data],
        "result": [_refer(name) for name in made],
    }


def _file(name: str, content: bytes, licence: str) -> Entity:
    ending = "." + name.rpartition(".")[2]
    kind = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "text/plain"
    entity: Entity = {
        "@id": name,
        "@type": ["File", "SoftwareSourceCode"] if name.endswith(".py") else "File",
        "name": name.rpartition("/")[2],
        "contentSize": str(len(content)),
        "encodingFormat": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "license": _refer(licence),
    }
    drawn = _drawn(name, content)
    return entity | ({"isBasedOn": [_refer(each) for each in drawn]} if drawn else {})


def _drawn(name: str, content: bytes) -> list[str]:
    """Return the files that hold what a picture shows, as its own metadata name them."""
    if not name.endswith(".svg"):
        return []
    head = content[:20_000].decode("utf-8", "replace")  # metadata come first
    folder = name.rpartition("/")[0]
    return [f"{folder}/{found}" for found in dict.fromkeys(_DRAWN.findall(head))]
