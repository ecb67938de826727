"""``python -m analysis correlate``: lead-lag correlation on a user's own series."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace

__all__ = ["CORRELATE"]

FORMS = ("level", "change", "log_change")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --data docs/example/monthly.csv --unit month "
        "--x tonnes --y MP --x-as log_change --y-as log_change --out correlations.json"
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, action="append", help="CSV: date, a column a series")
    add("--x", required=True, help="columns that lead at positive lags, with commas")
    add("--y", required=True, help="columns correlated with them, with commas")
    add("--unit", choices=["row", "month"], default="row", help="what a lag counts (default: row)")
    add("--x-as", choices=FORMS, default="level", help="(default: level)")
    add("--y-as", choices=FORMS, default="level", help="(default: level)")
    add("--lags", type=int, default=3, help="furthest lag at which y leads (default: 3)")
    add("--leads", type=int, default=3, help="furthest lag at which x leads (default: 3)")
    add("--methods", default="pearson,spearman,kendall", help="names with commas (default: all)")
    add("--block", type=int, default=3, help="rows or months of a block (default: 3)")
    add("--draws", type=int, default=4999, help="draws of either resampling (default: 4999)")
    add("--seed", type=int, default=1)
    add("--out", type=Path, required=True, help="JSON file to write")


def _words(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _run(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import correlate, output, user_data

    stage = Stages(stderr=True)
    names = ("unit", "x_as", "y_as", "lags", "leads", "block", "draws", "seed")
    choices = correlate.Choices(
        x=_words(options.x),
        y=_words(options.y),
        methods=_words(options.methods),
        **{name: getattr(options, name) for name in names},
    )
    with stage("Reading series"):
        table = correlate.joined([user_data.read_series(p) for p in options.data], options.unit)
    with stage("Correlating"):
        rows = correlate.run(table, choices)
    output.write(correlate.document(rows, output.spec(choices, options.data)), options.out)
    stage.console.print(f"{len(rows)} correlations; results in {options.out}")


CORRELATE = Command(
    "correlate", "correlate your own series at leads and lags", _configure, _run, anywhere=True
)
