"""The record of the study of size as results of the paper: tables, numbers, verdicts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.estimators.significance import LEVEL
from analysis.questions.requirements import RECORD
from analysis.questions.size.both_rules import report_both
from analysis.questions.size.rates import (
    LAWS,
    NAMES,
    OF_RECORD,
    RATE,
    TIGHTENING,
    cells_of_record,
    detectable_numbers,
    error_of,
    rate_cells,
)
from analysis.questions.size.record import FOLDER, REGISTERED, Record, read_record
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, Scalar, numbers_of, scalar_numbers, table_of
from analysis.results.formats import brackets, counted, percent, words
from analysis.snapshot.choices import Choices, Firms
from analysis.study.panel import Panel

__all__ = ["compute", "report", "summary"]

NEEDS = (RECORD,)

LOW, HIGH = 0.03, 0.07  # where the p of record has to stay in every cell without a variance jump
NAIVE = ("t_cross_sectional", "patell", "bmp")  # they treat firms on one day as independent

ENDS = "{} size of the p of record over simulated cells without a jump, {{kind}}"
RANGE = (
    Column("min", "", "percent1", "fraction", ENDS.format("lowest"), ".lowest"),
    Column("max", "", "percent1", "fraction", ENDS.format("highest"), ".highest"),
)
COMMON = (
    "Rejections in percent of {samples} samples without an effect; Monte-Carlo standard error "
    "{error:.1f} at a rate of {nominal}. Bold: the test of record. Some tests cannot reach "
    "{nominal} with few firm-events; – where one is refused."
)
OF_LAWS = (
    " corr.: normal, correlated as the core firms are; jump: the same with the variance doubled on "
    "event days; panel: the real names and calendar, residuals resampled; dates: real returns on "
    "{dates} event-free dates, standard error {error:.1f}. GRANK-T is refused below 30 "
    "firm-events."
)
OF_DATES = (
    " K = {k}; only {apart} samples of event-free dates have no date in common: standard error "
    "{error:.1f}."
)
PLANTED = (
    "Rejections in percent of {samples} samples of the real names and calendar, residuals "
    "resampled, with the effect in every firm on day 0. one: {firms} on one date; K: {k} episodes."
)
UNDER = " Simulated under the {rules} rules."


def compute(panel: Panel) -> Findings:
    """Report the committed records: ``nox -s size`` simulates, and nothing is computed anew."""
    beside = panel.snapshot.folder.parent / FOLDER.name  # a copy of the repository has its own
    folder, choices = beside if beside.is_dir() else FOLDER, panel.snapshot.choices
    findings, record = Findings(), read_record(folder)
    if choices.ruling != choices.registered:
        findings = report_both(record, read_record(folder / REGISTERED), choices)
    return report(record, choices).extend([findings])


SOURCE = Provenance.of(compute, "simulated samples, calibrated on the panel")


def report(record: Record, choices: Choices) -> Findings:
    """Turn a record of a study's sample into the tables, numbers and verdicts of the appendix."""
    rates = rate_cells(record)
    size = rates[rates["effect"] == 0]
    of_record = cells_of_record(size)
    return Findings(
        numbers=[
            *_numbers(record, rates, of_record),
            *detectable_numbers(rates, choices.inference.power, SOURCE),
        ],
        tables=_tables(record, rates, choices.firms),
        verdicts=[
            *(_holds(kind, of_record[of_record["kind"] == kind]) for kind in OF_RECORD),
            _long(of_record[of_record["case"] == "pooled_long"]),
            _naive(size, choices.firms),
            _jump(size, choices.firms),
            _power(rates, choices.inference.power),
        ],
        datasets=[Dataset("size_power", rates.drop(columns="printed"), SOURCE)],
    )


def summary(record: Record) -> str:
    """Return the rejection rates as text, percent, one line a case and test."""
    rates = rate_cells(record)
    column = rates["law"] + rates["effect"].map(lambda e: f" {e:g}" if e else "")
    keyed = rates.assign(percent=(100 * rates["rate"]).round(1), column=column)
    table = keyed.pivot(index=["case", "test"], columns="column", values="percent")
    return str(table.to_string(na_rep="-"))


