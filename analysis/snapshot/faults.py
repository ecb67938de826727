"""The one line a reader gets when the data are not what they should be."""

from __future__ import annotations

from analysis.errors import SnapshotError

__all__ = ["fault"]


def fault(
    file: str,
    *,
    expected: str,
    found: str,
    remedy: str,
    row: int | None = None,
    column: str | None = None,
) -> SnapshotError:
    """Return an error that names the place, what was expected, what was found and what to do.

    Parameters
    ----------
    file : str
        File name inside the data folder, ``events.csv``.
    expected, found : str
        What should stand there and what does.
    remedy : str
        What to do, in the imperative.
    row : int, optional
        Line of the file, the header being line 1.
    column : str, optional
        Name of the column or key.

    Returns
    -------
    SnapshotError
        With a message of one line, to be raised by the caller.
    """
    place = file
    if row is not None:
        place += f", row {row}"
    if column is not None:
        place += f", column {column}"
    text = f"{place}: expected {expected}, found {found}; {remedy}"
    return SnapshotError(" ".join(text.split()))
