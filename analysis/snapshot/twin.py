"""A synthetic twin of the snapshot: its calendar, firms and events with simulated figures.

No price and no export figure of the real snapshot enters, only how wide the band of a derived
figure is. The pipeline can be run without them and held against what was planted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.returns import equal_weight
from analysis.snapshot.derived import build_derived
from analysis.snapshot.eligibility import listed_returns
from analysis.snapshot.files import as_long, csv_bytes, read_file
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import BESIDE, FILES, NAME, Origin, first_manifest, write_manifest
from analysis.whole import write_whole

__all__ = ["TRUTH", "planted_effects", "residual_scale", "simulate", "write_twin"]

Floats = npt.NDArray[np.float64]

MARK = "SYNTHETIC"
SIMULATED = ("prices.csv", "customs.csv")
TRADED = 0.05  # standard deviation of a monthly log change of any export series
LEVELS = {"t": 5000.0, "kg": 20000.0, "usd": 50e6}  # starting levels by unit
FUNDS = {
    "IWM": (1.1, 0.006), "XME": (1.2, 0.012), "REMX": (1.0, 0.014), "COPX": (1.2, 0.012),
    "CPER": (0.3, 0.012), "UUP": (-0.1, 0.004),
}  # fmt: skip
FIRMS = {
    "MP": (1.3, 0.025), "USAR": (0.8, 0.035), "CRML": (1.8, 0.035), "UUUU": (1.2, 0.025),
    "NB": (1.0, 0.03), "AREC": (0.9, 0.03), "METC": (1.1, 0.025), "TMC": (1.4, 0.03),
    "UAMY": (1.0, 0.03),
}  # fmt: skip
SIGNS = {"tightening": 1, "easing": -1}


@dataclass(frozen=True)
class Truth:
    """What is planted; ``seed`` is that of every random number.

    An effective event moves a firm on day 0 by ``effect + gradient * heavy share`` (fraction; an
    unknown share counts as none), times the sign of its direction.
    """

    seed: int = 1
    market: float = 0.01  # daily standard deviation of the market fund's returns; their mean is 0
    # Beta to the market and daily residual standard deviation; every intercept is zero.
    funds: Mapping[str, tuple[float, float]] = field(default_factory=lambda: FUNDS)
    firms: Mapping[str, tuple[float, float]] = field(default_factory=lambda: FIRMS)
    correlation: float = 0.3  # of the residuals of any two firms
    effect: float = 0.04
    gradient: float = 0.06
    signs: Mapping[str, int] = field(default_factory=lambda: SIGNS)  # the others have no effect
    unmoved: tuple[str, ...] = ("TMC", "UAMY")  # firms without any effect: the placebo names
    # Factor of all residuals on the sessions of the wake of a day 0 of these directions.
    turbulence: float = 2.0
    wake: int = 20
    turbulent: tuple[str, ...] = ("disappointment",)
    # The series whose change goes, months before, with the core firms' monthly return; all others
    # are independent of returns.
    customs_series: str = "rare_earths_total"
    customs_lag: int = 1
    customs_correlation: float = 0.8


TRUTH = Truth()


def simulate(snapshot: Snapshot, truth: Truth = TRUTH) -> Snapshot:
    """Return the snapshot with simulated prices and export figures in place of its own.

    Its own give sessions, firms, events, and which export figure is known for which month; folder,
    manifest and fingerprint stay.
    """
    rng = np.random.default_rng(truth.seed)
    priced = replace(snapshot, prices=_prices(snapshot, truth, rng), refreshed={})
    return replace(priced, customs=_customs(priced, truth, rng))


def planted_effects(snapshot: Snapshot, truth: Truth = TRUTH) -> pd.DataFrame:
    """Return what the events add to each firm's return: sessions by firms, fraction.

    Two headlines of one direction on one day are one effect.
    """
    events = snapshot.events.drop_duplicates(["day0", "direction"])
    signs = events["direction"].map(truth.signs).fillna(0).groupby(events["day0"]).sum()
    share = snapshot.universe["heavy_share"].reindex(list(truth.firms)).fillna(0)
    size = (truth.effect + truth.gradient * share).where(~share.index.isin(truth.unmoved), 0.0)
    moved = signs.reindex(snapshot.sessions, fill_value=0)
    return pd.DataFrame(np.outer(moved, size), moved.index, size.index)


def residual_scale(snapshot: Snapshot, truth: Truth = TRUTH) -> pd.Series:
    """Return the factor of the firms' residuals by session: larger in the wake of some events."""
    loud = snapshot.events.loc[snapshot.events["direction"].isin(truth.turbulent), "day0"]
    first = snapshot.sessions.get_indexer(pd.DatetimeIndex(loud.unique())) + 1
    wake = np.unique(np.add.outer(first, np.arange(truth.wake)))
    scale = pd.Series(1.0, snapshot.sessions)
    scale.iloc[wake[wake < len(scale)]] = truth.turbulence
    return scale


