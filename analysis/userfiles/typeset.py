"""Tables for a paper: LaTeX with booktabs, Markdown, a page of HTML; all numbers in four digits."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd

from analysis.results.formats import escape_cell, pipe_row

__all__ = ["shown", "write_html", "write_latex", "write_markdown"]

LAST = ("events", "skipped", "spec")  # tables that come after those which a paper has
PAGE = 40  # rows of a table beyond which it goes over several pages
SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def write_latex(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write each table as ``tabular`` with the rules of booktabs, long ones as ``longtable``."""
    parts = ["% needs \\usepackage{booktabs} and \\usepackage{longtable}"]
    parts += [f"\n% {name}\n{_latex(table)}" for name, table in _in_order(tables).items()]
    path.write_text("\n".join(parts) + "\n", "utf-8")


def write_markdown(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write each table as a pipe table under its name."""
    parts = []
    for name, table in _in_order(tables).items():
        marks = ["---:" if right else "---" for right in _right(table)]
        rows = [_names(table), marks, *shown(table)]
        lines = [marks if row is marks else [escape_cell(cell) for cell in row] for row in rows]
        parts.append(f"## {name}\n\n" + "\n".join(pipe_row(line) for line in lines))
    path.write_text("\n\n".join(parts) + "\n", "utf-8")


def write_html(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a page with each table under its name."""
    style = (
        "body{font-family:sans-serif}table{border-collapse:collapse}"
        "th,td{padding:.15em .6em;text-align:left}.n{text-align:right}"
        "thead{border-top:2px solid;border-bottom:1px solid}tbody{border-bottom:2px solid}"
    )
    parts = [
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(path.stem)}'
        f"</title><style>{style}</style>"
    ]
    for name, table in _in_order(tables).items():
        classes = [' class="n"' if right else "" for right in _right(table)]
        head = _html_row("th", _names(table), classes)
        body = "\n".join(_html_row("td", row, classes) for row in shown(table))
        parts.append(
            f"<h2>{escape(name)}</h2>\n<table><thead>{head}</thead><tbody>\n{body}\n</tbody></table>"
        )
    path.write_text("\n".join(parts) + "\n", "utf-8")


def shown(table: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a table as text, row by row; what is unknown is empty."""
    columns = [[_cell(value) for value in table.iloc[:, at]] for at in range(table.shape[1])]
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _in_order(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables as a paper has them: summaries first, single rows and choices last."""
    names = sorted(tables, key=lambda name: LAST.index(name) + 1 if name in LAST else 0)
    return {name: tables[name] for name in names}


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns]


def _right(table: pd.DataFrame) -> list[bool]:
    return [dtype.kind in "iuf" for dtype in table.dtypes]


def _latex(table: pd.DataFrame) -> str:
    columns = "".join("r" if right else "l" for right in _right(table))
    kind = "longtable" if len(table) > PAGE else "tabular"
    head = f"{_latex_row(_names(table))}\n\\midrule"
    head += "\n\\endhead" if kind == "longtable" else ""
    rows = "\n".join(_latex_row(row) for row in shown(table))
    return (
        f"\\begin{{{kind}}}{{{columns}}}\n\\toprule\n{head}\n{rows}\n\\bottomrule\n\\end{{{kind}}}"
    )


def _latex_row(cells: list[str]) -> str:
    return " & ".join("".join(SPECIAL.get(c, c) for c in cell) for cell in cells) + r" \\"


def _html_row(tag: str, cells: list[str], classes: list[str]) -> str:
    pairs = zip(cells, classes, strict=True)
    return f"<tr>{''.join(f'<{tag}{look}>{escape(cell)}</{tag}>' for cell, look in pairs)}</tr>"
