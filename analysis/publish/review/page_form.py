"""A report as one page for a browser that loads nothing, wide or as narrow as a phone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from analysis.publish.review.document import Document, Marked, Picture, Section

__all__ = ["write_page"]

FOLDED = 40
"""Tables with more rows, and sections with more paragraphs, are folded."""

LONG = 40
"""Characters from which a cell is given room."""

_TAGS = {"same": "", "deleted": "del", "inserted": "ins"}


def write_page(document: Document) -> str:
    """Write a report as HTML: contents with anchors, tables in boxes that scroll, pictures."""
    parts = [f"<h1>{escape(document.title)}</h1>"]
    parts += [f"<p>{escape(line)}</p>" for line in document.opening]
    if document.alarm:
        parts.append(f'<p class="alarm">{escape(document.alarm)}</p>')
    parts += [f"<p>{escape(remark)}</p>" for remark in document.remarks]
    if document.sections:
        items = "".join(
            f'<li><a href="#{_anchor(s)}">{escape(s.title)}</a> ({s.count})</li>'
            for s in document.sections
        )
        parts.append(f'<nav aria-label="Contents"><ul>{items}</ul></nav>')
    parts += ["\n".join(_section(section)) for section in document.sections]
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    titled = template.replace("{{title}}", escape(document.title))
    return titled.replace("{{body}}", "\n".join(parts))


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z]+", "-", section.title.lower()).strip("-")


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{_anchor(section)}">'
    top = '<a href="#top" title="to the top">↑</a>'
    yield f"<h2>{escape(section.title)} ({section.count}) {top}</h2>"
    if section.note:
        yield f"<p>{escape(section.note)}</p>"
    folded = section.count > FOLDED
    if folded:
        yield f"<details><summary>Show all {section.count}</summary>"
    if section.rows:
        yield _table(section)
    yield from map(_paragraph, section.marked)
    if folded:
        yield "</details>"
    yield from map(_pair, section.pictures)
    yield "</section>"


def _table(section: Section) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in section.header)
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in section.rows)
    # Reached with the keyboard, the box can be scrolled with it.
    return (
        f'<div class="box" tabindex="0" role="region" aria-label="{escape(section.title)}"><table>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    width = ' class="long"' if len(text) > LONG else ""
    return f"<td{width}>{escape(text) or '–'}</td>"


def _paragraph(marked: Marked) -> str:
    words = " ".join(
        f"<{tag}>{escape(span.text)}</{tag}>" if (tag := _TAGS[span.kind]) else escape(span.text)
        for span in marked.spans
    )
    return f"<p><code>{escape(marked.place)}</code> {words}</p>"


def _pair(picture: Picture) -> str:
    sides = [("before", picture.before), ("now", picture.after)]
    cells = "".join(
        f"<figure><figcaption>{when}</figcaption>{_image(svg, f'{picture.name}, {when}')}</figure>"
        for when, svg in sides
    )
    return f'<h3>{escape(picture.name)}</h3>\n<div class="pair">{cells}</div>'


def _image(svg: bytes | None, alt: str) -> str:
    if svg is None:
        return "<p>none</p>"
    # As an image and not inline: a script in an SVG of somebody else's version cannot run.
    data = base64.b64encode(svg).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
