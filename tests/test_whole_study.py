"""The whole study once, from the committed data to the paper: what it hands over and writes."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, compute
from analysis.publish.rendered_text import pdf_pages
from analysis.publish.result_set import read_folder
from analysis.publish.review.exhibits import list_exhibits
from analysis.results import Findings
from analysis.results.formats import format_value

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """One run of ``paper``: its exit code, where it wrote, and the findings that it computed."""

    code: int
    folder: Path
    findings: Findings


@pytest.fixture(scope="module")
def run(tmp_path_factory, copy_repository) -> Run:
    """Run ``paper`` once on a copy: the one place of the tests where everything is computed."""
    folder, computed = copy_repository(tmp_path_factory.mktemp("whole")), []
    every_question = compute.compute

    def kept(*words) -> Findings:
        computed.append(every_question(*words))
        return computed[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "compute", kept)
        code = main(["paper", "--renderer", "pandoc"], Workspace.at(folder))
    return Run(code, folder, computed[0])


@pytest.fixture
def everything(run) -> Findings:
    """All findings on the committed data."""
    return run.findings


@pytest.fixture
def built(run) -> Path:
    """The copy, with results and rendered paper."""
    return run.folder


def test_keys_are_unique_and_well_formed(everything):
    """Dotted lower-case keys, each made once."""
    keys = [n.key for n in everything.numbers]
    assert len(keys) == len(set(keys))
    assert [k for k in keys if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", k)] == []


def test_every_number_can_be_printed_and_says_what_it_is(everything):
    """Each number has a text, an estimand, a unit and the function that made it."""
    for number in everything.numbers:
        assert format_value(number.value, number.format)
        assert number.estimand
        assert number.unit
        assert number.source.function.startswith(
            ("analysis.questions.", "analysis.study.", "analysis.snapshot.registration.")
        )


def test_every_figure_has_a_text_alternative(everything):
    """A sentence or more, with numbers."""
    assert len(everything.figures) >= 6
    for figure in everything.figures:
        assert 60 <= len(figure.alt) <= 420, figure.name
        assert re.search(r"\d", figure.alt), figure.name


def test_provenance_names_real_functions(everything):
    """The function that a result names exists."""
    for name in {n.source.function for n in everything.numbers}:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function)), name


def test_returns_of_the_two_days_are_price_ratios(everything, snapshot):
    """The printed returns of 27 October 2025 and 20 May 2026 are ratios of committed closes."""
    numbers = {n.key: n.value for n in everything.numbers}
    prices = snapshot.prices
    for name, day in (("truce", "2025-10-27"), ("rebound", "2026-05-20")):
        at = prices.index.get_loc(pd.Timestamp(day))
        for firm in ("MP", "USAR", "CRML"):
            ratio = prices[firm].iloc[at] / prices[firm].iloc[at - 1] - 1
            assert numbers[f"{name}.{firm.lower()}.return"] == pytest.approx(ratio, abs=1e-12)


def test_all_claims_have_a_verdict_of_the_vocabulary(everything):
    """Twenty-nine verdicts, each from the list that the ledger defines."""
    allowed = {"supported", "contradicted", "mixed", "not testable"}
    allowed |= {f"{which} sign within noise" for which in ("right", "wrong", "no")}
    allowed |= {"cannot decide", "not a claim", "shown, not decided"}
    claims = [v for v in everything.verdicts if "." not in v.key]
    assert len(claims) == 29
    assert {v.verdict for v in claims} <= allowed


def test_paper_makes_both_files(run):
    """One command gives the HTML and the PDF."""
    assert run.code == 0
    made = {p.suffix: p.stat().st_size for p in (run.folder / "paper/_output").iterdir()}
    assert set(made) == {".html", ".pdf"}
    assert min(made.values()) > 100_000


@pytest.mark.parametrize(
    "name",
    [
        "numbers.json",
        "keys.csv",
        "claims.json",
        "figures.json",
        "datasets.json",
        "tables",
        "passages",
    ],
)
def test_committed_results_are_what_this_tree_computes(built, name):
    """Nobody changed the code, the data or the results without the others."""

    def contents(folder: Path) -> dict[str, str]:
        place = folder / "paper/results" / name
        files = sorted(place.glob("*.md")) if place.is_dir() else [place]
        return {p.name: p.read_text("utf-8") for p in files}

    assert contents(built) == contents(ROOT)


def test_exhibits_are_counted_as_printed(built):
    """What `explain "Table 3"` finds is what page and PDF call Table 3, by identifier and words."""
    page = (built / "paper/_output/rare-earth-headlines.html").read_text("utf-8")
    figures = re.findall(r'<figure id="([\w-]+)".*?</figure>', page, re.DOTALL)
    printed = dict(re.findall(r'<figure id="([\w-]+)".*?float-label">([^:<]+):', page, re.DOTALL))
    exhibits = list_exhibits(built / "paper")
    assert list(printed) == figures
    assert {e.label: str(e) for e in exhibits} == {
        label: text.replace("\xa0", " ") for label, text in printed.items()
    }
    pdf = "".join(pdf_pages(built / "paper/_output/rare-earth-headlines.pdf"))
    aside = (built / "paper/sections/supplement.qmd").read_text("utf-8")  # on the page alone
    words = re.compile(
        r'<figure id="([\w-]+)"(?:(?!</figure>).)*?'
        r'float-label">([^:<]+):</span>\s*([^<]{12,}?)[<.]',
        re.DOTALL,
    )
    captions = [f[1:] for f in words.findall(page) if f"{{#{f[0]}" not in aside]
    assert len(captions) > 10
    solid = re.sub(r"\s", "", pdf)
    for label, words in captions:
        assert re.sub(r"\s", "", f"{label}:{words}") in solid


def test_exhibits_are_of_published_results(built):
    """Every numbered table and figure but the list of exhibits leads to a result."""
    exhibits = list_exhibits(built / "paper")
    results = read_folder(built / "paper/results")
    assert [e.label for e in exhibits if e.key is None] == ["tbl-exhibits"]
    for exhibit in exhibits:
        assert exhibit.key is None or exhibit.key in results[exhibit.kind]


def test_committed_readme_states_the_current_findings(built):
    """The generated part of the README is up to date."""
    assert (built / "README.md").read_text("utf-8") == (ROOT / "README.md").read_text("utf-8")
