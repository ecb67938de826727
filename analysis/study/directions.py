"""Groups of directions that several questions ask about."""

from __future__ import annotations

from analysis.snapshot.episodes import SIGNS

__all__ = ["DIRECTIONS", "POLICY", "UNWELCOME"]

POLICY = tuple(direction for direction in SIGNS if direction != "support")
"""What China does or fails to do; support is what others do for the miners."""

UNWELCOME = tuple(direction for direction in POLICY if SIGNS[direction] > 0)
"""News of scarcer supply, on which the hypotheses say that miners rise."""

DIRECTIONS = (*POLICY, "support")
"""All of them, China's first."""
