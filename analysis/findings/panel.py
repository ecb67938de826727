"""The study's panel: every event for every firm, estimated once and shared by the questions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from analysis.estimators.abnormal import EventStudy, event_study
from analysis.estimators.returns import log_returns, simple_returns
from analysis.snapshot.eligibility import contaminated_windows
from analysis.snapshot.episodes import label_episodes
from analysis.snapshot.load import Snapshot

__all__ = ["SIGN", "Panel", "build_panel", "estimate"]

# What theory expects of the shares: curbs, failed relief and subsidies lift them, relief lowers them.
SIGN = {"tightening": 1, "disappointment": 1, "support": 1, "easing": -1}

EVENT_TIME = (-10, 20)


@dataclass(frozen=True)
class Panel:
    """The snapshot with its returns and the market-model estimates of all firm-events.

    Attributes
    ----------
    snapshot : Snapshot
        What was loaded.
    returns : DataFrame
        Sessions by tickers, fraction; missing before a firm's own listing.
    study : EventStudy
        Market model; one row for each event and firm with an eligible window.
    events : DataFrame
        Events by ``id`` with ``episode``, ``mixed`` (opposite signs in the episode) and ``sign``.
    clean : DataFrame
        Indexed by (``id``, ``ticker``), one boolean column a window: no confounder touches it.
    """

    snapshot: Snapshot
    returns: pd.DataFrame
    study: EventStudy
    events: pd.DataFrame
    clean: pd.DataFrame

    @property
    def highlights(self) -> dict[str, date]:
        """The days of the two news items by name."""
        return asdict(self.snapshot.study.highlights)


def build_panel(snapshot: Snapshot) -> Panel:
    """Compute returns, episodes and every firm's event study."""
    study = snapshot.study
    compute = log_returns if study.returns == "log" else simple_returns
    returns = _since_listing(compute(snapshot.prices), snapshot.universe)
    events = label_episodes(snapshot).set_index("id")
    events["sign"] = events["direction"].map(SIGN)
    crossed = events.reset_index()[["id", "day0"]].merge(
        pd.DataFrame({"ticker": list(study.firms.studied)}), how="cross"
    )
    return Panel(
        snapshot=snapshot,
        returns=returns,
        study=estimate(snapshot, returns, crossed),
        events=events,
        clean=~contaminated_windows(snapshot),
    )


def estimate(
    snapshot: Snapshot,
    returns: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    factors: tuple[str, ...] | None = None,
) -> EventStudy:
    """Run the event study on ``rows`` (``ticker``, ``day0``) with the choices of the study.

    ``factors`` replaces the single market factor, for models with a sector.
    """
    study = snapshot.study
    return event_study(
        returns,
        rows,
        factors=factors or (study.benchmark.market,),
        model="market",
        length=study.estimation.length,
        gap=study.estimation.gap,
        minimum=study.estimation.minimum,
        window=EVENT_TIME,
    )


def _since_listing(returns: pd.DataFrame, universe: pd.DataFrame) -> pd.DataFrame:
    """Blank returns up to and including the listing day: the price before it was another firm's."""
    listed = universe["listed_from"].reindex(returns.columns)
    too_early = returns.index.to_numpy()[:, None] <= listed.to_numpy()[None, :]
    return returns.mask(pd.DataFrame(too_early, returns.index, returns.columns))
