"""Claims and news items in words, as texts print them."""

from __future__ import annotations

from analysis.results.formats import escape_markup, format_value
from analysis.snapshot.claims import Claim, Item

__all__ = ["name_item", "place_item", "quoted"]


def quoted(claim: Claim) -> str:
    """Return what the news item says, in quotation marks, or else the claim in our words."""
    return f"“{escape_markup(claim.quote)}”" if claim.quote else escape_markup(claim.statement)


def name_item(item: Item) -> str:
    """Return title, outlet and day of a news item; what is not known is said."""
    title = "title not known" if item.title is None else f"“{escape_markup(item.title)}”"
    return f"{title}, {place_item(item)}"


def place_item(item: Item) -> str:
    """Return outlet and day of a news item; what is not known is said."""
    outlet = "outlet not known" if item.outlet is None else escape_markup(item.outlet)
    day = "day not known" if item.day is None else format_value(item.day.isoformat(), "date")
    return f"{outlet}, {day}"
