"""The results contract: what a question hands over to be published.

A question computes; it returns :class:`Findings`, which holds numbers, tables, figure data and
verdicts. ``publish`` decides how they are written, drawn and printed; neither imports the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import pandas as pd

__all__ = [
    "LATER",
    "Dataset",
    "Figure",
    "Findings",
    "Format",
    "Number",
    "Passage",
    "Provenance",
    "Table",
    "Verdict",
]

LATER = "specified after results were known, exploratory"

Format = Literal[
    "percent1",  # fraction shown as percent with one decimal
    "percent0",  # fraction shown as percent without decimals
    "points1",  # fraction shown as percentage points with one decimal
    "decimal2",  # plain number with two decimals
    "decimal1",
    "decimal3",
    "pvalue",  # two decimals, or three below 0.1, or "< 0.001"
    "integer",  # whole number with a thin space between thousands
    "words",  # whole number in words up to ten: no, one, two
    "count",  # the same where no noun follows: none, one, two
    "amount1",  # at most one decimal
    "date",  # ISO date shown as 27 October 2025
    "text",
]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    function : str
        Dotted name of the function that computed it, ``analysis.study.series.net_returns``.
    sample : str
        One phrase: which firms, events, dates.
    inputs : tuple of str
        Data files that were read, relative to the snapshot folder, ``("events.csv",)``: nobody
        states them, :meth:`Findings.made_from` fills them in.
    """

    function: str
    sample: str
    inputs: tuple[str, ...] = ()

    @classmethod
    def of(cls, function: Callable[..., object], sample: str) -> Provenance:
        """Name the function itself, which cannot be misspelt."""
        return cls(f"{function.__module__}.{function.__qualname__}", sample)

    @classmethod
    def later(cls, function: Callable[..., object], sample: str) -> Provenance:
        """As :meth:`of`, for what was specified after results were known: the sample says so."""
        return cls.of(function, f"{sample}; {LATER}")


@dataclass(frozen=True, slots=True)
class Number:
    """One number that the paper may print.

    Attributes
    ----------
    key : str
        Dotted lower-case name, ``truce_2025_10_27.usar.car_0_0``.
    value : float, int or str
        Full precision; a fraction for the percent formats, an ISO string for dates.
    unit : str
        ``fraction``, ``sessions``, ``correlation``, ``count``, ``date``...
    format : Format
        How the paper prints it.
    estimand : str
        What it measures, in words.
    source : Provenance
        Where it comes from.
    se, low, high : float or None
        Standard error and the bounds of the interval, in the unit of ``value``.
    level : float or None
        Coverage of the interval, such as 0.95.
    p : float or None
        p-value of the test named in ``estimand``.
    n : int or None
        Observations that entered.
    """

    key: str
    value: float | int | str
    unit: str
    format: Format
    estimand: str
    source: Provenance
    se: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table, cells still unformatted.

    ``formats`` maps a column of ``frame`` to its :data:`Format`; a column without one is printed as
    text. ``headers`` gives the printed names, ``notes`` stands below the table.
    """

    name: str
    frame: pd.DataFrame
    formats: Mapping[str, Format]
    headers: Mapping[str, str]
    source: Provenance
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """The data of one figure: ``kind`` picks the drawing function, ``data`` holds its tidy frames.

    ``alt`` is the text alternative, made from the same numbers as the drawing. ``choices`` of the
    study that a label, tick or colour states are keyword arguments of the drawing function.
    ``files`` is what is written of it, by name, once it is drawn.
    """

    name: str
    kind: str
    data: Mapping[str, pd.DataFrame]
    alt: str
    source: Provenance
    choices: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One complete result in tidy form, too long for a table of the paper; written as CSV."""

    name: str
    frame: pd.DataFrame
    source: Provenance


@dataclass(frozen=True, slots=True)
class Passage:
    """Paragraphs written by code around its numbers, in Markdown; printed with ``passage NAME``."""

    name: str
    text: str
    source: Provenance


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a decision rule says; the prose that cites ``key`` must agree with ``verdict``."""

    key: str
    verdict: str
    rule: str
    evidence: str
    source: Provenance


@dataclass(slots=True)
class Findings:
    """Everything one or several analyses hand over."""

    numbers: list[Number] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def extend(self, others: Iterable[Findings]) -> Findings:
        """Append the content of other findings in order and return self."""
        for other in others:
            self.numbers += other.numbers
            self.tables += other.tables
            self.figures += other.figures
            self.verdicts += other.verdicts
            self.datasets += other.datasets
            self.passages += other.passages
        return self

    @property
    def inputs(self) -> list[str]:
        """The files that any result was made from, in order."""
        groups = [getattr(self, each.name) for each in fields(self)]
        return sorted({name for results in groups for r in results for name in r.source.inputs})

    def made_from(self, inputs: tuple[str, ...]) -> Findings:
        """Return the same with the files that each result was made from, where none are named."""

        def told(results: list[Any]) -> list[Any]:
            return [
                replace(
                    result, source=replace(result.source, inputs=result.source.inputs or inputs)
                )
                for result in results
            ]

        return Findings(**{each.name: told(getattr(self, each.name)) for each in fields(self)})
