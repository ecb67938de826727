"""The interactive figure of the HTML page: Vega-Lite, bundled from its package, data inside."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
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

    Its kind is ``explorer``; see :mod:`analysis.questions.event_windows.explorer`.

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

    here = files(__package__)
    snippet = "".join(
        (here / f"{n}.js").read_text(encoding="utf-8") for n in ("address", "explorer")
    )
    return str(vl_convert.javascript_bundle(snippet)).replace("</script", "<\\/script")


def _content(figure: Figure) -> dict[str, Any]:
    data = figure.data
    content = {
        "first_day": int(data["paths"]["day"].min()),
        "paths": _by_event(data["paths"]),
        "bands": _by_firm(data["bands"]),
        "specs": _specifications(list(data["firms"]["ticker"])),
    }
    if "before_paths" in data:  # events of earlier years, whose firms have bands of those
        content["before"] = {
            "paths": _by_event(data["before_paths"]),
            "bands": _by_firm(data["before_bands"]),
        }
    return content


def _by_event(paths: pd.DataFrame) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (event, ticker), part in paths.groupby(["event", "ticker"], sort=False):
        found.setdefault(str(event), {})[str(ticker)] = {n: _points(part[n]) for n in ("raw", "ar")}
    return found


def _by_firm(bands: pd.DataFrame) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = {}
    for row in bands.to_dict("records"):
        ends = [round(row["low"] * SCALE), round(row["high"] * SCALE)]
        found.setdefault(row["ticker"], {})[str(row["length"])] = ends
    return found


def _specifications(firms: list[str]) -> dict[str, Any]:
    """Return the two Vega-Lite specifications, each firm in its colour of the paper."""
    text = (files(__package__) / "specifications.json").read_text(encoding="utf-8")
    scale = {"domain": firms, "range": list(firm_colours(firms).values())}
    named = {"FIRMS": scale, "GREY": GREY}
    filled: dict[str, Any] = json.loads(
        text,
        object_hook=lambda part: {
            key: named.get(value, value) if isinstance(value, str) else value
            for key, value in part.items()
        },
    )
    return filled


def _points(values: pd.Series) -> list[int | None]:
    return [round(v * SCALE) if np.isfinite(v) else None for v in values]


def _form(figure: Figure) -> str:
    start = figure.data["start"].iloc[0]
    both = [figure.data[name] for name in ("before_events", "events") if name in figure.data]
    events = pd.concat(both).sort_values("day0", kind="stable")
    days = [int(d) for d in sorted(figure.data["paths"]["day"].unique())]
    listed = {
        e["event"]: f"{e['day0']:%Y-%m-%d} {e['direction']}: {e['headline']}"
        for e in events.to_dict("records")
    }
    first, last = (
        {str(d): str(d).replace("-", "\u2212") for d in days if sign * d >= 0} for sign in (-1, 1)
    )
    boxes = "".join(
        f'<label><input type="checkbox" name="firm" value="{firm["ticker"]}"'
        f"{' checked' if firm['chosen'] else ''}> {firm['ticker']}</label>"
        for firm in figure.data["firms"].to_dict("records")
    )
    return (
        f'<form aria-label="Choose event, window and firms">'
        f"{_select('event', 'Event', listed, start['event'])}"
        f"{_select('first', 'From day', first, str(int(start['first'])))}"
        f"{_select('last', 'to day', last, str(int(start['last'])))}"
        f"<fieldset><legend>Firms</legend>{boxes}</fieldset></form>"
    )


def _select(name: str, label: str, texts: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{html.escape(value)}"{" selected" if value == chosen else ""}>'
        f"{html.escape(text)}</option>"
        for value, text in texts.items()
    )
    return f'<label>{label} <select name="{name}">{options}</select></label>'
