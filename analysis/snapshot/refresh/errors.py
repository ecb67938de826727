"""Every way in which a refresh can fail, each with a name of its own."""

from __future__ import annotations

from analysis.errors import RefreshError

__all__ = [
    "AdjustmentError",
    "AnswerError",
    "DelistedError",
    "DuplicateRowsError",
    "EmptyAnswerError",
    "EndDateError",
    "InventedSplitError",
    "KeyRefusedError",
    "LockedError",
    "LostPeriodError",
    "MissingSessionError",
    "MissingToolError",
    "NaNRunError",
    "NetworkError",
    "NotJsonError",
    "RateLimitError",
    "ServerError",
    "TimeZoneError",
    "TruncatedError",
    "UnexplainedError",
    "ZeroWeightsError",
]


class _NamedError(RefreshError):
    """One line: the place, what was expected, what was found, what to do."""

    def __init__(self, place: str, *, expected: str, found: str, remedy: str) -> None:
        text = f"{place}: expected {expected}, found {found}; {remedy}"
        super().__init__(" ".join(text.split()))


class RateLimitError(_NamedError):
    """The source still answers "too many requests" (429) after every retry."""


class NetworkError(_NamedError):
    """The source cannot be reached."""


class ServerError(_NamedError):
    """The source answers with a fault of its own (5xx)."""


class NotJsonError(_NamedError):
    """The answer is no JSON: a maintenance page, a consent page, a proxy's message."""


class AnswerError(_NamedError):
    """The answer is JSON of another shape than the source is known to give."""


class EmptyAnswerError(_NamedError):
    """The source answers with no bars or no rows where there must be some."""


class DelistedError(_NamedError):
    """Yahoo does not know the ticker any more."""


class TimeZoneError(_NamedError):
    """Bars lie on days without a session or in another time zone than New York's."""


class DuplicateRowsError(_NamedError):
    """A key occurs twice in what a source gave."""


class MissingSessionError(_NamedError):
    """A session that the snapshot does not hold yet is missing from a history."""


class NaNRunError(_NamedError):
    """A history has bars without a close."""


class InventedSplitError(_NamedError):
    """The prices around a listed split do not show it as adjusted."""


class AdjustmentError(_NamedError):
    """Our adjustment for dividends and splits gives other returns than Yahoo's."""


class TruncatedError(_NamedError):
    """An answer holds fewer rows than it counts, or as many as the source gives at most."""


class LostPeriodError(_NamedError):
    """A month that the source lists as available came back empty."""


class ZeroWeightsError(_NamedError):
    """No row of an answer has a weight."""


class KeyRefusedError(_NamedError):
    """UN Comtrade refuses the key, or an answer without one."""


class LockedError(_NamedError):
    """Another refresh is under way in the same folder."""


class EndDateError(_NamedError):
    """The day given as ``--end`` cannot be the end of a refresh."""


class MissingToolError(_NamedError):
    """A package of the group ``refresh`` is not installed."""


class UnexplainedError(_NamedError):
    """Old rows differ from what the sources say now, and nobody has accepted it."""
