"""The synthetic twin: same schema and calendar, simulated figures, known truth."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.eligibility import listed_returns
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.twin import (
    TRUTH,
    _standardised_returns,
    planted_effects,
    residual_scale,
    simulate,
    write_twin,
)


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the twin of the committed snapshot."""
    return write_twin(snapshot, tmp_path_factory.mktemp("twin") / "data").parent


@pytest.fixture(scope="module")
def twin(folder: Path) -> Snapshot:
    return load_snapshot(folder)


def test_calendar_firms_and_events_are_those_of_the_snapshot(snapshot, twin) -> None:
    """The twin loads without fault and has sessions, tickers, events and choices of the study."""
    assert twin.prices.index.equals(snapshot.prices.index)
    assert twin.prices.columns.equals(snapshot.prices.columns)
    for name in ("events", "universe", "confounders"):
        pd.testing.assert_frame_equal(getattr(twin, name), getattr(snapshot, name))
    same = replace(twin.choices, report=snapshot.choices.report)
    assert same == snapshot.choices
    keys = ["month", "series", "coverage", "unit", "status", "release_date"]
    pd.testing.assert_frame_equal(twin.customs[keys], snapshot.customs[keys])


def test_no_real_figure_enters(snapshot, twin) -> None:
    """Other prices and export figures in the place of the real ones give the same twin."""
    rng = np.random.default_rng(0)
    doubled = snapshot.customs.assign(
        **{name: snapshot.customs[name] * 2 for name in ("value", "low", "high")}
    )
    noise = snapshot.prices * rng.uniform(0.5, 2, snapshot.prices.shape)
    other = simulate(replace(snapshot, prices=noise, customs=doubled))
    np.testing.assert_array_equal(other.prices, twin.prices)
    np.testing.assert_array_equal(other.customs[["value"]], twin.customs[["value"]])
    np.testing.assert_allclose(other.customs["high"], twin.customs["high"], atol=1e-3)


def test_everything_says_that_it_is_simulated(folder, twin) -> None:
    """Manifest, study and export rows name the simulation; the truth stands beside the data."""
    for name in ("prices.csv", "customs.csv"):
        assert twin.manifest.files[name].source == f"simulated, seed {TRUTH.seed}"
    assert twin.choices.report.mark.startswith("SYNTHETIC")
    assert twin.choices.report.title.startswith("SYNTHETIC")
    assert twin.customs["source_title"].str.startswith("SYNTHETIC").all()
    written = tomllib.loads((folder / "truth.toml").read_text(encoding="utf-8"))
    truth: dict[str, Any] = asdict(TRUTH)
    plain: dict[str, Any] = {k: list(v) if isinstance(v, tuple) else v for k, v in truth.items()}
    for table in ("funds", "firms"):
        plain[table] = {name: list(pair) for name, pair in plain[table].items()}
    assert written == plain


def list_files(folder: Path) -> list[str]:
    """Name every file in a folder and those inside it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_a_seed_gives_the_same_bytes(snapshot, folder, tmp_path) -> None:
    """The same seed writes the same files over old ones; another seed other prices."""
    files = list_files(folder)
    write_twin(snapshot, tmp_path / "again")
    write_twin(snapshot, tmp_path / "again")
    assert list_files(tmp_path / "again") == files
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    assert not simulate(snapshot, replace(TRUTH, seed=2)).prices.equals(simulate(snapshot).prices)


def test_effects_stand_on_day_zero_once_a_day(snapshot) -> None:
    """Several headlines of one direction on a day add one effect; placebo names have none."""
    effects = planted_effects(snapshot)
    events = snapshot.events
    assert (effects[list(TRUTH.unmoved)] == 0).all().all()
    share = snapshot.universe.loc["USAR", "heavy_share"]
    size = TRUTH.effect + TRUTH.gradient * share
    directions = events.groupby("day0")["direction"].agg(set)
    for wanted, value in (({"tightening"}, size), ({"easing"}, -size), ({"support"}, 0.0)):
        days = directions.index[directions == wanted]
        assert len(days)
        np.testing.assert_allclose(effects.loc[days, "USAR"], value)
    assert events.duplicated(["day0", "direction"]).any()
    twice = replace(snapshot, events=pd.concat([events, events], ignore_index=True))
    pd.testing.assert_frame_equal(planted_effects(twice), effects)
    assert (effects.loc[~effects.index.isin(events["day0"])] == 0).all().all()


def test_turbulence_lasts_as_long_as_stated(snapshot) -> None:
    """Residuals are scaled on the sessions after day 0 of a disappointment, and on no others."""
    scale = residual_scale(snapshot)
    day = snapshot.events.loc[snapshot.events["direction"] == "disappointment", "day0"].min()
    at = snapshot.sessions.get_loc(day)
    assert set(scale.iloc[at + 1 : at + 1 + TRUTH.wake]) == {TRUTH.turbulence}
    assert scale.iloc[0] == 1.0
    assert set(scale) == {1.0, TRUTH.turbulence}


def test_exports_follow_the_returns_of_whole_months(snapshot) -> None:
    """Mean over the core firms that have a return on every session, of mean 0 and variance 1."""
    returns = listed_returns(snapshot)[list(snapshot.choices.firms.core)]
    means = {}
    for month, part in returns.groupby(snapshot.sessions.to_period("M")):
        whole = [part[firm] for firm in part if part[firm].notna().all()]
        if whole:
            means[month] = np.mean([np.expm1(np.log1p(firm).sum()) for firm in whole])
    expected = pd.Series(means)
    expected = (expected - expected.mean()) / expected.std(ddof=0)
    found = _standardised_returns(snapshot)
    assert [*found.index] == [*expected.index]
    np.testing.assert_allclose(found, expected, atol=1e-9)
