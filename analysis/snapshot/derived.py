"""The files of ``data/derived/``: rebuilt from the snapshot, checked against the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.snapshot.customs import monthly_panel, release_days
from analysis.snapshot.eligibility import firm_windows, listed_returns
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.faults import fault
from analysis.snapshot.files import csv_bytes, digest, read_file
from analysis.snapshot.load import Snapshot
from analysis.snapshot.manifest import Manifest
from analysis.whole import write_whole

__all__ = ["build_derived", "check_derived", "write_derived"]


def build_derived(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Compute every derived table; ``data/README.md`` describes their columns.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    dict of str to pandas.DataFrame
        By file name: ``returns.csv`` (long, fractions, own returns only), ``firm_windows.csv``,
        ``customs_monthly.csv``, ``release_days.csv``, ``episodes.csv``.
    """
    returns = listed_returns(snapshot).rename_axis(index="session").reset_index()
    customs, sessions = snapshot.customs, snapshot.sessions
    return {
        "returns.csv": _long(returns),
        "firm_windows.csv": firm_windows(snapshot),
        "customs_monthly.csv": monthly_panel(customs, snapshot.choices).reset_index(),
        "release_days.csv": release_days(customs, sessions),
        "episodes.csv": assign_episodes(
            snapshot.events,
            sessions,
            snapshot.choices.episodes.distance,
            snapshot.choices.directions,
        ),
    }


def _long(returns: pd.DataFrame) -> pd.DataFrame:
    long = returns.melt("session", var_name="ticker", value_name="return").dropna()
    return long.sort_values(["session", "ticker"], ignore_index=True)


def write_derived(frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write the derived tables as CSV; see :func:`analysis.whole.write_whole`.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        What :func:`build_derived` gives.
    folder : pathlib.Path
        ``data/derived``; made if missing.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    WriteError
        If the folder cannot be written; the old files are whole then.
    """
    return write_whole(folder, {name: csv_bytes(frame) for name, frame in frames.items()})


def check_derived(folder: Path, manifest: Manifest) -> None:
    """Hold the derived files against the hashes of the manifest.

    Parameters
    ----------
    folder : pathlib.Path
        ``data/derived``.
    manifest : Manifest

    Raises
    ------
    SnapshotError
        If a file is missing or differs.
    """
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
