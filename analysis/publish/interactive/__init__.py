"""The interactive figure of the HTML page: Vega-Lite, bundled from its package, data inside."""

from __future__ import annotations

import html
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ResultsError
from analysis.results import Figure
from analysis.results.style import GREY, firm_colours

__all__ = ["KIND", "LARGEST", "fragment"]

KIND = "explorer"  # the kind of figure that has an interactive form
LARGEST = 300_000  # bytes of data in the page
SCALE = 1e4  # returns travel as whole basis points


def fragment(figure: Figure) -> str:
    """Return the HTML of the interactive figure: form, data, script; it loads nothing.

    The static picture stays in the page; the script puts itself in its place. Without a script, or
    in print, the picture remains.

    Parameters
    ----------
    figure : Figure
        Of kind ``explorer``; see :mod:`analysis.questions.event_windows.explorer`.

    Raises
    ------
    ResultsError
        If the data take more than 300 kB.
    """
    content = _content(figure)
    data = json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    if len(data.encode()) > LARGEST:
        raise ResultsError(
            f"figure {figure.name}: expected at most {LARGEST} bytes of data, found "
            f"{len(data.encode())}; show fewer events, firms or days"
        )
    return (
        f'<div class="explorer" id="explorer" hidden>\n{_form(figure)}\n'
        '<div class="explorer-views"><div class="explorer-ranges"></div>'
        '<div class="explorer-ways"></div></div>\n'
        '<p class="explorer-note" role="status"></p>\n</div>\n'
        f'<script type="application/json" id="explorer-data">{data}</script>\n'
        f'<script type="module">{_bundle()}</script>\n'
    )


@lru_cache(maxsize=1)
def _bundle() -> str:
    """Return Vega, Vega-Lite and vega-embed with our script, as one module without imports."""
    import vl_convert

    snippet = (files(__package__) / "explorer.js").read_text(encoding="utf-8")
    return str(vl_convert.javascript_bundle(snippet)).replace("</script", "<\\/script")


def _content(figure: Figure) -> dict[str, Any]:
    paths, bands = figure.data["paths"], figure.data["bands"]
    by_event: dict[str, dict[str, Any]] = {}
    for (event, ticker), part in paths.groupby(["event", "ticker"], sort=False):
        by_event.setdefault(str(event), {})[str(ticker)] = {
            n: _points(part[n]) for n in ("raw", "ar")
        }
    by_firm: dict[str, dict[str, list[int]]] = {}
    for row in bands.to_dict("records"):
        ends = [round(row["low"] * SCALE), round(row["high"] * SCALE)]
        by_firm.setdefault(row["ticker"], {})[str(row["length"])] = ends
    colour = _colour(list(figure.data["firms"]["ticker"]))
    return {
        "first_day": int(paths["day"].min()),
        "paths": by_event,
        "bands": by_firm,
        "specs": {"ranges": _ranges(colour), "ways": _ways(colour)},
    }


def _points(values: pd.Series) -> list[int | None]:
    return [round(v * SCALE) if np.isfinite(v) else None for v in values]


def _form(figure: Figure) -> str:
    start = figure.data["start"].iloc[0]
    events = figure.data["events"].sort_values("day0", kind="stable")
    days = [int(d) for d in sorted(figure.data["paths"]["day"].unique())]
    options = [
        _option(
            e["event"], f"{e['day0']:%Y-%m-%d} {e['direction']}: {e['headline']}", start["event"]
        )
        for e in events.to_dict("records")
    ]
    boxes = "".join(
        f'<label><input type="checkbox" name="firm" value="{firm["ticker"]}"'
        f"{_mark(firm['chosen'], 'checked')}> {firm['ticker']}</label>"
        for firm in figure.data["firms"].to_dict("records")
    )
    return (
        f'<form aria-label="Choose event, window and firms">'
        f'<label>Event <select name="event">{"".join(options)}</select></label>'
        f"{_days('first', 'From day', [d for d in days if d <= 0], int(start['first']))}"
        f"{_days('last', 'to day', [d for d in days if d >= 0], int(start['last']))}"
        f"<fieldset><legend>Firms</legend>{boxes}</fieldset></form>"
    )


def _days(name: str, label: str, days: list[int], chosen: int) -> str:
    options = "".join(_option(str(d), str(d).replace("-", "\u2212"), str(chosen)) for d in days)
    return f'<label>{label} <select name="{name}">{options}</select></label>'


def _option(value: str, text: str, chosen: str) -> str:
    mark = _mark(value == chosen, "selected")
    return f'<option value="{html.escape(value)}"{mark}>{html.escape(text)}</option>'


def _mark(wanted: bool, word: str) -> str:
    return f" {word}" if wanted else ""


def _frame(height: int | dict[str, int], layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a specification in the page's own colours, light or dark."""
    axis = {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "titleFontWeight": "normal",
        **dict.fromkeys(("domainColor", "tickColor", "gridColor"), GREY),
        "gridOpacity": 0.25,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "transparent",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding", "resize": True},
        "data": {"name": "rows", "values": []},
        "config": {"axis": axis, "view": {"stroke": None}, "font": "system-ui, sans-serif"},
        "layer": layers,
    }


def _colour(firms: list[str]) -> dict[str, Any]:
    """Give each firm its colour of the paper; the core firms come first."""
    scale = {"domain": firms, "range": list(firm_colours(firms).values())}
    return {"field": "ticker", "type": "nominal", "scale": scale, "legend": None}


def _quantity(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, "axis": {"format": ".0%"}}


def _ranges(colour: dict[str, Any]) -> dict[str, Any]:
    firm = {"field": "ticker", "type": "nominal", "title": None, "sort": None}
    title = "bar: placebo; full: abnormal; hollow: return"
    shown = {"ar": "abnormal", "raw": "return", "low": "placebo low", "high": "placebo high"}
    tips = [{"field": f, "title": t, "format": ".1%"} for f, t in shown.items()]
    common = {"y": firm, "color": colour, "tooltip": [{"field": "ticker", "title": "firm"}, *tips]}
    return _frame(
        {"step": 26},
        [
            {
                "mark": {"type": "bar", "height": 9, "opacity": 0.35, "color": GREY},
                "encoding": {"y": firm, "x": _quantity("low", title), "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": common | {"x": _quantity("ar", title)},
            },
            {
                "mark": {"type": "point", "size": 90, "strokeWidth": 2},
                "encoding": common | {"x": _quantity("raw", title)},
            },
        ],
    )


def _ways(colour: dict[str, Any]) -> dict[str, Any]:
    day = {
        "field": "day",
        "type": "quantitative",
        "title": "event time in sessions",
        "axis": {"tickMinStep": 1, "format": "d"},
        "scale": {"zero": False, "nice": False},
    }
    place = {"x": day, "y": _quantity("value", "cumulative abnormal return"), "color": colour}
    return _frame(
        190,
        [
            {"mark": {"type": "line", "point": True}, "encoding": place},
            {
                "transform": [{"filter": "datum.end"}],
                "mark": {"type": "text", "align": "left", "dx": 6, "fontWeight": "bold"},
                "encoding": place
                | {"y": _quantity("label", "cumulative abnormal return")}
                | {"text": {"field": "ticker"}},
            },
        ],
    )
