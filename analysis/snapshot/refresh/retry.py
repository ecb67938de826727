"""Ask again, a little later each time, while a source fails in ways that pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from analysis.snapshot.refresh.errors import PassingError

__all__ = ["Patience", "patiently"]

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source may fail.

    ``attempts`` requests in all; ``first`` and ``longest`` seconds before the second request and at
    most between two, doubled each time; ``jitter`` seconds at most on top, so that several users do
    not come back together; ``timeout`` seconds for one answer.
    """

    attempts: int = 6
    first: float = 2.0
    longest: float = 60.0
    jitter: float = 2.0
    timeout: float = 30.0


def patiently(ask: Callable[[], Answer], patience: Patience, say: Callable[[str], None]) -> Answer:
    """Return what ``ask`` returns, asking again while it raises an error that may pass.

    ``say`` is told in one line why and how long the next request waits. The last error is raised
    once patience is at its end, and at once one that does not pass.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        say(f"{type(error).__name__}, attempt {state.attempt_number}: again in {wait:.0f} s")

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        wait=tenacity.wait_exponential(multiplier=patience.first, max=patience.longest)
        + tenacity.wait_random(0, patience.jitter),
        stop=tenacity.stop_after_attempt(patience.attempts),
        before_sleep=tell,
        reraise=True,
    )(ask)