def _prices(snapshot: Snapshot, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    sessions, firms = snapshot.sessions, list(truth.firms)
    market = truth.market * rng.standard_normal(len(sessions))
    returns = {snapshot.choices.benchmark.market: market}
    for fund, (beta, noise) in truth.funds.items():
        returns[fund] = beta * market + noise * rng.standard_normal(len(sessions))
    betas, noises = np.array([truth.firms[firm] for firm in firms]).T
    common = rng.standard_normal((len(sessions), 1))
    own = rng.standard_normal((len(sessions), len(firms)))
    shocks = np.sqrt(truth.correlation) * common + np.sqrt(1 - truth.correlation) * own
    scale = residual_scale(snapshot, truth).to_numpy()[:, None]
    moves = np.outer(market, betas) + noises * scale * shocks
    moves += planted_effects(snapshot, truth)[firms].to_numpy()
    frame = pd.DataFrame({**returns, **dict(zip(firms, moves.T, strict=True))}, sessions)
    frame.iloc[0] = 0.0
    levels = 50 * (1 + frame.clip(lower=-0.6)).cumprod()
    return levels[snapshot.prices.columns].round(4).clip(lower=0.0001)


def _customs(snapshot: Snapshot, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Replace every export figure: months, releases and bands stay, values are simulated."""
    customs = snapshot.customs
    months = pd.period_range(customs["month"].min() - 1, customs["month"].max(), freq="M")
    led = _standardised_returns(snapshot).reindex(months + truth.customs_lag)
    levels = {}
    for series, unit in customs.groupby("series")["unit"].first().items():
        shocks = rng.standard_normal(len(months))
        if series == truth.customs_series:
            rest = np.sqrt(1 - truth.customs_correlation**2)
            known = np.nan_to_num(led.to_numpy(), nan=0.0)
            tied = truth.customs_correlation * known + rest * shocks
            shocks = np.where(led.isna(), shocks, tied)
        levels[series] = pd.Series(LEVELS[unit] * np.exp(np.cumsum(TRADED * shocks)), months)
    # The headline's value in dollars has its tonnage in it, or the unit value would mirror it.
    dollars = f"{truth.customs_series}_usd"
    if dollars in levels:
        levels[dollars] = levels[dollars] * levels[truth.customs_series] / LEVELS["t"]
    table = pd.DataFrame(levels)
    at = table.index.get_indexer(pd.Index(customs["month"]))
    column = table.columns.get_indexer(pd.Index(customs["series"]))
    sums = np.where(customs["coverage"] == "jan_feb", table.to_numpy()[at - 1, column], 0.0)
    values = (table.to_numpy()[at, column] + sums).round()
    ratio = values / customs["value"].where(customs["value"] > 0)
    bands = {end: (customs[end] * ratio).round(4) for end in ("low", "high")}
    return customs.assign(value=values, **bands)


def _standardised_returns(snapshot: Snapshot) -> pd.Series:
    """Monthly returns of the core firms' equal-weight mean, zero mean and unit variance."""
    firms = list(snapshot.choices.firms.core)
    returns = listed_returns(snapshot)[firms]
    months = snapshot.sessions.to_period("M")
    whole = returns.notna().groupby(months).all()
    gross = (1 + returns.fillna(0)).groupby(months).prod().where(whole)
    core = equal_weight(gross, firms).dropna()
    return (core - core.mean()) / core.std(ddof=0)


def write_twin(snapshot: Snapshot, folder: Path, truth: Truth = TRUTH) -> Path:
    """Write the twin of a snapshot as a data folder of its own.

    The folder is made if missing, its files are replaced. ``truth.toml`` beside them, whose path
    is returned, says what was planted.
    """
    made = simulate(snapshot, truth)
    kept = [name for name in snapshot.manifest.files if name in (*FILES, *BESIDE)]
    contents = {name: read_file(snapshot.folder / name) for name in kept}
    contents["study.toml"] += _HEAD.encode("utf-8")
    contents["prices.csv"] = csv_bytes(as_long(made.prices, "adjusted_close"))
    contents["customs.csv"] = csv_bytes(_as_text(made.customs))
    origins = {name: snapshot.manifest.files[name].origin for name in kept}
    origins |= dict.fromkeys(
        SIMULATED,
        Origin(
            source=f"simulated, seed {truth.seed}",
            obtained="written by analysis/snapshot/twin.py; truth.toml says what was planted",
            retrieved=None,
            licence="CC BY 4.0",
        ),
    )
    manifest = first_manifest(contents, origins)
    write_whole(folder, {**contents, "truth.toml": _toml(truth), NAME: manifest})
    write_manifest(folder, build_derived(load_snapshot(folder)))
    return folder / "truth.toml"


_HEAD = f"""
[report]
title = "{MARK}: a simulated twin of rare-earth headlines and US-listed miners"
mark = "{MARK}: simulated prices and export figures, no result about any firm"
"""


def _as_text(customs: pd.DataFrame) -> pd.DataFrame:
    told = f"{MARK}: simulated figure in the place of a published one"
    return customs.assign(
        month=customs["month"].astype(str), source_title=told, source_url="", note=""
    )


def _toml(truth: Truth) -> bytes:
    """Write the truth as TOML: numbers, words, lists and tables of them."""
    lines = [
        "# What was planted in this simulated snapshot; analysis/snapshot/twin.py explains it."
    ]
    tables = []
    for name, value in asdict(truth).items():
        if isinstance(value, Mapping):
            tables += [f"\n[{name}]", *(f"{key} = {_literal(v)}" for key, v in value.items())]
        else:
            lines.append(f"{name} = {_literal(value)}")
    text = "\n".join([*lines, *tables]) + "\n"
    tomllib.loads(text)
    return text.encode("utf-8")


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
