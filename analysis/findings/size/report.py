"""The record of the study of size as results of the paper."""

from __future__ import annotations

from analysis.findings.size.record import Record

__all__ = ["summary"]


def summary(record: Record) -> str:
    """Return the rejection rates as text, percent, one line a case and test."""
    counts = record.counts[record.counts["replications"] > 0]
    rates = (100 * counts["rejections"] / counts["replications"]).round(1)
    column = counts["law"] + counts["effect"].map(lambda e: f" {e:g}" if e else "")
    keyed = counts.assign(rate=rates, column=column)
    table = keyed.pivot(index=["case", "test"], columns="column", values="rate")
    return str(table.to_string(na_rep="-"))
