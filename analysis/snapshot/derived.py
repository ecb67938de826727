"""The files of ``data/derived/``: rebuilt from the snapshot, checked against the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.snapshot.customs import monthly_panel, release_days
from analysis.snapshot.eligibility import firm_windows, listed_returns
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.faults import fault
from analysis.snapshot.files import as_long, csv_bytes, digest, read_file
from analysis.snapshot.load import Snapshot
from analysis.snapshot.manifest import Manifest
from analysis.snapshot.own_sessions import judge_firms, own_returns
from analysis.whole import write_whole

__all__ = ["build_derived", "check_derived", "write_derived"]


def build_derived(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Compute every derived table by file name; ``data/README.md`` describes their columns."""
    customs, sessions = snapshot.customs, snapshot.sessions
    returns, windows = _of_firms(snapshot)
    return {
        "returns.csv": returns,
        "firm_windows.csv": windows,
        "customs_monthly.csv": monthly_panel(customs, snapshot.choices).reset_index(),
        "release_days.csv": release_days(customs, sessions),
        "episodes.csv": assign_episodes(
            snapshot.events,
            sessions,
            snapshot.choices.episodes.distance,
            snapshot.choices.directions,
        ),
    }


def _of_firms(snapshot: Snapshot) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the returns and the usable windows, on shared sessions or on those of each firm."""
    if not snapshot.choices.each_firm:
        return as_long(listed_returns(snapshot), "return"), firm_windows(snapshot)
    tickers = snapshot.prices.columns
    frames = own_returns(snapshot).values()
    returns = [as_long(each[each.columns.intersection(tickers)], "return") for each in frames]
    joined = pd.concat(returns).sort_values(["session", "ticker"], ignore_index=True)
    return joined, judge_firms(snapshot)


def write_derived(frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write the derived tables as CSV; see :func:`analysis.whole.write_whole`."""
    return write_whole(folder, {name: csv_bytes(frame) for name, frame in frames.items()})


def check_derived(folder: Path, manifest: Manifest) -> None:
    """Hold ``data/derived`` against the manifest: a missing or other file is a SnapshotError."""
    for name, expected in manifest.derived.items():
        found = digest(read_file(folder / name))
        if found != expected:
            raise fault(
                f"{folder.name}/{name}",
                expected=f"sha256 {expected[:12]}",
                found=f"sha256 {found[:12]}",
                remedy="the code that derives it has changed or computes otherwise on this "
                "machine; after a wanted change run: nox -s data -- --accept",
            )
