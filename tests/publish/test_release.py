"""The archive of a version: read by another program, file by file, and the same twice."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml

from analysis.errors import ResultsError
from analysis.publish.release.archive import gather, pack
from analysis.publish.release.describe import (
    CC_BY,
    MIT,
    TERMS,
    describe_deposit,
    find_changes,
    find_licence,
    read_citation,
    write_containerfile,
)
from analysis.publish.review.repository import list_files

ROOT = Path(__file__).parents[2]
DAY = date(2026, 8, 18)
SWHIDS = ("swh:1:dir:" + "a" * 40, "swh:1:rev:" + "b" * 40)
DATA = "x,y\n1,2\n"
SVG = f"<svg><metadata>f.csv sha256:{hashlib.sha256(DATA.encode()).hexdigest()}</metadata></svg>"
CITATION = {
    "title": "A Study", "authors": [{"family-names": "Doe", "given-names": "Ann",
    "affiliation": "A University", "orcid": "https://orcid.org/0000-0000-0000-0001"},
    {"name": "A Group"}], "version": "1.2.0", "license": "MIT", "abstract": "Some\n  words.\n",
    "keywords": ["one", "two"],
}  # fmt: skip
FILES = {
    "CITATION.cff": yaml.safe_dump(CITATION),
    "CHANGELOG.md": "# C\n\n## 1.2.0 - 2026-01-01\n\nNew.\n\n## 1.1.0 - 2025-01-01\n\nOld.\n",
    "LICENSE-TEXT.md": "Terms.\n",
    "analysis/a.py": "A = 1\n",
    "noxfile.py": "B = 2\n",
    "benchmarks/runtimes.json": '{"machine": {"python": "3.11.7"}}',
    "data/manifest.json": '{"files": {"a.csv": {"licence": "Our own text, CC BY 4.0."}}}',
    "data/a.csv": "z\n",
    "data/prices.csv": "close\n",
}
BUILT = {
    "paper/_output/rare-earth-headlines.html": "<p>A page</p>",
    "paper/_output/rare-earth-headlines.pdf": "%PDF",
    "paper/_output/diff.html": "<p>A review</p>",
    "paper/results/numbers.json": "{}",
    "paper/results/figures/f.svg": SVG,
    "paper/results/figures/f.csv": DATA,
    "paper/results/figures/made-from.json": "{}",
}


@pytest.fixture
def root(tmp_path) -> Path:
    """A small clone with a finished build."""
    for name, text in (FILES | BUILT).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def gathered(root: Path) -> dict[str, bytes]:
    """The archive of that clone."""
    tracked = {name: (root / name).read_bytes() for name in FILES}
    return gather(root, tracked, identifiers=SWHIDS, day=DAY)


def test_another_program_reads_the_crate(root, tmp_path):
    """Every file is described with its size, hash and licence, and nothing that is not there."""
    rocrate = pytest.importorskip("rocrate.rocrate")
    files = gathered(root)
    place = tmp_path / "crate"
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    crate = rocrate.ROCrate(place)
    assert crate.name == "Data and Code for: A Study"
    assert crate.root_dataset["identifier"] == list(SWHIDS)
    assert [author["name"] for author in crate.root_dataset["author"]] == ["Ann Doe", "A Group"]
    described = {entity.id: entity for entity in crate.root_dataset["hasPart"]}
    assert set(described) == set(files) - {"ro-crate-metadata.json"}
    for name, entity in described.items():
        assert entity["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert entity["contentSize"] == str(len(files[name]))
        assert entity["license"]["@id"] in (MIT, CC_BY, TERMS)
    (run,) = [entity for entity in crate.contextual_entities if entity.type == "CreateAction"]
    assert "paper/_output/rare-earth-headlines.pdf" in [each.id for each in run["result"]]


def test_a_picture_leads_to_its_data(root):
    """By its own metadata, and the archive holds both."""
    files = gathered(root)
    graph = json.loads(files["ro-crate-metadata.json"])["@graph"]
    (picture,) = [entity for entity in graph if entity["@id"].endswith("f.svg")]
    assert picture["isBasedOn"] == [{"@id": "paper/results/figures/f.csv"}]
    assert "paper/results/figures/f.csv" in files


@pytest.mark.parametrize(("text", "found"), [("x,y\n1,3\n", "found others"), (None, "found none")])
def test_a_picture_of_other_data_stops_the_release(root, text, found):
    """Edited data, or none: the file is named."""
    data = root / "paper/results/figures/f.csv"
    data.unlink() if text is None else data.write_text(text, "utf-8")
    with pytest.raises(ResultsError, match=f"figures/f.csv: expected the data .* {found}"):
        gathered(root)


def test_what_belongs_to_this_machine_or_to_a_review_stays_out(root):
    """And what a deposit asks for is there."""
    files = gathered(root)
    assert not [name for name in files if "diff" in name or "made-from" in name]
    assert {"CHANGES.md", "Containerfile", "deposit.json", "licences.csv"} < set(files)
    assert files["CHANGES.md"].decode() == "## 1.2.0 - 2026-01-01\n\nNew.\n"


def test_a_build_without_its_pdf_is_no_release(root):
    """The missing file is named with what to run."""
    (root / "paper/_output/rare-earth-headlines.pdf").unlink()
    with pytest.raises(ResultsError, match=r"headlines\.pdf: expected .* run nox -s paper"):
        gathered(root)


def test_the_same_files_make_the_same_archive(root):
    """Byte for byte, below one folder; scripts stay executable."""
    files = gathered(root) | {".ci/run": b"#!/bin/sh\n"}
    one = pack(files, "study-1", DAY)
    assert pack(files, "study-1", DAY) == one
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert {info.filename for info in archive.infolist()} == {f"study-1/{n}" for n in files}
        assert archive.getinfo("study-1/.ci/run").external_attr >> 16 == 0o100755
        assert archive.testzip() is None


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("analysis/a.py", MIT),
        ("noxfile.py", MIT),
        ("tests/test_a.py", MIT),
        ("requirements/paper.txt", MIT),
        ("paper/_extensions/results/claim.lua", MIT),
        ("paper/index.qmd", CC_BY),
        ("paper/results/tables/t.md", CC_BY),
        ("README.md", CC_BY),
        ("data/events.csv", CC_BY),
        ("data/study.toml", CC_BY),
        ("data/prices.csv", TERMS),
        ("data/history/prices.csv", TERMS),
        ("data/other.csv", TERMS),
    ],
)
def test_each_file_has_the_licence_that_the_terms_give_it(name, licence):
    """Code MIT, words CC BY, prices and what others own by the terms in their file."""
    assert find_licence(name, {"other.csv": "Prices of an exchange."}) == licence


def test_the_deposit_says_what_the_citation_says():
    """Authors with family names first, entities by their one name, the day of the data."""
    text = describe_deposit(CITATION, identifiers=SWHIDS, day=DAY, changes="New.")
    told = json.loads(text)["metadata"]
    assert told["creators"][0] == {
        "name": "Doe, Ann",
        "affiliation": "A University",
        "orcid": "https://orcid.org/0000-0000-0000-0001",
    }
    assert told["creators"][1] == {"name": "A Group"}
    assert told["description"] == "Some words."
    assert told["publication_date"] == "2026-08-18"
    assert [each["identifier"] for each in told["related_identifiers"]] == list(SWHIDS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("title: A\n", "found: 'authors'"),
        (": : :", "found: "),
        ("[]", "found: "),
        (None, "found: "),
    ],
)
def test_a_citation_that_lacks_something_is_told(tmp_path, text, found):
    """In one line."""
    if text is not None:
        (tmp_path / "CITATION.cff").write_text(text, "utf-8")
    with pytest.raises(ResultsError, match=r"CITATION\.cff: expected title") as caught:
        read_citation(tmp_path)
    assert found in str(caught.value)


def test_the_repository_can_be_described():
    """Its citation is complete, its changelog has the version, every file a licence."""
    citation = read_citation(ROOT)
    assert find_changes((ROOT / "CHANGELOG.md").read_text("utf-8"), str(citation["version"]))
    with pytest.raises(ResultsError, match=r"expected a section '## 9\.9'"):
        find_changes("## 1.0 - x\n", "9.9")
    terms = json.loads((ROOT / "data/manifest.json").read_text("utf-8"))["files"]
    said = {name: entry["licence"] for name, entry in terms.items()}
    assert {find_licence(name, said) for name in list_files(ROOT)} == {MIT, CC_BY, TERMS}


def test_the_containerfile_installs_the_lock_and_renders():
    """With hashes and nothing besides, on the Python of the run times."""
    text = write_containerfile("3.11.7")
    assert "FROM python:3.11.7-slim\n" in text
    assert "--require-hashes --no-deps -r requirements/paper.txt" in text
    assert "PYTHONHASHSEED=0" in text
