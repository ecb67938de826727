"""What an author edited, read from two commits."""

from __future__ import annotations

import pytest

from analysis.publish.review.edited import find_edits, statements
from analysis.publish.review.repository import Repository

CLAIM = '[[claim]]\nid = "A1"\nstatement = "It rose"\nrule = "r"\n'


@pytest.fixture
def edit(clone):
    """Commit files, then others, and return what was edited between."""

    def call(old: dict[str, str], new: dict[str, str]):
        base = clone.commit(old)
        clone.commit(new)
        return find_edits(Repository(clone.root), base, "HEAD")

    return call


def test_rows_are_told_by_their_key_and_not_by_their_line(edit):
    """A row that moved is no edit; added, removed and changed cells are, quoted commas and all."""
    header = "ticker,start,end,basket\n"
    old = {"data/a.csv": f'{header}MP,1,2,"x, y"\nB,1,2,z\n'}
    new = {"data/a.csv": f'{header}B,1,2,z\nMP,1,3,"x, y"\n'}
    rows = edit(old, new).rows["data/a.csv"]
    assert (rows.added, rows.removed) == (("MP 1 3 x, y",), ("MP 1 2 x, y",))


def test_cells_of_a_file_with_a_schema(edit):
    """The schema's key names the row, the header the column."""
    header = "session,ticker,adjusted_close\n"
    rows = edit(
        {"data/prices.csv": f"{header}2026-01-02,MP,1\n2026-01-05,MP,2\n"},
        {"data/prices.csv": f"{header}2026-01-02,MP,1\n2026-01-05,MP,3\n2026-01-06,MP,4\n"},
    ).rows["data/prices.csv"]
    assert [(c.row, c.column, c.old, c.new) for c in rows.cells] == [
        ("2026-01-05 MP", "adjusted_close", "2", "3")
    ]
    assert rows.added == ("2026-01-06 MP",)


def test_choices_and_claims_by_dotted_name(edit):
    """Old and new of each value; comments and layout are no edit; a claim is named by its id."""
    edits = edit(
        {"data/study.toml": "# x\n[estimation]\nlength = 120\nlags = [1,2]\n",
         "data/claims.toml": CLAIM},
        {"data/study.toml": "[estimation]\nlength = 130 # x\nlags = [1, 2]\nday = 2026-01-02\n",
         "data/claims.toml": CLAIM.replace("It rose", "It fell")},
    )  # fmt: skip
    assert [(e.name, e.old, e.new) for e in edits.choices] == [
        ("estimation.length", "120", "130"),
        ("estimation.day", "", "2026-01-02"),
    ]
    assert [(e.name, e.old, e.new) for e in edits.claims] == [
        ("A1.statement", "It rose", "It fell")
    ]


def test_a_moved_module_is_one_edit_and_what_commands_write_is_none(clone):
    """Old and new path with the lines that differ; results and hashes follow from the rest."""
    body = "".join(f"x{i} = {i}\n" for i in range(30))
    base = clone.commit({"analysis/questions/a.py": body, "data/manifest.json": "{}"})
    clone.git("mv", "analysis/questions/a.py", "analysis/a.py")
    clone.commit({
        "analysis/a.py": f"{body}y = 1\n", "paper/results/numbers.json": "{}",
        "data/manifest.json": "{ }", "paper/sections/a.qmd": "Two.\n",
    })  # fmt: skip
    edits = find_edits(Repository(clone.root), base, "HEAD")
    (code,) = edits.code
    assert (code.before, code.path, code.added, code.removed) == (
        "analysis/questions/a.py", "analysis/a.py", 1, 0,
    )  # fmt: skip
    assert [e.path for e in edits.prose] == ["paper/sections/a.qmd"]


def test_statements_are_those_of_claims_toml(clone):
    """By id, in the words of the item."""
    commit = clone.commit({"data/claims.toml": CLAIM})
    assert statements(Repository(clone.root), commit) == {"A1": "It rose"}


def test_an_old_version_that_cannot_be_read_stops_nothing(edit):
    """A base whose TOML or CSV is broken is reported as it is, and this version against it."""
    edits = edit(
        {
            "data/study.toml": "length = = 1\n",
            "data/prices.csv": "session,ticker,adjusted_close\n1,2\n",
        },
        {
            "data/study.toml": "length = 1\n",
            "data/prices.csv": "session,ticker,adjusted_close\n1,2,3\n",
        },
    )
    assert {e.name for e in edits.choices} == {"length", "not readable"}
    assert edits.rows["data/prices.csv"].added == ("1 2",)
