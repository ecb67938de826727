"""Every way in which a refresh can fail, each with a name of its own."""

from __future__ import annotations

from analysis.errors import RefreshError

LATER = "the snapshot is as it was; run nox -s refresh again later"
"""What to do where only time can help."""


class NamedError(RefreshError):
    """One line: the place, what was expected, what was found, what to do."""

    def __init__(self, place: str, *, expected: str, found: str, remedy: str = LATER) -> None:
        text = f"{place}: expected {expected}, found {found}; {remedy}"
        super().__init__(" ".join(text.split()))


class PassingError(NamedError):
    """What may pass: the source is asked again before it is raised."""


def _name(name: str, meaning: str, base: type[NamedError] = NamedError) -> type[NamedError]:
    return type(name, (base,), {"__doc__": meaning, "__module__": __name__})


RateLimitError = _name("RateLimitError", 'The source answers "too many requests".', PassingError)
NetworkError = _name("NetworkError", "The source cannot be reached.", PassingError)
ServerError = _name("ServerError", "The source answers with a fault of its own.", PassingError)
NotJsonError = _name("NotJsonError", "The answer is a maintenance or consent page.", PassingError)
AnswerError = _name("AnswerError", "The answer is JSON of another shape than is known.")
EmptyAnswerError = _name("EmptyAnswerError", "No bars or rows where there must be some.")
DelistedError = _name("DelistedError", "Yahoo does not know the ticker any more.")
TimeZoneError = _name("TimeZoneError", "Bars on days without a session, or of another zone.")
DuplicateRowsError = _name("DuplicateRowsError", "A key occurs twice in what a source gave.")
MissingSessionError = _name("MissingSessionError", "A history lacks a session that is new.")
NaNRunError = _name("NaNRunError", "A history has bars without a close.")
InventedSplitError = _name("InventedSplitError", "Prices do not show a listed split as adjusted.")
AdjustmentError = _name("AdjustmentError", "Our adjustment gives other returns than Yahoo's.")
TruncatedError = _name("TruncatedError", "An answer holds fewer rows than it counts.")
LostPeriodError = _name("LostPeriodError", "A month that is listed as published is empty.")
ZeroWeightsError = _name("ZeroWeightsError", "No row of an answer has a weight.")
KeyRefusedError = _name("KeyRefusedError", "UN Comtrade refuses the key, or one without.")
RegisteredError = _name("RegisteredError", "What is asked would change registered data.")
LockedError = _name("LockedError", "Another refresh is under way in the same folder.")
OptionError = _name("OptionError", "What is asked for is not there for such a study.")
EndDateError = _name("EndDateError", "The day given as --end cannot be the end of a refresh.")
MissingToolError = _name("MissingToolError", "A package of the group refresh is not installed.")
UnexplainedError = _name("UnexplainedError", "Old rows differ, and nobody has accepted it.")
