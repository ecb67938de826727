"""A study of another topic from files alone: it renders, names nothing of the paper's, and stops.

What `init` writes is such a study: invented ferry lines, strikes, and a monthly series.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.publish.rendered_text import Page, one_line, pdf_pages
from analysis.publish.renderers.quarto import find_quarto
from analysis.questions import left_out
from analysis.snapshot.claims_file import KINDS_BY_NAME
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.rules import Rules
from analysis.study.claims import decide_claim
from analysis.study.customs import correlations, say_every
from analysis.study.panel import build_panel
from analysis.study.verdicts import judge

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
MORE = """[regimes]
window = 60
minimum = 30
trim = 0.15
draws = 19
[regimes.starts]
long_strike = { day = 2025-08-27, event = "2025-08-strike-25" }

[pair]
holding = 5
cost = 0.001
borrow = 0.1
"""  # for questions that `init` does not ask
TOPIC = ("rare earth", "rare-earth", "magnet", "tonne", "China", "Chinese", "heavy", "pure play")
PAGES = ("html", "pdf")


@dataclass(frozen=True)
class Run:
    """What `init` and `paper` made: the folder of the study, and what they said."""

    folder: Path
    code: int


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands once in a file."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def flagship_names() -> set[str]:
    """Return the proper names of the paper's study: tickers, firms and funds, baskets, series."""
    universe = pd.read_csv(DATA / "universe.csv")
    baskets = tomllib.loads((DATA / "study.toml").read_text("utf-8"))["baskets"]
    series = set(pd.read_csv(DATA / "customs.csv")["series"])
    shared = {"core", "placebo"}  # words of every study
    return {*universe["ticker"], *universe["name"], *baskets, *series, *TOPIC} - shared


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """Write the study of `init` and render it; fewer draws save a minute."""
    folder = tmp_path_factory.mktemp("elsewhere") / "ferries"
    workspace = Workspace.at(ROOT)
    assert main(["init", str(folder)], workspace) == 0
    edit(folder / "study.toml", "draws = 999  ", "draws = 199  ")
    edit(folder / "study.toml", '# sector = "SEC"  ', 'sector = "PORA"\nmetals = "PORB"  # ')
    edit(folder / "study.toml", "[highlights]", f"{MORE}\n[highlights]")
    assert main(["data", "--accept", "--data", str(folder)], workspace) == 0
    return Run(folder, main(["paper", "--renderer", "pandoc", "--data", str(folder)], workspace))


def render(folder: Path) -> int:
    """Render again with the results of the last run."""
    words = ["paper", "--only-render", "--renderer", "pandoc", "--data", str(folder)]
    return main(words, Workspace.at(ROOT))


def pages(folder: Path) -> list[str]:
    """Return the text of the page and of each page of the PDF."""
    output = folder / "paper/_output"
    return [one_line(*Page(output / "report.html").text), *pdf_pages(output / "report.pdf")]


def alternatives(path: Path) -> list[str]:
    """Return the text alternatives in a PDF: what is said in the place of a picture."""
    reader = PdfReader(path)
    count = int(str(reader.trailer.get("/Size")))
    known = [n for n in range(1, count) if n in reader.xref.get(0, {}) or n in reader.xref_objStm]
    objects = (reader.get_object(number) for number in known)
    found = (each for each in objects if isinstance(each, DictionaryObject))
    return [str(each.get("/Alt")) for each in found if "/Alt" in each]


@pytest.mark.slow
def test_what_init_writes_renders_at_once_in_its_own_words(run) -> None:
    """HTML and PDF of the author's text, not of the report, and SYNTHETIC on every page."""
    assert run.code == 0
    page, *printed = pages(run.folder)
    assert "A news story says that strikes in the ports sink the ferry lines." in page
    assert "written by code from the files of a study" not in page
    assert len(printed) > 2
    assert all("SYNTHETIC" in text for text in printed)


