"""Margins of verdicts that shrank: fewer changes than before would turn what has not turned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from analysis.publish.result_set import ResultSet

__all__ = ["Margin", "shrunk_margins"]


class Margin(NamedTuple):
    """A margin: the number that gives it, what it was and is (``none``: nothing turns it)."""

    key: str
    old: str
    new: str
    meaning: str


def shrunk_margins(old: ResultSet, new: ResultSet) -> Iterator[Margin]:
    """Compare the tipping points of claims whose verdict is the same.

    They are the keys ``claim.ID.tipping.SORT``, and ``before.ID.turned_by`` of the earlier years.

    A number that a version lacks says that no set of changes turns the verdict; a version without
    any was made before there were tipping points, and is not compared.
    """
    before, after = (results["number"] for results in (old, new))
    if not all(any(".tipping." in key for key in each) for each in (before, after)):
        return
    for claim, entry in new["claim"].items():
        if entry["verdict"] != old["claim"].get(claim, {}).get("verdict"):
            continue
        start = f"claim.{claim.lower()}.tipping."
        own = f"{claim}.turned_by"
        for key in sorted(key for key in after if key.startswith(start) or key == own):
            was, now = (
                float(each[key]["value"]) if key in each else math.inf for each in (before, after)
            )
            if now < was:
                said = "none" if math.isinf(was) else f"{was:g}"
                yield Margin(key, said, f"{now:g}", str(after[key].get("estimand", "")))
