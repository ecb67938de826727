"""What disks, editors, spreadsheets and downloads do to a file, drawn from a generator."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

__all__ = ["CORRUPTIONS", "corrupt"]

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
EXTREME = (
    b"1e-320", b"1e308", b"-1e308", b"1e400", b"NaN", b"inf", b"-inf", b"0", b"-0.0", b"-1",
    b"9" * 40, b"1,5", b"1.234,56", b"(3)", b"1e", b"--1", b"", b"true", b"null", b'"1"',
)  # fmt: skip
PIECES = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\r\n\r\n", b";", b"\t", b"[", b"]", b"{",
    b"}", b"\\ud800", b"\xed\xa0\x80", b"\xe2\x80\xae", b"=", b"#", b"\n\n", b"<script>",
    b"\x1b[2J", b"NaN", b"Infinity", b"[[x]]\n", b"2026-02-30", b"0000-00-00", b"99999-01-01",
)  # fmt: skip
LONG = 140_000  # characters: more than the parser of CSV takes in one field


def corrupt(content: bytes, draw: random.Random) -> tuple[bytes, str]:
    """Return a content with one to three things done to it, and their names."""
    names = [draw.choice([*CORRUPTIONS]) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    for name in names:
        content = CORRUPTIONS[name](content, draw)
    return content, " and ".join(names)


def _flip(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(max(len(content), 1))
    return content[:place] + bytes([draw.randrange(256)]) + content[place + 1 :]


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(max(len(content), 1))]


def _drop(content: bytes, draw: random.Random) -> bytes:
    first = draw.randrange(max(len(content), 1))
    return content[:first] + content[first + draw.choice((1, 5, 50, 500)) :]


def _repeat(content: bytes, draw: random.Random) -> bytes:
    first = draw.randrange(max(len(content), 1))
    piece = content[first : first + draw.choice((1, 5, 50, 500))]
    return content[:first] + piece + content[first:]


def _insert(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content) + 1)
    return content[:place] + draw.choice(PIECES) + content[place:]


def _lengthen(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content) + 1)
    return content[:place] + draw.choice((b"a", b"9", b" ", b'"')) * LONG + content[place:]


def _renumber(content: bytes, draw: random.Random) -> bytes:
    found = [*_NUMBER.finditer(content[:200_000])]
    if not found:
        return content
    match = draw.choice(found)
    return content[: match.start()] + draw.choice(EXTREME) + content[match.end() :]


def _swap_lines(content: bytes, draw: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = draw.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _drop_line(content: bytes, draw: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        del lines[draw.choice((0, draw.randrange(len(lines))))]
    return b"".join(lines)


def _other_marks(content: bytes, draw: random.Random) -> bytes:
    old, new = draw.choice(
        ((b",", b";"), (b",", b"\t"), (b"\n", b"\r\n"), (b"-", b"/"), (b"\n", b""))
    )
    return content.replace(old, new)


def _recode(content: bytes, draw: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(draw.choice(("utf-16", "latin-1", "utf-8-sig", "utf-32")), "replace")


CORRUPTIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a byte changed": _flip,
    "cut short": _cut,
    "a piece dropped": _drop,
    "a piece twice": _repeat,
    "a piece put in": _insert,
    "a long field": _lengthen,
    "another number": _renumber,
    "lines exchanged": _swap_lines,
    "a line dropped": _drop_line,
    "other marks": _other_marks,
    "another encoding": _recode,
}
"""By name: each takes a content and a generator."""
