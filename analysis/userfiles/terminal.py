"""Results on the terminal: what a reader wants first, in tables that fit a screen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import Box
from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from analysis.userfiles.beta_result import BetaResult
    from analysis.userfiles.correlate import CorrelateResult
    from analysis.userfiles.event_result import EventStudyResult
    from analysis.userfiles.options import SizeOptions

__all__ = ["show_betas", "show_correlations", "show_event_study", "show_sizes"]

FEW = 6  # groups beyond which tests are not listed one by one
COLUMNS = 4  # tests beside the mean of a group
ROWS = 20  # of a table on the terminal; files have all
SCREEN = 80  # letters of a line
NAME = 24  # letters of a name that a narrow screen leaves on one line
MINUS = "\u2212"
# Two rules, below the heads and below the tests that can be trusted: a pipe has no colours.
RULED = Box("    \n    \n ── \n    \n ── \n    \n    \n    \n")
IN_ERRORS = ("across_episodes_t", "placebo", "sign_flip")  # their effects are in standard errors


def show_event_study(result: EventStudyResult) -> list[RenderableType]:
    """Return the table of groups, all tests of each, and groups over several windows."""
    first, last = result.options.window
    market = f" on {result.options.benchmark}" if result.options.benchmark else ""
    title = f"{result.options.model} model{market}, event days {first} to {last}".replace(
        "-", MINUS
    )
    shown: list[RenderableType] = [_groups(result, title)]
    if len(result.tests) and len(result.groups) <= FEW:
        shown += [_tests(result, *row) for row in _advised(result)]
    if result.options.windows:
        shown.append(_windows(result))
    return [*shown, *(Text(line) for line in result.advice())]


def _advised(result: EventStudyResult) -> Iterable[tuple[str, tuple[str, ...], str]]:
    for row in result.groups.to_dict("records"):
        yield row["group"], row["trusted"], row["why"]


def _leading(result: EventStudyResult) -> list[str]:
    """Return the trusted tests with a p in some group; without one, those that were asked for."""
    if not len(result.tests):
        return []
    known = result.tests["p"].dropna().index
    trusted = [name for group, names, _ in _advised(result) for name in names
               if (group, name) in known]  # fmt: skip
    asked = [name for name in result.options.tests if name in known.get_level_values(1)]
    return list(dict.fromkeys(trusted or asked))[:COLUMNS]


def _groups(result: EventStudyResult, title: str) -> Table:
    tests = _leading(result)
    heads = [
        "group",
        "events",
        "days",
        "mean CAR",
        "CAR > 0",
        "CAR < 0",
        *_heads(tests),
    ]
    rows = []
    for row in result.groups.to_dict("records"):
        p = [_p(result.tests["p"].get((row["group"], name))) for name in tests]
        counts = [row[name] for name in ("group", "n", "days")]
        signs = [row["positive"], row["negative"]]
        rows.append([*counts, _percent(row["caar"]), *signs, *p])
    return _table(title, heads, rows)


def _tests(result: EventStudyResult, group: str, trusted: Sequence[str], why: str) -> Table:
    """List the tests of a group that have a p, those first that can be trusted."""
    tests = result.tests.loc[group]
    known = tests[tests["p"].notna()]
    first = [name for name in trusted if name in known.index]
    rest = [str(name) for name in known.index if name not in trusted]
    heads = ["test", "statistic", "p", "p Holm", "smallest p", "detectable"]
    table = _table(f"{group}: {why}", heads, [])
    table.box, table.show_edge, table.collapse_padding = RULED, False, True
    for name in [*first, *rest]:
        statistic, p, after, least, effect = map(
            float, known.loc[name, ["statistic", "p", "p_holm", "p_min", "mde"]]
        )
        cells = [_number(statistic), _p(p), _p(after), _p(least) if least > 0 else ""]
        cells.append(_effect(effect, name))
        style = "" if name in first else "dim"
        table.add_row(name, *cells, style=style, end_section=bool(first) and name == first[-1])
    refused = [str(name) for name in tests.index if name not in known.index]
    if refused:
        table.caption = f"not for this group: {', '.join(refused)}"
        table.caption_justify = "left"
    return table


def _windows(result: EventStudyResult) -> Table:
    tests = _leading(result)
    heads = ["group", "window", "events", "mean CAR", "CAR > 0", "CAR < 0"]
    rows = []
    for row in result.windows.to_dict("records"):
        window = f"{row['first']} to {row['last']}".replace("-", MINUS)
        counts = (row["n"], _percent(row["caar"]), row["positive"], row["negative"])
        rows.append([row["group"], window, *counts, *(_p(row.get(f"p_{name}")) for name in tests)])
    return _table("windows", [*heads, *_heads(tests)], rows)


def show_betas(result: BetaResult) -> list[RenderableType]:
    """Return the table of betas and, where they were asked for, the tests that they are equal."""
    options, frame = result.options, result.betas
    title = f"betas on {options.benchmark}, {options.returns} returns a {options.frequency}"
    heads = ["asset", "n", "beta", "95% interval", "Huber", "shrunk", "alpha", "R²"]
    rows = [
        [
            row["ticker"], row["n"], _number(row["beta"]),
            f"{_number(row['low'])} to {_number(row['high'])}", _number(row["huber.beta"]),
            _number(row.get("shrunk")), _percent(row["alpha"], 4), _number(row["r2"]),
        ]
        for row in frame.head(ROWS).to_dict("records")
    ]  # fmt: skip
    shown: list[RenderableType] = [_table(title, heads, rows, len(frame))]
    if len(result.equality):
        tests = result.equality.head(ROWS).to_dict("records")
        lines = [
            [row["assets"] if len(row["assets"]) < NAME else f"all {len(row['betas'])}", row["n"],
             f"{row['f']:.3f}", _p(row["p_value"]), _p(row["p_clustered"]),
             _p(row["p_value_holm"])]
            for row in tests
        ]  # fmt: skip
        heads = ["equal betas", "n", "F", "p", "p clustered", "p Holm"]
        shown.append(_table("tests that betas are equal", heads, lines, len(result.equality)))
    return shown


def show_correlations(result: CorrelateResult) -> list[RenderableType]:
    """Return the correlations with the smallest p after Holm first."""
    frame, family = result.correlations, result.family()
    known = frame[frame["p_value"].notna()].sort_values(["p_holm", "p_value"], kind="stable")
    rows = [
        [row["x"], row["y"], row["method"], f"{row['lag']}".replace("-", MINUS), row["n"],
         _number(row["estimate"]), f"{_number(row['low'])} to {_number(row['high'])}",
         _p(row["p_value"]), _p(row["p_holm"])]
        for row in known.head(ROWS).to_dict("records")
    ]  # fmt: skip
    heads = ["x", "y", "method", "lag", "n", "correlation", "95% interval", "p", "p Holm"]
    title = f"{family['tests']} correlations, lag in {result.options.unit}s (positive: x leads)"
    return [_table(title, heads, rows, len(known))]


def show_sizes(sizes: pd.DataFrame, options: SizeOptions) -> RenderableType:
    """Return the table of how often each test rejects; what never has a p is named below."""
    known = sizes[sizes["studies"] > 0]
    rows = [
        [test, row["studies"], _percent(row["rejects"], 1),
         f"{_percent(row['low'], 1)} to {_percent(row['high'], 1)}"]
        for test, row in known.to_dict("index").items()
    ]  # fmt: skip
    days = f"{options.window[0]} to {options.window[1]}".replace("-", MINUS)
    title = f"studies of {options.events} random events on {options.days} days, event days {days}"
    table = _table(title, ["test", "studies", "rejects at 5%", "95% interval"], rows)
    if refused := [str(test) for test in sizes.index.difference(known.index, sort=False)]:
        table.caption = f"not for these events: {', '.join(refused)}"
        table.caption_justify = "left"
    return table


def _heads(tests: Sequence[str]) -> list[str]:
    return [f"p {name.replace('_', ' ')}" for name in tests]


def _table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], whole: int = 0
) -> Table:
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    lines = [[str(cell) for cell in row] for row in rows]
    short = all(len(line[0]) <= NAME for line in lines)
    cells = [max((len(line[at]) for line in lines), default=0) for at in range(len(heads))]
    wide = sum(map(max, cells, map(len, heads))) + 2 * len(heads) > SCREEN
    for place, head in enumerate(heads):
        justify: JustifyMethod = "right" if place else "left"
        whole_name = short and not place  # a narrow screen breaks a head before a name
        # ... between words: one that does not fit is broken here, for rich breaks inside them.
        least = max(cells[place], *map(len, head.split()))
        shown = "\n".join(wrap(head, least)) if wide else head
        table.add_column(shown, justify=justify, overflow="fold", no_wrap=whole_name)
    for line in lines:
        table.add_row(*map(Text, line))
    if whole > ROWS:
        table.caption = f"{whole - ROWS} more in the file of --out"
        table.caption_justify = "left"
    return table


def _percent(value: float, digits: int = 2) -> str:
    return "" if value != value else f"{100 * value:.{digits}f}%".replace("-", MINUS)


def _effect(value: float, test: str) -> str:
    if not math.isfinite(value):
        return "none"
    return f"{value:.2f} s.e." if test in IN_ERRORS else _percent(value)


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.3f}".replace("-", MINUS)


def _p(value: float | None) -> str:
    if value is None or pd.isna(value):
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