@pytest.mark.slow
def test_nothing_of_the_papers_study_is_named(run) -> None:
    """No ticker, fund, basket or series of it stands in any text, table, number or picture.

    Nor in what a reader hears or uncovers: text alternatives, hover texts, data of scripts.
    """
    results, output = run.folder / "paper/results", run.folder / "paper/_output"
    texts = {str(n): text for n, text in enumerate(pages(run.folder))}
    source = html.unescape((output / "report.html").read_text("utf-8"))
    texts["source"] = re.sub(r"base64,[A-Za-z0-9+/=]+", "", source)
    assert source.count("alt=") > 3
    spoken = alternatives(output / "report.pdf")
    assert any("Panels of mean reactions" in text for text in spoken)
    texts["spoken"] = " ".join(spoken)
    for path in [*results.rglob("*.md"), *results.glob("*.json"), results / "keys.csv"]:
        texts[path.name] = path.read_text("utf-8")
    numbers = pd.read_csv(results / "numbers.csv", keep_default_na=False)
    texts["numbers.csv"] = " ".join(numbers[["key", "text", "unit", "estimand"]].to_numpy().ravel())
    for path in (results / "figures").glob("*.svg"):
        texts[path.name] = " ".join(
            re.findall(r">([^<>]+)</(?:text|title|desc)>", path.read_text("utf-8"))
        )
    names = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(flagship_names())))
    assert {"Relative beta", "The pair trade"}.isdisjoint(left_out(load_snapshot(run.folder)))
    found = {place: sorted(set(names.findall(text))) for place, text in texts.items()}
    assert {place: names for place, names in found.items() if names} == {}


@pytest.mark.slow
def test_every_kind_of_claim_has_a_verdict(run) -> None:
    """The claims of `init` are one of each kind and one more; all are decided or say why not."""
    claims = load_snapshot(run.folder).claims
    assert {claim.kind for claim in claims.values()} == set(KINDS_BY_NAME)
    published = json.loads((run.folder / "paper/results/claims.json").read_text("utf-8"))
    verdicts = {key: published["verdicts"][key]["verdict"] for key in claims}
    assert verdicts["strikes_sink"] == "supported"  # as planted
    assert verdicts["railway_stays"] == "supported"  # likewise: nothing is planted there
    assert verdicts["half_a_year_on"] == "not testable"
    assert all(verdicts.values())


@pytest.mark.slow
def test_a_verdict_that_flips_stops_the_render(run, capsys) -> None:
    """The line has file, line, sentence and both verdicts; the pages stay as they were."""
    section = run.folder / "paper/sections/results.qmd"
    before, text = pages(run.folder), section.read_text("utf-8")
    try:
        edit(section, 'key="railway_stays" is="supported"', 'key="railway_stays" is="contradicted"')
        assert render(run.folder) == 1
        said = capsys.readouterr().err
        assert "paper/sections/results.qmd:6: claim 'railway_stays'" in said
        assert "the paper says 'contradicted', the analysis says 'supported'" in said
        assert pages(run.folder) == before
    finally:
        section.write_text(text, encoding="utf-8")
    assert render(run.folder) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("num data.events >}}\nevents", "num data.evnts >}}\nevents",
         "data.qmd:4: expected a published number, found 'data.evnts'; nearest: 'data.events'"),
        ("table firms >", "table firm >", "data.qmd:10: expected a published table, found 'firm'"),
    ],
)  # fmt: skip
def test_a_section_that_cites_what_is_not_there_is_one_line(run, old, new, said, capsys) -> None:
    """Place, key and the nearest known one."""
    section = run.folder / "paper/sections/data.qmd"
    text = section.read_text("utf-8")
    try:
        edit(section, old, new)
        assert render(run.folder) == 1
        assert said in capsys.readouterr().err
    finally:
        section.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_the_authors_text_is_not_written_over_and_the_report_is(run, capsys) -> None:
    """The sources stay as they are; a table's note that leads nowhere is told by its place."""
    index = run.folder / "paper/index.qmd"
    text = index.read_text("utf-8")
    assert text.startswith('---\ntitle: "Strikes')
    try:
        edit(index, "\n{{< include sections/results.qmd >}}\n", "")
        edit(
            index,
            "\n{{< include sections/ledger.qmd >}}\n",
            "\n::: {#tbl-other}\n\n{{< table tipping >}}\n\nWhat turns them.\n:::\n",
        )
        assert render(run.folder) == 1
        said = capsys.readouterr().err
        assert "table 'tipping': expected the label {#tbl-tipping-changes}, to which" in said
    finally:
        index.write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(find_quarto() is None, reason="no Quarto on this machine")
