"""What a reader may choose, and what each claim becomes under a choice.

The menus are those of the specification curves and the windows of the study, and no others: nothing
is offered because of what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import get_args

from analysis.estimators.names import Model
from analysis.snapshot.claims import Claim, Difference, Equivalence, Mean, OnEvents, VarianceShare
from analysis.snapshot.eligibility import news_window
from analysis.snapshot.optional_choices import Coding
from analysis.study.panel import Panel

__all__ = [
    "Menus",
    "Normal",
    "argued_claims",
    "make_menus",
    "name_normal",
    "own_normal",
    "own_window",
    "restate",
]

Bounds = tuple[int, int]
AXES = ("window", "contamination", "coding", "normal", "length")
"""What varies, in the order of the axes of the grid."""


@dataclass(frozen=True)
class Normal:
    """A model of the normal return, and the funds that it is fitted on: none for the own mean."""

    benchmark: tuple[str, ...]
    model: Model


@dataclass(frozen=True)
class Menus:
    """The choices along every axis; the first of each is the ledger's.

    Attributes
    ----------
    windows : tuple of (int, int) or None
        First and last event day; None: the claim's own window.
    contamination : tuple of str
        Whether firm-windows with other news are left out (``exclude``) or stay (``keep``).
    codings : tuple of Coding
        Ways of coding the events.
    normals : tuple of Normal
    lengths : tuple of int
        Estimation windows, sessions.
    """

    windows: tuple[Bounds | None, ...]
    contamination: tuple[str, ...]
    codings: tuple[Coding, ...]
    normals: tuple[Normal, ...]
    lengths: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many choices there are along each of the :data:`AXES`."""
        axes = (self.windows, self.contamination, self.codings, self.normals, self.lengths)
        return tuple(map(len, axes))

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return prod(self.shape)


def make_menus(panel: Panel) -> Menus:
    """Collect the menus of a study from its windows and its specification curves."""
    choices = panel.snapshot.choices
    curve, estimation = choices.own_curve, choices.estimation
    asked = {coding for claim in curve.claims.values() for coding in claim.codings}
    return Menus(
        windows=(None, *dict.fromkeys(choices.windows.bounds.values())),
        contamination=curve.contamination,
        codings=tuple(coding for coding in get_args(Coding) if coding in asked),
        normals=_list_normals(panel),
        lengths=tuple(dict.fromkeys((estimation.length, *curve.lengths))),
    )


def _list_normals(panel: Panel) -> tuple[Normal, ...]:
    """List the models of the curves with and without intercept, the study's own first."""
    choices, models = panel.snapshot.choices, panel.snapshot.choices.own_curve.models.values()
    market = (choices.benchmark.market,)
    fitted: tuple[Model, ...] = ("market", "no_intercept")
    fitted = fitted if panel.intercept else fitted[::-1]
    own = choices.estimation.model
    first = Normal(() if own == "mean" else market, fitted[0] if own == "market" else own)
    found = [first]
    for funds in dict.fromkeys((market, *(m.factors for m in models if m.factors))):
        found += [Normal(funds, model) for model in fitted]
    adjusted = [m.factors for m in models if len(m.factors) == 1]
    found += [Normal(funds, "market_adjusted") for funds in adjusted]
    return tuple(dict.fromkeys([*found, Normal((), "mean")]))


def name_normal(normal: Normal) -> str:
    """Name a model and its benchmark, ``market SPY, XME``."""
    return " ".join([normal.model, ", ".join(normal.benchmark)]).strip()


def own_normal(claim: OnEvents, panel: Panel, menus: Menus) -> int:
    """Return the place of the model that a claim is decided by: the study's, or one it names."""
    if not claim.model:
        return 0
    named = panel.snapshot.choices.own_curve.models[claim.model]
    bare = named.model == "market" and not panel.intercept
    return menus.normals.index(Normal(named.factors, "no_intercept" if bare else named.model))


def argued_claims(claims: Mapping[str, Claim]) -> dict[str, OnEvents]:
    """Return the claims that a window and a model shape: on CARs, without draws of calendars."""
    kinds = (Mean, Difference, Equivalence, VarianceShare)
    return {
        key: claim
        for key, claim in claims.items()
        if isinstance(claim, kinds)
        and getattr(claim, "response", "car") == "car"
        and claim.verdict is None
    }


def own_window(claim: OnEvents, panel: Panel) -> Bounds:
    """Return the event days of a claim as the ledger has it."""
    return claim.window or panel.snapshot.choices.windows.primary_bounds


def restate(claim: OnEvents, panel: Panel, window: Bounds | None) -> OnEvents | None:
    """Return a claim over another window; None where that would be another claim.

    A claim on the days after the news keeps its first day and takes the last one chosen. One that
    follows the move of a window has none but its own: a window that shares a day with the one
    followed would agree with it by construction. Days that must be clean stay where they hold the
    window.
    """
    if window is None:
        return claim
    first, last = own_window(claim, panel)[0], window[1]
    chosen = (first, last) if first > 0 else window
    if getattr(claim, "follows", None) or chosen[0] > chosen[1]:
        return None
    if chosen == own_window(claim, panel):
        return claim
    held, (low, high) = claim.clean, news_window(chosen)
    wide = held is not None and held[0] <= low and held[1] >= high
    return replace(claim, window=chosen, clean=held if wide else None)
