"""Results as people use them: tables to read, files for other programs, pictures for a paper."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from matplotlib.figure import Figure as Canvas
from rich.console import Console
from scipy import stats

from analysis.__main__ import main
from analysis.results.style import decimal_axis
from analysis.userfiles.beta import relative_beta
from analysis.userfiles.event_study import event_study
from analysis.userfiles.group_tables import mean_paths
from analysis.userfiles.terminal import show_betas, show_event_study
from analysis.userfiles.trust import DEPENDENT, INDEPENDENT, ONE_DATE, advise, tell_disagreement
from analysis.userfiles.writing import SUFFIXES

ROOT = Path(__file__).parents[2]
PRICES = Path(__file__).parent / "cases" / "prices.csv"
DAYS = {
    "ALFA": "2023-05-22", "BRAV": "2023-06-28", "CHAR": "2023-08-03", "DELT": "2023-09-08",
    "ECHO": "2023-10-13", "FOXT": "2023-11-17", "GOLF": "2023-12-26", "HOTL": "2024-02-01",
}  # fmt: skip
COMMANDS = {
    "event-study": ["--prices", str(PRICES), "--events", "events.csv", "--benchmark", "MKT",
                    "--tests", "bmp,across_episodes_t,conformal", "--window=-1,1"],
    "beta": ["--prices", str(PRICES), "--benchmark", "MKT", "--assets", "ALFA,BRAV", "--draws",
             "99"],
    "correlate": ["--data", str(PRICES), "--x", "ALFA", "--y", "MKT,DAX", "--methods", "pearson",
                  "--x-as", "log_change", "--y-as", "log_change", "--draws", "99"],
}  # fmt: skip
MAIN = {"event-study": "car", "beta": "beta", "correlate": "estimate"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with events.csv of two groups, in which commands run."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{name},{day},{'ab'[at % 2]}" for at, (name, day) in enumerate(DAYS.items())]
    Path("events.csv").write_text("\n".join(["ticker,day0,group", *rows]) + "\n", "utf-8")
    return tmp_path


def run(command: str, *words: str) -> int:
    return main([command, *COMMANDS[command], *words])


def document(command: str, *words: str) -> dict[str, Any]:
    assert run(command, "--quiet", "--out", "r.json", *words) == 0
    return json.loads(Path("r.json").read_text("utf-8"))


def plain() -> pd.DataFrame:
    return pd.read_csv(PRICES, index_col="date", parse_dates=True)


def numbers(command: str) -> list[float]:
    entries = {"event-study": "events", "beta": "assets", "correlate": "correlations"}
    return [row[MAIN[command]] for row in document(command)[entries[command]]]


def read_back(path: Path) -> pd.DataFrame:
    readers: dict[str, Any] = {
        ".csv": pd.read_csv, ".dta": pd.read_stata, ".parquet": pd.read_parquet,
        ".xlsx": pd.read_excel,
    }  # fmt: skip
    return readers[path.suffix](path)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("suffix", [".csv", ".dta", ".parquet", ".xlsx"])
def test_a_table_read_back_has_all_digits(command, suffix):
    """What other programs read are the numbers of the JSON document."""
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    expected = numbers(command)
    assert run(command, "--quiet", "--out", f"r{suffix}") == 0
    table = read_back(Path(f"r{suffix}"))
    np.testing.assert_allclose(table[MAIN[command]], expected, rtol=1e-14)
    if suffix != ".xlsx":
        spec = read_back(Path(f"r-spec{suffix}"))
        assert dict(zip(spec["name"], spec["value"], strict=True))["seed"] == "1"


def test_tables_of_an_event_study_stand_beside_each_other():
    """A file a table that has rows, or a sheet; the names of the columns are those of the docs."""
    words = ("--window=0,1", "--by", "pooled")
    assert run("event-study", "--quiet", "--out", "r.csv", *words) == 0
    names = ["events", "groups", "tests", "windows", "path", "contrasts", "breakdown", "spec"]
    files = sorted(p.name for p in Path().glob("r*.csv"))
    assert files == sorted(["r.csv", *(f"r-{name}.csv" for name in names[1:])])
    events = pd.read_csv("r.csv", parse_dates=["day0"])
    np.testing.assert_allclose(events[["ar_m1", "ar_0", "ar_1"]].sum(axis=1), events["car"])
    assert pd.read_csv("r-groups.csv")["trusted"].str.startswith("bmp,").all()
    assert run("event-study", "--quiet", "--out", "r.xlsx", *words) == 0
    assert list(pd.read_excel("r.xlsx", sheet_name=None)) == names
    assert run("event-study", "--quiet", "--out", "r.dta", *words) == 0
    stata = pd.read_stata("r.dta")
    assert stata["day0"].tolist() == events["day0"].tolist()
    tests = pd.read_stata("r-tests.dta").merge(pd.read_csv("r-tests.csv"), on=["group", "test"])
    np.testing.assert_allclose(tests["p_value_x"], tests["p_value_y"], rtol=1e-14)


@pytest.mark.parametrize("command", COMMANDS)
def test_tables_for_a_paper(command):
    """LaTeX with the rules of booktabs, Markdown and HTML: the same rows of the main table."""
    count = len(numbers(command))
    main_table = {"event-study": "events", "beta": "betas", "correlate": "correlations"}[command]
    for suffix in (".tex", ".md", ".html"):
        assert run(command, "--quiet", "--out", f"r{suffix}") == 0
    tex = Path("r.tex").read_text("utf-8")
    part = tex.split(f"% {main_table}\n")[1].split(r"\end{tabular}")[0]
    assert part.split(r"\midrule")[1].count(r" \\") == count
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert rule in part
    markdown = Path("r.md").read_text("utf-8").split(f"## {main_table}\n\n")[1].split("\n\n")[0]
    assert len(markdown.splitlines()) == 2 + count
    html = Path("r.html").read_text("utf-8").split(f"<h2>{main_table}</h2>")[1]
    assert html.split("</table>")[0].count("<tr>") == 1 + count


def test_marks_of_latex_and_long_tables_are_safe():
    """Underscores, ampersands and percent signs are escaped; 41 rows go over pages."""
    from analysis.userfiles.typeset import write_latex

    table = pd.DataFrame({"a_b": ["50% & more", "x\\y"], "n": [1, 2]})
    write_latex({"short": table, "long": pd.concat([table] * 21)}, Path("t.tex"))
    text = Path("t.tex").read_text("utf-8")
    assert "a\\_b & n \\\\" in text
    assert r"50\% \& more & 1 \\" in text
    assert r"x\textbackslash{}y" in text
    assert text.count(r"\begin{longtable}{lr}") == text.count(r"\endhead") == 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("option", "name"), [("--out", "r.txt"), ("--out", "r.jsn"),
                                              ("--plot", "r.jpg"), ("--plot", "r")])  # fmt: skip
def test_unknown_suffix_is_refused_before_anything_is_computed(command, option, name, capsys):
    """The formats that there are stand in the message, and no file does."""
    assert run(command, option, name) == 1
    said = capsys.readouterr().err
    assert f"{option} {name}: expected a name that ends in ." in said
    assert "Reading" not in said
    assert not Path(name).exists()
    assert option == "--plot" or all(suffix in said for suffix in SUFFIXES)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"),
                                               ("pdf", b"%PDF")])  # fmt: skip
def test_pictures(command, suffix, magic):
    """Drawn as the suffix says; two runs give the same bytes."""
    drawn = []
    for _ in "12":
        assert run(command, "--quiet", "--plot", f"r.{suffix}") == 0
        drawn.append(Path(f"r.{suffix}").read_bytes())
    assert drawn[0].startswith(magic)
    assert drawn[0] == drawn[1]
    assert [p.name for p in Path().iterdir() if p.name.startswith("r")] == [f"r.{suffix}"]


def test_labels_of_an_axis_are_the_values_of_its_ticks():
    """Ticks 1.5% apart are not told as 2%, nor those of small effects as 0.0%."""
    for by, digits in ((0.015, 1), (0.00025, 3), (0.02, 0)):
        ax = Canvas().add_subplot()
        ticks = [n * by for n in range(4)]
        ax.set_xticks(ticks)
        decimal_axis(ax, "x", 0, percent=True)
        shown = ax.xaxis.get_major_formatter().format_ticks(ticks)
        assert shown == [f"{100 * n * by:.{digits}f}%" for n in range(4)]


def test_a_picture_without_a_path_is_a_fault(capsys):
    """Fewer returns than the window: the option that decides is named, no file is written."""
    assert run("beta", "--frequency", "month", "--plot", "r.png", "--out", "r.json") == 1
    assert "choose a shorter --window" in capsys.readouterr().err
    assert not Path("r.png").exists()
    assert run("beta", "--plot", "r.png", "--out", "./r.png") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_without_a_file_shows_tables(command, capsys):
    """`--out` is optional; facts and warnings go to standard error."""
    assert run(command) == 0
    out, err = capsys.readouterr()
    assert MAIN[command].replace("estimate", "correlation").replace("car", "mean CAR") in out
    assert "prices.csv: wide" in err
    assert "results in" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_json_on_standard_output(command, capsys):
    """`--json` prints the document that `--out` writes, and no table."""
    written = document(command)
    capsys.readouterr()
    assert run(command, "--json") == 0
    assert json.loads(capsys.readouterr().out) == written


@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_says_nothing(command, capfd):
    """Unless there is a fault."""
    assert run(command, "--quiet", "--out", "r.json") == 0
    assert capfd.readouterr() == ("", "")
    assert run(command, "--quiet", "--out", "nowhere/r.json") == 1
    assert "error: --out" in capfd.readouterr().err


def test_warnings_are_counted_and_end_with_zero(capsys):
    """An event left out is a warning; none left is an error."""
    with Path("events.csv").open("a", encoding="utf-8") as file:
        file.write("ZULU,2023-05-22,a\n")
    assert run("event-study") == 0
    said = capsys.readouterr().err
    assert "left out: ZULU 2023-05-22: unknown ticker" in said
    assert "8 events, 1 left out, 1 warning" in said
    prices = plain().assign(ALFA=7.0, BRAV=7.0)
    prices.to_csv("flat.csv")
    assert (
        main(["beta", "--prices", "flat.csv", "--benchmark", "MKT", "--assets", "ALFA,BRAV"]) == 1
    )
    assert "found none of 2 (ALFA: constant returns; BRAV: constant" in capsys.readouterr().err


def test_terminal_shows_trusted_tests_first(capsys):
    """Means and signs, dependent events below a rule, what each test sees, windows in a table."""
    days = ["2023-05-22"] * 4 + ["2023-09-08"] * 4 + ["2024-02-01"] * 4
    rows = [f"{name},{day}" for name, day in zip([*DAYS, *list(DAYS)[:4]], days, strict=True)]
    Path("events.csv").write_text("\n".join(["ticker,day0", *rows]) + "\n", "utf-8")
    assert run("event-study", "--window=0,1") == 0
    out = capsys.readouterr().out
    head = next(line for line in out.splitlines() if line.startswith("group"))
    assert "p across episodes t" in head
    assert "p bmp" not in head
    above, below = re.split(r"\n─+\n", out)[1:3]
    assert re.search(r"across_episodes_t .* \d\.\d\d s\.e\.", above)  # its estimate's unit
    assert re.search(r"\nbmp .* \d+\.\d\d%", "\n" + below)
    assert "not for this group: conformal" in out
    windows = out.split("windows\n" if "windows\n" in out else "windows ")[1]
    assert "−1 to 1" in windows
    assert "0 to 1" in windows


def test_a_screen_of_eighty_letters_breaks_no_word():
    """Heads are broken between words, cells not at all; a joint test has a short name."""
    prices = plain().drop(columns="DAX")
    events = pd.read_csv("events.csv", parse_dates=["day0"]).drop(columns="group")
    choices: dict[str, Any] = {"window": (-10, 10), "windows": ((-1, 1),), "placebo": 9}
    shown = show_event_study(event_study(prices, events, benchmark="MKT", **choices))
    shown += show_betas(relative_beta(prices, benchmark="MKT", pairs=True))
    with (console := Console(width=80)).capture() as capture:
        for part in shown:
            console.print(part)
    told = capture.get()
    for word in ("episodes", "placebo", "statistic", "detectable", "−10 to 10", "clustered"):
        assert f"{word} " in told + " " or f"{word}\n" in told, word
    assert "all 8 " in told
    assert not re.search(r"^\s+\S{1,2}\s*$", told, re.MULTILINE)  # the rest of a folded cell


def study_on(days: list[str], **options: Any) -> Any:
    rows = {"ticker": [*DAYS][: len(days)], "day0": pd.to_datetime(days)}
    choices = {"benchmark": "MKT", "window": (-1, 2), "tests": "bmp"} | options
    return event_study(plain(), pd.DataFrame(rows), **choices)


def test_mean_path_of_independent_events_has_the_usual_error():
    """CAAR and s/√n by event day, with Student's band."""
    found = study_on(list(DAYS.values()))
    sums = found.ar.cumsum(axis=1)
    error = sums.std(ddof=1) / np.sqrt(8)
    path = found.paths
    np.testing.assert_allclose(path["caar"], sums.mean(), rtol=1e-10)
    np.testing.assert_allclose(path["se_caar"], error, rtol=1e-10)
    np.testing.assert_allclose(path["se_aar"], found.ar.std(ddof=1) / np.sqrt(8), rtol=1e-10)
    np.testing.assert_allclose(
        path["high"] - path["caar"], stats.t.ppf(0.975, 7) * error, rtol=1e-10
    )
    assert path["caar"].iloc[-1] == pytest.approx(found.groups["caar"][0], rel=1e-12)
    assert found.groups["positive"][0] == (found.events["car"] > 0).sum()


