"""The study of earlier years that lies beside another, in a folder of its data."""

from __future__ import annotations

from analysis.snapshot.claims import Claim
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import NAME

__all__ = ["EARLIER", "earlier_claims", "earlier_study", "has_beside", "has_earlier"]

EARLIER = "history"


def has_beside(snapshot: Snapshot) -> bool:
    """Say whether a study has one of earlier years beside it."""
    return (snapshot.folder / EARLIER / NAME).is_file()


def has_earlier(snapshot: Snapshot) -> bool:
    """Say whether a study has one of earlier years beside it, or is one itself."""
    return bool(snapshot.choices.each_firm) or has_beside(snapshot)


def earlier_claims(snapshot: Snapshot) -> dict[str, Claim]:
    """Return the claims of the study of earlier years beside a study; none where there is none."""
    if not has_beside(snapshot):
        return {}
    return parse_claims((snapshot.folder / EARLIER / "claims.toml").read_bytes()).stated


def earlier_study(snapshot: Snapshot) -> Snapshot:
    """Load the study of earlier years; itself, if it is firm by firm.

    Raises
    ------
    SnapshotError
        If its files are not what they should be.
    """
    if snapshot.choices.each_firm:
        return snapshot
    return load_snapshot(snapshot.folder / EARLIER)
