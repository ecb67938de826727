"""A small client of UN Comtrade: one period a request, counts checked, the key shown nowhere."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import httpx2

from analysis.errors import RefreshError
from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.retry import Patience, patiently

__all__ = ["CHINA", "COMMODITIES", "PARTNERS", "WORLD", "Client"]

BASE = "https://comtradeapi.un.org"
KEY_VARIABLE = "COMTRADE_API_KEY"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
LIMIT = 500  # rows that an answer without a key holds at most

WORLD, CHINA = 0, 156
PARTNERS = {  # M49 codes of UN Comtrade: the main buyers of China's rare earths and magnets
    WORLD: "World",
    251: "France",
    276: "Germany",
    392: "Japan",
    410: "Korea",
    490: "Other Asia, not elsewhere specified",
    528: "Netherlands",
    699: "India",
    704: "Viet Nam",
    764: "Thailand",
    842: "United States",
}
COMMODITIES = {
    "280530": "rare-earth metals",
    "284610": "cerium compounds",
    "284690": "other rare-earth compounds",
    "850511": "permanent magnets of metal, those without rare earths too",
}
_EVERY = {"partner2Code": WORLD, "customsCode": "C00", "motCode": 0}  # the totals of each dimension


class Client(contextlib.AbstractContextManager["Client"]):
    """Asks UN Comtrade; ``say`` is told in one line about each retry.

    A key in the environment variable :data:`KEY_VARIABLE` travels in a header, never in an
    address, and is held by the HTTP client alone. Every failure is a RefreshError with a name.
    """

    def __init__(self, patience: Patience, say: Callable[[str], None]) -> None:
        key = _key()
        self._with_key = bool(key)
        self._patience, self._say = patience, say
        self._http = httpx2.Client(
            base_url=BASE, headers={KEY_HEADER: key} if key else {}, timeout=patience.timeout
        )

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def availability(
        self, periods: Iterable[str], reporters: Iterable[int]
    ) -> set[tuple[str, int]]:
        """Return pairs of month and reporter whose figures are published.

        ``periods`` are at most twelve, as ``YYYYMM``; ``reporters`` are M49 codes.
        """
        months = sorted(periods)
        query = {"period": ",".join(months), "reporterCode": _joined(reporters)}
        place = f"UN Comtrade, availability of {months[0]} to {months[-1]}"
        rows = self._rows("getDa", query, place, checked={"period", "reporterCode"})
        return {(str(row["period"]), int(row["reporterCode"])) for row in rows}

    def exports(self, period: str) -> list[dict[str, Any]]:
        """Return the source's rows of China's exports in a month, one a partner and commodity."""
        return self._trade(period, "X", [CHINA], PARTNERS)

    def mirror(self, period: str, reporters: Iterable[int]) -> list[dict[str, Any]]:
        """Return what reporters say they imported from China, one row a reporter and commodity."""
        return self._trade(period, "M", reporters, [CHINA])

    def _trade(
        self, period: str, flow: str, reporters: Iterable[int], partners: Iterable[int]
    ) -> list[dict[str, Any]]:
        query = {
            "period": period,
            "reporterCode": _joined(reporters),
            "flowCode": flow,
            "partnerCode": _joined(partners),
            "cmdCode": ",".join(COMMODITIES),
            **{name: str(code) for name, code in _EVERY.items()},
        }
        options = {"breakdownMode": "classic", "includeDesc": "false", "format": "JSON"}
        side = "China's exports" if flow == "X" else "imports from China"
        method = "get" if self._with_key else "preview"
        place = f"UN Comtrade, {side} of {period}"
        limit = None if self._with_key else LIMIT
        return self._rows(method, query, place, checked=set(query), options=options, limit=limit)

    def _rows(
        self,
        method: str,
        query: dict[str, str],
        place: str,
        *,
        checked: set[str],
        options: dict[str, str] | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        path = f"/{'data' if self._with_key else 'public'}/v1/{method}/C/M/HS"
        answer = patiently(
            lambda: self._ask(path, query | (options or {}), place), self._patience, self._say
        )
        rows = _whole(answer, place, limit=limit)
        for row in rows:
            for name in checked:
                if str(row.get(name)) not in query[name].split(","):
                    raise errors.AnswerError(
                        place, expected=f"rows with {name} {query[name]}", found=str(row.get(name))
                    )
        return rows

    def _ask(self, path: str, query: dict[str, str], place: str) -> Any:
        """Ask once; what goes wrong is named, and nothing of the request's headers is said."""
        try:
            response = self._http.get(path, params=query)
        except httpx2.TransportError as error:
            found, remedy = f"{type(error).__name__} {error}", f"check the network; {errors.LATER}"
            raise errors.NetworkError(
                place, expected="a connection", found=found, remedy=remedy
            ) from None
        if response.status_code != httpx2.codes.OK:
            raise self._refusal(response.status_code, place)
        try:
            return response.json()
        except ValueError:
            kind = response.headers.get("content-type", "another kind of text")
            raise errors.NotJsonError(place, expected="JSON", found=kind) from None

    def _refusal(self, status: int, place: str) -> RefreshError:
        found = f"status {status}"
        if status in (401, 403):
            remedy = (
                f"correct or unset {KEY_VARIABLE}"
                if self._with_key
                else f"get a free key and set {KEY_VARIABLE}"
            )
            return errors.KeyRefusedError(place, expected="access", found=found, remedy=remedy)
        if status == 429:
            return errors.RateLimitError(place, expected="an answer", found=found)
        kind = errors.ServerError if status >= 500 else errors.AnswerError
        return kind(place, expected="an answer", found=found)


def _key() -> str:
    """Return the key from the environment; one that no header can carry is refused unseen."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if re.fullmatch(r"[!-~]*", key):
        return key
    raise errors.KeyRefusedError(
        KEY_VARIABLE,
        expected="letters, digits and signs without a space or a line end",
        found="another character",
        remedy="copy the key again",
    )


def _joined(codes: Iterable[int]) -> str:
    return ",".join(str(code) for code in sorted(codes))


def _whole(answer: Any, place: str, limit: int | None) -> list[dict[str, Any]]:
    """Return the rows of an answer if it holds all that it counts."""
    try:
        rows, count, said = list(answer["data"]), int(answer["count"]), answer.get("error")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise errors.AnswerError(
            place, expected="JSON with data and count", found="another shape"
        ) from None
    if said:
        raise errors.AnswerError(place, expected="rows", found=str(said)[:200])
    if count != len(rows) or (limit is not None and len(rows) >= limit):
        cap = "" if limit is None else f", fewer than {limit}"
        raise errors.TruncatedError(
            place,
            expected=f"the {count} rows that it counts{cap}",
            found=f"{len(rows)} rows",
            remedy=f"{errors.LATER}, with a key in {KEY_VARIABLE} if it happens again",
        )
    return rows