def test_quarto_renders_it_too(run) -> None:
    """The other renderer makes both files of the same text."""
    words = ["paper", "--only-render", "--renderer", "quarto", "--data", str(run.folder)]
    assert main(words, Workspace.at(ROOT)) == 0
    assert "strikes in the ports sink the ferry lines" in pages(run.folder)[0]


@pytest.mark.slow
def test_diff_compares_a_study_in_a_repository_of_its_own(run, capsys) -> None:
    """Outside of the project: no result differs from the commit; an edit of a choice is named."""
    folder = run.folder

    def git(*words: str) -> None:
        somebody = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *somebody, *words], cwd=folder, check=True, capture_output=True)

    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "a study"]):
        git(*words)
    assert main(["diff", "HEAD", "--data", str(folder)], Workspace.at(ROOT)) == 0
    assert "No result differs" in capsys.readouterr().out
    assert (folder / "paper/_output/diff.md").is_file()


@pytest.mark.slow
def test_the_years_before_have_a_text_of_their_own(tmp_path) -> None:
    """The second real study renders where it lies among the data, from its own text."""
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("derived", "results"))
    folder = tmp_path / "data/history"
    words = ["paper", "--renderer", "pandoc", "--data", str(folder)]
    assert main(words, Workspace.at(ROOT)) == 0
    page = pages(folder)[0]
    assert "Two news items of recent years read daily moves" in page
    assert "written by code from the files of a study" not in page


# What is wrong in the files of a study is told before anything is computed.
@pytest.fixture
def ferries(tmp_path) -> Path:
    """Return the study of `init`, accepted and not computed."""
    assert main(["init", str(tmp_path / "ferries")], Workspace.at(ROOT)) == 0
    return tmp_path / "ferries"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("claims.toml", 'kind = "difference"', 'kind = "differnce"',
         "claim settled_less_struck, field kind: expected 'mean'"),
        ("claims.toml", "window = [0, 0]\n", "windows = [0, 0]\n",
         "claim days_are_louder, field windows: expected a field of the kind variance"),
        ("claims.toml", 'of = "slope(core, freight_share)"', 'of = "slope(core freight_share)"',
         "found 'slope(core >>freight_share)'"),
        ("claims.toml", 'series = ["berths"]', 'series = ["berth"]', "did you mean berths?"),
        ("study.toml", 'ports = ["PORA", "PORB"]', "ports = []", "study.toml, key baskets.ports"),
        ("study.toml", 'against = "passenger_lines"', 'against = "passengers"',
         "study.toml, key exposure.against: expected a basket of [baskets], found passengers; "
         "did you mean passenger_lines?"),
        ("study.toml", 'column = "freight_share"', 'column = "freight_shares"',
         "expected a column of universe.csv, found freight_shares; did you mean freight_share?"),
        ("study.toml", 'file = "berths.csv"', 'file = "berth.csv"', "berth.csv"),
        ("study.toml", "as_of = 2026-01-31", "as_of = 31.01.2026", "study.toml: expected TOML"),
        ("berths.csv", "2023-02,berths", "2023-Q1,berths",
         "berths.csv, row 3, column month: expected a period of the kind of the first row, "
         "2023-01"),
        ("study.toml", "XNYS = {}", "NYSE = {}", "study.toml, key exchanges.NYSE: expected"),
        ("universe.csv", "freight_share", "heavy_shares", "universe.csv, row 1"),
        ("universe.csv", "FERB,Ferry line B,ferry,0.4", "FERB,Ferry line B,ferry,much",
         "expected a number of FERB under freight_share, found much"),
    ],
)  # fmt: skip
def test_a_fault_of_the_files_is_one_line(ferries, name, old, new, said, capsys) -> None:
    """File, place, expected, found; nothing is written."""
    edit(ferries / name, old, new)
    before = {path: path.read_bytes() for path in ferries.rglob("*") if path.is_file()}
    assert main(["data", "--accept", "--data", str(ferries)], Workspace.at(ROOT)) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in ferries.rglob("*") if path.is_file()} == before


