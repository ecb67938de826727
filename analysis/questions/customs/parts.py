"""Parts of a series beside the whole: whether the whole shows what the parts do.

Decision rule, fixed before any number was computed:

``customs.KEY``
    "hidden" if the parts, in the period of the largest whole, lie below a tenth of their own
    largest, else "visible".
"""

from __future__ import annotations

import pandas as pd

from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, Scalar, numbers_of, scalar_numbers, table_of
from analysis.results.formats import listed
from analysis.study.customs import export_months, list_names, say_every, series_keys
from analysis.study.panel import Panel

__all__ = ["compute", "set_beside_whole"]

TENTH = 0.1
KNOWN = "{Months} in which all are known. Share: {parts} together in {whole}."
SHARE = "{} share of the parts in the whole"
SHARES = (
    Column("share_min", "", "decimal2", "percent", SHARE.format("smallest"), ".share_min", n="n"),
    Column("share_max", "", "decimal2", "percent", SHARE.format("largest"), ".share_max", n="n"),
    Column(
        "rank", "", "decimal2", "correlation", "rank correlation of parts and whole", ".rank", n="n"
    ),
)
HIDDEN = "{parts} in the {month} of the largest {whole} below a tenth of their largest {month}"


def compute(panel: Panel, sample: str) -> Findings:
    """Set the parts beside the whole, in a table and in numbers."""
    snapshot, frame = panel.snapshot, set_beside_whole(panel)
    parts, every = snapshot.choices.customs.parts, say_every(snapshot)
    source, units = Provenance.of(set_beside_whole, sample), _units(panel)
    whole = list_names(snapshot)[series_keys(snapshot)[parts.whole]]
    names = {parts.whole: whole, **parts.of}
    heads = {series: f"{name}, {units[series]}" for series, name in names.items()}
    columns = [
        Column("month", every.noun.capitalize()),
        *(
            Column(series, head, "amount1" if series == parts.whole else "integer")
            for series, head in heads.items()
        ),
        Column("share", "Share, %", "decimal2"),
    ]
    said = {"parts": listed([*parts.of.values()]), "whole": whole.lower()} | every.words
    key, together, at = f"customs.{parts.key}", frame[[*parts.of]].sum(axis=1), _peak(panel, frame)
    shares = {
        "share_min": frame["share"].min(),
        "share_max": frame["share"].max(),
        "rank": frame[parts.whole].corr(together, method="spearman"),
        "n": len(frame),
    }
    words = snapshot.choices.customs.units
    of_whole = words.get(units[parts.whole], units[parts.whole])
    cells: dict[str, Scalar] = {
        "months": (
            len(frame),
            f"{every.noun}s in which all parts are known",
            f"{every.noun}s",
            "integer",
        ),
        "at_peak": (float(together.loc[at]), f"the parts in the {every.noun} of the largest whole"),
        "peak": (frame[parts.whole].max(), "largest whole among these", of_whole, "amount1"),
        "most": (float(together.max()), f"largest {every.noun} of the parts"),
    }
    of_parts = units[next(iter(parts.of))]
    ratio = float(together.loc[at] / together.max())
    verdict = Verdict(
        key,
        "hidden" if ratio < TENTH else "visible",
        HIDDEN.format(**said),
        f"ratio {ratio:.3g}",
        source,
    )
    return Findings(
        numbers=[
            *numbers_of(pd.DataFrame([shares]), SHARES, key, source),
            *scalar_numbers(key, cells, source, words.get(of_parts, of_parts)),
        ],
        tables=[table_of("parts", frame.astype({"month": str}), columns, source, KNOWN, **said)],
        verdicts=[verdict],
    )


def set_beside_whole(panel: Panel) -> pd.DataFrame:
    """Return the periods in which the whole and every part are known.

    Returns
    -------
    DataFrame
        ``month``, a column each of the whole and of the parts (in their own units) and ``share``
        (of the parts in the whole, percent).
    """
    parts, levels = panel.snapshot.choices.customs.parts, export_months(panel)["level"]
    frame = pd.DataFrame({series: levels.xs(series) for series in (parts.whole, *parts.of)})
    frame = frame.dropna()
    in_whole = frame[[*parts.of]].sum(axis=1) / parts.per
    shares = 100 * in_whole / frame[parts.whole]
    return frame.assign(share=shares).rename_axis("month").reset_index()


def _peak(panel: Panel, frame: pd.DataFrame) -> int:
    return int(frame[panel.snapshot.choices.customs.parts.whole].argmax())


def _units(panel: Panel) -> dict[str, str]:
    """Return the unit of each series, as the file has it."""
    units = panel.snapshot.customs.groupby("series")["unit"].first()
    return {str(series): str(unit) for series, unit in units.items()}
