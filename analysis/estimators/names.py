"""The words by which the estimators are chosen; nothing is imported with them."""

from __future__ import annotations

from typing import Literal

__all__ = ["LEAST_SQUARES", "LEVELS", "FactorModel", "Kind", "Method", "Missing", "Model"]

FactorModel = Literal["ff3", "ff5", "carhart"]  # names for sets of factors of the market model
Kind = Literal["simple", "log"]  # of returns
Method = Literal["pearson", "spearman", "kendall"]  # of correlation
Missing = Literal["trade", "lump", "drop"]  # how days without a price are taken
Model = Literal[
    "market", "mean", "market_adjusted", "no_intercept", "scholes_williams", "dimson", "garch"
]
LEAST_SQUARES: tuple[Model, ...] = ("market", "mean", "market_adjusted", "no_intercept")
LEVELS = ("pooled", "firm", "event", "episode")  # at which tests are broken down
