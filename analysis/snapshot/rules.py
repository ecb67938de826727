"""Rules of inference by name: those that were registered, and those that amend them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.snapshot.toml_file import CLOSED, Share, Text

__all__ = ["SWITCHES", "RuleSets", "Rules", "Switch"]

Switch = Literal["contamination", "mixture", "statistic", "verdicts", "normal"]
SWITCHES: Mapping[Switch, tuple[str, ...]] = {  # what belongs to each
    "contamination": ("contamination", "deal", "leave_out"),
    "mixture": ("mixture", "shared"),
    "statistic": ("statistic",),
    "verdicts": ("verdicts", "bound", "few"),
    "normal": ("normal",),
}


@dataclass(frozen=True, config=CLOSED)
class Rules:
    """One set of rules.

    Attributes
    ----------
    claims : {"registered", "amended"}
        Which entries of ``claims.toml`` it decides: those of old, where there are any, or those
        that specify them anew.
    contamination : {"own", "deals"}
        What spoils a firm's window: its own news and that of the whole market; or besides, for core
        firms, every row of ``confounders.csv`` that names a counterparty in the column ``deal``.
    deal : str
        That column.
    leave_out : tuple of str
        Columns of ``events.csv`` that name firms to be left out of an event.
    mixture : {"distance", "windows"}
        What chains events into an episode: the distance of the study; or that their windows share a
        session, for windows of at most ``shared`` sessions.
    shared : int
    statistic : {"separate", "scar"}
        Effect in CAR beside a p of standardised CARs; or both of the standardised ones, the effect
        over the mean of one over the forecast error.
    verdicts : {"registered", "symmetric"}
        See :mod:`analysis.study.verdicts`.
    bound : mapping of str to float
        Detectable effect beyond which a test cannot decide, by what is measured (fraction).
    few : {"cannot decide", "not testable"}
        What is said of a claim with fewer than three episodes.
    normal : {"intercept", "none", "recentred"}
        The market model with or without an intercept, or less the mean response on quiet days.
    """

    claims: Literal["registered", "amended"] = "registered"
    contamination: Literal["own", "deals"] = "own"
    deal: str = ""
    leave_out: tuple[Text, ...] = ()
    mixture: Literal["distance", "windows"] = "distance"
    shared: Annotated[int, Field(ge=0)] = 0
    statistic: Literal["separate", "scar"] = "separate"
    verdicts: Literal["registered", "symmetric"] = "registered"
    bound: Mapping[Literal["car", "trade", "log_volatility_ratio"], Share] = field(
        default_factory=dict
    )
    few: Literal["cannot decide", "not testable"] = "cannot decide"
    normal: Literal["intercept", "none", "recentred"] = "intercept"

    @property
    def intercept(self) -> bool:
        """Whether market models are fitted with an intercept."""
        return self.normal != "none"

    @model_validator(mode="after")
    def _complete(self) -> Rules:
        if (self.contamination == "deals") != bool(self.deal):
            raise ValueError('Input should be a column deal with contamination = "deals" alone')
        if (self.mixture == "windows") != bool(self.shared):
            raise ValueError('Input should be shared sessions with mixture = "windows" alone')
        return self


@dataclass(frozen=True, config=CLOSED)
class RuleSets:
    """Both sets; ``claim`` is decided anew under each amended rule alone.

    A study that amends nothing has the registered set alone.
    """

    registered: Rules
    claim: str = ""
    amended: Rules = field(default_factory=Rules)

    @model_validator(mode="after")
    def _amended_as_a_whole(self) -> RuleSets:
        if bool(self.claim) != (self.amended != Rules()):
            raise ValueError("Input should be amended rules with a claim, or neither")
        return self

    def alone(self, switch: Switch) -> Rules:
        """Return the registered rules with one of them amended."""
        changed = {name: getattr(self.amended, name) for name in SWITCHES[switch]}
        return replace(self.registered, **changed)