def _plain(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the simulated cells without a jump of the variance.

    Event-free dates are one path of the market, seen again and again; they and the long window of
    pooled episodes are judged by themselves.
    """
    simulated = ~cells["law"].isin(["jump", "placebo"])
    return cells[simulated & (cells["case"] != "pooled_long")]


def _tables(record: Record, rates: pd.DataFrame, firms: Firms) -> list[Table]:
    """Return the four tables of the appendix."""
    size, power = rates[rates["effect"] == 0], rates[rates["effect"] > 0]
    samples, episodes = record.settings["replications"], record.calibration["episodes"]
    clear, long = record.calibration["placebo_dates"], record.calibration["windows"]["pooled_long"]
    dates, k = clear["one_date_3"], episodes["pooled_tightening"]
    apart = clear["pooled_tightening"] // k
    under = UNDER.format(rules=record.rules)
    common = (
        COMMON.format(samples=samples, error=100 * error_of(samples), nominal=_nominal()) + under
    )
    laws = common + OF_LAWS.format(dates=dates, error=100 * error_of(dates))
    pooled = common + OF_DATES.format(k=k, apart=apart, error=100 * error_of(apart))
    planted = PLANTED.format(samples=samples // 2, firms=counted(len(firms.core), "firm"), k=k)
    planted += under
    heads = {
        "one_date_9": f"{len(firms.studied)} firms",
        "one_date_30": "30 firms",
        "one_date_100": "100 firms",
        "one_date_3_long": brackets(long),
        "pooled_all": f"K = {episodes['pooled_all']}",
        "pooled_30": f"K = {episodes['pooled_30']}",
        "pooled_long": f"K = {episodes['pooled_long']}, {brackets(long)}",
    }
    larger, sample = size[size["law"] == "correlated"], power["case"].str.extract("^(one|)")[0]
    effects = power.assign(
        column=sample.replace("", "K") + power["effect"].map(lambda e: f": {100 * e:g}%")
    )
    return [
        _table("size_one_date", size[size["case"] == "one_date_3"], "law", LAWS, laws),
        _table("size_pooled", size[size["case"] == "pooled_tightening"], "law", LAWS, pooled),
        _table("size_larger", larger, "case", heads, common),
        _table("power", effects, "column", {c: c for c in effects["column"].unique()}, planted),
    ]


def _table(
    name: str, rates: pd.DataFrame, column: str, heads: Mapping[str, str], notes: str
) -> Table:
    """Lay out tests by one column of the cells."""
    wide = rates.pivot(index="printed", columns=column, values="rate")
    wide = wide.reindex([printed for printed in NAMES.values() if printed in wide.index])
    columns = [Column(key, head, "points1") for key, head in heads.items()]
    frame = wide.reset_index(names="test")
    return table_of(name, frame, [Column("test", "Test"), *columns], SOURCE, notes)


def _numbers(record: Record, rates: pd.DataFrame, of_record: pd.DataFrame) -> list[Number]:
    """Return the numbers that the prose of the appendix cites."""
    settings, dates = record.settings, record.calibration["placebo_dates"]["one_date_3"]
    episodes = record.calibration["episodes"][TIGHTENING]
    of_panel = rates[(rates["law"] == "panel") & (rates["effect"] > 0)]
    cited = {"one_date_3": ("conformal", "kp_bmp"), "pooled_tightening": ("across_episodes_t",)}
    correlated = rates[(rates["law"] == "correlated") & (rates["effect"] == 0)]
    compared = {"one_date_3": (*NAIVE, "kp_bmp", "portfolio_t"), "one_date_100": NAIVE[:1]}
    chosen = pd.concat(
        [
            of_record,
            *(_of_tests(correlated, case, tests) for case, tests in compared.items()),
            *(_of_tests(of_panel, case, tests) for case, tests in cited.items()),
        ]
    )
    planted = chosen["effect"].map(lambda e: f".plus_{1000 * e:.0f}" if e else "")
    ends = _plain(of_record).groupby("kind")["rate"].agg(["min", "max"]).reset_index()
    facts: dict[str, Scalar] = {
        "replications": (settings["replications"], "samples of each cell"),
        "nominal": (
            _nominal(),
            "size of the tests whose rejections are counted",
            "fraction",
            "text",
        ),
        "error": (
            error_of(settings["replications"]),
            f"Monte-Carlo error of a {percent(LEVEL)} rate",
            "fraction",
            "percent1",
        ),
        "placebo_dates": (dates, "event-free dates with all core firms"),
        "placebo.error": (
            error_of(record.calibration["placebo_dates"][TIGHTENING] // episodes),
            f"standard error of a {percent(LEVEL)} rate over samples without a common date",
            "fraction",
            "percent1",
        ),
        "block": (settings["block"], "block of resampled residuals", "sessions", "integer"),
    }
    key = "size.{case}.{law}{planted}.{test}"  # tenths of a percent planted
    return [
        *numbers_of(chosen.assign(planted=planted), [RATE], key, SOURCE),
        *numbers_of(ends, RANGE, "size.{kind}", SOURCE),
        *scalar_numbers("size", facts, SOURCE),
    ]


def _of_tests(rates: pd.DataFrame, case: str, tests: tuple[str, ...]) -> pd.DataFrame:
    return rates[(rates["case"] == case) & rates["test"].isin(tests)]


def _nominal() -> str:
    return f"{words(round(100 * LEVEL))} percent"


def _holds(kind: str, cells: pd.DataFrame) -> Verdict:
    """Say whether the p of record keeps its size in every simulated cell without a jump."""
    plain = _plain(cells)
    distance = (LOW - plain["rate"]).clip(lower=0) + (plain["rate"] - HIGH).clip(lower=0)
    fails = (distance > 2 * error_of(plain["samples"])).any()
    outside = plain[distance > 0]
    named = "; outside: " + ", ".join(
        f"{c.case}/{c.law} {c.rate:.3f}" for c in outside.itertuples()
    )
    return Verdict(
        f"size.{kind}",
        "fails" if fails else "holds",
        "rejects 3 to 7% of true nulls in every simulated cell without a variance jump, give or "
        "take two Monte-Carlo errors",
        f"{plain['rate'].min():.3f} to {plain['rate'].max():.3f} in {len(plain)} cells"
        + (named if len(outside) else ""),
        SOURCE,
    )


def _long(cells: pd.DataFrame) -> Verdict:
    """Say how the t across episodes does over eleven days, which reach into estimation windows."""
    plain = cells[cells["law"] != "jump"]
    low, high = float(plain["rate"].min()), float(plain["rate"].max())
    error = 2 * error_of(plain["samples"].min())
    verdict = "too often" if high > HIGH + error else "conservative" if low < LOW else "holds"
    rule = "above 7% and two errors is too often, below 3% in a cell conservative"
    return Verdict("size.pooled_long", verdict, rule, f"{low:.3f} to {high:.3f}", SOURCE)


def _naive(size: pd.DataFrame, firms: Firms) -> Verdict:
    """Say whether tests that take firms of one day for independent reject too often."""
    part = size[(size["case"] == "one_date_3") & (size["law"] == "correlated")]
    rates = part.set_index("test").loc[list(NAIVE), "rate"]
    verdict = "too often" if (rates > HIGH).all() else "mixed" if (rates > HIGH).any() else "held"
    evidence = ", ".join(f"{test} {rate:.3f}" for test, rate in rates.items())
    sample = f"{counted(len(firms.core), 'correlated firm')} on one date"
    rule = f"cross-sectional t, Patell and BMP above {percent(HIGH)} for {sample}"
    return Verdict("size.naive", verdict, rule, evidence, SOURCE)


def _jump(size: pd.DataFrame, firms: Firms) -> Verdict:
    """Say which p of record survives a doubled variance on event days."""
    part = size[size["law"] == "jump"].set_index(["case", "test"])["rate"]
    one = float(part["one_date_3", "conformal"])
    pooled = float(part["pooled_tightening", "across_episodes_t"])
    kept = {True: "holds", False: "fails"}
    verdict = f"one date {kept[one <= HIGH]}, episodes {kept[pooled <= HIGH]}"
    sample = f"{counted(len(firms.core), 'firm')}, the paper's sample"
    rule = f"at most {percent(HIGH)} with the variance doubled on event days, {sample}"
    evidence = f"conformal {one:.3f}, t across episodes {pooled:.3f}"
    return Verdict("size.jump", verdict, rule, evidence, SOURCE)


def _power(rates: pd.DataFrame, power: float) -> Verdict:
    """Say whether the p of record finds the largest planted effect on one date."""
    part = rates[(rates["case"] == "one_date_3") & (rates["test"] == "conformal")]
    row = part.sort_values("effect").iloc[-1]
    verdict = "found" if row["rate"] >= power else "missed too often"
    rule = f"an effect of {row['effect']:g} on one date is found in {percent(power)} of samples"
    return Verdict("size.power_one_date", verdict, rule, f"power {row['rate']:.3f}", SOURCE)
