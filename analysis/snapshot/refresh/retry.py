"""Ask again, a little later each time, while a source fails in ways that pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from analysis.snapshot.refresh.errors import (
    NetworkError,
    NotJsonError,
    RateLimitError,
    ServerError,
)

__all__ = ["Patience", "patiently"]

PASSING = (RateLimitError, NetworkError, ServerError, NotJsonError)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source may fail.

    Attributes
    ----------
    attempts : int
        Requests in all before the last error is raised.
    first, longest : float
        Seconds before the second request and at most between two; doubled each time.
    jitter : float
        Seconds, drawn anew each time, so that several users do not come back together.
    timeout : float
        Seconds for one answer.
    """

    attempts: int = 6
    first: float = 2.0
    longest: float = 60.0
    jitter: float = 2.0
    timeout: float = 30.0


def patiently(ask: Callable[[], Answer], patience: Patience, say: Callable[[str], None]) -> Answer:
    """Return what ``ask`` returns, asking again while it raises an error that may pass.

    Parameters
    ----------
    ask : callable
        Makes one request.
    patience : Patience
    say : callable
        Told in one line why and how long the next request waits.

    Raises
    ------
    RefreshError
        The last error, once patience is at its end, or at once one that does not pass.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        say(f"{type(error).__name__}, attempt {state.attempt_number}: again in {wait:.0f} s")

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PASSING),
        wait=tenacity.wait_exponential(multiplier=patience.first, max=patience.longest)
        + tenacity.wait_random(0, patience.jitter),
        stop=tenacity.stop_after_attempt(patience.attempts),
        before_sleep=tell,
        reraise=True,
    )(ask)
