"""The claims, read from ``claims.toml`` and checked: as they stand, and as they were registered.

With them come the news items that they quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import ValidationError

from analysis.errors import SnapshotError
from analysis.snapshot.claims import KINDS, Claim, Events, Item
from analysis.snapshot.faults import fault
from analysis.snapshot.toml_file import list_slips, read_toml, validate, word_error, word_fault

__all__ = ["KINDS_BY_NAME", "Claims", "parse_claims"]

_FILE = "claims.toml"
_ITEMS = "items"  # the table that holds one for each news item
_TABLES = {"claim": "claim", "registered": "registered claim"}  # of the file, and what each holds
KINDS_BY_NAME: Mapping[str, type[Claim]] = {
    get_args(get_type_hints(kind)["kind"])[0]: kind for kind in KINDS
}


class Claims(NamedTuple):
    """The claims by id, in file order.

    Attributes
    ----------
    stated : dict of str to Claim
        As they stand, tables ``[[claim]]``.
    registered : dict of str to Claim
        The same with the entries of old, tables ``[[registered]]``, of those specified anew.
    items : dict of str to Item
        The news items that they are taken from, tables ``[items.NAME]``; a study may describe none.
    """

    stated: dict[str, Claim]
    registered: dict[str, Claim]
    items: dict[str, Item]


def parse_claims(content: bytes) -> Claims:
    """Read and check the claims of a study; it may make none.

    Parameters
    ----------
    content : bytes
        The text of ``claims.toml``.

    Raises
    ------
    SnapshotError
        A line for each fault, in the order of the file: claim, field, expected, found, nearest.
    """
    raw = read_toml(_FILE, content)
    for key in raw:
        if key not in (known := [*_TABLES, _ITEMS]):
            raise word_fault(f"{_FILE}, field {key}", "a known key", f"{key!r}", known)
    faults: list[SnapshotError] = []
    stated, old = (_read_tables(raw, table, faults) for table in _TABLES)
    for key in old.keys() - stated.keys() if not faults else ():
        place = f"{_FILE}, {_TABLES['registered']} {key}, field id"
        faults.append(word_fault(place, "an id of a table [[claim]]", key, stated))
    items = _read_items(raw.get(_ITEMS, {}), stated, faults)
    if faults:
        raise SnapshotError("\n".join(map(str, faults)))
    return Claims(stated, {key: old.get(key, claim) for key, claim in stated.items()}, items)


def _read_items(
    raw: object, claims: Mapping[str, Claim], faults: list[SnapshotError]
) -> dict[str, Item]:
    """Read the news items and note their faults, and those of quotes that name no item."""
    if not isinstance(raw, dict) or not all(isinstance(entry, dict) for entry in raw.values()):
        remedy = f"begin each news item with [{_ITEMS}.NAME]"
        found = f"something else under the name {_ITEMS}"
        raise fault(_FILE, expected=f"tables [{_ITEMS}.NAME]", found=found, remedy=remedy)
    items: dict[str, Item] = {}
    called = {claim.item for claim in claims.values()}
    for name, entry in raw.items():
        place = f"{_FILE}, news item {name}"
        if claims and name not in called:
            faults.append(word_fault(place, "an item that a claim names", name, called))
        try:
            items[name] = validate(Item, entry)
        except ValidationError as error:
            faults += _word(place, error, Item.__dataclass_fields__, "a field of a news item")
    faults += [
        word_fault(
            f"{_FILE}, claim {claim.id}, field item",
            f"a news item with a table [{_ITEMS}.NAME], for the claim quotes it",
            claim.item,
            raw,
        )
        for claim in claims.values()
        if claim.quote and claim.item not in raw
    ]
    return items


def _read_tables(
    raw: Mapping[str, Any], table: str, faults: list[SnapshotError]
) -> dict[str, Claim]:
    """Read the entries of one name and note their faults."""
    entries, called = raw.get(table, []), _TABLES[table]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        remedy = f"begin each claim with [[{table}]]"
        found = f"something else under the name {table}"
        raise fault(_FILE, expected=f"tables [[{table}]]", found=found, remedy=remedy)
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, start=1):
        here = f"{called} number {number} of the file"
        place = f"{_FILE}, {called} {entry['id']}" if "id" in entry else f"{_FILE}, {here}"
        try:
            claim = validate(_kind_of(entry, place), entry)
        except SnapshotError as error:
            faults.append(error)
        except ValidationError as error:
            faults += _word(
                place,
                error,
                KINDS_BY_NAME[entry["kind"]].__dataclass_fields__,
                f"a field of the kind {entry['kind']}",
            )
        else:
            if claim.id in claims:
                once, again = "an id that occurs once", f"{claim.id} again in {here}"
                remedy = "give one of the two another id or remove it"
                faults.append(
                    fault(f"{place}, field id", expected=once, found=again, remedy=remedy)
                )
            claims[claim.id] = claim
    return claims


def _kind_of(entry: Mapping[str, Any], place: str) -> type[Claim]:
    """Return the class of an entry by its kind, or raise the line that names the nearest one."""
    word = entry.get("kind")
    if str(word) in KINDS_BY_NAME:
        return KINDS_BY_NAME[str(word)]
    *first, last = map(repr, KINDS_BY_NAME)
    expected = "a value" if word is None else f"{', '.join(first)} or {last}"
    found = "none" if word is None else f"{word!r}"
    raise word_fault(f"{place}, field kind", expected, found, KINDS_BY_NAME)


def _word(
    place: str, error: ValidationError, fields: Mapping[str, Any], a_known: str
) -> list[SnapshotError]:
    """Word the faults of an entry; a slip in a field comes before what it leaves out."""
    every = {**Events.__dataclass_fields__, **fields}
    return [
        word_error(
            ", field ".join(filter(None, (place, ".".join(map(str, each["loc"]))))),
            each,
            known=fields if len(each["loc"]) == 1 else every,
            a_known=a_known,
        )
        for each in list_slips(error, every)
    ]