def test_an_editor_s_mark_in_front_of_the_choices_hides_no_file(ferries) -> None:
    """A study.toml that an editor saved with a mark of its encoding names its file of figures."""
    path = ferries / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    manifest = load_snapshot(ferries, check_hashes=False).manifest
    assert manifest.files.keys() >= {"berths.csv"}


def test_two_episodes_are_a_verdict(ferries) -> None:
    """A claim on too few events cannot be decided, or whatever the rules of the study call it."""
    edit(ferries / "claims.toml", 'events = { directions = ["strike"] }',
         'events = { directions = ["strike"], before = 2023-11-01 }')  # fmt: skip
    panel = build_panel(load_snapshot(ferries, check_hashes=False))
    outcome = decide_claim(panel.claims["strikes_sink"], panel)
    assert outcome.count == "2"
    assert judge(panel, {"strikes_sink": outcome})["strikes_sink"] == (None, "cannot decide")
    named = replace(panel, rules=Rules(few="not testable"))
    assert judge(named, {"strikes_sink": outcome})["strikes_sink"] == (None, "not testable")


def test_figures_of_any_frequency_are_found_to_lead(ferries) -> None:
    """Weeks and quarters with what was planted in them: growth that runs ahead of returns by one.

    The file has the name that study.toml gives it, and texts speak of its periods.
    """
    snapshot = load_snapshot(ferries)
    lines = snapshot.prices[list(snapshot.choices.firms.core)]
    for every, form, said in (("W-FRI", "%Y-%m-%d", "weeks"), ("Q", "%Y-Q%q", "quarters")):
        held = lines.groupby(pd.DatetimeIndex(lines.index).to_period(every)).last().mean(axis=1)
        growth = np.log(held).diff().shift(-1).fillna(0.0)
        periods = pd.PeriodIndex(growth.index)
        cells = periods.asfreq("D", how="END") if said == "weeks" else periods
        rows = pd.DataFrame(
            {"month": cells.strftime(form), "series": "berths", "coverage": "month"}
        )
        values = (1000 * np.exp(growth.cumsum())).round(4).to_numpy()
        rows = rows.assign(value=values, unit="ships", status="reported", source_title="invented")
        rows.to_csv(ferries / "berths.csv", index=False)
        panel = build_panel(load_snapshot(ferries, check_hashes=False))
        assert panel.snapshot.manifest.files.keys() >= {"berths.csv"}
        found = correlations(panel, ["pearson"], [("berths", "core")]).set_index("lag")
        assert found["estimate"].abs().idxmax() == 1
        assert found["estimate"].to_dict()[1] > 0.9
        assert say_every(panel.snapshot).words["months"] == said
        assert decide_claim(panel.claims["berths_lead"], panel).count.endswith(said)