def test_mean_path_of_shared_days_has_clustered_errors():
    """Those of statsmodels, by day 0; on one day the forecast error of the portfolio."""
    days = ["2023-05-22"] * 3 + ["2023-09-08"] * 2 + ["2023-12-26"] * 3
    found = study_on(days)
    sums = found.ar.cumsum(axis=1).to_numpy()
    for column, error in zip(sums.T, found.paths["se_caar"], strict=True):
        kinds = {"groups": pd.factorize(found.events["day0"])[0], "df_correction": True}
        fit = sm.OLS(column, np.ones(8)).fit(cov_type="cluster", cov_kwds=kinds)
        assert error == pytest.approx(fit.bse[0], rel=1e-9)
    alone = study_on(["2023-05-22"] * 8, tests="portfolio_t")
    t = alone.tests.loc[("all", "portfolio_t"), "statistic"]
    last = alone.paths.iloc[-1]
    assert last["caar"] / last["se_caar"] == pytest.approx(t, rel=1e-9)


def test_mean_path_stays_where_a_window_is_cut():
    """A firm that ends on day 0 keeps its CAR; the means count who is left."""
    prices = plain()
    prices["ALFA"] = prices["ALFA"].where(prices.index <= DAYS["ALFA"])
    rows = pd.DataFrame({"ticker": ["ALFA", "BRAV"], "day0": [DAYS["ALFA"], DAYS["BRAV"]]})
    rows["day0"] = pd.to_datetime(rows["day0"])
    choices: dict[str, Any] = {"benchmark": "MKT", "window": (0, 2), "short_window": True}
    found = event_study(prices, rows, tests="bmp", **choices)
    assert found.paths["n"].tolist() == [2, 1, 1]
    assert found.paths["caar"].iloc[-1] == pytest.approx(found.events["car"].mean(), rel=1e-12)
    assert found.paths["aar"].iloc[-1] == found.ar[2].iloc[1]
    assert mean_paths.__doc__


