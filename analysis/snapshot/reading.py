"""Data files as people save them: read, and put back into the form in which they are committed.

Committed files are UTF-8 with commas and line feeds, and nothing is quoted that need not be: so a
pull request shows the rows that changed and no others, and one content has one hash. Spreadsheets
save otherwise. Such a file is read all the same; an accepted edit is written in the committed form.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.snapshot.faults import fault
from analysis.snapshot.schema import SCHEMAS, columns_of_type, list_columns

__all__ = ["Reading", "read", "read_rows", "read_text"]

_MARKS = {  # byte order mark: what it says, the codec that takes it off
    codecs.BOM_UTF8: ("a byte order mark", "utf-8-sig"),
    codecs.BOM_UTF16_LE: ("UTF-16", "utf-16"),
    codecs.BOM_UTF16_BE: ("UTF-16", "utf-16"),
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
_DELIMITERS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
_DECIMAL_COMMA = re.compile(r"([-+]?[0-9]+),([0-9]+)")


@dataclass(frozen=True, eq=False)
class Reading:
    """A data file, however it was saved.

    ``content`` is the same in the committed form (the same bytes of a file that has it already),
    ``unlike`` says in words what was unlike it, ``dropped`` holds the lines of empty rows. ``rows``
    are all columns of a CSV file as strings, an empty field as ``""``, indexed by the line of the
    saved file on which each row starts, the header being line 1; None for TOML.
    """

    content: bytes
    rows: pd.DataFrame | None
    unlike: tuple[str, ...]
    dropped: tuple[int, ...] = ()


def read(name: str, content: bytes) -> Reading:
    """Read a data file.

    Parameters
    ----------
    name : str
        File name, a key of :data:`analysis.snapshot.schema.SCHEMAS` or a TOML file.
    content : bytes
        UTF-8, or UTF-16 with its mark. A table has a header and fields between commas, semicolons,
        tabs or bars; its columns may stand in any order and have capitals.

    Raises
    ------
    SnapshotError
        If it is no text, or a row has another number of fields than the header.
    """
    text, unlike = _decoded(name, content)
    if name not in SCHEMAS:
        return Reading(text.encode("utf-8"), None, tuple(unlike))
    delimiter = _delimiter(name, text)
    header, lines = _fields(name, text, delimiter)
    dropped = tuple(line for line, fields in lines.items() if not any(fields))
    lines = {line: fields for line, fields in lines.items() if any(fields)}
    empty = _empty_columns(header, list(lines.values()))
    rows = pd.DataFrame.from_dict(
        {line: fields[: len(header) - empty] for line, fields in lines.items()},
        orient="index",
        columns=_names(name, header[: len(header) - empty]),
        dtype=str,
    )
    if not rows.columns.is_unique:
        twice = ", ".join(map(repr, rows.columns[rows.columns.duplicated()]))
        found = f"{twice} again"
        raise fault(name, row=1, expected="each column once", found=found, remedy="remove it")
    points = _with_points(name, rows) if delimiter != "," else rows
    columns = list_columns(name, rows.columns)
    ordered = points[columns] if sorted(rows.columns) == sorted(columns) else points
    tidy = ordered.to_csv(index=False, lineterminator="\n").encode("utf-8")
    unlike += [
        words
        for words, found in (
            (_DELIMITERS[delimiter], delimiter != ","),
            ("decimal commas", not points.equals(rows)),
            ("empty columns at the end", empty > 0),
            ("a header in capitals or with spaces", header[: len(rows.columns)] != [*rows.columns]),
            ("columns in another order", list(ordered.columns) != list(rows.columns)),
        )
        if found
    ]
    if tidy != content and not unlike and not dropped:
        unlike.append("other quotation marks or spaces")
    return Reading(tidy, ordered, tuple(unlike), dropped)


def read_rows(name: str, content: bytes) -> pd.DataFrame:
    """Return :attr:`Reading.rows` of a CSV file; errors are those of :func:`read`."""
    rows = read(name, content).rows
    assert rows is not None, name
    return rows


def read_text(name: str, content: bytes) -> str:
    """Return the text of a data file with line feeds; errors are those of :func:`read`."""
    return _decoded(name, content)[0]


def _decoded(name: str, content: bytes) -> tuple[str, list[str]]:
    """Text with line feeds, and what was unlike UTF-8 with line feeds."""
    as_text = "save it as " + ("CSV UTF-8" if name in SCHEMAS else "UTF-8")
    if content.startswith(_WORKBOOKS):
        remedy = "save it as CSV UTF-8 in the spreadsheet program"
        found = "an Excel workbook under this name"
        raise fault(name, expected="text", found=found, remedy=remedy)
    marks = [(said, codec) for mark, (said, codec) in _MARKS.items() if content.startswith(mark)]
    unlike = [said for said, _ in marks]
    try:
        text = content.decode(marks[0][1] if marks else "utf-8")
    except UnicodeDecodeError as error:
        byte, row = content[error.start : error.start + 1], content[: error.start].count(b"\n") + 1
        letter = byte.decode("cp1252", errors="replace")
        found = f"the byte 0x{byte.hex()} ({letter} in the Windows encoding)"
        raise fault(name, row=row, expected="UTF-8 text", found=found, remedy=as_text) from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise fault(name, row=row, expected="UTF-8 text", found="a zero byte", remedy=as_text)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain, unlike + ["line ends of Windows"] * (plain != text)


def _delimiter(name: str, text: str) -> str:
    """The mark that splits the first line into most known columns, a comma if none does."""
    header = text.split("\n", 1)[0]

    def known(mark: str) -> int:
        return len(set(_names(name, header.split(mark))) & set(SCHEMAS[name].columns))

    return max(_DELIMITERS, key=known)


def _fields(name: str, text: str, delimiter: str) -> tuple[list[str], dict[int, list[str]]]:
    """Header and rows by line, without spaces around fields; a row of another length is a fault."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    lines: dict[int, list[str]] = {}
    row = 1
    try:
        header = next(reader, [])
        row = reader.line_num + 1
        for raw in reader:
            fields = [field.strip() for field in raw]
            if len(fields) != len(header) and any(fields):
                expected, found = f"{len(header)} fields", str(len(fields))
                remedy = "complete the row or quote the field that holds a comma"
                raise fault(name, row=row, expected=expected, found=found, remedy=remedy)
            lines[row] = fields
            row = reader.line_num + 1
    except csv.Error as error:
        text = "comma-separated text"
        raise fault(name, row=row, expected=text, found=str(error), remedy="mend it") from None
    return header, lines


def _empty_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How many columns at the end have neither a name nor a value in any row."""
    used = (
        number
        for number in range(len(header), 0, -1)
        if header[number - 1].strip() or any(row[number - 1] for row in rows)
    )
    return len(header) - next(used, 0)


def _names(name: str, header: Sequence[str]) -> list[str]:
    """The header as the schema writes it, where only capitals and spaces differ."""
    spelled = {cell: "_".join(cell.strip().casefold().split()) for cell in header}
    known = list_columns(name, spelled.values())
    return [spelled[cell] if spelled[cell] in known else cell for cell in header]


def _with_points(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Write decimal commas as points: beside other marks between fields no comma means thousands.

    A field with both is left as it is, for the schema to refuse.
    """
    columns = rows.columns.intersection(columns_of_type(name, rows.columns, "float64", "int64"))
    return rows.assign(
        **{c: rows[c].map(lambda cell: _DECIMAL_COMMA.sub(_point, cell)) for c in columns}
    )


def _point(match: re.Match[str]) -> str:
    return f"{match[1]}.{match[2]}" if match[0] == match.string else match[0]
