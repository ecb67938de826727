"""Drawings of the event windows: what they tell without colour."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Rectangle

from analysis.questions.event_windows.drawings import reaction_heatmap


def test_directions_of_the_heatmap_are_told_by_place():
    """Above the heatmap each direction has a row with its name, and bars stand in their own."""
    directions = ["easing", "tightening", "support", "easing"]
    cells = pd.DataFrame(
        {
            "event": list("abcd"),
            "day0": pd.to_datetime(["2025-04-04", "2025-05-12", "2025-07-10", "2025-08-11"]),
            "direction": directions,
            "ticker": "MP",
            "sar": [1.0, -1.0, 2.0, 0.5],
        }
    )
    strip = reaction_heatmap({"cells": cells}).axes[0]
    names = [label.get_text() for label in strip.get_yticklabels()]
    assert sorted(names) == sorted(set(directions))
    bars = [bar for bar in strip.patches if isinstance(bar, Rectangle)]
    assert [names[int(bar.get_y())] for bar in bars] == directions
