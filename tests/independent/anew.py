"""Claims specified anew that no test across episodes decides, and their series.

Written from the words of data/claims.toml and data/registration/amendments.toml. Where they leave
a choice open:

- a month of which no earlier year is known has no adjusted change (B6);
- of the four correlations the one with the smallest p is shown; each is paired with what was
  measured on its own release or in the month after, whatever else is known (B6);
- the calm span of B7 gives one spread for all episodes;
- the loss of B12 is a share of the gain, both of equal parts bought once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from .claims import CORE, a1, b1, b14, fact, growth, on_day
from .episodes import Result
from .inference import bootstrap_interval, holm, permutation_p
from .record import Record
from .responses import core_response

CALM_UNTIL = "2025-02-04"
LISTED_BEFORE = ("MP", "CRML")
SEASONAL = "rare_earths_total"


def volatility_after(record: Record, place: int) -> tuple[float, float] | None:
    """Take the log ratio of the volatility after a day to that before the first event."""
    mean = record.returns[list(LISTED_BEFORE)].mean(axis=1)
    calm = mean[mean.index < pd.Timestamp(CALM_UNTIL)].std(ddof=1)
    after = mean.to_numpy()[place + 1 : place + 21]
    if len(after) < 20:
        return None
    change = float(np.log(after.std(ddof=1) / calm))
    return change, change


def season_taken_out(changes: pd.Series) -> pd.Series:
    """Take from each change the mean of those of the same month in the years before."""
    adjusted = {}
    known = changes.dropna()
    for month, value in known.items():
        assert isinstance(month, pd.Period)
        before = [known.get(pd.Period(year=year, month=month.month, freq="M"))
                  for year in range(2015, month.year)]  # fmt: skip
        earlier = [float(each) for each in before if each is not None]
        if earlier:
            adjusted[month] = value - np.mean(earlier)
    return pd.Series(adjusted)


def exports(record: Record) -> Result:
    """B6: fewer exports, higher prices of miners, at the release and in the month after."""
    returns = record.returns[list(CORE)]
    month = pd.DatetimeIndex(returns.index).to_period("M")
    complete = returns.isna().groupby(month).sum() == 0
    monthly = ((1 + returns).groupby(month).prod() - 1).where(complete).mean(axis=1)
    block = record.choices["customs"]["block"]
    found = {}
    for series in (SEASONAL, "magnets_total"):
        changes = np.log(record.months[series]).diff()
        if series == SEASONAL:
            taken = season_taken_out(np.log(record.all_months[series]).diff())
            changes = taken[taken.index >= record.months[series].first_valid_index()]
        answers = {
            pd.Period(told, "M"): core_response(record, CORE, place, (0, 1))
            for told, place in record.releases(series).items()
        }
        for name, other in (("later", monthly.shift(-1)), ("release", pd.Series(answers))):
            pairs = pd.concat([changes, other.astype(float)], axis=1).dropna().to_numpy()
            found[f"{series} {name}"] = (pairs, permutation_p(pairs, block))
    adjusted = holm({name: p for name, (_, p) in found.items()})
    name = min(adjusted, key=lambda key: (adjusted[key], found[key][1]))
    pairs = found[name][0]
    effect = float(np.corrcoef(pairs.T)[0, 1])
    bounds = bootstrap_interval(pairs, block, record.choices["inference"]["level"])
    return Result(f"{len(pairs)} months", effect, *bounds, adjusted[name], claimed=-1)


def b8(record: Record) -> Result:
    """Cyclicals firmed on the same news, without the fund that moves with the miners."""
    returns = on_day(record, ["IWM", "COPX", "SPY"], "2025-10-27")
    return fact(returns.mean(), returns > 0, "1 day")


def b12(record: Record) -> Result:
    """Only part of the premium came out: from the close of 24 to that of 27 October."""
    top, before, end = (
        growth(record, CORE, "2025-10-08", day).mean()
        for day in ("2025-10-14", "2025-10-24", "2025-10-27")
    )
    share = (before - end) / top
    return Result("1 day", share, verdict="supported" if 0 < share < 1 else "contradicted")


def b13(record: Record) -> Result:
    """Pauses come in steps of 90 days: lengths announced before the day of the item."""
    events = record.events
    earlier = events[(events["pause_days"] != "") & (events["day0"] < "2025-10-27")]
    lengths = earlier["pause_days"].astype(float).to_numpy()
    return fact(lengths.mean(), (lengths >= 85) & (lengths <= 95), f"{len(lengths)} events")


SHOWN = {
    "A1": lambda record: replace(a1(record), verdict="shown, not decided"),
    "B1": lambda record: replace(b1(record), verdict="shown, not decided"),
    "B8": b8,
    "B12": b12,
    "B13": b13,
    "B14": lambda record: replace(b14(record, intercept=False), verdict="not a claim"),
}
