"""``python -m analysis beta``: relative beta on a user's own prices."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace

__all__ = ["BETA"]


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --prices docs/example/prices.csv --benchmark SPY "
        "--assets MP,CRML,UUUU --out beta.json"
    )
    add = parser.add_argument
    add("--prices", type=Path, required=True, help="CSV: date, a column an asset")
    add("--benchmark", required=True, help="column of the market")
    add("--assets", default="", help="columns with commas (default: all but the benchmark)")
    add("--returns", choices=["simple", "log"], default="simple")
    add("--hac", type=int, default=5, help="lags of the HAC errors (default: 5)")
    add("--lags", type=int, default=1, help="lags of the Dimson beta (default: 1)")
    add("--leads", type=int, default=1, help="leads of the Dimson beta (default: 1)")
    add("--window", type=int, default=60, help="sessions of the rolling beta (default: 60)")
    add("--halflife", type=float, default=60, help="sessions, exponential weights (default: 60)")
    add("--block", type=int, default=10, help="sessions of a bootstrap block (default: 10)")
    add("--draws", type=int, default=2000, help="bootstrap draws (default: 2000)")
    add("--seed", type=int, default=1)
    add("--out", type=Path, required=True, help="JSON file to write")


def _run(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import beta, output, user_data

    stage = Stages(stderr=True)
    names = ("benchmark", "returns", "hac", "lags", "leads", "window", "halflife", "block",
             "draws", "seed")  # fmt: skip
    choices = beta.Choices(
        assets=tuple(name for name in options.assets.split(",") if name),
        **{name: getattr(options, name) for name in names},
    )
    with stage("Reading prices"):
        prices = user_data.read_prices(options.prices)
    with stage("Estimating betas"):
        result = beta.run(prices, choices)
    output.write(beta.document(result, output.spec(choices, [options.prices])), options.out)
    kept, left = len(result.betas), len(result.skipped)
    stage.console.print(f"{kept} assets, {left} skipped; results in {options.out}")


BETA = Command(
    "beta", "estimate relative betas on your own prices", _configure, _run, anywhere=True
)