@pytest.mark.parametrize(
    ("position", "episode", "tests", "why"),
    [
        ([50, 50, 50], None, ONE_DATE, "one day"),
        ([50, 50, 90], None, DEPENDENT, "share event days"),
        ([50, 52, 90], None, DEPENDENT, "windows overlap"),
        ([50, 60, 90], [1, 1, 2], DEPENDENT, "episodes hold several"),
        ([50, 70, 90], None, INDEPENDENT, "own days"),
    ],
)
def test_event_days_decide_which_tests_are_trusted(position, episode, tests, why):
    """One date, shared days, overlapping windows, episodes, or events on their own."""
    events = pd.DataFrame({"ticker": list("abc")})
    events = events if episode is None else events.assign(episode=episode)
    found = advise(events, np.array(position), (-1, 5))
    assert found.tests == tests
    assert why in found.reason


@pytest.mark.parametrize(
    ("p", "said"),
    [
        ({"bmp": 0.01, "across_episodes_t": 0.2}, "bmp (p 0.01) find an effect at 5%; believe "
         "across_episodes_t (p 0.2), for firms share"),
        ({"bmp": 0.2, "across_episodes_t": 0.01}, "no effect at 5%; believe across_episodes_t"),
        ({"sign_flip": 0.2, "across_episodes_t": 0.01}, "disagree at 5%"),
        ({"bmp": 0.01, "across_episodes_t": np.nan}, "none of its tests allows for that, ask"),
        ({"bmp": 0.2, "across_episodes_t": 0.3}, ""),
        ({"bmp": 0.2}, ""),
    ],
)  # fmt: skip
def test_disagreement_names_the_test_to_believe(p, said):
    """With the reason; agreement says nothing."""
    events = pd.DataFrame({"ticker": list("abc")})
    advice = advise(events, np.array([50, 50, 90]), (0, 1))
    line = tell_disagreement("all", pd.DataFrame({"p": pd.Series(p)}), advice)
    assert said in line
    assert bool(said) == bool(line)


