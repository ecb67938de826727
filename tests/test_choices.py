"""What ``study.toml`` fixes is stated from there: varied, no entry keeps its old value in a text.

The twin is computed three times with other choices, and once as it is with other random figures. A
text that states the old value of a varied entry, and stated it before, holds a literal.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import TypeAdapter

from analysis.publish import cited, figures
from analysis.publish.numerals import MARKUP
from analysis.questions import QUESTIONS, question
from analysis.questions.robustness.report import OPTIONS
from analysis.questions.size import record as size_record
from analysis.questions.size import report as size_report
from analysis.questions.size.design import build_design
from analysis.results import Findings, style
from analysis.results.formats import words
from analysis.snapshot.choices import Choices, window_name
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import Snapshot
from analysis.snapshot.twin import TRUTH, simulate
from analysis.study.panel import Panel, build_panel

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "paper"
STUDY = (ROOT / "data/study.toml").read_text(encoding="utf-8")
CLAIMS = (ROOT / "data/claims.toml").read_text(encoding="utf-8")
SOURCES = [*sorted(PAPER.glob("*.qmd")), *sorted((PAPER / "sections").glob("*.qmd"))]
TICKERS = "SPY|XME|IWM|REMX|COPX|CPER|UUP|MP|USAR|CRML|UUUU|NB|AREC|METC|TMC|UAMY"
LARGE = {11: "eleven", 12: "twelve", 20: "twenty", 60: "sixty", 80: "eighty", 95: "ninety-five"}
Texts = dict[tuple[str, ...], str]


def entries(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every entry with its dotted name; a list is one entry."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from entries(value, f"{above}{key}.")
        else:
            yield above + key, value


OTHER_STUDY = {
    "Fifteen years before",
    "Exports before",
}  # has a study.toml of its own: tests/questions/before
ENTRIES = dict(entries(tomllib.loads(STUDY)))


# What each run sets, by pattern of the entry's name: a value, or a function of the old one. Nothing
# is set to what another entry was; few draws and short menus are quick as well.
def moved(old: Any) -> str:
    """Return the session beside a day, in the same week."""
    day = pd.Timestamp(old)
    return (day + pd.Timedelta(days=1 if day.weekday() < 4 else -1)).date().isoformat()


FEW = {"inference.draws": 56, "curve.draws": 9, "regimes.draws": 18}
CODINGS = ["baseline", "judgement_out", "alternative_day"]
RUNS: Mapping[str, Mapping[str, Any]] = {
    "numbers": FEW
    | {
        "as_of": "2026-08-19",
        "estimation.length": 113,
        "estimation.gap": 13,
        "estimation.minimum": 57,
        "episodes.distance": 1,
        "inference.level": 0.87,
        "inference.power": 0.73,
        "inference.reference": 0.064,
        "inference.seed": 4,
        "beta.hac_lags": 7,
        "beta.rolling": 53,
        "beta.half_life": 47,
        "beta.dimson": 2,
        "customs.lags": [-5, -4, -2, -1, 0, 1, 2, 4, 5],
        "customs.block": 4,
        "customs.derived_band": 0.034,
        "customs.errors": 5,
        "pair.holding": 8,
        "pair.cost": 0.0013,
        "pair.borrow": 0.07,
        "curve.clear": 3,
        "curve.tail": 0.031,
        "curve.lengths": [113, 97],
        "curve.gaps": [13, 23],
        "curve.claims.*.codings": CODINGS,
        "regimes.window": 59,
        "regimes.minimum": 31,
        "regimes.trim": 0.17,
        "volatility.window": 17,
        "cross_asset.window": 23,
        "cross_asset.steady": 0.0043,
        "one_choice.claims": lambda old: old[:-1],
        "rules.claim": "A7",
        "rules.amended.shared": 1,
        "rules.amended.bound.*": 0.083,
        "register.known": "2026-08-19",
        "register.bounds.car": 0.093,
        "register.bounds.trade": 0.093,
        "register.bounds.log_volatility_ratio": 0.27,
        "register.bounds.correlation": 0.4,
    },
    "names": FEW
    | {  # besides every ticker, see renamed, and one event window more
        "windows.primary": "car_0_2",
        "windows.bounds.car_0_1": [0, 2],
        "windows.bounds.car_m1_1": [-2, 2],
        "windows.bounds.car_0_4": [0, 6],
        "windows.bounds.car_0_20": [0, 18],
        "episodes.distance": 1,  # with the windows, whose lengths are such numbers too
        "volatility.window": 17,
        "cross_asset.window": 23,
        "pair.holding": 8,
        "customs.release_window": [0, 3],
        "firms.core": lambda old: [*old, "QUUUU"],
        "firms.peers": lambda old: old[1:],
        "baskets.core": lambda old: [*old, "QUUUU"],
        "baskets.heavy_exposed": lambda old: [*old, "QUUUU"],
        "highlights.*": moved,
        "regimes.starts.*.day": moved,
        "regimes.starts.*.event": lambda old: f"{old}-renamed",
        "steps.*": lambda old: f"step {len(old)}",
        "cross_asset.names.*": "something else",
        "out_of_sample.fixed_to": "2025-11-25",
        "register.prices": "2026-07-30",
        "register.calendar.*.ends": "2026-12-03",
        "curve.lengths": lambda old: old[:1],
        "curve.claims.*.windows": lambda old: [[0, 2], [0, 3]] if old[0] == [0, 1] else [[1, 4]],
        "curve.claims.*.clean": [0, 9],
    },
    "kinds": FEW
    | {  # and one regime less
        "returns": "log",
        "directions.*.words": "another kind of news",
        "customs.series.*.name": lambda old: f"Series {len(old)}",
        "customs.per_unit.name": "One over another",
        "customs.sample": "every series",
        "customs.quoted": ["2025-07", "2025-08"],
        "customs.notes.*": "Another note.",
        "exposure.axis": "another axis",
        "estimation.model": "market_adjusted",
        "curve.returns": ["log"],
        "curve.outliers": ["none"],
        "curve.contamination": ["exclude"],
        "curve.models.SPY.model": "market_adjusted",
        "curve.models.less SPY.model": "market",
        "curve.claims.*.models": lambda old: old[:-1],
        "curve.claims.*.codings": CODINGS,
        "curve.claims.*.measures": ["share"],
        "rules.amended.leave_out": lambda old: old[:1],
        "rules.amended.statistic": "separate",
        "rules.amended.verdicts": "registered",
        "rules.amended.normal": "recentred",
        "register.calendar.*.words": "another pause",
        "register.calendar.*.source": "https://example.org/a",
    },
}
KEPT = {  # entries that no run varies, with the reason
    "claims_only": "which baskets stand in no table; the table says what it holds",
    "cross_asset.still": "what the claim on the dollar is about, and so the prose",
    "windows.bounds.car_0_0": "day 0 itself; questions on single days ask for it by name",
    "windows.bounds.car_0_10": "the long window of the simulations, which are not made anew",
    "directions.*.sign": "the prose says what was expected of the news, and claims rest on it",
    "directions.*.policy": "the prose says which news is of China's policy",
    "customs.what": "the prose is about exports",
    "customs.series.*.key": "the prose cites numbers by these keys",
    "customs.series.*.each_firm": "which series the items speak of, and so the prose",
    "customs.units.*": "the prose is about tonnes and kilograms",
    "customs.parts.*": "the prose says which elements are scarce",
    "exposure.firms": "the claims are about these firms, and so the prose",
    "exposure.against": "likewise",
    "exposure.words": "what the claims call them",
    "exposure.column": "the one measure that is published",
    "exposure.key": "the prose cites numbers by this key",
    "exposure.name": "what the claims call it",
    "customs.per_unit.key": "the prose cites numbers by this key",
    "customs.per_unit.of": "the one series in dollars",
    "customs.per_unit.per": "the series of the same goods",
    "rules.registered.*": "what was registered is no choice; the amended rules stand beside it",
    "rules.amended.claims": "the switch itself: a table shows both entries of each claim",
    "rules.amended.contamination": "the switch itself: a table shows each rule alone",
    "rules.amended.mixture": "the switch itself: a table shows each rule alone",
    "rules.amended.few": "the word for what no test decides",
    "rules.amended.deal": "the one column of the data that holds a counterparty",
    "curve.models.mean.model": "the one model without a factor",
}


def renamed(text: str) -> str:
    """Give every ticker another name."""
    return re.sub(rf"\b({TICKERS})\b", r"Q\1", text)


def changed(run: str) -> dict[str, Any]:
    """Return the choices of a run, or those of the study with few draws."""
    raw = tomllib.loads(renamed(STUDY) if run == "names" else STUDY)
    for name, old in list(entries(raw)):
        for pattern, new in RUNS.get(run, FEW).items():
            if fnmatchcase(name, pattern):
                *above, last = keys(name, raw)
                place = raw
                for key in above:
                    place = place[key]
                place[last] = new(old) if callable(new) else new
    if run == "names":
        bounds = [*raw["windows"]["bounds"].values(), [0, 7]]
        raw["windows"]["bounds"] = {window_name(each): each for each in bounds}
    if run == "kinds":
        del raw["regimes"]["starts"]["may_2026"]
    return raw


def keys(name: str, table: Mapping[str, Any]) -> list[str]:
    """Split a dotted name; a key may hold dots itself."""
    for key, value in table.items():
        if name == key:
            return [key]
        if isinstance(value, dict) and name.startswith(f"{key}."):
            return [key, *keys(name[len(key) + 1 :], value)]
    raise KeyError(name)


@cache
def varied(run: str) -> dict[str, tuple[Any, Any]]:
    """Return the old and the new values of the entries that a run changes."""
    now = dict(entries(changed(run)))
    return {e: (old, now.get(e)) for e, old in ENTRIES.items() if now.get(e) != old}


# How a text states a value: patterns of what is printed.
def count(*units: str) -> Callable[[int], list[str]]:
    """Match a number of something, in digits or in words."""

    def said(number: int) -> list[str]:
        word = LARGE.get(number, words(number))
        either = rf"(?<![\w.,+\-−])(?:{number}|{word}|{word.capitalize()})"
        return [rf"{either}[\s-]+(?:{'|'.join(units)})s?\b"]

    return said


def how_many(*units: str) -> Callable[[list[Any]], list[str]]:
    """Match the number of things in a list."""
    return lambda values: count(*units)(len(values))


sessions = count("session", "trading day", "usable return", "return")


def share(value: float) -> list[str]:
    """Match a fraction, and the same in percent."""
    points, plain = re.escape(f"{100 * value:g}"), re.escape(f"{value:g}")
    word = LARGE.get(int(100 * value), words(int(100 * value)))
    said = [rf"(?<![\w.,]){points}\s?%", rf"(?<![\w.,])(?<!< ){plain}(?![\d%])"]
    return [*said, rf"\b{word} percent"]


def level(value: float) -> list[str]:
    """Match a level, the size of its tests and the tails of its bands."""
    size = [f"{pattern}(?! of placebo draws)" for pattern in share(round(1 - value, 12))]
    tails = (rf"(?<![\w.,]){100 * end:g}(?:th|\s?%)" for end in (0.5 - value / 2, 0.5 + value / 2))
    return [*share(value), *size, *tails, "one in twenty"]


def day(value: Any) -> list[str]:
    """Match a day as the results, the prose and the figures write it."""
    date = pd.Timestamp(value)
    long = rf"(?<!\d){date.day} {date:%B}\b(?! (?!{date.year}))"
    return [f"{date:%Y-%m-%d}", long, rf"(?<!\d){date.day} {date:%b %Y}"]


def ends(value: list[int]) -> str:
    """Match the first and the last event day, with or without signs."""
    first, last = (f"[+]?{day}".replace("[+]?-", "[-−]") for day in value)
    return f"{first}(?:, | to | to day ){last}"


def bracketed(value: list[int]) -> list[str]:
    """Match an event window as the literature writes it."""
    return [rf"\[{ends(value)}\]"]


def window(value: list[int]) -> list[str]:
    """Match an event window in brackets, in words, by its name and by its length."""
    length = value[1] - value[0] + 1
    said = [rf"\b{window_name((value[0], value[1]))}\b", rf"(?<![\w.]){ends(value)}(?![\w.%])"]
    return [*bracketed(value), *said, *(count("session")(length) if length > 1 else [])]


def lags(value: list[int]) -> list[str]:
    """Match the lags by their ends."""
    first, last = words(-value[0]), words(value[-1])
    around = rf"(?<![\w.,]){ends([value[0], value[-1]])}(?![\w.%])"
    reach = [rf"up to\s+{said}" for said in count("month")(value[-1])]
    return [around, f"minus {first} to plus {last}", *reach]


def tickers(value: str | list[str]) -> list[str]:
    """Match tickers as words."""
    return [rf"\b{ticker}\b" for ticker in ([value] if isinstance(value, str) else value)]


def options(names: list[Any]) -> list[str]:
    """Match the label of an option, alone on its line."""
    return [rf"(?m)^{re.escape(OPTIONS.get(str(name), str(name)))}$" for name in names]


def draws(number: int) -> list[str]:
    """Match a number of draws, its thousands apart or not."""
    return [rf"(?<!\d){number // 1000 or ''}[,  ]?{number % 1000:03d}\b"]


def each(said: Callable[[Any], list[str]]) -> Callable[[list[Any]], list[str]]:
    """Match any of a list of values."""
    return lambda values: [pattern for value in values for pattern in said(value)]


def unsaid(_: Any) -> list[str]:
    """Match nothing: texts know the entry by the name it has in study.toml, if at all."""
    return []


@dataclass(frozen=True)
class Rule:
    """How texts would state the entries of one kind.

    The old value of a ``menu`` is what the run takes out of it. The places ``spared`` may state the
    old value all the same, for the reason given.
    """

    pattern: str
    says: Callable[[Any], list[str]]
    spared: Mapping[str, str] = field(default_factory=dict)
    menu: bool = False


PROSE = "paper/*"
NAMED = "it stands beside a number whose key names the firm: without the firm the render stops"
ABOUT = "the prose is about these exports"
AXES = "the prose names the axes of the menus and cites how many specifications they make"
COMPARED = "models of the normal return are compared, whatever that of the study"
MODEL = "the equations of the design are those of the market model: another needs another text"
FIRM = {PROSE: NAMED, "README.md": NAMED}
SIMULATED = {
    "Size and power/*": "simulations plant effects and count rejections at a level of their own"
}
OPENED = {"Interactive figure/figure/*": "the days it opens with are the reader's to choose"}
STEPS = {"Describing the sample/figure/*": "the steps of policy are numbered"}
LEDGER = {
    f"{question}/figure/*": "every claim has its row"
    for question in ("The ledger of claims", "Tipping points")
}
TENTH = SIMULATED | {
    "Specification curves/verdict/*": "a share of few draws",
    "Tipping points/figure/*": "a tick of an axis",
    "paper/sections/event_windows.qmd": "the mark is that of the news item",
}
AGREEING = {"Specification curves/verdict/*": "a share of specifications, fixed with the rule"}
SIGNIFICANT = {
    "Specification curves/figure/specification_curve_a11": "as many happen to be significant"
}

RULES = (
    Rule("as_of", day),
    Rule("returns", lambda _: [r"\bsimple returns?\b"]),
    Rule("benchmark.*", tickers),
    Rule("estimation.length", sessions),
    Rule("estimation.gap", sessions),
    Rule("estimation.minimum", sessions),
    Rule("estimation.model", lambda value: [rf"\b{value} model\b"],
         {PROSE: MODEL, "Event-free dates/*": COMPARED}),
    Rule("windows.primary", lambda name: window([int(day) for day in name.split("_")[1:]])),
    Rule("windows.bounds.*", window, OPENED),
    Rule("windows.bounds.car_0_1", lambda _: count("window")(6)),
    Rule("directions.*.words", lambda words: [re.escape(words)]),
    Rule("directions.*", unsaid),
    Rule("episodes.distance", sessions),
    Rule("inference.level", level, SIMULATED | AGREEING | SIGNIFICANT),
    Rule("inference.power", share),
    Rule("inference.reference", share, SIMULATED | SIGNIFICANT),
    Rule("*.draws", draws),
    Rule("inference.seed", lambda number: [str(number)]),
    Rule("beta.hac_lags", count("lag")),
    Rule("beta.dimson", count("session of lag", "lag", "lead")),
    Rule("beta.rolling", sessions),
    Rule("beta.half_life", sessions),
    Rule("customs.lags", lags),
    Rule("customs.block", count("month block", "month in a block")),
    Rule("customs.release_window", window),
    Rule("customs.derived_band", share),
    Rule("customs.errors", count("past error", "error on record")),
    Rule("customs.*", unsaid),
    Rule("customs.series.*.name", lambda name: [re.escape(name)], {PROSE: ABOUT}),
    Rule("customs.per_unit.name", lambda name: [re.escape(name)], {PROSE: ABOUT}),
    Rule("customs.sample", lambda words: [re.escape(words)], {PROSE: ABOUT}),
    Rule("customs.notes.*", lambda note: [re.escape(note)]),
    Rule("customs.quoted", lambda months: [f"{pd.Timestamp(months[-1]):%B %Y}"],
         {PROSE: ABOUT, "*": "a month that other texts name as well"}),
    Rule("firms.*", tickers, FIRM),
    Rule("firms.core", how_many(r"(?:\w+ )?(?:firm|name|share|miner)")),
    Rule("firms.peers", how_many(r"(?:further |other |peer )?(?:firm|name)")),
    Rule("baskets.*", tickers, FIRM),
    Rule("baskets.heavy_exposed", how_many(r"\*?pure play")),
    Rule("exposure.*", unsaid),
    Rule("exposure.axis", lambda axis: [re.escape(axis)]),
    Rule("highlights.*", day),
    Rule("steps.*", lambda label: [rf"\b{label}\b"], FIRM),
    Rule("pair.holding", sessions),
    Rule("pair.cost", share),
    Rule("pair.borrow", lambda value: [f"{said} (?:a year|borrow)" for said in share(value)]),
    Rule("curve.clear", count("session clear", "clear session")),
    Rule("curve.tail", share, SIMULATED),
    Rule("curve.lengths", lambda values: options(values) + each(sessions)(values), menu=True),
    Rule("curve.gaps", lambda values: options(values) + each(sessions)(values), STEPS, menu=True),
    Rule("curve.returns", options, {PROSE: AXES}, menu=True),
    Rule("curve.outliers", options, {PROSE: AXES}, menu=True),
    Rule("curve.contamination", options, {PROSE: AXES}, menu=True),
    Rule("curve.models.*.model", unsaid),
    Rule("curve.models.*.factors", tickers),
    Rule("curve.claims.*.models", options, menu=True),
    Rule("curve.claims.*.windows", each(bracketed), menu=True),
    Rule("curve.claims.*.clean", unsaid),
    Rule("curve.claims.*.codings", options, menu=True),
    Rule("curve.claims.*.measures", options, menu=True),
    Rule("regimes.window", sessions),
    Rule("regimes.minimum", sessions),
    Rule("regimes.trim", share, SIMULATED),
    Rule("regimes.starts.*.day", day),
    Rule("regimes.starts.*.event", lambda event: [rf"\b{event}\b(?!-renamed)"]),
    Rule("regimes.starts.may_2026.event", lambda _: count("official act", "act", "regime")(4)),
    Rule("volatility.window", lambda n: [*sessions(n), *window([1, n]), *window([-n, -1])]),
    Rule("cross_asset.window", lambda n: [*sessions(n), *window([1, n]), *window([-n, -1])]),
    Rule("cross_asset.steady", share,
         {"The ledger of claims/table/ledger": "the registered effect of B8 is as large"}),
    Rule("cross_asset.groups.*", tickers),
    Rule("cross_asset.still", unsaid),
    Rule("claims_only", unsaid),
    Rule("cross_asset.names.*", lambda label: [rf"\b[A-Z]+: {label}\b"]),
    Rule("one_choice.claims", options, LEDGER, menu=True),
    Rule("one_choice.claims", how_many("claim")),
    Rule("rules.claim", unsaid),
    Rule("rules.registered.*", unsaid),
    Rule("rules.amended.*", unsaid),
    Rule("rules.amended.shared", sessions),
    Rule("rules.amended.bound.*", share, TENTH),
    Rule("register.known", day),
    Rule("register.prices", day, {"*": "the sample ends on that day as well"}),
    Rule("register.calendar.*.ends", day),
    Rule("register.calendar.*.words", lambda text: [re.escape(text)]),
    Rule("register.calendar.*.source", lambda text: [re.escape(text)]),
    Rule("register.bounds.car", share, TENTH),
    Rule("register.bounds.trade", share, TENTH),
    Rule("register.bounds.*", lambda value: [rf"\b(?:correlation|ratio) of {value:g}0?\b"]),
    Rule("out_of_sample.fixed_to", lambda value: [*day(value), r"(?m)^(?:To 2025|From 2026)$"]),
)  # fmt: skip


def rules_of(entry: str) -> list[Rule]:
    """Return the rules whose pattern fits."""
    return [rule for rule in RULES if fnmatchcase(entry, rule.pattern)]


# What is printed.
def twin(committed: Snapshot, run: str) -> Panel:
    """Build the panel of the twin under the choices of a run; what data word is a placeholder."""
    made = simulate(committed, replace(TRUTH, seed=TRUTH.seed if run else TRUTH.seed + 1))
    study = TypeAdapter(Choices).validate_json(json.dumps(changed(run), default=str))
    events = made.events.assign(headline="as reported")
    share = made.universe["heavy_share"] + 0.05  # no longer in percent what a choice is
    universe = made.universe.assign(name="a company", flagship_project="a deposit")
    universe["heavy_share"] = share
    confounders, prices = made.confounders, made.prices
    if run == "names":
        universe.loc["UUUU", "heavy_share"] = 0.4  # a core firm of this run
        new = {ticker: f"Q{ticker}" for ticker in prices.columns}
        prices, universe = prices.rename(columns=new), universe.rename(index=new)
        confounders = confounders.assign(ticker=confounders["ticker"].replace(new))
        events["affected"] = events["affected"].map(renamed)
        days = {old: pd.Timestamp(moved(old)) for name, old in ENTRIES.items()
                if fnmatchcase(name, "highlights.*") or name.endswith(".day")}  # fmt: skip
        days = {pd.Timestamp(old): day for old, day in days.items()}
        ids = {old: f"{old}-renamed" for name, old in ENTRIES.items() if name.endswith(".event")}
        events[["day0", "announced"]] = events[["day0", "announced"]].replace(days)
        events["id"] = events["id"].replace(ids)
    return build_panel(
        replace(made, choices=study, events=events, universe=universe, confounders=confounders,
                prices=prices)
    )  # fmt: skip


def registered(run: str) -> str:
    """Return the claims without their words, which were registered and may state anything."""
    text = re.sub(
        r'(?m)^(statement|quote|estimand|test|rule) = ".*"$', r'\1 = "registered"', CLAIMS
    )
    text = re.sub(r"(?m)^day = [\d-]+$", "day = 2001-02-03", text)  # of a news item
    if run == "names":
        text = renamed(text)
        for old, new in (("[0, 4]", "[0, 6]"), ("[0, 20]", "[0, 18]")):
            text = re.sub(rf"(?m)^(window|clean) = {re.escape(old)}", rf"\1 = {new}", text)
    return text


def plain(name: str) -> str:
    """Name a place as in the study: tickers and windows are parts of keys."""
    name = re.sub(rf"(?i)(?<![a-z])q({TICKERS})(?![a-z])", r"\1", name)
    return name.replace("car_0_2.", "car_0_1.").replace("car_m2_2.", "car_m1_1.")


def stated(title: str, findings: Findings, folder: Path) -> Texts:
    """Return everything printed of the findings of a question, by place."""
    found: Texts = {}
    for n in findings.numbers:
        found["number", n.key] = f"{n.estimand}\n{n.source.sample}"
    for v in findings.verdicts:
        found["verdict", v.key] = f"{v.rule}\n{v.evidence}\n{v.source.sample}"
    for t in findings.tables:
        said = [*t.headers.values(), t.notes, t.source.sample]
        for column in t.frame.select_dtypes(["object", "string"]):
            cells = [cell for cell in t.frame[column] if isinstance(cell, str)]
            said += [cell for cell in cells if re.search("[a-z]{3}", cell)]  # words, not numbers
        found["table", t.name] = "\n".join(said)
    for f in findings.figures:
        path = folder / f"{f.name}.svg"
        figures.draw(f, path)
        drawn = re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))
        labels = [text for text in drawn if not re.fullmatch(r"[−\d.]+%", text)]  # no ticks
        found["figure", f.name] = "\n".join([f.alt, f.source.sample, *labels])
    for passage in findings.passages:
        for part in passage.text.split("\n\n"):
            found["passage", passage.name, part.split(" ")[0]] = part
    return {(title, kind, *map(plain, name)): text for (kind, *name), text in found.items()}


class Answers:
    """The findings of every question and run, each computed when first asked for."""

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        self.snapshot, self.folder = snapshot, folder
        self.panel = cache(self._panel)
        self.record = cache(self._record)
        self.findings = cache(self._findings)
        self.texts = cache(self._texts)

    def _panel(self, run: str) -> Panel:
        panel = twin(self.snapshot, run)
        (self.folder / (run or "as it is")).mkdir()
        claims = parse_claims(registered(run).encode("utf-8"))
        # amendments, too, were written on a day and may state what held then
        stated = replace(panel.snapshot, claims=claims.stated, items=claims.items, amendments=())
        return replace(panel, snapshot=replace(stated, registered=claims.registered))

    def _record(self, run: str) -> size_record.Record:
        """Return the simulations as if they had been made anew."""
        made = size_record.read_record()
        cases = build_design(self.panel(run)).cases
        windows = {"windows": {case.name: list(case.window) for case in cases}}
        return replace(made, calibration=made.calibration | windows)

    def _findings(self, run: str, title: str) -> Findings:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(size_report, "read_record", lambda _: self.record(run))
            return question(title)(self.panel(run))

    def _texts(self, run: str, title: str) -> Texts:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(style._RC, "svg.fonttype", "none")  # letters and not their outlines
            return stated(title, self.findings(run, title), self.folder / (run or "as it is"))


@pytest.fixture(scope="module")
def answers(snapshot, tmp_path_factory) -> Answers:
    return Answers(snapshot, tmp_path_factory.mktemp("choices"))


def stale(run: str, texts: Texts, before: Texts) -> list[str]:
    """Return the places that state an old choice, as they did before."""
    found: dict[str, list[str]] = {}
    for entry, (old, new) in varied(run).items():
        for rule in rules_of(entry):
            left = [option for option in old if option not in new] if rule.menu else old
            patterns = [re.compile(pattern) for pattern in rule.says(left)]
            for place, text in texts.items():
                where = "/".join(place)
                if any(fnmatchcase(where, spared) for spared in rule.spared):
                    continue
                for match in (m for pattern in patterns for m in pattern.finditer(text)):
                    if place not in before or match[0] in before[place]:
                        around = text[max(0, match.start() - 40) : match.end() + 30]
                        said = f"{where}: “{' '.join(around.split())}”"
                        found.setdefault(said, []).append(entry)
    return [f"{said} states {', '.join(dict.fromkeys(e))}" for said, e in found.items()]


def test_every_entry_is_varied_or_kept_for_a_reason():
    """A new entry of study.toml needs a value in a run, and a rule how a text would state it."""
    changes = [varied(run) for run in RUNS]
    kept = {name for name in ENTRIES if any(fnmatchcase(name, pattern) for pattern in KEPT)}
    assert {name for name in ENTRIES if not any(name in each for each in changes)} == kept
    assert [name for name in ENTRIES if not rules_of(name)] == []


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("title", [title for title in QUESTIONS if title not in OTHER_STUDY])
def test_no_result_states_an_old_choice(answers, title, run):
    """No estimand, level, table, note, rule, evidence, passage, alternative, drawing does."""
    before, texts = answers.texts("", title), answers.texts(run, title)
    level = answers.panel(run).snapshot.choices.inference.level
    numbers = answers.findings(run, title).numbers
    said = [f"{n.key} carries level {n.level}" for n in numbers if n.level not in (None, level)]
    said += stale(run, texts, before)
    assert not said, "\n".join(said)
    kept = {p for p in before if p[1] in ("table", "passage") and p[2] != "verdicts"}  # its order
    assert kept <= set(texts)


def prose(path: Path) -> str:
    """Return what is typed in a source: no numbers, no markup, not the date of the paper."""
    text = path.read_text(encoding="utf-8")
    for pattern in MARKUP:
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE)
    return text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
@pytest.mark.parametrize("run", RUNS)
def test_no_sentence_types_a_choice(run, path):
    """Prose and captions print choices as they print results."""
    texts: Texts = {(path.relative_to(ROOT).as_posix(),): prose(path)}
    said = stale(run, texts, texts)
    assert not said, "\n".join(said)


@pytest.mark.parametrize("run", RUNS)
def test_readme_types_no_choice(run):
    """Nor does the generated part of the README."""
    texts: Texts = {("README.md",): re.sub(r"\{[^}]*\}", " ", cited.TEMPLATE)}
    assert stale(run, texts, texts) == []
