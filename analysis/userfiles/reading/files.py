"""Opens a file whatever its format: text of any encoding, workbook, Stata, parquet."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
import re
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pandas as pd

from analysis.errors import UserDataError
from analysis.userfiles.reading.dates import find_form
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.grid import (
    DATES,
    Frame,
    Grid,
    Shape,
    find_shape,
    is_named,
    join_dates,
)
from analysis.userfiles.reading.names import ASSETS
from analysis.userfiles.reading.numbers import MISSING

__all__ = ["open_grid"]

SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", r"\s+": "blanks"}
PACKED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
MARKUP = {r"<(!|\?|html|table|body|div|meta)": "a page (HTML or XML)", r"[{[]": "JSON"}
SAMPLE = 1 << 18  # bytes of text that are looked at; more where rows are longer
CELLS = 30_000  # cells of it that are
PARQUET = "rare-earth-headlines[parquet]"


def open_grid(
    path: Path, limit: int, date: str = "", *, text: bool = False, rows_of_wide: int = 0
) -> Grid:
    """Open a file and find header, data and dates in it.

    Parameters
    ----------
    path : Path
        csv, tsv and other text, also gzip, bzip2, xz or zip; xlsx; dta; parquet.
    limit : int
        Rows that such a file can have at most.
    date : str
        Name of the column of dates where it is told.
    text : bool
        Keep all cells as text, as names such as 10001 and 000123 must be.
    rows_of_wide : int
        Another limit for a table of which nothing but the dates is words or named as an asset.

    Raises
    ------
    UserDataError
        If the file cannot be read; the message says what is wrong with it.
    """
    try:
        with path.open("rb") as handle:
            mark = handle.read(8)
    except FileNotFoundError:
        raise UserDataError(f"{path}: expected a file, found none; check the path") from None
    except OSError as error:
        raise UserDataError(f"{path}: expected a file, found: {error.strerror}") from None
    if mark.startswith(b"PAR1"):
        return join_dates(_typed(path, _read_parquet(path), limit, date, "parquet"))
    if path.suffix.lower() == ".dta":
        return join_dates(_typed(path, _read_stata(path), limit, date, "Stata"))
    if mark.startswith(b"\xd0\xcf\x11\xe0"):
        raise fault(
            path, "xlsx or text", "an old workbook (xls)", remedy="save it as xlsx or as CSV"
        )
    try:
        held = zipfile.ZipFile(path).namelist() if mark.startswith(b"PK") else []
        if "xl/workbook.xml" in held:
            return _choose_sheet(path, limit, date, listed=text)
        if "content.xml" in held:
            remedy = "save it as xlsx or as CSV"
            raise fault(path, "xlsx or text", "a workbook of LibreOffice (ods)", remedy=remedy)
        return join_dates(_read_text(path, mark, (limit, rows_of_wide or limit), date, text))
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        found = str(error).strip().split("C error: ")[-1].split(".")[0]
        raise fault(path, "as many columns in every row as in the header", found) from None
    except csv.Error as error:  # a quotation mark without its pair makes one cell of a file
        raise fault(path, "cells of a table", str(error), remedy="look for a stray quote") from None
    except (OSError, EOFError, zipfile.BadZipFile, lzma.LZMAError) as error:
        raise fault(path, "a file that can be unpacked", str(error)) from None


def _open_bytes(path: Path, mark: bytes) -> IO[bytes]:
    """Open a file, unpacked."""
    for magic, opener in PACKED.items():
        if mark.startswith(magic):
            opened: IO[bytes] = opener(path, "rb")
            return opened
    if mark.startswith(b"PK"):
        archive = zipfile.ZipFile(path)
        names = [n for n in archive.namelist() if not n.startswith("__MACOSX") and n[-1] != "/"]
        if len(names) != 1:
            raise fault(path, "one file in the archive", f"{len(names)}", remedy="unpack it")
        return archive.open(names[0])
    return path.open("rb")


def _read_text(path: Path, mark: bytes, limits: tuple[int, int], date: str, text: bool) -> Grid:
    with _open_bytes(path, mark) as handle:
        head = handle.read(SAMPLE)
        while head.count(b"\n") < 12 and (more := handle.read(SAMPLE)):
            head += more
    encoding = _encoding(head)
    sample = head.decode(encoding, errors="replace").lstrip("\ufeff")
    if not sample.strip():
        raise fault(path, "a table with a header", "nothing in the first row")
    begin = sample.lstrip()[:20]
    if kind := next((told for form, told in MARKUP.items() if re.match(form, begin, re.I)), ""):
        remedy = "open it in a spreadsheet and save it as xlsx or as CSV"
        raise fault(path, "a table as text or a workbook", kind, remedy=remedy)
    lines = sample.splitlines()
    lines = lines[:-1] if len(head) >= SAMPLE and len(lines) > 1 else lines
    separator, rows = _separate(path, lines)
    shape = find_shape(path, rows, date)
    _check_names(path, shape)
    long = shape.words or any(is_named(name, ASSETS) for row in shape.heads for name in row)
    limit = limits[0] if long else limits[1]
    said = [f"separated by {SEPARATORS[separator]}"] * (separator != ",")
    try:
        body = _parse(path, mark, shape, separator, encoding, limit, text=text)
    except UnicodeDecodeError:
        encoding = "cp1252"
        body = _parse(path, mark, shape, separator, encoding, limit, text=text)
    if encoding not in ("utf-8", "utf-8-sig"):
        said.append({"cp1252": "Latin-1"}.get(encoding, encoding.upper()))
    return Grid(path, shape, _checked(path, body, limit), said)


def _encoding(head: bytes) -> str:
    """Return the encoding that the first bytes show; what is no UTF-8 is Latin-1."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[1:200:2].count(0) > 50:
        return "utf-16-le"
    if head[0:200:2].count(0) > 50:
        return "utf-16-be"
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start > len(head) - 4 else "cp1252"
    return "utf-8"