def test_windows_stand_in_one_table():
    """Means, signs and p of every window, the first as in the groups."""
    found = study_on(list(DAYS.values()), window=(-1, 1), windows=[(0, 1), (0, 5)])
    assert found.windows[["first", "last"]].to_numpy().tolist() == [[-1, 1], [0, 1], [0, 5]]
    assert found.windows["p_bmp"].iloc[0] == found.tests.loc[("all", "bmp"), "p"]
    alone = study_on(list(DAYS.values()), window=(0, 5))
    assert found.windows["p_bmp"].iloc[2] == pytest.approx(alone.tests["p"].iloc[0], rel=1e-12)
    assert found.windows["caar"].iloc[2] == pytest.approx(alone.groups["caar"][0], rel=1e-12)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen(command, capsys, monkeypatch):
    """Forty lines with examples; --help-all has every option, and says no less."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = []
    for word in ("--help", "--help-all"):
        with pytest.raises(SystemExit) as ended:
            main([command, word])
        assert ended.value.code == 0
        shown.append(capsys.readouterr().out)
    assert shown[0].count("\n") <= 40
    assert "examples" in shown[0]
    assert "--out FILE" in shown[0]
    assert "--decimal" not in shown[0]
    assert "--decimal" in shown[1]
    assert "--seed" in shown[1]


@pytest.mark.slow
def test_help_and_runs_import_what_they_need():
    """No library of numbers for the help, none for pictures or other models in a run."""
    code = (
        "import sys; from analysis.__main__ import main\n"
        "try:\n    main({words!r})\nexcept SystemExit: pass\n"
        "assert not {heavy!r} & set(sys.modules), {heavy!r} & set(sys.modules)"
    )
    slow = {"arch", "statsmodels", "matplotlib", "seaborn", "pandera", "pydantic", "distributed"}
    runs = [
        (["event-study", "--help"], {"numpy", "pandas", "scipy", *slow}),
        (["event-study", *COMMANDS["event-study"], "--quiet"], slow),
        (["beta", *COMMANDS["beta"], "--quiet"], slow - {"statsmodels"}),
    ]
    for words, heavy in runs:
        subprocess.run(
            [sys.executable, "-c", code.format(words=words, heavy=heavy)],
            env={"PYTHONPATH": str(ROOT)}, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