def test_a_firm_may_be_listed_in_mid_sample(ferries, capsys) -> None:
    """Rows may lack before listed_from; without it the line says where to write the day."""
    prices = pd.read_csv(ferries / "prices.csv")
    late = (prices["ticker"] == "FERB") & (prices["session"] < "2023-05-01")
    prices[~late].to_csv(ferries / "prices.csv", index=False)
    words = ["data", "--accept", "--data", str(ferries)]
    assert main(words, Workspace.at(ROOT)) == 1
    assert "or write 2023-05-01 under listed_from in universe.csv" in capsys.readouterr().err
    universe = pd.read_csv(ferries / "universe.csv", dtype=str).assign(listed_from="")
    universe.loc[universe["ticker"] == "FERB", "listed_from"] = "2023-05-01"
    universe.to_csv(ferries / "universe.csv", index=False)
    assert main(words, Workspace.at(ROOT)) == 0


@pytest.mark.slow
def test_a_study_is_built_from_prices_and_events_of_ones_own(tmp_path, capsys) -> None:
    """Semicolons, decimal commas, days first, tickers as BRK-B: exchange and market are found."""
    from analysis.snapshot.calendar import list_sessions

    sessions = list_sessions("XETR", pd.Timestamp("2022-01-03"), pd.Timestamp("2023-06-30"))
    steps = pd.DataFrame({t: range(len(sessions)) for t in ("AAA", "BRK-B", "DAX")}, sessions)
    prices = 50 + (steps * [7, 5, 3]).mod([11, 13, 17]) / 4
    wide = prices.rename_axis("Date").reset_index().assign(Date=sessions.strftime("%d.%m.%Y"))
    wide.to_csv(tmp_path / "p.csv", sep=";", decimal=",", index=False)
    rows = {"date": ["2022-09-03", "2022-10-04"], "kind": ["Export curb", "Licence"]}
    pd.DataFrame(rows).to_csv(tmp_path / "e.csv", index=False)
    folder = tmp_path / "mine"
    words = ["init", str(folder), "--from-prices", str(tmp_path / "p.csv")]
    words += ["--from-events", str(tmp_path / "e.csv"), "--github"]
    assert main(words, Workspace.at(ROOT)) == 0
    said = capsys.readouterr().out
    assert "proposed: exchange XETR, market DAX, firms AAA, BRK-B" in said
    assert "1 on the next session" in said
    assert "Fill in PACKAGE in .github/workflows/check.yml" in said
    assert "paper/_output/" in (folder / ".gitignore").read_text("utf-8").split()
    assert main(["data", "--accept", "--data", str(folder)], Workspace.at(ROOT)) == 0
    snapshot = load_snapshot(folder)
    assert list(snapshot.events["direction"]) == ["export_curb", "licence"]
    assert list(snapshot.choices.directions) == ["export_curb", "licence"]
    assert snapshot.events["day0"].iloc[0] == pd.Timestamp("2022-09-05")  # a Monday
    assert snapshot.prices["BRK-B"].iloc[1] == pytest.approx(50 + 5 / 4)


def test_a_name_that_is_no_ticker_is_one_line(tmp_path, capsys) -> None:
    """The column is named, and nothing is written."""
    days = pd.bdate_range("2022-01-03", periods=30).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"Date": days, "Firm One!": range(1, 31), "B": range(2, 32)})
    frame.to_csv(tmp_path / "p.csv", index=False)
    words = ["init", str(tmp_path / "mine"), "--from-prices", str(tmp_path / "p.csv")]
    assert main(words, Workspace.at(ROOT)) == 1
    error = capsys.readouterr().err
    assert "expected a ticker as BRK-B or ^SOX above each column, found 'FIRM ONE!'" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def test_axis_ticks_show_as_many_decimals_as_tell_them_apart() -> None:
    """Ticks at halves get a decimal where none was asked for; whole ones stay whole."""
    from matplotlib.figure import Figure

    from analysis.results.style import decimal_axis

    ax = Figure().subplots()
    for ticks, said in (([0, 0.5, 1], ["0.0", "0.5", "1.0"]), ([0, 1, 2], ["0", "1", "2"])):
        decimal_axis(ax, "x", 0)
        ax.set_xticks(ticks)
        assert [label.get_text() for label in ax.get_xticklabels()] == said
