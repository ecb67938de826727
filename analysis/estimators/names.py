"""The words by which the estimators are chosen; nothing is imported with them."""

from __future__ import annotations

from typing import Literal

__all__ = ["LEAST_SQUARES", "LEVELS", "Kind", "Method", "Model"]

Kind = Literal["simple", "log"]  # of returns
Method = Literal["pearson", "spearman", "kendall"]  # of correlation
Model = Literal[
    "market", "mean", "market_adjusted", "no_intercept", "scholes_williams", "dimson", "garch"
]
LEAST_SQUARES: tuple[Model, ...] = ("market", "mean", "market_adjusted", "no_intercept")
LEVELS = ("pooled", "firm", "event", "episode")  # at which tests are broken down
