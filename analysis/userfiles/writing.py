"""Results written whole or not at all, in the format that the suffix of their file names."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
from pandas.errors import InvalidColumnName

from analysis.errors import UserDataError
from analysis.userfiles.typeset import write_html, write_latex, write_markdown
from analysis.whole import put, refused, staging

__all__ = ["check_out", "check_plot", "is_stream", "write_result"]

Tables = Mapping[str, pd.DataFrame]

SHEET = 31  # letters of the name of a sheet
PICTURES = (".png", ".svg", ".pdf")


def _write_stata(table: pd.DataFrame, path: Path) -> None:
    """Write a table; names that Stata does not take get underscores from pandas."""
    flat = _flat(table)
    for name in flat.columns:
        if flat[name].dtype.kind == "f":
            flat[name] = flat[name].where(np.isfinite(flat[name]))
        elif flat[name].dtype.kind == "b":
            flat[name] = flat[name].astype("int8")
    dates: Any = {name: "td" for name in flat.columns if flat[name].dtype.kind == "M"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InvalidColumnName)
        flat.to_stata(path, write_index=False, version=118, convert_dates=dates)


def _write_workbook(tables: Tables, path: Path) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, table in tables.items():
            _flat(table).to_excel(book, sheet_name=name[:SHEET], index=False)


ONE_TABLE: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda table, path: _flat(table).to_csv(path, index=False, lineterminator="\n"),
    ".parquet": lambda table, path: _flat(table).to_parquet(path, index=False),
    ".dta": _write_stata,
}
ALL_TABLES: dict[str, Callable[[Tables, Path], None]] = {
    ".xlsx": _write_workbook,
    ".tex": write_latex,
    ".md": write_markdown,
    ".html": write_html,
}
SUFFIXES = (".json", *ONE_TABLE, *ALL_TABLES)


def is_stream(out: Path) -> bool:
    """Say whether a place is a pipe or a device, which take JSON and are not replaced."""
    return out.exists() and not out.is_file()


def check_out(out: Path) -> None:
    """Raise UserDataError, before anything is computed, where a result cannot be written to."""
    if is_stream(out):
        return
    suffix = out.suffix.lower()
    if suffix and suffix not in SUFFIXES:
        raise UserDataError(
            f"--out {out}: expected a name that ends in {', '.join(SUFFIXES)}, found "
            f"{out.suffix!r}; choose one of these formats"
        )
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise UserDataError(
            f"--out {out}: expected the package pyarrow for parquet, found none; "
            "pip install 'rare-earth-headlines[parquet]' or choose another format"
        )
    _check_folder("--out", out)


def check_plot(plot: Path) -> None:
    """Raise UserDataError, before anything is computed, where no picture can be written to."""
    if plot.suffix.lower() not in PICTURES:
        raise UserDataError(
            f"--plot {plot}: expected a name that ends in {', '.join(PICTURES)}, found "
            f"{plot.suffix!r}; choose one of these formats"
        )
    _check_folder("--plot", plot)


def _check_folder(option: str, out: Path) -> None:
    if not out.resolve().parent.is_dir():
        raise UserDataError(
            f"{option} {out}: expected a folder to write to, found none named {out.parent}; make "
            "it or choose another"
        )


def write_result(
    out: Path, document: Callable[[], dict[str, Any]], tables: Callable[[], Tables]
) -> list[Path]:
    """Write a result in the format of the suffix; without one, and to a pipe, as JSON.

    A format that holds one table gets the first of them under the name, and the others that have
    rows beside it: ``result.csv``, ``result-groups.csv``, ...

    Returns
    -------
    list of Path
        The files, that of the name first.

    Raises
    ------
    WriteError
        If the system refuses; then no file has changed.
    """
    if is_stream(out):
        _write_json(document(), out)
        return [out]
    place = out.resolve()  # what a link leads to, not the link
    files = _files(place, document, tables)
    with staging(place.parent) as stage:
        for name, write in files.items():
            write(stage / name)
        put(stage, place.parent)
    return [out.with_name(name) if name != place.name else out for name in files]


def _files(
    place: Path, document: Callable[[], dict[str, Any]], tables: Callable[[], Tables]
) -> dict[str, Callable[[Path], None]]:
    """Return what writes each file, by name."""
    suffix = place.suffix.lower()
    if suffix in ALL_TABLES:
        held = {name: table for name, table in tables().items() if len(table)}
        return {place.name: partial(ALL_TABLES[suffix], held)}
    if suffix not in ONE_TABLE:
        return {place.name: partial(_write_json, document())}
    (_, first), *others = tables().items()
    rest = {f"{place.stem}-{name}{place.suffix}": table for name, table in others if len(table)}
    write = ONE_TABLE[suffix]
    return {name: partial(write, table) for name, table in ({place.name: first} | rest).items()}


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells are numbers, dates or text: lists become text with commas."""
    columns = {str(name): _flat_column(table.iloc[:, at]) for at, name in enumerate(table.columns)}
    return pd.DataFrame(columns, index=range(len(table)))


def _flat_column(values: pd.Series) -> pd.Series:
    values = values.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values.dtype) or values.dtype.kind in "bM":
        return values
    return pd.Series([_flat_cell(value) for value in values], dtype=object)


def _flat_cell(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(str(part) for part in value)
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return "" if value is None or value != value else str(value)


def _write_json(content: Mapping[str, Any], out: Path) -> None:
    """Write a document as JSON to a file, a pipe or a device."""
    try:
        with out.open("w", encoding="utf-8") as handle:
            dump(content, handle)
    except ConnectionError:  # a reader that has gone
        raise
    except OSError as error:
        raise refused(error, out) from None


def dump(content: Mapping[str, Any], handle: TextIO) -> None:
    """Write an entry a line: the text of a large study would take its memory once more."""
    handle.write("{")
    for number, (name, part) in enumerate(content.items()):
        handle.write(f"{',' * (number > 0)}\n {json.dumps(name)}: ")
        if isinstance(part, list) and part:
            for place, entry in enumerate(part):
                handle.write(f"{',' if place else '['}\n  {json.dumps(entry, allow_nan=False)}")
            handle.write("\n ]")
        else:
            handle.write(json.dumps(part, allow_nan=False))
    handle.write("\n}\n")
