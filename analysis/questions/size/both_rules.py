"""Size and power of the test of record under the amended rules beside the registered ones."""

from __future__ import annotations

import pandas as pd

from analysis.questions.size.rates import (
    LAWS,
    RATE,
    cells_of_record,
    detectable_numbers,
    rate_cells,
)
from analysis.questions.size.record import Record
from analysis.results import Findings, Provenance
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import brackets, percent
from analysis.snapshot.choices import Choices

__all__ = ["report_both"]

SAMPLES = {
    "one_date_3": "one date, {}",
    "pooled_tightening": "tightening, {}",
    "pooled_all": "all policy, {}",
    "pooled_long": "all policy, {}",
}
PLANTED_SHOWN = 0.1  # one of the effects that the study of size plants
SAMPLE = "simulated samples, calibrated on the panel under each set of rules"
BOTH = (
    Column("sample", "Sample"),
    Column("rules", "Rules"),
    Column("k", "K", "integer"),
    *(Column(law, head, "points1") for law, head in LAWS.items()),
    Column("planted", "power", "points1"),
    Column("finds", "Finds", "percent1"),
)
NOTE_BOTH = (
    "Rejections by the test of record, in percent: conformal on one date, t across episodes else. "
    "K: episodes by these rules. Columns as in the tables above; power: with {planted} in every "
    "firm on day 0 of the real names and calendar, where that was simulated; finds: effect found "
    "with {power} power, between planted ones on a straight line."
)


def report_both(record: Record, registered: Record, choices: Choices) -> Findings:
    """Put the test of record under both sets of rules in one table; name the registered rates."""
    power, source = choices.inference.power, Provenance.of(report_both, SAMPLE)
    parts = [_rows(each, power, source) for each in (record, registered)]
    frame = pd.concat(parts).sort_index(kind="stable")  # the two of a sample beside each other
    notes = NOTE_BOTH.format(planted=percent(PLANTED_SHOWN), power=percent(power))
    rates = rate_cells(registered)
    own = cells_of_record(rates[rates["effect"] == 0])
    own = own[own["case"].isin(SAMPLES) & own["law"].isin(("panel", "placebo"))]
    return Findings(
        numbers=[
            *numbers_of(own, [RATE], "size.registered.{case}.{law}.{test}", source),
            *detectable_numbers(rates, power, source, "size.registered"),
        ],
        tables=[table_of("size_rules", frame, BOTH, source, notes)],
    )


def _rows(record: Record, power: float, source: Provenance) -> pd.DataFrame:
    """Put the samples of a record in rows, numbered; see :data:`BOTH`."""
    rates = rate_cells(record)
    cells = cells_of_record(rates[rates["effect"].isin((0, PLANTED_SHOWN))])
    column = cells["law"].where(cells["effect"] == 0, "planted")
    wide = cells.assign(column=column).pivot(index="case", columns="column", values="rate")
    least = {number.key: number.value for number in detectable_numbers(rates, power, source)}
    windows, episodes = record.calibration["windows"], record.calibration["episodes"]
    rows = [
        {
            "sample": name.format(brackets(windows[case])),
            "rules": record.rules,
            "k": episodes[case],
            "finds": least.get(f"size.{case}.detectable"),
            **wide.loc[case],
        }
        for case, name in SAMPLES.items()
    ]
    return pd.DataFrame(rows).astype({"finds": float})
