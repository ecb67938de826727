"""The record of the study of size as results of the paper: tables, numbers, verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.estimators.significance import LEVEL
from analysis.questions.size.record import Record, read_record
from analysis.results import Dataset, Findings, Format, Number, Provenance, Table, Verdict
from analysis.results.formats import brackets, counted, percent, words
from analysis.snapshot.choices import Choices, Firms
from analysis.study.panel import Panel

__all__ = ["compute", "report", "summary"]

SOURCE = Provenance(
    "analysis.questions.size.report.compute",
    (
        "prices.csv", "events.csv", "universe.csv", "confounders.csv", "study.toml",
        "../simulations/size.csv", "../simulations/size.json",
    ),
    "simulated samples, calibrated on the panel",
)  # fmt: skip
NAMES = {
    "t_time_series": "time-series t",
    "t_cross_sectional": "cross-sectional t",
    "skewness_adjusted_t": "skewness-adjusted t",
    "patell": "Patell",
    "bmp": "BMP",
    "kp_patell": "KP-Patell",
    "kp_bmp": "KP-BMP, t(N − 1)",
    "corrado": "Corrado rank",
    "corrado_zivney": "Corrado-Zivney",
    "grank_t": "GRANK-T",
    "sign": "sign",
    "generalized_sign": "generalised sign",
    "wilcoxon": "Wilcoxon",
    "portfolio_t": "portfolio t, equal",
    "portfolio_t_risk": "portfolio t, risk",
    "joint_f": "joint F",
    "equal_response_f": "equal-response F",
    "placebo": "placebo dates",
    "placebo_matched": "placebo, matched",
    "conformal": "**conformal**",
    "across_episodes_t": "**t across episodes**",
    "sign_flip": "sign flips",
}
LAWS = {
    "normal": "normal",
    "t4": "t(4)",
    "garch": "GARCH",
    "correlated": "corr.",
    "jump": "jump",
    "panel": "panel",
    "placebo": "dates",
}
OF_RECORD = {"one_date": "conformal", "pooled": "across_episodes_t"}
LOW, HIGH = 0.03, 0.07  # where the p of record has to stay in every cell without a variance jump
NAIVE = ("t_cross_sectional", "patell", "bmp")  # they treat firms on one day as independent


def compute(panel: Panel) -> Findings:
    """Report the committed record: it is simulated by ``nox -s size`` and not computed anew."""
    return report(read_record(), panel.snapshot.choices)


def report(record: Record, choices: Choices) -> Findings:
    """Turn a record of a study's sample into the tables, numbers and verdicts of the appendix."""
    rates = _rates(record)
    size = rates[rates["effect"] == 0]
    of_record = _of_record(size)
    return Findings(
        numbers=_numbers(record, rates, of_record),
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
    rates = _rates(record)
    column = rates["law"] + rates["effect"].map(lambda e: f" {e:g}" if e else "")
    keyed = rates.assign(percent=(100 * rates["rate"]).round(1), column=column)
    table = keyed.pivot(index=["case", "test"], columns="column", values="percent")
    return str(table.to_string(na_rep="-"))


def _rates(record: Record) -> pd.DataFrame:
    """Return rate and Monte-Carlo standard error of every cell and test that is not refused.

    Samples of K event-free dates repeat dates: only as many count as there are without a common
    date.
    """
    counts = record.counts[record.counts["replications"] > 0].reset_index(drop=True)
    rate = counts["rejections"] / counts["replications"]
    dates = counts["case"].map(record.calibration["placebo_dates"])
    apart = (dates // counts["case"].map(record.calibration["episodes"])).clip(lower=1)
    samples = counts["replications"].where(counts["law"] != "placebo", apart).astype(int)
    error = (rate * (1 - rate) / samples) ** 0.5
    return counts.assign(rate=rate, samples=samples, se=error, printed=counts["test"].map(NAMES))


def _of_record(size: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the p of record: conformal for one date, t across episodes for more."""
    kind = size["case"].str.extract("^(one_date|pooled)", expand=False)
    return size[size["test"] == kind.map(OF_RECORD)].assign(kind=kind)


def _plain(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the simulated cells without a jump of the variance.

    Event-free dates are one path of the market, seen again and again; they and the long window of
    pooled episodes are judged by themselves.
    """
    simulated = ~cells["law"].isin(["jump", "placebo"])
    return cells[simulated & (cells["case"] != "pooled_long")]


def _tables(record: Record, rates: pd.DataFrame, firms: Firms) -> list[Table]:
    """Return the four tables of the appendix."""
    size = rates[rates["effect"] == 0]
    power = rates[rates["effect"] > 0]
    episodes = record.calibration["episodes"]
    larger = size[size["law"] == "correlated"]
    dates = record.calibration["placebo_dates"]["one_date_3"]
    apart = (
        record.calibration["placebo_dates"]["pooled_tightening"] // episodes["pooled_tightening"]
    )
    error = 100 * _error(record.settings["replications"])
    nominal = f"{words(round(100 * LEVEL))} percent"
    common = (
        f"Rejections in percent of {record.settings['replications']} samples without an effect; "
        f"Monte-Carlo standard error {error:.1f} at a rate of {nominal}. Bold: the test of "
        f"record. Some tests cannot reach {nominal} with few firm-events; – where one is refused."
    )
    laws = (
        " corr.: normal, correlated as the core firms are; jump: the same with the variance "
        f"doubled on event days; panel: the real names and calendar, residuals resampled; dates: "
        f"real returns on {dates} event-free dates, standard error {100 * _error(dates):.1f}. "
        "GRANK-T is refused below 30 firm-events."
    )
    long = brackets(record.calibration["windows"]["pooled_long"])
    heads = {
        "one_date_9": f"{len(firms.studied)} firms",
        "one_date_30": "30 firms",
        "one_date_100": "100 firms",
        "one_date_3_long": long,
        "pooled_all": f"K = {episodes['pooled_all']}",
        "pooled_30": f"K = {episodes['pooled_30']}",
        "pooled_long": f"K = {episodes['pooled_long']}, {long}",
    }
    planted = {
        (case, effect): f"{'one' if case.startswith('one') else 'K'}: {100 * effect:g}%"
        for case, effect in power[["case", "effect"]].drop_duplicates().itertuples(index=False)
    }
    power_columns = {f"{case}_{effect:g}": head for (case, effect), head in planted.items()}
    return [
        _table("size_one_date", size[size["case"] == "one_date_3"], "law", LAWS, common + laws),
        _table(
            "size_pooled",
            size[size["case"] == "pooled_tightening"],
            "law",
            LAWS,
            common + f" K = {episodes['pooled_tightening']}; only {apart} samples of event-free "
            f"dates have no date in common: standard error {100 * _error(apart):.1f}.",
        ),
        _table("size_larger", larger, "case", heads, common),
        _table(
            "power",
            power.assign(column=power["case"] + "_" + power["effect"].map("{:g}".format)),
            "column",
            power_columns,
            f"Rejections in percent of {record.settings['replications'] // 2} samples of the real "
            "names and calendar, residuals resampled, with the effect in every firm on day 0. one: "
            f"{counted(len(firms.core), 'firm')} on one date; K: {episodes['pooled_tightening']} "
            "episodes.",
        ),
    ]


def _table(
    name: str, rates: pd.DataFrame, column: str, heads: Mapping[str, str], notes: str
) -> Table:
    """Lay out tests by one column of the cells."""
    wide = rates.pivot(index="printed", columns=column, values="rate")
    order = [printed for printed in NAMES.values() if printed in wide.index]
    kept = [key for key in heads if key in wide.columns]
    frame = wide.reindex(index=order, columns=kept).reset_index(names="test")
    formats: dict[str, Format] = dict.fromkeys(kept, "points1")
    headers = {"test": "Test"} | {key: heads[key] for key in kept}
    return Table(name, frame, formats, headers, SOURCE, notes)


def _numbers(record: Record, rates: pd.DataFrame, of_record: pd.DataFrame) -> list[Number]:
    """Return the numbers that the prose of the appendix cites."""
    chosen = [_rate(row) for row in of_record.to_dict("records")]
    cited: Sequence[tuple[str, str, float, str]] = (
        *(("one_date_3", "correlated", 0.0, test) for test in (*NAIVE, "kp_bmp", "portfolio_t")),
        *(("one_date_100", "correlated", 0.0, test) for test in ("t_cross_sectional",)),
        *(("one_date_3", "panel", e, "conformal") for e in record.settings["one_date"]),
        *(("one_date_3", "panel", e, "kp_bmp") for e in record.settings["one_date"]),
        *(
            ("pooled_tightening", "panel", e, "across_episodes_t")
            for e in record.settings["pooled"]
        ),
    )
    places = rates[["case", "law", "effect", "test"]].itertuples(index=False, name=None)
    rows = dict(zip(places, rates.to_dict("records"), strict=True))
    chosen += [_rate(rows[place]) for place in cited]
    plain = _plain(of_record)
    for kind in OF_RECORD:
        part = plain.loc[plain["kind"] == kind, "rate"]
        for name, value in (("lowest", part.min()), ("highest", part.max())):
            what = f"{name} size of the p of record over simulated cells without a jump, {kind}"
            chosen.append(
                Number(f"size.{kind}.{name}", float(value), "fraction", "percent1", what, SOURCE)
            )
    settings, calibration = record.settings, record.calibration
    chosen += [
        Number(f"size.{name}", value, unit, fmt, what, SOURCE)
        for name, value, unit, fmt, what in _facts(settings, calibration)
    ]
    return chosen


def _facts(
    settings: Mapping[str, int], calibration: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, float | str, str, Format, str]]:
    """Return what the prose says of the study of size itself."""
    samples = settings["replications"]
    dates = calibration["placebo_dates"]["one_date_3"]
    return [
        ("replications", samples, "count", "integer", "samples of each cell"),
        (
            "nominal",
            f"{words(round(100 * LEVEL))} percent",
            "fraction",
            "text",
            "size of the tests whose rejections are counted",
        ),
        (
            "error",
            _error(samples),
            "fraction",
            "percent1",
            f"Monte-Carlo error of a {percent(LEVEL)} rate",
        ),
        ("placebo_dates", dates, "count", "integer", "event-free dates with all core firms"),
        ("block", settings["block"], "sessions", "integer", "block of resampled residuals"),
    ]


def _rate(row: Mapping[Any, Any]) -> Number:
    """Return the rejection rate of one cell and test with its Monte-Carlo error."""
    effect = float(row["effect"])
    planted = f".plus_{1000 * effect:.0f}" if effect else ""  # tenths of a percent
    return Number(
        f"size.{row['case']}.{row['law']}{planted}.{row['test']}",
        float(row["rate"]),
        "fraction",
        "percent1",
        f"share of samples in which {row['test']} rejects at {percent(LEVEL)}, effect {effect:g}",
        SOURCE,
        se=float(row["se"]),
        n=int(row["samples"]),
    )


def _holds(kind: str, cells: pd.DataFrame) -> Verdict:
    """Say whether the p of record keeps its size in every simulated cell without a jump."""
    plain = _plain(cells)
    distance = (LOW - plain["rate"]).clip(lower=0) + (plain["rate"] - HIGH).clip(lower=0)
    error = (LEVEL * (1 - LEVEL) / plain["samples"]) ** 0.5
    outside = plain[distance > 0]
    beyond = plain[distance > 2 * error]
    verdict = "fails" if len(beyond) else "holds"
    named = ", ".join(f"{c}/{law} {r:.3f}" for c, law, r in
                      outside[["case", "law", "rate"]].itertuples(index=False))  # fmt: skip
    return Verdict(
        f"size.{kind}",
        verdict,
        "rejects 3 to 7% of true nulls in every simulated cell without a variance jump, give or "
        "take two Monte-Carlo errors",
        f"{plain['rate'].min():.3f} to {plain['rate'].max():.3f} in {len(plain)} cells"
        + (f"; outside: {named}" if named else ""),
        SOURCE,
    )


def _long(cells: pd.DataFrame) -> Verdict:
    """Say how the t across episodes does over eleven days, which reach into estimation windows."""
    plain = cells[cells["law"] != "jump"]
    low, high = float(plain["rate"].min()), float(plain["rate"].max())
    error = 2 * _error(float(plain["samples"].min()))
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


def _error(count: float) -> float:
    """Return the Monte-Carlo standard error of a rate of five percent."""
    return math.sqrt(LEVEL * (1 - LEVEL) / count)
