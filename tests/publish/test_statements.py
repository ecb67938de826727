"""Statements and citation follow CITATION.cff, and say what it does not state."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.publish.statements import (
    PLACE,
    find_source_address,
    write_bibtex,
    write_ris,
    write_statements,
)

ROOT = Path(__file__).parents[2]
FULL = {
    "title": "A Study of Ore",
    "authors": [{"family-names": "Doe", "given-names": "Jo"}, {"name": "The Group"}],
    "version": "1.2",
    "license": "MIT",
    "abstract": "Words.",
    "date-released": "2026-01-02",
    "doi": "10.5555/ore",
    "repository-code": "https://example.org/ore",
}


def test_the_committed_statements_are_current() -> None:
    """The section is what this CITATION.cff and these manifests give."""
    assert (ROOT / PLACE).read_text("utf-8") == write_statements(ROOT)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with the manifests and a CITATION.cff of its own."""
    for folder in ("data", "data/history"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manifest.json").write_bytes(
            (ROOT / folder / "manifest.json").read_bytes()
        )
    return tmp_path


def test_what_is_stated_is_printed(root: Path) -> None:
    """Names, address, terms and a funder stand there as written, the sources of closes too."""
    told = FULL | {"funding": "A grant"}
    (root / "CITATION.cff").write_text(yaml.safe_dump(told), "utf-8")
    text = write_statements(root)
    assert "*Authors.* Doe, Jo; The Group." in text
    assert "*Code availability.* <https://example.org/ore>." in text
    assert "*Funding.* A grant." in text
    assert "*Competing interests.* Not stated." in text
    assert "Closes in `data/history/`: public copies of daily closes" in text


def test_what_is_not_stated_is_said(root: Path) -> None:
    """Without an address, a funder or interests the section says so, and leaves nothing empty."""
    told = {k: FULL[k] for k in ("title", "authors", "version", "license", "abstract")}
    (root / "CITATION.cff").write_text(yaml.safe_dump(told), "utf-8")
    text = write_statements(root)
    assert "Address of the repository: not stated." in text
    assert "*Funding.* Not stated." in text
    assert "doi" not in text


def test_citations_hold_what_is_known() -> None:
    """BibTeX and RIS have people, group, year, DOI and address; a group is not split."""
    assert write_bibtex(FULL) == (
        "@misc{a-study,\n  title = {A Study of Ore},\n  author = {Doe, Jo and {The Group}},\n"
        "  version = {1.2},\n  year = {2026},\n  doi = {10.5555/ore},\n"
        "  url = {https://example.org/ore}\n}"
    )
    assert write_ris(FULL).splitlines() == [
        "TY  - COMP", "TI  - A Study of Ore", "AU  - Doe, Jo", "AU  - The Group", "ET  - 1.2",
        "PY  - 2026", "UR  - https://example.org/ore", "DO  - 10.5555/ore", "ER  -",
    ]  # fmt: skip


def test_sources_have_an_address_where_one_is_stated(root: Path) -> None:
    """The repository with its commit, stated or unknown; none without a repository."""
    assert find_source_address(root) == ""
    told = dict(FULL)
    (root / "CITATION.cff").write_text(yaml.safe_dump(told), "utf-8")
    assert find_source_address(root) == "https://example.org/ore/blob/HEAD"
    (root / "CITATION.cff").write_text(yaml.safe_dump(told | {"commit": "abc"}), "utf-8")
    assert find_source_address(root) == "https://example.org/ore/blob/abc"
    (root / "CITATION.cff").write_text(
        yaml.safe_dump({k: v for k, v in told.items() if k != "repository-code"}), "utf-8"
    )
    assert find_source_address(root) == ""