def _separate(path: Path, lines: list[str]) -> tuple[str, list[list[str]]]:
    """Return the separator of the columns, and the first rows in cells."""
    for separator in SEPARATORS:
        rows = _split(lines[: 60 if len(lines[0]) < 2_000 else 12], separator)
        filled = [len(row) for row in rows[len(rows) // 3 :] if any(map(str.strip, row))]
        if not filled:
            continue
        width, count = Counter(filled).most_common(1)[0]
        # A sentence above the table and a foot below it have other numbers of cells.
        if width > 1 and count >= 0.6 * len(filled):
            most = max(8, CELLS // width)
            return separator, rows[:most]
    raise fault(
        path,
        "columns separated by commas, semicolons, tabs, bars or blanks",
        f"one column {lines[0][:40]!r}",
        row=1,
        remedy="take the quotes around each whole row away"
        if all(line[:1] == line[-1:] == '"' for line in lines[:9])
        else "correct the file",
    )


def _split(lines: list[str], separator: str) -> list[list[str]]:
    if separator == r"\s+":
        return [line.split() for line in lines]
    return list(csv.reader(lines, delimiter=separator, skipinitialspace=True))


def _check_names(path: Path, shape: Shape) -> None:
    """Raise UserDataError for a name that stands twice in the one row of names."""
    if len(shape.heads) != 1 or len(shape.dates) > 1:
        return
    twice = [n for n, count in Counter(shape.heads[0]).items() if n and count > 1]
    if twice:
        raise fault(path, "each column once", "it again", row=shape.start, column=twice[0])


def _parse(
    path: Path, mark: bytes, shape: Shape, separator: str, encoding: str, limit: int, *, text: bool
) -> pd.DataFrame:
    """Read the cells below the header; numbers in their plain form are read by the parser."""
    repeated = dict.fromkeys((*shape.dates, *shape.words), "category")
    options: dict[str, Any] = {
        "sep": separator,
        "header": None,
        "names": range(shape.width),
        "skiprows": shape.start,
        "nrows": limit + 1,
        "dtype": str if text else repeated,
        "index_col": False,
        "keep_default_na": False,
        "na_values": list(MISSING),
        "skip_blank_lines": False,
        "skipinitialspace": True,
        "low_memory": False,
        "decimal": shape.decimal or ".",
        "encoding": encoding,
        # Five bytes are no letter of cp1252: a cell that has one is no number, and is told as such.
        "encoding_errors": "replace" if encoding == "cp1252" else "strict",
    }
    with _open_bytes(path, mark) as handle, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        body: pd.DataFrame = pd.read_csv(handle, **options)
    return body


def _checked(path: Path, body: pd.DataFrame, limit: int) -> pd.DataFrame:
    if len(body) > limit:
        raise fault(path, f"at most {limit:,} rows", "more")
    return body


def _typed(path: Path, frame: Frame, limit: int, date: str, kind: str) -> Grid:
    """Return the grid of a frame whose cells have types; its first rows are looked at as text."""
    shown = frame.body.head(60)
    rows = frame.heads + [[_as_text(cell) for cell in row] for row in shown.itertuples(index=False)]
    shape = find_shape(path, rows, date)
    _check_names(path, shape)
    body = frame.body.iloc[shape.start - len(frame.heads) :].reset_index(drop=True)
    body.columns = pd.RangeIndex(shape.width)
    return Grid(path, shape, _checked(path, body.infer_objects(), limit), [kind])


def _as_text(cell: object) -> str:
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and cell != cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _choose_sheet(path: Path, limit: int, date: str, *, listed: bool) -> Grid:
    """Return the sheet with most rows of dates and numbers, or the shortest list of events.

    The first that holds anything where none of them is such a one; the further ones stand with it.
    """
    sheets = pd.read_excel(path, sheet_name=None, header=None, na_values=list(MISSING))
    filled = {str(name): sheet.astype(object) for name, sheet in sheets.items() if len(sheet)}
    if not filled:
        raise fault(path, "a table with a header", "no cell in any sheet")
    grids: list[Grid] = []
    for name, sheet in filled.items() if len(filled) > 1 else ():
        with suppress(UserDataError):
            grid = join_dates(_typed(path, Frame([], sheet), limit, date, "workbook"))
            grid.sheet = name
            grids += [grid] * (_is_list(grid) if listed else _is_table(grid))
    if not grids:
        first, sheet = next(iter(filled.items()))
        grids = [join_dates(_typed(path, Frame([], sheet), limit, date, "workbook"))]
        grids[0].sheet = first if len(filled) > 1 else ""
    chosen = (min if listed else max)(grids, key=lambda grid: len(grid.body))
    chosen.others = [grid for grid in grids if grid is not chosen]
    if len(filled) > 1 and (listed or not chosen.others):
        chosen.said.append(f"sheet {chosen.sheet} of {', '.join(filled)}")
    return chosen


def _is_table(grid: Grid) -> bool:
    """Say whether a sheet holds dates and numbers."""
    shape = grid.shape
    dated = any(find_form(_as_text(cell)) for cell in grid.body[shape.dates[0]].head(5))
    return dated and len({*shape.dates, *shape.words}) < shape.width


def _is_list(grid: Grid) -> bool:
    """Say whether a sheet has columns of assets and of dates by their names."""
    names = [name for row in grid.shape.heads for name in row]
    return all(any(is_named(name, known) for name in names) for known in (ASSETS, DATES))


def _read_stata(path: Path) -> Frame:
    try:
        table = pd.read_stata(path, convert_categoricals=False)
    except (ValueError, KeyError, OverflowError, struct.error) as error:
        raise fault(path, "a Stata file", str(error)) from None
    return Frame([[str(name) for name in table.columns]], table)


def _read_parquet(path: Path) -> Frame:
    try:
        table = pd.read_parquet(path)
    except ImportError:
        raise fault(
            path, "pyarrow, which reads parquet", "none",
            remedy=f"install it with pip install '{PARQUET}' or save the file as CSV",
        ) from None  # fmt: skip
    except (OSError, ValueError) as error:
        raise fault(path, "a parquet file", str(error)) from None
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    levels = [list(map(str, row)) for row in zip(*map(_as_tuple, table.columns), strict=True)]
    return Frame(levels, table)


def _as_tuple(name: object) -> tuple[object, ...]:
    return name if isinstance(name, tuple) else (name,)
