"""The exceptions a user can meet; the command line prints their message and exits with 1."""

from __future__ import annotations

__all__ = [
    "RefreshError",
    "RenderError",
    "RepositoryError",
    "ResultsError",
    "SnapshotError",
    "StudyError",
    "UserDataError",
    "WriteError",
]


class StudyError(Exception):
    """A fault the user can act on: the message says what was expected, found and what to do."""


class SnapshotError(StudyError):
    """The data in ``data/`` are not what the manifest, the schema or the calendar promise."""


class ResultsError(StudyError):
    """A result is missing, named twice or cannot be written."""


class RenderError(StudyError):
    """The paper could not be rendered, or the rendered paper is not sound."""


class UserDataError(StudyError):
    """A file or option that a user gave to a command on their own data cannot be used."""


class RefreshError(StudyError):
    """A live source failed or cannot be trusted, or the refreshed data cannot be written."""


class RepositoryError(StudyError):
    """The clone is not in a state in which two versions can be compared."""


class WriteError(StudyError):
    """The system refuses to write: the disk is full, or a folder is locked."""
